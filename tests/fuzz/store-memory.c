/* SPDX-License-Identifier: BSD-2-Clause */
#include "store-memory.h"

#include "fuzz.h"
#include "proof/note.h"
#include "store/table-row.h"

struct bc_store {
    struct memory *m;
};

struct memory memory_store;
static struct bc_store the_store = {&memory_store};

void memory_free(struct memory *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->row[i].value);
    free(m->row);
    *m = (struct memory){0, NULL};
}

void memory_copy(struct memory *to, const struct memory *from)
{
    memory_free(to);
    to->row = calloc(from->count + 1, sizeof *to->row);
    must(to->row);
    for (size_t i = 0; i < from->count; i++) {
        to->row[i] = from->row[i];
        to->row[i].value = malloc(from->row[i].len + 1);
        must(to->row[i].value);
        memcpy(to->row[i].value, from->row[i].value, from->row[i].len);
    }
    to->count = from->count;
}

static struct memory_row *find(struct bc_store *s, enum memory_table t, const void *key, size_t len)
{
    for (size_t i = 0; i < s->m->count; i++) {
        struct memory_row *row = &s->m->row[i];
        if (row->table == t && row->key_len == len && memcmp(row->key, key, len) == 0)
            return row;
    }
    return NULL;
}

static enum bc_result get(struct bc_store *s, enum memory_table t, const void *key, size_t len,
                          struct bc_bytes *out)
{
    const struct memory_row *row = find(s, t, key, len);

    if (!row)
        return BC_ERR_NOT_FOUND;
    *out = (struct bc_bytes){row->value, row->len};
    return BC_OK;
}

static enum bc_result put(struct bc_store *s, enum memory_table t, const void *key, size_t key_len,
                          const void *data, size_t len)
{
    struct memory_row *row = find(s, t, key, key_len);

    if (!row) {
        s->m->row = realloc(s->m->row, (s->m->count + 1) * sizeof *row);
        must(s->m->row && key_len <= sizeof row->key);
        row = &s->m->row[s->m->count++];
        *row = (struct memory_row){.table = t, .key_len = key_len};
        memcpy(row->key, key, key_len);
    }
    free(row->value);
    row->value = malloc(len + 1);
    must(row->value);
    memcpy(row->value, data, len);
    row->len = len;
    return BC_OK;
}

enum bc_result bc_store_open(const struct bc_store_options *options, enum bc_store_mode mode,
                             struct bc_store **out, struct bc_where *where)
{
    (void)options;
    (void)mode;
    (void)where;
    *out = &the_store;
    return BC_OK;
}

int bc_store_exists(const struct bc_store_options *options)
{
    (void)options;
    return 0;
}

enum bc_result bc_store_commit(struct bc_store *s)
{
    (void)s;
    return BC_OK;
}

void bc_store_close(struct bc_store *s)
{
    (void)s;
}

enum bc_result bc_store_checkpoint(struct bc_store *s, struct bc_bytes *out)
{
    enum bc_result r = get(s, MEMORY_META, "checkpoint", 10, out);

    return r == BC_OK && out->len > BC_NOTE_MAX ? BC_ERR_TOO_LARGE : r;
}

enum bc_result bc_store_put_checkpoint(struct bc_store *s, const void *note, size_t len)
{
    return put(s, MEMORY_META, "checkpoint", 10, note, len);
}

enum bc_result bc_store_event(struct bc_store *s, uint64_t index, struct bc_bytes *salt,
                              struct bc_bytes *payload)
{
    struct bc_bytes b;
    enum bc_result r = get(s, MEMORY_EVENTS, &index, sizeof index, &b);

    return r == BC_OK ? bc_table_row_event(b, salt, payload) : r;
}

enum bc_result bc_store_put_event(struct bc_store *s, uint64_t index,
                                  const unsigned char salt[BC_SALT_BYTES], const void *payload,
                                  size_t len)
{
    static unsigned char both[BC_SALT_BYTES + BC_EVENT_MAX];

    memcpy(both, salt, BC_SALT_BYTES);
    memcpy(both + BC_SALT_BYTES, payload, len);
    return put(s, MEMORY_EVENTS, &index, sizeof index, both, BC_SALT_BYTES + len);
}

enum bc_result bc_store_erased(struct bc_store *s, uint64_t index, struct bc_hash *commitment)
{
    struct bc_bytes b;
    enum bc_result r = get(s, MEMORY_EVENTS, &index, sizeof index, &b);

