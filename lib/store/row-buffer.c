/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/row-buffer.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64

struct bc_row_buffer {
    struct bc_row *row;
    size_t count;
    size_t room;
    uint32_t *bucket; /* 1 + index of a row; 0: empty; twice as many as there is room for rows */
    unsigned char seed[crypto_shorthash_KEYBYTES];
};

struct bc_row_buffer *bc_row_buffer_new(void)
{
    struct bc_row_buffer *rows = calloc(1, sizeof *rows);

    /* Names come from outside: nobody may choose them so that they collide. */
    if (rows)
        randombytes_buf(rows->seed, sizeof rows->seed);
    return rows;
}

void bc_row_buffer_clear(struct bc_row_buffer *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->row[i].key);
    rows->count = 0;
    if (rows->bucket)
        memset(rows->bucket, 0, 2 * rows->room * sizeof *rows->bucket);
}

void bc_row_buffer_free(struct bc_row_buffer *rows)
{
    if (!rows)
        return;
    bc_row_buffer_clear(rows);
    free(rows->row);
    free(rows->bucket);
    free(rows);
}

/* The bucket that holds the key, or the empty one where it would go. */
static size_t find(const struct bc_row_buffer *rows, const void *key, size_t key_len)
{
    size_t mask = 2 * rows->room - 1;
    unsigned char hash[crypto_shorthash_BYTES];
    uint64_t at;

    (void)crypto_shorthash(hash, key, key_len, rows->seed);
    memcpy(&at, hash, sizeof at);
    for (at &= mask; rows->bucket[at]; at = (at + 1) & mask) {
        const struct bc_row *row = &rows->row[rows->bucket[at] - 1];
        if (row->key_len == key_len && memcmp(row->key, key, key_len) == 0)
            break;
    }
    return (size_t)at;
}

static enum bc_result grow(struct bc_row_buffer *rows)
{
    size_t room = rows->room ? 2 * rows->room : BUCKETS_MIN;
    uint32_t *bucket = calloc(2 * room, sizeof *bucket);
    struct bc_row *row = realloc(rows->row, room * sizeof *row);

    if (row)
        rows->row = row;
    if (!row || !bucket) {
        free(bucket);
        return BC_ERR_MEMORY;
    }
    free(rows->bucket);
    rows->bucket = bucket;
    rows->room = room;
    for (size_t i = 0; i < rows->count; i++)
        bucket[find(rows, row[i].key, row[i].key_len)] = (uint32_t)(i + 1);
    return BC_OK;
}

/* The bytes of a row: key, then leaf. */
static unsigned char *row_bytes(const void *key, size_t key_len, const void *leaf, size_t leaf_len)
{
    unsigned char *bytes = malloc(key_len + leaf_len);

    if (!bytes)
        return NULL;
    memcpy(bytes, key, key_len);
    memcpy(bytes + key_len, leaf, leaf_len);
    return bytes;
}

enum bc_result bc_row_buffer_put(struct bc_row_buffer *rows, const void *key, size_t key_len,
                                 uint64_t slot, const void *leaf, size_t leaf_len)
{
    unsigned char *bytes;
    size_t at, index;

    if (rows->count == rows->room && grow(rows) != BC_OK)
        return BC_ERR_MEMORY;
    at = find(rows, key, key_len);
    index = rows->bucket[at] ? rows->bucket[at] - 1 : rows->count;
    if (index == BC_ROWS_MAX)
        return BC_ERR_TOO_LARGE;
    bytes = row_bytes(key, key_len, leaf, leaf_len);
    if (!bytes)
        return BC_ERR_MEMORY;
    if (index == rows->count) {
        rows->bucket[at] = (uint32_t)++rows->count;
    } else {
        slot = rows->row[index].slot;
        free(rows->row[index].key);
    }
    rows->row[index] = (struct bc_row){slot, key_len, leaf_len, bytes};
    return BC_OK;
}

const struct bc_row *bc_row_buffer_get(const struct bc_row_buffer *rows, const void *key,
                                       size_t key_len)
{
    size_t at;

    if (rows->count == 0)
        return NULL;
    at = find(rows, key, key_len);
    return rows->bucket[at] ? &rows->row[rows->bucket[at] - 1] : NULL;
}

size_t bc_row_buffer_count(const struct bc_row_buffer *rows)
{
    return rows->count;
}

const struct bc_row *bc_row_buffer_at(const struct bc_row_buffer *rows, size_t i)
{
    return &rows->row[i];
}

static int by_key(const void *a, const void *b)
{
    const struct bc_row *x = a, *y = b;
    size_t common = x->key_len < y->key_len ? x->key_len : y->key_len;
    int order = memcmp(x->key, y->key, common);

    return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

void bc_row_buffer_sort(struct bc_row_buffer *rows)
{
    if (rows->count)
        qsort(rows->row, rows->count, sizeof *rows->row, by_key);
}
