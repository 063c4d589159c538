/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_EVIDENCE_H
#define BC_EVIDENCE_H

#include "evidence/bundle.h"
#include "store/snapshot.h"

/* Bundles out of the store. */

/* Which consents: of those all that happened to them goes along. All of the subject's events where
 * nothing is asked for. */
struct bc_evidence {
    int64_t since;        /* in force at some time from here; 0: from ever */
    int64_t until;        /* to here; BC_BUNDLE_EVER: to ever */
    const char *provider; /* whose scope has this provider; NULL: any */
    const char *notice;   /* by this notice; NULL: any */
};

/* Everything about the subject that is wanted, with its proofs. *out is the caller's to free.
 * BC_OK; BC_ERR_NO_RECORD (nobody of this name, or nothing that was wanted);
 * BC_ERR_CORRUPT; BC_ERR_SYSTEM, also where there is more than a bundle may hold. */
enum bc_result bc_subject_evidence_make(struct bc_snapshot *s, const struct bc_subject *subject,
                                        const struct bc_evidence *wanted, struct bc_bundle **out);

#endif
