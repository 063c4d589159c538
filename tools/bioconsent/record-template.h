/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_RECORD_H
#define BC_RECORD_H

#include "enroll-template.h"
#include "session.h"

/* Puts the templates that an enrollment made on record, each with the consent that it rests on. */

struct bc_record {
    const struct bc_provider *provider;
    const struct bc_request *request; /* to enroll */
    const struct bc_subject *subject;
    const struct bc_enrolled *enrolled;
    uint64_t grant;                  /* set: the event of the consent */
    uint64_t event[BC_ENROLLED_MAX]; /* set: of each template */
    int over;                        /* set: there is no consent any more */
    int signed_for;                  /* set: they are on record */
};

/* Says why the subject is not enrolled, and returns the exit code. */
int bc_record_template_refuse(const struct bc_record *r, enum bc_reason reason);

/* Whether there is room for another template of the subject. 0, or an exit code after a message. */
int bc_record_template_ready(struct bc_session *tool, const struct bc_record *r);

/* Asks the store for the consent anew, since it may have been withdrawn meanwhile, and records. A
 * template that is on record with these handles and on this consent keeps its event. 0, or an exit
 * code after a message. */
int bc_record_template_all(struct bc_session *tool, struct bc_record *r, const struct bc_skey *key);

#endif
