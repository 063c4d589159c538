/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/decision.h"

/* Later is closer to an allowance. */
static const enum bc_reason order[] = {
    BC_REASON_ACCOUNT_MISMATCH, BC_REASON_SCOPE_MODALITY,
    BC_REASON_SCOPE_OPERATION,  BC_REASON_SCOPE_PROVIDER,
    BC_REASON_SCOPE_PURPOSE,    BC_REASON_NOT_YET_VALID,
    BC_REASON_EXPIRED,          BC_REASON_SUPERSEDED,
    BC_REASON_JURISDICTION,     BC_REASON_KIND,
    BC_REASON_GIVEN_BY,
};

static size_t rank_reason(enum bc_reason refusal)
{
    size_t i = 0;

    while (i < sizeof order / sizeof order[0] && order[i] != refusal)
        i++;
    return i;
}

/* Returns whether the scope holds all that the use asks for; else sets *refusal to the first that
 * it does not. */
static int scope_holds(const struct bc_scope *scope, const struct bc_use *use,
                       enum bc_reason *refusal)
{
    if (!(scope->modalities & (1U << use->modality)))
        *refusal = BC_REASON_SCOPE_MODALITY;
    else if (!(scope->operations & (1U << use->operation)))
        *refusal = BC_REASON_SCOPE_OPERATION;
    else if (use->provider[0] && !bc_event_words_has(&scope->providers, use->provider))
        *refusal = BC_REASON_SCOPE_PROVIDER;
    else if (use->purpose[0] && !bc_event_words_has(&scope->purposes, use->purpose))
        *refusal = BC_REASON_SCOPE_PURPOSE;
    else
        return 1;
    return 0;
}

int bc_decision_covers(const struct bc_scope *scope, const struct bc_use *use)
{
    enum bc_reason refusal;

    return scope_holds(scope, use, &refusal);
}

enum bc_reason bc_decision_on_consent(const struct bc_config *config, const struct bc_use *use,
                                      int64_t now, const struct bc_consent *consent)
{
    const struct bc_grant *g = consent->grant;
    const struct bc_notice *n = consent->notice;
    enum bc_reason refusal;

    if (!bc_event_subject_equal(&g->subject, &use->subject))
        return BC_REASON_ACCOUNT_MISMATCH;
    if (!scope_holds(&g->scope, use, &refusal))
        return refusal;
    if (now < g->valid_from)
        return BC_REASON_NOT_YET_VALID;
    if (g->expires && now >= g->expires)
        return BC_REASON_EXPIRED;
    if (!consent->accepted || !bc_merkle_hash_equal(&g->notice, &n->text))
        return BC_REASON_SUPERSEDED;
    if (!scope_holds(&n->scope, use, &refusal))
        return refusal;
    /* Publishing has compared the notice with its laws: it asks for what the strictest of them
     * does. */
    if (!bc_event_words_within(&g->jurisdictions, &n->jurisdictions))
        return BC_REASON_JURISDICTION;
    if (g->kind < config->required_kind || g->kind < n->kind)
        return BC_REASON_KIND;
    if (!(config->givers & (1U << g->given_by)) ||
        (n->givers && !(n->givers & (1U << g->given_by))))
        return BC_REASON_GIVEN_BY;
    return BC_REASON_ALLOW;
}

static enum bc_reason refuse_without_consent(char ended)
{
    if (ended == 'w')
        return BC_REASON_WITHDRAWN;
    if (ended == 'p')
        return BC_REASON_PURPOSE_ENDED;
    return ended == 'r' ? BC_REASON_REVOKED : BC_REASON_NO_RECORD;
}

enum bc_reason bc_decision_make(const struct bc_config *config, const struct bc_use *use,
                                int64_t now, const struct bc_consent *consents, size_t count,
                                char ended)
{
    enum bc_reason closest = BC_REASON_ACCOUNT_MISMATCH;

    if (count == 0)
        return refuse_without_consent(ended);
    for (size_t i = 0; i < count; i++) {
        enum bc_reason reason = bc_decision_on_consent(config, use, now, &consents[i]);
        if (reason == BC_REASON_ALLOW)
            return reason;
        if (rank_reason(reason) >= rank_reason(closest))
            closest = reason;
    }
    return closest;
}
