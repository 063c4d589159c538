/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LIVE_H
#define BC_LIVE_H

#include "consent/decision.h"
#include "store/snapshot.h"

/* A consent in force, as the verified store has it. */

struct bc_active_consent {
    struct bc_event grant;
    struct bc_event notice;
    struct bc_consent consent; /* points at both */
    struct bc_bytes payload;   /* of the grant */
};

/* Loads the grant that an entry of a subject's leaf names, and its notice if that is accepted. *out must
 * not be moved. BC_REASON_ALLOW, BC_REASON_CORRUPT, BC_REASON_SYSTEM. */
enum bc_reason bc_active_consent_load(struct bc_snapshot *s, const struct bc_leaf_entry *entry,
                            struct bc_active_consent *out);

/* What the consent is worth by itself to the use's subject, whatever the request asks for. */
enum bc_reason bc_active_consent_state(const struct bc_config *policy, const struct bc_use *use,
                             int64_t now, const struct bc_consent *consent);

#endif
