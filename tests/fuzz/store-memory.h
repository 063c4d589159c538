/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store/store-row.h"

/* The rows of a store in memory, without LMDB, for fuzz-decision, which spoils them. */

struct memory_row {
    enum bc_table table;
    size_t key_len, len;
    unsigned char key[BC_SUBJECT_MAX + 9];
    unsigned char *value;
};

struct memory {
    size_t count;
    struct memory_row *row;
};

/* What bc_store_open gives from now on. */
extern struct memory memory_store;

/* Makes *to a copy with values of its own, to come back to. */
void memory_copy(struct memory *to, const struct memory *from);

#endif
