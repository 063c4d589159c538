/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SUBJECT_EVIDENCE_H
#define BC_SUBJECT_EVIDENCE_H

#include "evidence/bundle.h"
#include "store/snapshot.h"

/* The evidence about one subject, out of the store. */

/* Which consents are asked for; everything that happened to them is included. Where nothing is
 * asked for, the evidence has all events of the subject. */
struct bc_evidence {
    int64_t since;        /* in force at some time from here; 0: from ever */
    int64_t until;        /* to here; BC_BUNDLE_EVER: to ever */
    const char *provider; /* whose scope has this provider; NULL: any */
    const char *notice;   /* by this notice; NULL: any */
};

/* Collects what is asked for about the subject, with its proofs. *out is the caller's to free.
 * BC_OK; BC_ERR_NO_RECORD (nobody of this name, or nothing that was asked for); BC_ERR_CORRUPT;
 * BC_ERR_SYSTEM (no memory, or more than a bundle may hold). */
enum bc_result bc_subject_evidence_make(struct bc_snapshot *s, const struct bc_subject *subject,
                                        const struct bc_evidence *wanted, struct bc_bundle **out);

#endif
