/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ROWS_H
#define BC_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

/*
 * Register rows that wait to be put into the store. A store takes rows that
 * are sorted by their key several times faster than rows in any order, and a
 * leaf that changes often is then put once.
 */

#define BC_ROWS_MAX 4000000 /* rows that may wait */

struct bc_row {
    uint64_t slot;
    size_t key_len;
    size_t leaf_len;
    unsigned char *key; /* the leaf's bytes follow the key's */
};

struct bc_rows;

/* No rows. NULL if there is no memory. */
struct bc_rows *bc_rows_new(void);

/* Frees the rows and what they hold. NULL is allowed. */
void bc_rows_free(struct bc_rows *rows);

/* Adds the row, or replaces the leaf of the row that has this key. BC_ERR_MEMORY, BC_ERR_TOO_LARGE
 * (BC_ROWS_MAX wait already). */
enum bc_result bc_rows_put(struct bc_rows *rows, const void *key, size_t key_len, uint64_t slot,
                           const void *leaf, size_t leaf_len);

/* The row of this key; NULL if there is none. Valid until the next change. */
const struct bc_row *bc_rows_get(const struct bc_rows *rows, const void *key, size_t key_len);

size_t bc_rows_count(const struct bc_rows *rows);

/* The i-th row, in the order in which their keys were first put, until bc_rows_sort. */
const struct bc_row *bc_rows_at(const struct bc_rows *rows, size_t i);

/* Puts the rows in the order of their keys (bytes, then length). Only bc_rows_at, bc_rows_count and
 * bc_rows_clear may follow. */
void bc_rows_sort(struct bc_rows *rows);

/* Forgets all rows. */
void bc_rows_clear(struct bc_rows *rows);

#endif
