/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store-lmdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lock.h"

#define ROWS_A_STEP 4096

struct bc_store_copy {
    struct bc_store *from, *to;
    int table;                 /* that is being copied; BC_TABLES: all are copied */
    struct bc_store_cursor at; /* in it */
    uint64_t done, all;        /* rows */
    enum bc_result result;
};

/* Begins a copy into a new file. */
static enum bc_result begin_copy(struct bc_store *from, const char *path,
                                 const struct bc_store_options *o, struct bc_store_copy **out)
{
    struct bc_store_copy *c = calloc(1, sizeof *c);
    struct bc_store *to = bc_store_lmdb_new(BC_STORE_CREATE);
    enum bc_result r = BC_ERR_MEMORY;
    MDB_stat st;

    if (c && to) {
        *c = (struct bc_store_copy){.from = from, .to = to, .at.store = from};
        r = snprintf(to->data_path, PATH_MAX, "%s", path) < PATH_MAX
                ? bc_store_lmdb_open(to, o, NULL)
                : BC_ERR_TOO_LARGE;
    }
    for (int t = 0; t < BC_TABLES && r == BC_OK; t++) {
        if (mdb_stat(from->txn, from->dbi[t], &st) == 0)
            c->all += st.ms_entries;
        else
            r = BC_ERR_IO;
    }
    if (r == BC_OK) {
        *out = c;
        return BC_OK;
    }
    bc_store_close(to);
    free(c);
    return r;
}

enum bc_result bc_store_copy_begin(struct bc_store *from, const struct bc_store_options *options,
                                   struct bc_store_copy **out)
{
    char lock[PATH_MAX], data[PATH_MAX];
    int fd;
    enum bc_result r;

    if (snprintf(lock, PATH_MAX, "%s/" BC_STORE_LOCK_NAME, options->folder) >= PATH_MAX ||
        snprintf(data, PATH_MAX, "%s/" BC_STORE_DATA_NAME, options->folder) >= PATH_MAX)
        return BC_ERR_TOO_LARGE;
    r = bc_store_lmdb_new_file(lock, options, &fd);
    if (r != BC_OK)
        return r;
    close(fd);
    return begin_copy(from, data, options, out);
}

int bc_store_copy_step(struct bc_store_copy *c, uint64_t *done, uint64_t *all)
{
    const struct bc_bytes mark = {(const unsigned char *)BC_STORE_ROW_REWRITE,
                                  strlen(BC_STORE_ROW_REWRITE)};
    struct bc_bytes key, value;

    for (int i = 0; i < ROWS_A_STEP && c->result == BC_OK && c->table < BC_TABLES; i++) {
        enum bc_table table = (enum bc_table)c->table;
        if (!bc_store_row_next(&c->at, table, &key, &value)) {
            c->result = bc_store_cursor_end(&c->at);
            c->at = (struct bc_store_cursor){.store = c->from};
            c->table++;
            continue;
        }
        c->done++;
        /* The mark is not copied: the pages of the copy have held nothing else. */
        if (table != BC_TABLE_META || key.len != mark.len ||
            memcmp(key.data, mark.data, mark.len) != 0)
            c->result = bc_store_row_put(c->to, table, key, value, 1);
    }
    if (c->result != BC_OK || c->table == BC_TABLES)
        return 0;
    *done = c->done;
    *all = c->all;
    return 1;
}

enum bc_result bc_store_copy_end(struct bc_store_copy *c)
{
    uint64_t done, all;
    enum bc_result r;

    while (bc_store_copy_step(c, &done, &all))
        ;
    r = c->result;
    if (r == BC_OK)
        r = bc_store_commit(c->to);
    (void)bc_store_cursor_end(&c->at);
    bc_store_close(c->to);
    free(c);
    return r;
}

/* Puts the file at path in the place of the store's. No decision is between looking at the old file
 * and opening it while the name changes hands. */
static enum bc_result replace_file(struct bc_store *s, const char *path, int folder)
{
    enum bc_result r = bc_lock_commit(s->lock_fd, BC_STORE_WRITER_WAIT_MS);

    if (r != BC_OK)
        return r;
    if (rename(path, s->data_path) != 0 || fsync(folder) != 0)
        r = BC_ERR_IO;
    bc_lock_commit_done(s->lock_fd);
    return r;
}

enum bc_result bc_store_rewrite(const struct bc_store_options *options, struct bc_where *where)
{
    char path[PATH_MAX + 16];
    struct bc_store_copy *copy;
    struct bc_store *s;
    int folder, saved;
    enum bc_result r = bc_store_open(options, BC_STORE_WRITE, &s, where);

    if (r != BC_OK)
        return r;
    r = bc_file_open_folder(options->folder, options->owner, 0, &folder, where);
    if (r != BC_OK) {
        bc_store_close(s);
        return r;
    }
    (void)snprintf(path, sizeof path, "%s.new", s->data_path);
    if (unlink(path) != 0 && errno != ENOENT) /* of a rewrite that was killed */
        r = BC_ERR_IO;
    if (r == BC_OK)
        r = begin_copy(s, path, options, &copy);
    if (r == BC_OK)
        r = bc_store_copy_end(copy);
    if (r == BC_OK)
        r = replace_file(s, path, folder);
    saved = errno;
    if (r != BC_OK)
        (void)unlink(path);
    errno = saved;
    bc_store_close(s);
    close(folder);
    return r;
}

enum bc_result bc_store_replace(const struct bc_store_options *options, const char *path,
                                struct bc_where *where)
{
    struct bc_store *s;
    int folder;
    enum bc_result r = bc_file_open_folder(options->folder, options->owner, 0, &folder, where);

    if (r != BC_OK)
        return r;
    s = bc_store_lmdb_new(BC_STORE_WRITE);
    r = s ? bc_store_lmdb_lock(s, options, 1, where) : BC_ERR_MEMORY;
    if (r == BC_OK)
        r = replace_file(s, path, folder);
    bc_store_close(s);
    close(folder);
    return r;
}
