/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_GRANT_RULES_H
#define BC_GRANT_RULES_H

#include "consent/event.h"

/*
 * The rules that a grant must keep before it is recorded, however it reaches the store: on the
 * command line, in a file of many, or typed by the subject. Nothing here prints.
 */

/* X(NAME, field, text): a rule, the member of a grant that breaks it, and a sentence without a full
 * stop, for people. */
#define BC_GRANT_RULES_LIST(X)                                                                     \
    X(NOTHING, "", "the grant keeps the rules")                                                    \
    X(NOTICE_ID, "notice_id", "notice_id and notice must name one notice")                         \
    X(PERIOD, "expires", "the consent must expire after it becomes valid")                         \
    X(GIVER, "given_by",                                                                           \
      "a representative or guardian needs a name and an authority, and the subject has neither")   \
    X(KIND, "kind", "the notice demands a stronger kind of consent; this kind is not enough")      \
    X(LAW_GIVER, "given_by", "under the laws of the notice this giver may not give this consent")  \
    X(JURISDICTION, "jurisdictions",                                                               \
      "the notice was not made for every jurisdiction of this consent")                            \
    X(SCOPE, "modalities, operations, providers, purposes",                                        \
      "a consent cannot reach further than its notice")

/* The first rule that a grant breaks. No value stands for "allowed": a grant that keeps the rules
 * may be recorded, and whether it allows a use is the gate's decision. */
enum bc_grant_violation {
#define X(name, field, text) BC_GRANT_VIOLATES_##name,
    BC_GRANT_RULES_LIST(X)
#undef X
};

/* Whether the grant keeps the rules under this notice. Returns the first rule that it breaks. */
enum bc_grant_violation bc_grant_rules_check(const struct bc_notice *notice,
                                             const struct bc_grant *grant);

/* The sentence and the member of the list above. Static. */
const char *bc_grant_rules_text(enum bc_grant_violation v);
const char *bc_grant_rules_field(enum bc_grant_violation v);

/* Makes the grant one on the whole of this notice: id, text, scope, jurisdictions, kind. */
void bc_grant_rules_adopt(const struct bc_notice *notice, struct bc_grant *grant);

#endif
