/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "consent/leaf.h"
#include "store/store.h"

/* The tables of store.h in memory, without LMDB, for fuzz-decision; and the ways to spoil them. */

enum memory_table {
    MEMORY_META,
    MEMORY_EVENTS,
    MEMORY_LOG,
    MEMORY_REGISTER,
    MEMORY_SUBJECTS,
    MEMORY_NOTICES
};

struct memory_row {
    enum memory_table table;
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

/* A copy with values of its own, to come back to. */
void memory_copy(struct memory *to, const struct memory *from);
void memory_free(struct memory *m);

#endif
