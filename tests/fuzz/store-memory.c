/* SPDX-License-Identifier: BSD-2-Clause */
#include "store-memory.h"

#include "fuzz.h"

struct bc_store {
    struct memory *m;
    unsigned char leaf[BC_LEAF_MAX];
};

struct memory memory_store;
static struct bc_store the_store = {.m = &memory_store};

void memory_copy(struct memory *to, const struct memory *from)
{
    for (size_t i = 0; i < to->count; i++)
        free(to->row[i].value);
    free(to->row);
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

static struct memory_row *find_row(struct memory *m, enum bc_table table, struct bc_bytes key)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->row[i].table == table && m->row[i].key_len == key.len &&
            memcmp(m->row[i].key, key.data, key.len) == 0)
            return &m->row[i];
    return NULL;
}

enum bc_result bc_store_row_get(struct bc_store *s, enum bc_table table, struct bc_bytes key,
                                struct bc_bytes *value)
{
    const struct memory_row *row = find_row(s->m, table, key);

    if (!row)
        return BC_ERR_NOT_FOUND;
    *value = (struct bc_bytes){row->value, row->len};
    return BC_OK;
}

enum bc_result bc_store_row_put(struct bc_store *s, enum bc_table table, struct bc_bytes key,
                                struct bc_bytes value, int append)
{
    struct memory *m = s->m;
    struct memory_row *row = find_row(m, table, key);

    if (row && append)
        return BC_ERR_EXISTS;
    if (!row) {
        m->row = realloc(m->row, (m->count + 1) * sizeof *row);
        must(m->row && key.len <= sizeof row->key);
        row = &m->row[m->count++];
        *row = (struct memory_row){.table = table, .key_len = key.len};
        memcpy(row->key, key.data, key.len);
    }
    free(row->value);
    row->value = malloc(value.len + 1);
    must(row->value);
    memcpy(row->value, value.data, value.len);
    row->len = value.len;
    return BC_OK;
}

enum bc_result bc_store_row_remove(struct bc_store *s, enum bc_table table, struct bc_bytes key)
{
    struct memory_row *row = find_row(s->m, table, key);

    if (!row)
        return BC_ERR_NOT_FOUND;
    free(row->value);
    *row = s->m->row[--s->m->count];
    return BC_OK;
}

int bc_store_row_next(struct bc_store_cursor *c, enum bc_table table, struct bc_bytes *key,
                      struct bc_bytes *value)
{
    struct memory *m = c->store->m;
    size_t i = c->place ? (size_t)((struct memory_row *)c->place - m->row) + 1 : 0;

    for (; c->result == BC_OK && i < m->count; i++) {
        struct memory_row *row = &m->row[i];
        if (row->table != table || row->key_len < c->len ||
            (c->len && memcmp(row->key, c->prefix, c->len) != 0))
            continue;
        c->place = row;
        *key = (struct bc_bytes){row->key, row->key_len};
        *value = (struct bc_bytes){row->value, row->len};
        return 1;
    }
    return 0;
}

enum bc_result bc_store_cursor_end(struct bc_store_cursor *c)
{
    return c->result;
}

unsigned char *bc_store_row_leaf(struct bc_store *s)
{
    return s->leaf;
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
