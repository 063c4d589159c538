/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/active-consent.h"

enum bc_result bc_active_consent_load(struct bc_snapshot *s, const struct bc_leaf_entry *entry,
                                      struct bc_active_consent *out)
{
    const struct bc_grant *g = &out->grant.u.grant;
    enum bc_result r = bc_snapshot_event(s, entry, &out->grant, &out->payload);

    if (r != BC_OK)
        return r;
    if (out->grant.type != BC_EVENT_GRANT)
        return BC_ERR_CORRUPT;
    r = bc_snapshot_notice(s, g->notice_id, &g->notice, &out->notice);
    out->consent = (struct bc_consent){g, r == BC_OK, &out->notice.u.notice};
    if (r == BC_ERR_SUPERSEDED)
        return BC_OK;
    return r == BC_ERR_NO_RECORD ? BC_ERR_CORRUPT : r;
}

enum bc_reason bc_active_consent_state(const struct bc_config *policy, const struct bc_use *use,
                                       int64_t now, const struct bc_consent *consent)
{
    struct bc_use any = *use;

    any.provider[0] = any.purpose[0] = '\0';
    for (int m = 0; m < BC_MODALITIES; m++)
        if (consent->grant->scope.modalities & (1U << m))
            any.modality = (enum bc_modality)m;
    for (int o = 0; o < BC_OPERATIONS; o++)
        if (consent->grant->scope.operations & (1U << o))
            any.operation = (enum bc_operation)o;
    return bc_decision_on_consent(policy, &any, now, consent);
}

static int says_as_much(const struct bc_grant *old, const struct bc_grant *grant, int64_t now)
{
    return (old->expires == 0 || old->expires > now) &&
           bc_merkle_hash_equal(&old->notice, &grant->notice) &&
           bc_event_scope_within(&grant->scope, &old->scope) && grant->kind <= old->kind &&
           old->valid_from <= grant->valid_from &&
           (old->expires == 0 || (grant->expires && grant->expires <= old->expires));
}

enum bc_result bc_active_consent_find_same(struct bc_transaction *l, const struct bc_grant *grant,
                                           int64_t now, int *found, uint64_t *index)
{
    struct bc_event old;
    struct bc_leaf leaf;
    enum bc_result r;
    size_t i = 0;

    bc_leaf_for_subject(&grant->subject, &leaf);
    r = bc_transaction_leaf(l, &leaf, NULL);
    if (r == BC_ERR_NO_RECORD)
        leaf.active_count = 0;
    else if (r != BC_OK)
        return r;
    for (; i < leaf.active_count; i++) {
        r = bc_snapshot_event(&l->snapshot, &leaf.active[i], &old, NULL);
        if (r != BC_OK)
            return r;
        if (says_as_much(&old.u.grant, grant, now))
            break;
    }
    *found = i < leaf.active_count;
    if (*found)
        *index = leaf.active[i].index;
    return BC_OK;
}
