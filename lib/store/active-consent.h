/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ACTIVE_CONSENT_H
#define BC_ACTIVE_CONSENT_H

#include "consent/decision.h"
#include "store/transaction.h"

/* A consent in force, as the verified store has it. */

struct bc_active_consent {
    struct bc_event grant;
    struct bc_event notice;
    struct bc_consent consent; /* points at both */
    struct bc_bytes payload;   /* of the grant */
};

/* Loads the grant that an entry of a subject's leaf names, and its notice if that is accepted. *out
 * must not be moved. BC_OK, BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_active_consent_load(struct bc_snapshot *s, const struct bc_leaf_entry *entry,
                                      struct bc_active_consent *out);

/* What the consent is worth by itself to the use's subject, whatever the request asks for. */
enum bc_reason bc_active_consent_state(const struct bc_config *policy, const struct bc_use *use,
                                       int64_t now, const struct bc_consent *consent);

/* Looks for an active consent of the subject that says at least as much as this grant: on the same
 * text, at least as wide, of at least the kind, and for at least the time. now is in seconds since
 * 1970. *found is 1 with its event in *index, or 0. BC_OK (the register was read),
 * BC_ERR_CORRUPT, BC_ERR_SYSTEM: then neither output is changed. */
enum bc_result bc_active_consent_find_same(struct bc_transaction *l, const struct bc_grant *grant,
                                           int64_t now, int *found, uint64_t *index);

#endif
