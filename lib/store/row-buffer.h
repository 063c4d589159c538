/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ROW_BUFFER_H
#define BC_ROW_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

/*
 * Register rows that are to be put into the store. A store takes rows that are
 * sorted by their key several times faster than rows in any order, and a leaf
 * that changes often is then put once.
 */

#define BC_ROW_BUFFER_MAX (1U << 20) /* rows of one buffer */
#define BC_ROW_BUFFER_SEED_BYTES 16

struct bc_row {
    uint64_t slot;
    size_t key_len;
    size_t leaf_len;
    unsigned char *key; /* the leaf's bytes follow the key's */
    size_t bucket;
};

/* Begins as zero bytes but for the seed: random bytes, since names come from outside, and no person
 * may choose them so that they collide. */
struct bc_row_buffer {
    unsigned char seed[BC_ROW_BUFFER_SEED_BYTES];
    size_t count;
    struct bc_row *row; /* in the order in which their keys were first put, until they are sorted */
    uint32_t *bucket;   /* 1 + index of a row; 0: empty; twice as many as there are rows at most */
};

/* Frees what the buffer holds. */
void bc_row_buffer_free(struct bc_row_buffer *rows);

/* Adds the row, whose bytes are copied, or replaces the leaf of the row that has this key, which
 * keeps its slot. BC_ERR_MEMORY, BC_ERR_TOO_LARGE (there are BC_ROW_BUFFER_MAX others). */
enum bc_result bc_row_buffer_put(struct bc_row_buffer *rows, const struct bc_row *row,
                                 const void *leaf);

/* The row of this key; NULL if there is none. Valid until the next change. */
const struct bc_row *bc_row_buffer_get(const struct bc_row_buffer *rows, const void *key,
                                       size_t key_len);

/* Puts the rows in the order of their keys (bytes, then length). Only reading the rows and
 * bc_row_buffer_clear may follow. */
void bc_row_buffer_sort(struct bc_row_buffer *rows);

/* Forgets all rows. */
void bc_row_buffer_clear(struct bc_row_buffer *rows);

#endif
