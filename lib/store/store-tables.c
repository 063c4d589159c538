/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store-row.h"

#include <stdlib.h>
#include <string.h>

#include "proof/note.h"

#define CHECKPOINT "checkpoint"
#define SLOT_BYTES 8

static struct bc_bytes bytes_of(const void *data, size_t len)
{
    return (struct bc_bytes){data, len};
}

static struct bc_bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

enum bc_result bc_store_checkpoint(struct bc_store *s, struct bc_bytes *out)
{
    struct bc_bytes b;
    enum bc_result r = bc_store_row_get(s, BC_TABLE_META, text_of(CHECKPOINT), &b);

    if (r == BC_OK && b.len > BC_NOTE_MAX)
        r = BC_ERR_TOO_LARGE;
    if (r == BC_OK)
        *out = b;
    return r;
}

enum bc_result bc_store_put_checkpoint(struct bc_store *s, const void *note, size_t len)
{
    return bc_store_row_put(s, BC_TABLE_META, text_of(CHECKPOINT), bytes_of(note, len), 0);
}

/* A row of events is the salt, then the payload; that of an erased one the commitment alone. */
enum bc_result bc_store_event(struct bc_store *s, uint64_t index, struct bc_bytes *salt,
                              struct bc_bytes *payload)
{
    struct bc_bytes row;
    enum bc_result r = bc_store_row_get(s, BC_TABLE_EVENTS, bytes_of(&index, sizeof index), &row);

    if (r != BC_OK)
        return r;
    if (row.len == BC_HASH_BYTES)
        return BC_ERR_ERASED;
    if (row.len <= BC_SALT_BYTES || row.len > BC_SALT_BYTES + BC_EVENT_MAX)
        return BC_ERR_CORRUPT;
    *salt = bytes_of(row.data, BC_SALT_BYTES);
    *payload = bytes_of(row.data + BC_SALT_BYTES, row.len - BC_SALT_BYTES);
    return BC_OK;
}

enum bc_result bc_store_put_event(struct bc_store *s, uint64_t index,
                                  const unsigned char salt[BC_SALT_BYTES], const void *payload,
                                  size_t len)
{
    unsigned char *row = malloc(BC_SALT_BYTES + len);
    enum bc_result r;

    if (!row)
        return BC_ERR_MEMORY;
    memcpy(row, salt, BC_SALT_BYTES);
    memcpy(row + BC_SALT_BYTES, payload, len);
    r = bc_store_row_put(s, BC_TABLE_EVENTS, bytes_of(&index, sizeof index),
                         bytes_of(row, BC_SALT_BYTES + len), 1);
    free(row);
    return r;
}

enum bc_result bc_store_erased(struct bc_store *s, uint64_t index, struct bc_hash *commitment)
{
    struct bc_bytes row;
    enum bc_result r = bc_store_row_get(s, BC_TABLE_EVENTS, bytes_of(&index, sizeof index), &row);

    if (r == BC_OK && row.len != BC_HASH_BYTES)
        r = BC_ERR_EXISTS;
    if (r == BC_OK)
        memcpy(commitment->b, row.data, BC_HASH_BYTES);
    return r;
}

enum bc_result bc_store_erase_event(struct bc_store *s, uint64_t index,
                                    const struct bc_hash *commitment)
{
    enum bc_result r = bc_store_row_put(s, BC_TABLE_EVENTS, bytes_of(&index, sizeof index),
                                        bytes_of(commitment->b, BC_HASH_BYTES), 0);

    if (r == BC_OK)
        r = bc_store_row_put(s, BC_TABLE_META, text_of(BC_STORE_ROW_REWRITE), text_of(""), 0);
    return r;
}

int bc_store_wants_rewrite(struct bc_store *s)
{
    struct bc_bytes b;

    return bc_store_row_get(s, BC_TABLE_META, text_of(BC_STORE_ROW_REWRITE), &b) == BC_OK;
}

/* Takes a row of subjects apart: the slot in eight bytes, the highest first, and of the leaf what
 * its key does not say. Puts the leaf together in buffer. */
static enum bc_result split_subject(struct bc_bytes key, struct bc_bytes row,
                                    unsigned char buffer[BC_LEAF_MAX], uint64_t *slot,
                                    struct bc_bytes *leaf)
{
    size_t head = bc_leaf_head(key.data, key.len, buffer);
    uint64_t n = 0;

