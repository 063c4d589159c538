/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TABLE_ROW_H
#define BC_TABLE_ROW_H

#include "consent/leaf.h"
#include "store/store.h"

/* What the bytes of a row say, whatever keeps the row. All that is given out points into the row or
 * the buffer. Outputs are untouched on failure. */

#define BC_TABLE_ROW_SUBJECT_MAX (8 + BC_LEAF_MAX)

/* A row of events: the salt, then the payload. BC_ERR_ERASED, BC_ERR_CORRUPT. */
enum bc_result bc_table_row_event(struct bc_bytes row, struct bc_bytes *salt,
                                  struct bc_bytes *payload);

/* A row of an erased event: the commitment alone. BC_ERR_EXISTS if it was not erased. */
enum bc_result bc_table_row_erased(struct bc_bytes row, struct bc_hash *commitment);

/* A row of subjects: the slot in eight bytes, the highest first, and of the leaf what its key does
 * not say. The leaf is put together in buffer. BC_ERR_CORRUPT. */
enum bc_result bc_table_row_subject(struct bc_bytes key, struct bc_bytes row,
                                    unsigned char buffer[BC_LEAF_MAX], uint64_t *slot,
                                    struct bc_bytes *leaf);

/* Makes such a row. Returns its length in bytes, or 0 if the leaf is not one of this key. */
size_t bc_table_row_make_subject(struct bc_bytes key, uint64_t slot, struct bc_bytes leaf,
                                 unsigned char out[BC_TABLE_ROW_SUBJECT_MAX]);

#endif
