/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store-lmdb.h"

#include <string.h>

#include "proof/note.h"
#include "store/table-row.h"

#define REWRITE BC_STORE_REWRITE_KEY
#define CHECKPOINT "checkpoint"

static enum bc_result get(struct bc_store *s, enum bc_table t, const void *key, size_t key_len,
                          struct bc_bytes *out)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key};
    MDB_val v;
    enum bc_result r = bc_store_lmdb_result(mdb_get(s->txn, s->dbi[t], &k, &v));

    if (r == BC_OK) {
        out->data = v.mv_data;
        out->len = v.mv_size;
    }
    return r;
}

static enum bc_result put(struct bc_store *s, enum bc_table t, const void *key, size_t key_len,
                          const void *data, size_t len, unsigned flags)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key};
    MDB_val v = {len, (void *)(uintptr_t)data};

    return bc_store_lmdb_result(mdb_put(s->txn, s->dbi[t], &k, &v, flags));
}

enum bc_result bc_store_lmdb_check_format(struct bc_store *s)
{
    struct bc_bytes b;
    enum bc_result r;

    if (s->mode == BC_STORE_CREATE)
        return put(s, META, "format", 6, BC_STORE_FORMAT, strlen(BC_STORE_FORMAT), 0);
    r = get(s, META, "format", 6, &b);
    if (r != BC_OK)
        return r == BC_ERR_NOT_FOUND ? BC_ERR_CORRUPT : r;
    if (b.len != strlen(BC_STORE_FORMAT) || memcmp(b.data, BC_STORE_FORMAT, b.len) != 0)
        return BC_ERR_CORRUPT;
    return BC_OK;
}

enum bc_result bc_store_checkpoint(struct bc_store *s, struct bc_bytes *out)
{
    struct bc_bytes b;
    enum bc_result r = get(s, META, CHECKPOINT, strlen(CHECKPOINT), &b);

    if (r != BC_OK)
        return r;
    if (b.len > BC_NOTE_MAX)
        return BC_ERR_TOO_LARGE;
    *out = b;
    return BC_OK;
}

enum bc_result bc_store_put_checkpoint(struct bc_store *s, const void *note, size_t len)
{
    return put(s, META, CHECKPOINT, strlen(CHECKPOINT), note, len, 0);
}

enum bc_result bc_store_event(struct bc_store *s, uint64_t index, struct bc_bytes *salt,
                              struct bc_bytes *payload)
{
    struct bc_bytes b;
    enum bc_result r = get(s, EVENTS, &index, sizeof index, &b);

    return r == BC_OK ? bc_table_row_event(b, salt, payload) : r;
}

enum bc_result bc_store_put_event(struct bc_store *s, uint64_t index,
                                  const unsigned char salt[BC_SALT_BYTES], const void *payload,
                                  size_t len)
{
    MDB_val k = {sizeof index, &index};
    MDB_val v = {BC_SALT_BYTES + len, NULL};
    enum bc_result r = bc_store_lmdb_result(
        mdb_put(s->txn, s->dbi[EVENTS], &k, &v, MDB_RESERVE | MDB_APPEND | MDB_NOOVERWRITE));

    if (r != BC_OK)
        return r;
    memcpy(v.mv_data, salt, BC_SALT_BYTES);
    memcpy((unsigned char *)v.mv_data + BC_SALT_BYTES, payload, len);
    return BC_OK;
}

enum bc_result bc_store_erased(struct bc_store *s, uint64_t index, struct bc_hash *commitment)
{
    struct bc_bytes b;
    enum bc_result r = get(s, EVENTS, &index, sizeof index, &b);

    return r == BC_OK ? bc_table_row_erased(b, commitment) : r;
}

enum bc_result bc_store_erase_event(struct bc_store *s, uint64_t index,
                                    const struct bc_hash *commitment)
{
    enum bc_result r = put(s, EVENTS, &index, sizeof index, commitment->b, BC_HASH_BYTES, 0);

    return r == BC_OK ? put(s, META, REWRITE, strlen(REWRITE), "", 0, 0) : r;
}

int bc_store_wants_rewrite(struct bc_store *s)
{
    struct bc_bytes b;

    return get(s, META, REWRITE, strlen(REWRITE), &b) == BC_OK;
}

static enum bc_table tree_table(enum bc_tree tree)
{
    return tree == BC_TREE_LOG ? LOG : REGISTER;
}

enum bc_result bc_store_tile(struct bc_store *s, enum bc_tree tree, uint64_t number,
                             struct bc_bytes *out)
{
    return get(s, tree_table(tree), &number, sizeof number, out);
}

enum bc_result bc_store_put_tile(struct bc_store *s, enum bc_tree tree, uint64_t number,
                                 const void *data, size_t len)
{
    return put(s, tree_table(tree), &number, sizeof number, data, len, 0);
}

