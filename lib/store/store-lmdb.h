/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STORE_LMDB_H
#define BC_STORE_LMDB_H

#include <limits.h>
#include <lmdb.h>

#include "store/store-row.h"

/* The inside of a store, for store.c and store-compact.c: no other file knows LMDB. */

#define BC_STORE_DATA_NAME "data.mdb"
#define BC_STORE_LOCK_NAME "lock"

struct bc_store {
    enum bc_store_mode mode;
    int lock_fd; /* -1: no lock is held */
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi[BC_TABLES];
    char data_path[PATH_MAX];
    unsigned char leaf[BC_LEAF_MAX]; /* of the row that was read last */
};

/* A store that is neither locked nor open, for bc_store_close. NULL if there is no memory. */
struct bc_store *bc_store_lmdb_new(enum bc_store_mode mode);

/* Sets the path of s, and takes the lock that its mode needs; create makes the lock's file if it is
 * missing. Errors of bc_store_open. */
enum bc_result bc_store_lmdb_lock(struct bc_store *s, const struct bc_store_options *o, int create,
                                  struct bc_where *where);

/* Opens the file at s->data_path, which BC_STORE_CREATE makes, and begins the transaction. Errors
 * of bc_store_open. */
enum bc_result bc_store_lmdb_open(struct bc_store *s, const struct bc_store_options *o,
                                  struct bc_where *where);

/* Makes an empty file of the store, which must not exist, with the store's owner. *fd is the
 * caller's to close. BC_ERR_EXISTS, BC_ERR_IO with errno. */
enum bc_result bc_store_lmdb_new_file(const char *path, const struct bc_store_options *o, int *fd);

#endif
