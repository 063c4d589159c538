/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_COLLECT_H
#define BC_COLLECT_H

#include "evidence/bundle.h"
#include "store/log-reader.h"

/* What bundles are made of, out of the store. */

struct bc_bundle_builder {
    struct bc_snapshot *s;
    struct bc_bundle *b;
};

/* The checkpoint, and the subject's leaf. BC_OK, BC_ERR_NO_RECORD, BC_ERR_CORRUPT,
 * BC_ERR_SYSTEM. */
enum bc_result bc_bundle_builder_begin(struct bc_bundle_builder *m,
                                       const struct bc_subject *subject);

/* Adds an event with its proof; for bc_log_reader_each. ctx: a struct bc_bundle_builder. */
enum bc_result bc_bundle_builder_add(void *ctx, const struct bc_logged_event *past);

/* The same for the version of a notice, if a grant that was added names the notice. */
enum bc_result bc_bundle_builder_add_named(void *ctx, const struct bc_logged_event *past);

/* Brings the events in order, and adds leaves and texts of the notices. BC_OK,
 * BC_ERR_CORRUPT, BC_ERR_SYSTEM (too many). */
enum bc_result bc_bundle_builder_finish(struct bc_bundle_builder *m);

#endif
