/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/decision.h"

/* Later is closer to an allowance. */
static const enum bc_reason order[] = {
    BC_REASON_ACCOUNT_MISMATCH, BC_REASON_SCOPE_MODALITY,
    BC_REASON_SCOPE_OPERATION,  BC_REASON_SCOPE_PROVIDER,
    BC_REASON_SCOPE_PURPOSE,    BC_REASON_NOT_YET_VALID,
    BC_REASON_EXPIRED,          BC_REASON_SUPERSEDED,
    BC_REASON_JURISDICTION,     BC_REASON_KIND,
    BC_REASON_GIVEN_BY,         BC_REASON_ALLOW,
};

static size_t closeness(enum bc_reason reason)
{
    size_t i = 0;

    while (i < sizeof order / sizeof order[0] && order[i] != reason)
        i++;
    return i;
}

enum bc_reason bc_decision_on_scope(const struct bc_scope *scope, const struct bc_use *use)
{
    if (!(scope->modalities & (1U << use->modality)))
        return BC_REASON_SCOPE_MODALITY;
    if (!(scope->operations & (1U << use->operation)))
        return BC_REASON_SCOPE_OPERATION;
    if (use->provider[0] && !bc_event_words_has(&scope->providers, use->provider))
        return BC_REASON_SCOPE_PROVIDER;
    if (use->purpose[0] && !bc_event_words_has(&scope->purposes, use->purpose))
        return BC_REASON_SCOPE_PURPOSE;
    return BC_REASON_ALLOW;
}

int bc_decision_covers(const struct bc_scope *scope, const struct bc_use *use)
{
    return bc_decision_on_scope(scope, use) == BC_REASON_ALLOW;
}

static int is_about(const struct bc_grant *g, const struct bc_use *use)
{
    struct bc_subject wanted = {.external = use->external, .uid = use->uid};

    for (size_t i = 0; i < sizeof wanted.name; i++)
        wanted.name[i] = use->user[i];
    return bc_event_subject_equal(&g->subject, &wanted);
}

/* The notice was held against its laws when it was published: what it asks for is what the
 * strictest of them does. */
static enum bc_reason lawful(const struct bc_config *policy, const struct bc_consent *consent)
{
    const struct bc_grant *g = consent->grant;
    const struct bc_notice *n = consent->notice;

    if (!bc_event_words_within(&g->jurisdictions, &n->jurisdictions))
        return BC_REASON_JURISDICTION;
    if (g->kind < policy->required_kind || g->kind < n->kind)
        return BC_REASON_KIND;
    if (!(policy->givers & (1U << g->giver)) || (n->givers && !(n->givers & (1U << g->giver))))
        return BC_REASON_GIVEN_BY;
    return BC_REASON_ALLOW;
}

enum bc_reason bc_decision_on_consent(const struct bc_config *policy, const struct bc_use *use,
                                      int64_t now, const struct bc_consent *consent)
{
    const struct bc_grant *g = consent->grant;
    enum bc_reason reason = bc_decision_on_scope(&g->scope, use);

    if (!is_about(g, use))
        return BC_REASON_ACCOUNT_MISMATCH;
    if (reason != BC_REASON_ALLOW)
        return reason;
    if (now < g->valid_from)
        return BC_REASON_NOT_YET_VALID;
    if (g->expires && now >= g->expires)
        return BC_REASON_EXPIRED;
    if (!consent->accepted || !bc_merkle_hash_equal(&g->notice, &consent->notice->text))
        return BC_REASON_SUPERSEDED;
    reason = bc_decision_on_scope(&consent->notice->scope, use);
    if (reason != BC_REASON_ALLOW)
        return reason;
    return lawful(policy, consent);
}

static enum bc_reason none(char ended)
{
    if (ended == 'w')
        return BC_REASON_WITHDRAWN;
    if (ended == 'p')
        return BC_REASON_PURPOSE_ENDED;
    return ended == 'r' ? BC_REASON_REVOKED : BC_REASON_NO_RECORD;
}

enum bc_reason bc_decision_make(const struct bc_config *policy, const struct bc_use *use,
                                int64_t now, const struct bc_consent *consents, size_t count,
                                char ended)
{
    enum bc_reason best = BC_REASON_ACCOUNT_MISMATCH;

    if (count == 0)
        return none(ended);
    for (size_t i = 0; i < count; i++) {
        enum bc_reason reason = bc_decision_on_consent(policy, use, now, &consents[i]);
        if (closeness(reason) >= closeness(best))
            best = reason;
    }
    return best;
}
