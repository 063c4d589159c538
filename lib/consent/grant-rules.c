/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/grant-rules.h"

#include <string.h>

static const struct {
    const char *field;
    const char *text;
} rules[] = {
#define X(name, field, text) {field, text},
    BC_GRANT_RULES_LIST(X)
#undef X
};

const char *bc_grant_rules_text(enum bc_grant_violation v)
{
    return rules[v].text;
}

const char *bc_grant_rules_field(enum bc_grant_violation v)
{
    return rules[v].field;
}

enum bc_grant_violation bc_grant_rules_check(const struct bc_notice *notice,
                                             const struct bc_grant *grant)
{
    int represented = grant->representative[0] && grant->authority[0];
    int names_one = grant->representative[0] || grant->authority[0] || grant->has_evidence;

    if (strcmp(grant->notice_id, notice->id) != 0 ||
        !bc_merkle_hash_equal(&grant->notice, &notice->text))
        return BC_GRANT_VIOLATES_NOTICE_ID;
    if (grant->expires && grant->expires <= grant->valid_from)
        return BC_GRANT_VIOLATES_PERIOD;
    if (grant->given_by == BC_SELF ? names_one : !represented)
        return BC_GRANT_VIOLATES_GIVER;
    if (grant->kind < notice->kind)
        return BC_GRANT_VIOLATES_KIND;
    if (notice->givers && !(notice->givers & (1U << grant->given_by)))
        return BC_GRANT_VIOLATES_LAW_GIVER;
    if (!bc_event_words_within(&grant->jurisdictions, &notice->jurisdictions))
        return BC_GRANT_VIOLATES_JURISDICTION;
    if (!bc_event_scope_within(&grant->scope, &notice->scope))
        return BC_GRANT_VIOLATES_SCOPE;
    return BC_GRANT_VIOLATES_NOTHING;
}

void bc_grant_rules_adopt(const struct bc_notice *notice, struct bc_grant *grant)
{
    memcpy(grant->notice_id, notice->id, sizeof grant->notice_id);
    grant->notice = notice->text;
    grant->scope = notice->scope;
    grant->jurisdictions = notice->jurisdictions;
    grant->kind = notice->kind;
}
