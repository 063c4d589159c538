/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store-lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lock.h"

#define NEW_NAME BC_STORE_DATA_NAME ".new"
#define ROWS_A_STEP 4096

struct bc_store_copy {
    struct bc_store *from;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi[BC_STORE_TABLES];
    int table;          /* that is being copied; BC_STORE_TABLES: all are copied */
    MDB_cursor *cursor; /* in it; NULL: its first row comes next */
    uint64_t done, all; /* rows */
    int rc;             /* LMDB's first error */
};

static int is_mark(int table, const MDB_val *key)
{
    return table == META && key->mv_size == strlen(BC_STORE_REWRITE_KEY) &&
           memcmp(key->mv_data, BC_STORE_REWRITE_KEY, key->mv_size) == 0;
}

/* The mark is not copied: the pages of the copy have held nothing else. */
static int copy_row(struct bc_store_copy *c)
{
    MDB_val key, value;
    int rc = c->cursor ? 0 : mdb_cursor_open(c->from->txn, c->from->dbi[c->table], &c->cursor);

    if (rc == 0)
        rc = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT);
    if (rc == MDB_NOTFOUND) {
        mdb_cursor_close(c->cursor);
        c->cursor = NULL;
        c->table++;
        return 0;
    }
    if (rc != 0)
        return rc;
    c->done++;
    return is_mark(c->table, &key) ? 0
                                   : mdb_put(c->txn, c->dbi[c->table], &key, &value, MDB_APPEND);
}

static int begin_env(struct bc_store_copy *c, const char *path)
{
    int rc = mdb_env_create(&c->env);

    if (rc == 0)
        rc = mdb_env_set_maxdbs(c->env, BC_STORE_TABLES);
    if (rc == 0)
        rc = mdb_env_set_mapsize(c->env, BC_STORE_MAP_BYTES);
    if (rc == 0)
        rc = mdb_env_open(c->env, path, BC_STORE_FLAGS, 0600);
    if (rc == 0)
        rc = mdb_txn_begin(c->env, NULL, 0, &c->txn);
    if (rc == 0)
        rc = bc_store_lmdb_open_tables(c->txn, 1, c->dbi);
    for (int t = 0; t < BC_STORE_TABLES && rc == 0; t++) {
        MDB_stat st;
        rc = mdb_stat(c->from->txn, c->from->dbi[t], &st);
        if (rc == 0)
            c->all += st.ms_entries;
    }
    return rc;
}

/* Begins a copy into an empty file. */
static enum bc_result begin_copy(struct bc_store *from, const char *path,
                                 struct bc_store_copy **out)
{
    struct bc_store_copy *c = calloc(1, sizeof *c);
    enum bc_result r;

    if (!c)
        return BC_ERR_MEMORY;
    c->from = from;
    c->rc = begin_env(c, path);
    if (c->rc != 0) {
        r = bc_store_copy_end(c);
        return r != BC_OK ? r : BC_ERR_IO; /* without a copy there is no success */
    }
    *out = c;
    return BC_OK;
}

enum bc_result bc_store_copy_begin(struct bc_store *from, const struct bc_store_options *options,
                                   struct bc_store_copy **out)
{
    static const char *const names[] = {"lock", BC_STORE_DATA_NAME};
    char path[PATH_MAX];
    enum bc_result r = BC_OK;

    for (int i = 0; i < 2 && r == BC_OK; i++) {
        if (snprintf(path, sizeof path, "%s/%s", options->folder, names[i]) >= (int)sizeof path)
            return BC_ERR_TOO_LARGE;
        r = bc_store_lmdb_new_file(path, options->owner, options->group);
    }
    return r == BC_OK ? begin_copy(from, path, out) : r;
}

int bc_store_copy_step(struct bc_store_copy *c, uint64_t *done, uint64_t *all)
{
    for (int i = 0; i < ROWS_A_STEP && c->rc == 0 && c->table < BC_STORE_TABLES; i++)
        c->rc = copy_row(c);
    if (c->rc != 0 || c->table == BC_STORE_TABLES)
        return 0;
    *done = c->done;
    *all = c->all;
    return 1;
}

enum bc_result bc_store_copy_end(struct bc_store_copy *c)
{
    uint64_t done, all;
    int rc;

    while (c->rc == 0 && bc_store_copy_step(c, &done, &all))
        ;
    if (c->cursor)
        mdb_cursor_close(c->cursor);
    rc = c->rc;
    if (c->txn && rc == 0)
        rc = mdb_txn_commit(c->txn);
    else if (c->txn)
        mdb_txn_abort(c->txn);
    if (c->env)
        mdb_env_close(c->env);
    free(c);
    return bc_store_lmdb_result(rc);
}

/* No decision is between looking at the old file and opening it while the name changes hands. */
static enum bc_result replace(struct bc_store *s, const char *path, int folder)
{
    enum bc_result r = bc_lock_commit(s->lock_fd, BC_STORE_WRITER_WAIT_MS);

    if (r != BC_OK)
        return r;
    if (rename(path, s->data_path) != 0 || fsync(folder) != 0)
        r = BC_ERR_IO;
    bc_lock_commit_done(s->lock_fd);
    return r;
}

static enum bc_result rewrite(struct bc_store *s, const struct bc_store_options *o, int folder)
{
    char path[PATH_MAX + 16];
    struct bc_store_copy *copy;
    enum bc_result r;

    (void)snprintf(path, sizeof path, "%s/" NEW_NAME, s->folder);
    if (unlink(path) != 0 && errno != ENOENT) /* of a rewrite that was killed */
        return BC_ERR_IO;
    r = bc_store_lmdb_new_file(path, o->owner, o->group);
    if (r == BC_OK)
        r = begin_copy(s, path, &copy);
    if (r == BC_OK)
        r = bc_store_copy_end(copy);
    if (r == BC_OK)
        r = replace(s, path, folder);
    if (r != BC_OK) {
        int saved = errno;
        (void)unlink(path);
        errno = saved;
    }
    return r;
}

enum bc_result bc_store_rewrite(const struct bc_store_options *options, struct bc_where *where)
{
    struct bc_store *s;
    int folder;
    enum bc_result r = bc_file_open_folder(options->folder, options->owner, 0, &folder, where);

    if (r != BC_OK)
        return r;
    r = bc_store_open(options, BC_STORE_WRITE, &s, where);
    if (r == BC_OK) {
        r = rewrite(s, options, folder);
        bc_store_close(s);
    }
    close(folder);
    return r;
}

enum bc_result bc_store_replace(const struct bc_store_options *options, const char *path,
                                struct bc_where *where)
{
    struct bc_store *s;
    int folder, saved;
    enum bc_result r = bc_file_open_folder(options->folder, options->owner, 0, &folder, where);

    if (r != BC_OK)
        return r;
    s = calloc(1, sizeof *s);
    if (s) {
        s->mode = BC_STORE_WRITE;
        s->lock_fd = -1;
        r = bc_store_lmdb_lock(s, options, 1, where);
    } else {
        r = BC_ERR_MEMORY;
    }
    if (r == BC_OK)
        r = replace(s, path, folder);
    saved = errno;
    bc_store_close(s);
    close(folder);
    errno = saved;
    return r;
}
