/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_AUDIT_H
#define BC_AUDIT_H

#include "provider/provider.h"
#include "template-list.h"

/* Which templates must be deleted, by when, by which clause: from the store (audit.c), and by
 * looking at the providers' files and services (audit-look.c). */

#define BC_AUDIT_FIX_MAX (BC_SUBJECT_OPERAND_BYTES + 128) /* bytes of a command, with NUL */

/* Something that was found by looking and that the store's list does not say. */
struct bc_audit_finding {
    char provider[BC_WORD_MAX + 1];
    char account[BC_SUBJECT_MAX + 1]; /* empty: not known */
    char where[512];
    char why[256];
    char fix[BC_AUDIT_FIX_MAX]; /* the command that removes or records it; may be empty */
};

struct bc_audit {
    struct bc_session *session;
    const struct bc_subject *subject;   /* NULL: all subjects */
    const char *only_provider;          /* NULL: all */
    struct bc_templates recorded;       /* of the subject, at any provider */
    const struct bc_provider *provider; /* the one that is looked at */
    char (*where)[512];                 /* of each recorded template: where it was seen, or "" */
    struct bc_audit_finding *finding;
    size_t finding_count, finding_room;
    size_t looked_at; /* items */
};

/* Looks in the folders and at the services of the chosen providers; sets where and finding. What
 * cannot be looked at is a finding. Ends the program where the store cannot be read. */
void bc_audit_look(struct bc_audit *a);

/* Writes the command by which the template is deleted, or its deletion confirmed. */
void bc_audit_fix(const struct bc_template *t, char out[BC_AUDIT_FIX_MAX]);

#endif
