/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_AUDIT_H
#define BC_AUDIT_H

#include "snapshot.h"

/*
 * The whole store, checked from the events up: every payload against its
 * commitment, the log's root, the register's root by replaying the events, the
 * times, the notices' texts.
 */

struct bc_audit {
    uint64_t events;    /* checked */
    uint64_t subjects;
    uint64_t notices;
    uint64_t erased;    /* events whose payload was erased, as an erase event says */
    char finding[256];  /* what is wrong and where; empty if nothing is */
};

/* Checks what the verified snapshot signs. progress, if not NULL, is called now and then with what
 * is done of how much. BC_OK: nothing is wrong. BC_ERR_CORRUPT: out->finding says what.
 * BC_ERR_MEMORY, BC_ERR_IO. out is filled in either case. */
enum bc_result bc_audit_store(struct bc_snapshot *s,
                              void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
                              struct bc_audit *out);

#endif
