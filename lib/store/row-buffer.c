/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/row-buffer.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS (2 * (size_t)BC_ROW_BUFFER_MAX)

void bc_row_buffer_clear(struct bc_row_buffer *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        rows->bucket[rows->row[i].bucket] = 0;
        free(rows->row[i].key);
    }
    rows->count = 0;
}

void bc_row_buffer_free(struct bc_row_buffer *rows)
{
    bc_row_buffer_clear(rows);
    free(rows->row);
    free(rows->bucket);
    memset(rows, 0, sizeof *rows);
}

/* The bucket that holds the key, or the empty one where it would go. */
static size_t find_bucket(const struct bc_row_buffer *rows, const void *key, size_t key_len)
{
    unsigned char hash[crypto_shorthash_BYTES];
    uint64_t at;

    _Static_assert(sizeof rows->seed == crypto_shorthash_KEYBYTES, "the seed is libsodium's key");
    (void)crypto_shorthash(hash, key, key_len, rows->seed);
    memcpy(&at, hash, sizeof at);
    for (at %= BUCKETS; rows->bucket[at]; at = (at + 1) % BUCKETS) {
        const struct bc_row *row = &rows->row[rows->bucket[at] - 1];
        if (row->key_len == key_len && memcmp(row->key, key, key_len) == 0)
            break;
    }
    return (size_t)at;
}

enum bc_result bc_row_buffer_put(struct bc_row_buffer *rows, const struct bc_row *row,
                                 const void *leaf)
{
    struct bc_row copy = *row;
    size_t index;

    /* Memory that is not written to costs nothing. */
    if (!rows->row)
        rows->row = calloc(BC_ROW_BUFFER_MAX, sizeof *rows->row);
    if (!rows->bucket)
        rows->bucket = calloc(BUCKETS, sizeof *rows->bucket);
    copy.key = malloc(row->key_len + row->leaf_len);
    if (!rows->row || !rows->bucket || !copy.key) {
        free(copy.key);
        return BC_ERR_MEMORY;
    }
    copy.bucket = find_bucket(rows, row->key, row->key_len);
    index = rows->bucket[copy.bucket] ? rows->bucket[copy.bucket] - 1 : rows->count;
    if (index == BC_ROW_BUFFER_MAX) {
        free(copy.key);
        return BC_ERR_TOO_LARGE;
    }
    memcpy(copy.key, row->key, row->key_len);
    memcpy(copy.key + row->key_len, leaf, row->leaf_len);
    if (index == rows->count) {
        rows->bucket[copy.bucket] = (uint32_t)++rows->count;
    } else {
        copy.slot = rows->row[index].slot;
        free(rows->row[index].key);
    }
    rows->row[index] = copy;
    return BC_OK;
}

const struct bc_row *bc_row_buffer_get(const struct bc_row_buffer *rows, const void *key,
                                       size_t key_len)
{
    uint32_t found = rows->count ? rows->bucket[find_bucket(rows, key, key_len)] : 0;

    return found ? &rows->row[found - 1] : NULL;
}

static int compare_keys(const void *a, const void *b)
{
    const struct bc_row *x = a, *y = b;
    size_t common = x->key_len < y->key_len ? x->key_len : y->key_len;
    int order = memcmp(x->key, y->key, common);

    return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

void bc_row_buffer_sort(struct bc_row_buffer *rows)
{
    if (rows->count)
        qsort(rows->row, rows->count, sizeof *rows->row, compare_keys);
}