enum bc_result bc_store_append_tile(struct bc_store *s, enum bc_tree tree, uint64_t number,
                                    const void *data, size_t len)
{
    return put(s, tree_table(tree), &number, sizeof number, data, len, MDB_APPEND);
}

enum bc_result bc_store_subject(struct bc_store *s, const void *key, size_t key_len, uint64_t *slot,
                                struct bc_bytes *leaf)
{
    struct bc_bytes row;
    enum bc_result r = get(s, SUBJECTS, key, key_len, &row);

    return r == BC_OK
               ? bc_table_row_subject((struct bc_bytes){key, key_len}, row, s->leaf, slot, leaf)
               : r;
}

enum bc_result bc_store_put_subject(struct bc_store *s, const void *key, size_t key_len,
                                    uint64_t slot, const void *leaf, size_t len)
{
    unsigned char row[BC_TABLE_ROW_SUBJECT_MAX];
    size_t row_len = bc_table_row_make_subject((struct bc_bytes){key, key_len}, slot,
                                               (struct bc_bytes){leaf, len}, row);
    enum bc_result r;

    if (row_len == 0)
        return BC_ERR_INVALID;
    r = put(s, SUBJECTS, key, key_len, row, row_len, MDB_APPEND);
    /* Not behind the last key: pages then split in halves, not at their end. */
    return r == BC_ERR_EXISTS ? put(s, SUBJECTS, key, key_len, row, row_len, 0) : r;
}

enum bc_result bc_store_remove_subject(struct bc_store *s, const void *key, size_t key_len)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key};

    return bc_store_lmdb_result(mdb_del(s->txn, s->dbi[SUBJECTS], &k, NULL));
}

enum bc_result bc_store_subject_prefix(struct bc_store *s, const void *prefix, size_t len)
{
    MDB_val k = {len, (void *)(uintptr_t)prefix};
    MDB_val v;
    MDB_cursor *cursor;
    enum bc_result r = bc_store_lmdb_result(mdb_cursor_open(s->txn, s->dbi[SUBJECTS], &cursor));

    if (r != BC_OK)
        return r;
    r = bc_store_lmdb_result(mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE));
    if (r == BC_OK && (k.mv_size < len || memcmp(k.mv_data, prefix, len) != 0))
        r = BC_ERR_NOT_FOUND;
    mdb_cursor_close(cursor);
    return r;
}

/* Moves the cursor to its next row: 1, or 0 at the end or where that failed. */
static int move_cursor(struct bc_store_cursor *c, enum bc_table table, MDB_val *k, MDB_val *v)
{
    MDB_cursor *place = c->place;
    MDB_cursor_op op = MDB_NEXT;

    if (c->result != BC_OK)
        return 0;
    if (!place) {
        c->result =
            bc_store_lmdb_result(mdb_cursor_open(c->store->txn, c->store->dbi[table], &place));
        if (c->result != BC_OK)
            return 0;
        c->place = place;
        *k = (MDB_val){c->len, (void *)(uintptr_t)c->prefix};
        op = c->len ? MDB_SET_RANGE : MDB_FIRST;
    }
    c->result = bc_store_lmdb_result(mdb_cursor_get(place, k, v, op));
    return c->result == BC_OK;
}

int bc_store_cursor_subject(struct bc_store_cursor *c, uint64_t *slot, struct bc_bytes *leaf)
{
    MDB_val k, v;

    if (!move_cursor(c, SUBJECTS, &k, &v))
        return 0;
    if (k.mv_size < c->len || (c->len && memcmp(k.mv_data, c->prefix, c->len) != 0))
        c->result = BC_ERR_NOT_FOUND;
    else if (bc_table_row_subject((struct bc_bytes){k.mv_data, k.mv_size},
                                  (struct bc_bytes){v.mv_data, v.mv_size}, c->buffer, slot,
                                  leaf) != BC_OK)
        c->result = BC_ERR_CORRUPT;
    return c->result == BC_OK;
}

int bc_store_cursor_notice(struct bc_store_cursor *c, struct bc_bytes *text)
{
    MDB_val k, v;

    if (!move_cursor(c, NOTICES, &k, &v))
        return 0;
    *text = (struct bc_bytes){v.mv_data, v.mv_size};
    return 1;
}

enum bc_result bc_store_cursor_end(struct bc_store_cursor *c)
{
    if (c->place)
        mdb_cursor_close(c->place);
    c->place = NULL;
    return c->result == BC_ERR_NOT_FOUND ? BC_OK : c->result;
}

enum bc_result bc_store_notice(struct bc_store *s, const struct bc_hash *hash,
                               struct bc_bytes *text)
{
    return get(s, NOTICES, hash->b, BC_HASH_BYTES, text);
}

enum bc_result bc_store_put_notice(struct bc_store *s, const struct bc_hash *hash, const void *text,
                                   size_t len)
{
    return put(s, NOTICES, hash->b, BC_HASH_BYTES, text, len, 0);
}
