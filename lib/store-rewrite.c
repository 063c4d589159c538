/* SPDX-License-Identifier: BSD-2-Clause */
#include "store-env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"

#define NEW_NAME BC_STORE_DATA_NAME ".new"

static int is_mark(enum bc_table t, const MDB_val *key)
{
    return t == META && key->mv_size == strlen(BC_STORE_REWRITE_KEY) &&
           memcmp(key->mv_data, BC_STORE_REWRITE_KEY, key->mv_size) == 0;
}

static int copy_table(struct bc_store *from, MDB_txn *txn, MDB_dbi dbi, enum bc_table t)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc = mdb_cursor_open(from->txn, from->dbi[t], &cursor);

    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        if (is_mark(t, &key))
            continue;
        rc = mdb_put(txn, dbi, &key, &value, MDB_APPEND);
        if (rc != 0)
            break;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int copy_tables(struct bc_store *from, MDB_env *env)
{
    MDB_dbi dbi[BC_STORE_TABLES];
    MDB_txn *txn;
    int rc = mdb_txn_begin(env, NULL, 0, &txn);

    if (rc != 0)
        return rc;
    rc = bc_store_open_tables(txn, 1, dbi);
    for (int t = 0; t < BC_STORE_TABLES && rc == 0; t++)
        rc = copy_table(from, txn, dbi[t], (enum bc_table)t);
    if (rc == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

static enum bc_result write_copy(struct bc_store *from, const char *path)
{
    MDB_env *env;
    int rc = mdb_env_create(&env);

    if (rc != 0)
        return bc_store_result(rc);
    rc = mdb_env_set_maxdbs(env, BC_STORE_TABLES);
    if (rc == 0)
        rc = mdb_env_set_mapsize(env, BC_STORE_MAP_BYTES);
    if (rc == 0)
        rc = mdb_env_open(env, path, BC_STORE_FLAGS, 0600);
    if (rc == 0)
        rc = copy_tables(from, env);
    mdb_env_close(env);
    return bc_store_result(rc);
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
    enum bc_result r;

    (void)snprintf(path, sizeof path, "%s/" NEW_NAME, s->folder);
    if (unlink(path) != 0 && errno != ENOENT) /* of a rewrite that was killed */
        return BC_ERR_IO;
    r = bc_store_new_file(path, o->owner, o->group);
    if (r == BC_OK)
        r = write_copy(s, path);
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
    enum bc_result r = bc_folder_open(options->folder, options->owner, 0, &folder, where);

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