    return r == BC_OK ? bc_table_row_erased(b, commitment) : r;
}

enum bc_result bc_store_erase_event(struct bc_store *s, uint64_t index,
                                    const struct bc_hash *commitment)
{
    return put(s, MEMORY_EVENTS, &index, sizeof index, commitment->b, BC_HASH_BYTES);
}

static enum memory_table tree_table(enum bc_tree tree)
{
    return tree == BC_TREE_LOG ? MEMORY_LOG : MEMORY_REGISTER;
}

enum bc_result bc_store_tile(struct bc_store *s, enum bc_tree tree, uint64_t number,
                             struct bc_bytes *out)
{
    return get(s, tree_table(tree), &number, sizeof number, out);
}

enum bc_result bc_store_put_tile(struct bc_store *s, enum bc_tree tree, uint64_t number,
                                 const void *data, size_t len)
{
    return put(s, tree_table(tree), &number, sizeof number, data, len);
}

enum bc_result bc_store_append_tile(struct bc_store *s, enum bc_tree tree, uint64_t number,
                                    const void *data, size_t len)
{
    return bc_store_put_tile(s, tree, number, data, len);
}

enum bc_result bc_store_subject(struct bc_store *s, const void *key, size_t key_len, uint64_t *slot,
                                struct bc_bytes *leaf)
{
    static unsigned char buffer[BC_LEAF_MAX]; /* of the row that was read last */
    struct bc_bytes row;
    enum bc_result r = get(s, MEMORY_SUBJECTS, key, key_len, &row);

    return r == BC_OK
               ? bc_table_row_subject((struct bc_bytes){key, key_len}, row, buffer, slot, leaf)
               : r;
}

enum bc_result bc_store_put_subject(struct bc_store *s, const void *key, size_t key_len,
                                    uint64_t slot, const void *leaf, size_t len)
{
    unsigned char row[BC_TABLE_ROW_SUBJECT_MAX];
    size_t row_len = bc_table_row_make_subject((struct bc_bytes){key, key_len}, slot,
                                               (struct bc_bytes){leaf, len}, row);

    must(row_len);
    return put(s, MEMORY_SUBJECTS, key, key_len, row, row_len);
}

enum bc_result bc_store_remove_subject(struct bc_store *s, const void *key, size_t key_len)
{
    struct memory_row *row = find(s, MEMORY_SUBJECTS, key, key_len);

    if (!row)
        return BC_ERR_NOT_FOUND;
    free(row->value);
    *row = s->m->row[--s->m->count];
    return BC_OK;
}

enum bc_result bc_store_subject_prefix(struct bc_store *s, const void *prefix, size_t len)
{
    for (size_t i = 0; i < s->m->count; i++)
        if (s->m->row[i].table == MEMORY_SUBJECTS && s->m->row[i].key_len >= len &&
            memcmp(s->m->row[i].key, prefix, len) == 0)
            return BC_OK;
    return BC_ERR_NOT_FOUND;
}

int bc_store_cursor_subject(struct bc_store_cursor *c, uint64_t *slot, struct bc_bytes *leaf)
{
    struct memory *m = c->store->m;
    size_t i = c->place ? (size_t)((struct memory_row *)c->place - m->row) + 1 : 0;

    for (; c->result == BC_OK && i < m->count; i++) {
        struct memory_row *row = &m->row[i];
        if (row->table != MEMORY_SUBJECTS || row->key_len < c->len ||
            (c->len && memcmp(row->key, c->prefix, c->len) != 0))
            continue;
        c->place = row;
        if (bc_table_row_subject((struct bc_bytes){row->key, row->key_len},
                                 (struct bc_bytes){row->value, row->len}, c->buffer, slot,
                                 leaf) == BC_OK)
            return 1;
        c->result = BC_ERR_CORRUPT;
    }
    return 0;
}

enum bc_result bc_store_cursor_end(struct bc_store_cursor *c)
{
    return c->result;
}

enum bc_result bc_store_notice(struct bc_store *s, const struct bc_hash *hash,
                               struct bc_bytes *text)
{
    return get(s, MEMORY_NOTICES, hash->b, BC_HASH_BYTES, text);
}

enum bc_result bc_store_put_notice(struct bc_store *s, const struct bc_hash *hash, const void *text,
                                   size_t len)
{
    return put(s, MEMORY_NOTICES, hash->b, BC_HASH_BYTES, text, len);
}