    if (head == 0 || row.len <= SLOT_BYTES || row.len - SLOT_BYTES > BC_LEAF_MAX - head)
        return BC_ERR_CORRUPT;
    for (int i = 0; i < SLOT_BYTES; i++)
        n = n << 8 | row.data[i];
    memcpy(buffer + head, row.data + SLOT_BYTES, row.len - SLOT_BYTES);
    *slot = n;
    *leaf = bytes_of(buffer, head + row.len - SLOT_BYTES);
    return BC_OK;
}

enum bc_result bc_store_subject(struct bc_store *s, const void *key, size_t key_len, uint64_t *slot,
                                struct bc_bytes *leaf)
{
    struct bc_bytes k = bytes_of(key, key_len), row;
    enum bc_result r = bc_store_row_get(s, BC_TABLE_SUBJECTS, k, &row);

    return r == BC_OK ? split_subject(k, row, bc_store_row_leaf(s), slot, leaf) : r;
}

enum bc_result bc_store_put_subject(struct bc_store *s, const void *key, size_t key_len,
                                    uint64_t slot, const void *leaf, size_t len)
{
    unsigned char row[SLOT_BYTES + BC_LEAF_MAX], head_bytes[BC_LEAF_HEAD_MAX];
    size_t head = bc_leaf_head(key, key_len, head_bytes);
    struct bc_bytes k = bytes_of(key, key_len), v;
    enum bc_result r;

    if (head == 0 || len <= head || len > BC_LEAF_MAX)
        return BC_ERR_INVALID;
    v = bytes_of(row, SLOT_BYTES + len - head);
    for (int i = 0; i < SLOT_BYTES; i++)
        row[i] = (unsigned char)(slot >> (8 * (7 - i)));
    memcpy(row + SLOT_BYTES, (const unsigned char *)leaf + head, len - head);
    r = bc_store_row_put(s, BC_TABLE_SUBJECTS, k, v, 1);
    /* Not behind the last key: pages then split in halves, not at their end. */
    return r == BC_ERR_EXISTS ? bc_store_row_put(s, BC_TABLE_SUBJECTS, k, v, 0) : r;
}

enum bc_result bc_store_remove_subject(struct bc_store *s, const void *key, size_t key_len)
{
    return bc_store_row_remove(s, BC_TABLE_SUBJECTS, bytes_of(key, key_len));
}

enum bc_result bc_store_subject_prefix(struct bc_store *s, const void *prefix, size_t len)
{
    struct bc_store_cursor c = {.store = s, .prefix = prefix, .len = len};
    struct bc_bytes key, value;
    int found = bc_store_row_next(&c, BC_TABLE_SUBJECTS, &key, &value);
    enum bc_result r = bc_store_cursor_end(&c);

    return r == BC_OK && !found ? BC_ERR_NOT_FOUND : r;
}

int bc_store_cursor_subject(struct bc_store_cursor *c, uint64_t *slot, struct bc_bytes *leaf)
{
    struct bc_bytes key, row;

    if (!bc_store_row_next(c, BC_TABLE_SUBJECTS, &key, &row))
        return 0;
    c->result = split_subject(key, row, c->buffer, slot, leaf);
    return c->result == BC_OK;
}

int bc_store_cursor_notice(struct bc_store_cursor *c, struct bc_bytes *text)
{
    struct bc_bytes key;

    return bc_store_row_next(c, BC_TABLE_NOTICES, &key, text);
}

enum bc_result bc_store_notice(struct bc_store *s, const struct bc_hash *hash,
                               struct bc_bytes *text)
{
    return bc_store_row_get(s, BC_TABLE_NOTICES, bytes_of(hash->b, BC_HASH_BYTES), text);
}

enum bc_result bc_store_put_notice(struct bc_store *s, const void *text, size_t len,
                                   struct bc_hash *hash)
{
    struct bc_hash h;
    enum bc_result r;

    bc_merkle_hash_bytes(text, len, &h);
    r = bc_store_row_put(s, BC_TABLE_NOTICES, bytes_of(h.b, BC_HASH_BYTES), bytes_of(text, len), 0);
    if (r == BC_OK)
        *hash = h;
    return r;
}
