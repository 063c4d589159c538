/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_COLLECT_H
#define BC_COLLECT_H

#include "evidence/bundle.h"
#include "store/log-reader.h"

/* What bundles are made of, out of the store. */

struct bc_collecting {
    struct bc_snapshot *s;
    struct bc_bundle *b;
};

/* The checkpoint, and the subject's leaf. BC_ALLOW, BC_NO_RECORD, BC_CORRUPT, BC_SYSTEM. */
enum bc_reason bc_collect_begin(struct bc_collecting *m, const struct bc_subject *subject);

/* Adds an event with its proof; for bc_history_each. ctx: a struct bc_collecting. */
enum bc_result bc_collect(void *ctx, const struct bc_past *past);

/* The same for the version of a notice, if a grant that was added names the notice. */
enum bc_result bc_collect_named(void *ctx, const struct bc_past *past);

/* Brings the events in order, and adds leaves and texts of the notices. BC_ALLOW, BC_CORRUPT,
 * BC_SYSTEM (too many). */
enum bc_reason bc_collect_finish(struct bc_collecting *m);

#endif
