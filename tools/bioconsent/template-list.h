/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TEMPLATE_LIST_H
#define BC_TEMPLATE_LIST_H

#include "consent/deletion-deadline.h"
#include "session.h"

/* The templates on record that are not known to be gone, and what must be done about each. */

struct bc_template {
    uint64_t index; /* of its enrollment, by which it is named */
    struct bc_subject subject;
    char provider[BC_WORD_MAX + 1];
    enum bc_modality modality;
    struct bc_identifier *identifiers; /* identifier_count of them */
    size_t identifier_count;
    uint64_t grant;        /* the event of the consent that it rests on */
    struct bc_hash notice; /* of that consent */
    struct bc_words laws;  /* of that consent, without those that leave it alone */
    enum bc_reason reason; /* BC_REASON_ALLOW: a valid consent covers it; or why none does */
    struct bc_template_facts facts;
    struct bc_deletion_deadline obligation;
    char law[BC_WORD_MAX + 1]; /* that it is due by; "" */
    char clause[BC_CLAUSE_MAX + 1];
    int64_t clock_end;      /* of a covered one: when the last use lies too far back; 0: never */
    uint64_t attempts;      /* to delete it */
    enum bc_deletion state; /* what the last one came to */
    int64_t attempted;
    char answer[BC_LINE_MAX + 1];
};

struct bc_templates {
    struct bc_template *list; /* what is due first stands first; what has no date last */
    size_t count, room;
};

/* Gathers them all, or those of one subject, in *out, which is empty: free with
 * bc_template_list_free. What fails ends the program after a message. The store is open during the
 * call only. */
void bc_template_list_gather(struct bc_session *session, const struct bc_subject *subject,
                             struct bc_templates *out);
void bc_template_list_free(struct bc_templates *t);

/* Fetches the enrollment of a template. Returns 1, or 0 where its subject's leaf does not have it
 * any more. What fails ends the program after a message. */
int bc_template_list_fetch(struct bc_session *session, const struct bc_subject *subject,
                           uint64_t index, struct bc_enrollment *out);

/* Returns whether a consent of the subject covers a template of this kind at this provider:
 * BC_REASON_ALLOW, or the reason why not. What fails ends the program after a message. */
enum bc_reason bc_template_list_coverage(struct bc_session *session,
                                         const struct bc_subject *subject, const char *provider,
                                         enum bc_modality modality);

/* Why, for people: "withdrawn", or the reason why no consent covers it. */
const char *bc_template_list_cause(const struct bc_template *t);

#endif
