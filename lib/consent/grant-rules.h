/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_GRANT_RULES_H
#define BC_GRANT_RULES_H

#include "consent/event.h"

/*
 * The rules that a grant must keep before it is recorded, however it reaches the store: on the
 * command line, in a file of many, or typed by the subject. Nothing here prints.
 */

/* The first rule that a grant breaks. No value stands for "allowed": a grant that keeps the rules
 * may be recorded, and whether it allows a use is the gate's decision. */
enum bc_grant_violation {
    BC_GRANT_VIOLATES_NOTHING,
    BC_GRANT_VIOLATES_NOTICE_ID, /* the id and the text are not of one notice */
    BC_GRANT_VIOLATES_PERIOD,    /* it expires before it is valid */
    BC_GRANT_VIOLATES_GIVER, /* names a representative without need, or none where one is needed */
    BC_GRANT_VIOLATES_KIND,  /* a weaker kind than the notice demands */
    BC_GRANT_VIOLATES_LAW_GIVER,    /* the notice's laws do not accept consent by this giver */
    BC_GRANT_VIOLATES_JURISDICTION, /* a jurisdiction that the notice was not written for */
    BC_GRANT_VIOLATES_SCOPE,        /* reaches further than the notice */
};

/* Whether the grant keeps the rules under this notice. Returns the first rule that it breaks. */
enum bc_grant_violation bc_grant_rules_check(const struct bc_notice *notice,
                                             const struct bc_grant *grant);

/* A sentence without a full stop, for people. Static. */
const char *bc_grant_rules_text(enum bc_grant_violation v);

/* The member of a grant that breaks the rule ("kind", "expires", ...). Static. */
const char *bc_grant_rules_field(enum bc_grant_violation v);

/* Makes the grant one on the whole of this notice: id, text, scope, jurisdictions, kind. */
void bc_grant_rules_adopt(const struct bc_notice *notice, struct bc_grant *grant);

#endif
