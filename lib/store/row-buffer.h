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

struct bc_row_buffer;

/* No rows. NULL if there is no memory. */
struct bc_row_buffer *bc_row_buffer_new(void);

/* Frees the rows and what they hold. NULL is allowed. */
void bc_row_buffer_free(struct bc_row_buffer *rows);

/* Adds the row, or replaces the leaf of the row that has this key. BC_ERR_MEMORY, BC_ERR_TOO_LARGE
 * (BC_ROWS_MAX wait already). */
enum bc_result bc_row_buffer_put(struct bc_row_buffer *rows, const void *key, size_t key_len,
                                 uint64_t slot, const void *leaf, size_t leaf_len);

/* The row of this key; NULL if there is none. Valid until the next change. */
const struct bc_row *bc_row_buffer_get(const struct bc_row_buffer *rows, const void *key,
                                       size_t key_len);

size_t bc_row_buffer_count(const struct bc_row_buffer *rows);

/* The i-th row, in the order in which their keys were first put, until bc_row_buffer_sort. */
const struct bc_row *bc_row_buffer_at(const struct bc_row_buffer *rows, size_t i);

/* Puts the rows in the order of their keys (bytes, then length). Only bc_row_buffer_at,
 * bc_row_buffer_count and bc_row_buffer_clear may follow. */
void bc_row_buffer_sort(struct bc_row_buffer *rows);

/* Forgets all rows. */
void bc_row_buffer_clear(struct bc_row_buffer *rows);

#endif
