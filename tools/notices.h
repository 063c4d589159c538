/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_NOTICES_H
#define BC_NOTICES_H

#include "snapshot.h"

/* Looking up accepted notices. */

/* Calls each for every accepted version of every notice. */
enum bc_reason bc_notices_each(struct bc_snapshot *s,
                               void (*each)(void *ctx, uint64_t index, const struct bc_event *e),
                               void *ctx);

/* The newest accepted version of the notice with this id, or the accepted one whose text has this
 * SHA-256 (64 hex digits). BC_ALLOW, BC_NO_RECORD, BC_CORRUPT, BC_SYSTEM. */
enum bc_reason bc_notices_find(struct bc_snapshot *s, const char *id_or_hash,
                               struct bc_event *out);

#endif
