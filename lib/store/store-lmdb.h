/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STORE_ENV_H
#define BC_STORE_ENV_H

#include <limits.h>
#include <lmdb.h>

#include "consent/leaf.h"
#include "store/store.h"

/* The inside of a store, for store.c, store-tables.c and store-rewrite.c: no other file knows LMDB.
 */

#define BC_STORE_MAP_BYTES ((size_t)64 << 30)
#define BC_STORE_TABLES 6
#define BC_STORE_DATA_NAME "data.mdb"
#define BC_STORE_REWRITE_KEY "rewrite" /* in meta: free pages still hold what was erased */
#define BC_STORE_FLAGS (MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NORDAHEAD)

enum bc_table { META, EVENTS, LOG, REGISTER, SUBJECTS, NOTICES };

struct bc_store {
    enum bc_store_mode mode;
    int lock_fd;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi[BC_STORE_TABLES];
    char folder[PATH_MAX];
    char data_path[PATH_MAX];
    unsigned char leaf[BC_LEAF_MAX]; /* of the row that was read last */
};

/* The result that stands for LMDB's; sets errno with BC_ERR_IO. */
enum bc_result bc_store_lmdb_result(int rc);

/* Sets the paths of s, whose mode is set and whose lock_fd is -1, and takes the lock that its mode
 * needs; create makes the lock's file if it is missing. bc_store_close lets go, also after a
 * failure. Errors of bc_store_open. */
enum bc_result bc_store_lmdb_lock(struct bc_store *s, const struct bc_store_options *o, int create,
                                  struct bc_where *where);

/* Opens all tables in a transaction; create makes them. */
int bc_store_lmdb_open_tables(MDB_txn *txn, int create, MDB_dbi dbi[BC_STORE_TABLES]);

/* Whether the store is of our format; a new one is made so. BC_ERR_CORRUPT. */
enum bc_result bc_store_lmdb_check_format(struct bc_store *s);

/* An empty file of the store, which must not exist, with the store's owner. */
enum bc_result bc_store_lmdb_new_file(const char *path, uid_t uid, gid_t gid);

#endif
