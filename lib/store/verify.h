/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_VERIFY_H
#define BC_VERIFY_H

#include "store/snapshot.h"

/*
 * Verifies the whole store from the events up: every payload against its
 * commitment, the log's root, the register's root by replaying the events, the
 * times, the notices' texts. A step verifies a few hundred events, so that a
 * caller can show how far it has come:
 *
 *     r = bc_verify_begin(&snapshot, &found, &v);
 *     if (r == BC_OK) {
 *         while (bc_verify_step(v))
 *             show(found.events, snapshot.checkpoint.log_size);
 *         r = bc_verify_end(v);
 *     }
 */

struct bc_verified {
    uint64_t events; /* verified so far */
    uint64_t subjects;
    uint64_t notices;
    uint64_t erased;   /* events whose payload was erased, as an erase event says */
    char finding[256]; /* what is wrong and where; empty if nothing is */
};

struct bc_verify;

/* Begins to verify what the snapshot's checkpoint signs. The snapshot and *out must stay where they
 * are until bc_verify_end. Returns BC_OK, or BC_ERR_MEMORY with *v and *out untouched. */
enum bc_result bc_verify_begin(struct bc_snapshot *s, struct bc_verified *out,
                               struct bc_verify **v);

/* Verifies the next events. Returns 1, or 0 when none is left or something is wrong. */
int bc_verify_step(struct bc_verify *v);

/* Verifies what is left and the register, and frees v. Returns BC_OK if nothing is wrong;
 * BC_ERR_CORRUPT if something is, and out->finding says what; BC_ERR_MEMORY, BC_ERR_IO. */
enum bc_result bc_verify_end(struct bc_verify *v);

#endif
