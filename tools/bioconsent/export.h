/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_EXPORT_H
#define BC_EXPORT_H

#include <jansson.h>

#include "store/consent-status.h"

/* One consent in the forms of other systems. */

#define BC_UUID_BYTES 37

/* How to reach the controller: what records for others must say, and the store does not hold. */
struct bc_contact {
    const char *person;     /* or role */
    const char *address;
    const char *email;
    const char *phone;
    const char *policy_url;
};

/* A consent on its way out. */
struct bc_exported {
    uint64_t index;
    const struct bc_hash *commitment;
    int64_t time;                     /* when it was recorded */
    const struct bc_grant *grant;
    const struct bc_consent_status *outcome; /* with a version */
    const char *how;                  /* of what ended it; may be empty */
    const char *origin;               /* of the log */
    int64_t now;
};

/* A UUID of version 4 out of the commitment, which a random salt makes as good as random: the same
 * consent has the same one in every export. */
void bc_export_uuid(const struct bc_hash *commitment, char out[BC_UUID_BYTES]);

/* "alice (uid 1000)", or the external name. */
void bc_export_subject(const struct bc_subject *s, char *out, size_t cap);

/* ISO/IEC TS 27560 by W3C's DPV 2.3: the @context of the document, and one record of its @graph. NULL
 * if there is no memory. */
json_t *bc_dpv_context(void);
json_t *bc_dpv_record(const struct bc_exported *e, const struct bc_contact *contact);

/* A Kantara Consent Receipt 1.1. NULL if there is no memory. */
json_t *bc_kantara_receipt(const struct bc_exported *e, const struct bc_contact *contact);

/* Writes the accepted notices into the new folder path: the exact texts, one file each, and
 * notices.jsonl, which lists them in the order in which they were published. Returns 0 or the exit code
 * after a message. */
int bc_export_notices(struct bc_snapshot *s, const struct bc_consent_statuses *outcomes, const char *path);

#endif
