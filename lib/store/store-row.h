/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STORE_ROW_H
#define BC_STORE_ROW_H

#include "store/store.h"

/*
 * The tables as rows of a key and a value. store-tables.c and tile.c give the
 * rows their meaning, and know nothing of what keeps them: LMDB (store.c), or
 * the memory of the fuzzer (tests/fuzz/store-memory.c).
 */

enum bc_table {
    BC_TABLE_META,
    BC_TABLE_EVENTS,
    BC_TABLE_LOG,
    BC_TABLE_REGISTER,
    BC_TABLE_SUBJECTS,
    BC_TABLE_NOTICES,
    BC_TABLES
};

/* In BC_TABLE_META: free pages still hold what was erased. */
#define BC_STORE_ROW_REWRITE "rewrite"

/* Gets the value under key. BC_ERR_NOT_FOUND, errors of the store. */
enum bc_result bc_store_row_get(struct bc_store *s, enum bc_table table, struct bc_bytes key,
                                struct bc_bytes *value);

/* Puts the value under key, in the place of an older one. With append, only behind all other keys,
 * which leaves no page half empty: BC_ERR_EXISTS if key is not behind them. Errors of the store. */
enum bc_result bc_store_row_put(struct bc_store *s, enum bc_table table, struct bc_bytes key,
                                struct bc_bytes value, int append);

/* Removes the row of key. BC_ERR_NOT_FOUND, errors of the store. */
enum bc_result bc_store_row_remove(struct bc_store *s, enum bc_table table, struct bc_bytes key);

/* Gives the next row of the table whose key begins with the cursor's prefix; to be ended by
 * bc_store_cursor_end. 1, or 0 at the end or at the first failure. */
int bc_store_row_next(struct bc_store_cursor *c, enum bc_table table, struct bc_bytes *key,
                      struct bc_bytes *value);

/* BC_LEAF_MAX bytes of the store, in which bc_store_subject puts a leaf together. */
unsigned char *bc_store_row_leaf(struct bc_store *s);

#endif
