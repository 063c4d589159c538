/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/decision.h"

/* Later is closer to an allowance. */
static const enum bc_reason order[] = {
    BC_ACCOUNT_MISMATCH, BC_SCOPE_MODALITY, BC_SCOPE_OPERATION, BC_SCOPE_PROVIDER,
    BC_SCOPE_PURPOSE,    BC_NOT_YET_VALID,  BC_EXPIRED,         BC_SUPERSEDED,
    BC_JURISDICTION,     BC_KIND,           BC_GIVEN_BY,       BC_ALLOW,
};

static size_t closeness(enum bc_reason reason)
{
    size_t i = 0;

    while (i < sizeof order / sizeof order[0] && order[i] != reason)
        i++;
    return i;
}

enum bc_reason bc_scope_covers(const struct bc_scope *scope, const struct bc_request *request)
{
    if (!(scope->modalities & (1U << request->modality)))
        return BC_SCOPE_MODALITY;
    if (!(scope->operations & (1U << request->operation)))
        return BC_SCOPE_OPERATION;
    if (request->provider[0] && !bc_words_has(&scope->providers, request->provider))
        return BC_SCOPE_PROVIDER;
    if (request->purpose[0] && !bc_words_has(&scope->purposes, request->purpose))
        return BC_SCOPE_PURPOSE;
    return BC_ALLOW;
}

static int is_about(const struct bc_grant *g, const struct bc_request *request)
{
    struct bc_subject wanted = {.external = request->external, .uid = request->uid};

    for (size_t i = 0; i < sizeof wanted.name; i++)
        wanted.name[i] = request->user[i];
    return bc_subject_equal(&g->subject, &wanted);
}

/* The notice was held against its laws when it was published: what it asks for is what the strictest
 * of them does. */
static enum bc_reason lawful(const struct bc_policy *policy, const struct bc_consent *consent)
{
    const struct bc_grant *g = consent->grant;
    const struct bc_notice *n = consent->notice;

    if (!bc_words_within(&g->jurisdictions, &n->jurisdictions))
        return BC_JURISDICTION;
    if (g->kind < policy->required_kind || g->kind < n->kind)
        return BC_KIND;
    if (!(policy->givers & (1U << g->giver)) || (n->givers && !(n->givers & (1U << g->giver))))
        return BC_GIVEN_BY;
    return BC_ALLOW;
}

enum bc_reason bc_decide_consent(const struct bc_policy *policy, const struct bc_request *request,
                                 int64_t now, const struct bc_consent *consent)
{
    const struct bc_grant *g = consent->grant;
    enum bc_reason reason = bc_scope_covers(&g->scope, request);

    if (!is_about(g, request))
        return BC_ACCOUNT_MISMATCH;
    if (reason != BC_ALLOW)
        return reason;
    if (now < g->valid_from)
        return BC_NOT_YET_VALID;
    if (g->expires && now >= g->expires)
        return BC_EXPIRED;
    if (!consent->accepted || !bc_hash_equal(&g->notice, &consent->notice->text))
        return BC_SUPERSEDED;
    reason = bc_scope_covers(&consent->notice->scope, request);
    if (reason != BC_ALLOW)
        return reason;
    return lawful(policy, consent);
}

static enum bc_reason none(char ended)
{
    if (ended == 'w')
        return BC_WITHDRAWN;
    if (ended == 'p')
        return BC_PURPOSE_ENDED;
    return ended == 'r' ? BC_REVOKED : BC_NO_RECORD;
}

enum bc_reason bc_decide(const struct bc_policy *policy, const struct bc_request *request,
                         int64_t now, const struct bc_consent *consents, size_t count, char ended)
{
    enum bc_reason best = BC_ACCOUNT_MISMATCH;

    if (count == 0)
        return none(ended);
    for (size_t i = 0; i < count; i++) {
        enum bc_reason reason = bc_decide_consent(policy, request, now, &consents[i]);
        if (closeness(reason) >= closeness(best))
            best = reason;
    }
    return best;
}
