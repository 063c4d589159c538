/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_EVIDENCE_H
#define BC_EVIDENCE_H

#include "bundle.h"
#include "snapshot.h"

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
 * BC_ALLOW; BC_NO_RECORD (nobody of this name, or nothing that was wanted); BC_CORRUPT; BC_SYSTEM, also
 * where there is more than a bundle may hold. */
enum bc_reason bc_evidence_make(struct bc_snapshot *s, const struct bc_subject *subject,
                                const struct bc_evidence *wanted, struct bc_bundle **out);

/* A receipt: one consent or one ending of the subject, with the consents that it ended, their notices,
 * and what had ended them where they are over. index: the event's; BC_BUNDLE_NEWEST: the newest consent
 * that is in force, or the ending if that came later. *out is the caller's to free. Errors as above;
 * BC_NO_RECORD also where the event is another's or of another kind. */
#define BC_BUNDLE_NEWEST UINT64_MAX
enum bc_reason bc_evidence_receipt(struct bc_snapshot *s, const struct bc_subject *subject,
                                   uint64_t index, struct bc_bundle **out);

#endif
