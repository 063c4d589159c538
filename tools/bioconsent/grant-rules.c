/* SPDX-License-Identifier: BSD-2-Clause */
#include "grant-rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "law-files.h"
#include "scope-args.h"

static void name_grant(uint64_t line, const struct bc_grant *grant, char *out, size_t cap)
{
    if (line)
        (void)snprintf(out, cap, "line %llu: %s", (unsigned long long)line, grant->subject.name);
    else
        (void)snprintf(out, cap, "%s", grant->subject.name);
}

static int may_give(const struct bc_notice *notice, enum bc_given_by giver)
{
    return notice->givers == 0 || (notice->givers & (1U << giver));
}

static int refuse_form(const char *who, const struct bc_notice *notice, const struct bc_grant *grant)
{
    char clause[BC_CLAUSE_MAX + BC_WORD_MAX + 6];

    bc_law_files_clause(notice, grant, clause, sizeof clause);
    if (grant->kind < notice->kind)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: notice %s asks for a %s consent; %s is not enough%s",
                       who, notice->id, bc_vocabulary_name(BC_VOCABULARY_KIND, notice->kind), bc_vocabulary_name(BC_VOCABULARY_KIND, grant->kind),
                       clause);
    return bc_message_fail(BC_EXIT_REFUSED, "%s: under the laws of notice %s a %s may not give this consent"
                   "%s", who, notice->id, bc_vocabulary_name(BC_VOCABULARY_GIVEN_BY, grant->giver), clause);
}

int bc_consent_within(uint64_t line, const struct bc_notice *notice, const struct bc_grant *grant)
{
    char who[BC_SUBJECT_MAX + 40], text[640];
    int form = grant->kind >= notice->kind && may_give(notice, grant->giver);
    int laws = bc_event_words_within(&grant->jurisdictions, &notice->jurisdictions);

    if (form && laws && bc_event_scope_within(&grant->scope, &notice->scope))
        return 0;
    name_grant(line, grant, who, sizeof who);
    if (!form)
        return refuse_form(who, notice, grant);
    if (!laws)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: notice %s was not made for every jurisdiction of this "
                       "consent", who, notice->id);
    bc_scope_args_text(&notice->scope, text, sizeof text);
    return bc_message_fail(BC_EXIT_REFUSED, "%s: a consent cannot reach further than its notice; %s covers "
                   "only: %s", who, notice->id, text);
}

static int same_grant(const struct bc_grant *a, const struct bc_grant *b)
{
    return bc_merkle_hash_equal(&a->notice, &b->notice) && bc_event_scope_within(&a->scope, &b->scope) &&
           a->kind <= b->kind && b->valid_from <= a->valid_from &&
           (b->expires == 0 || (a->expires && a->expires <= b->expires));
}

static int in_force(const struct bc_grant *g, int64_t now)
{
    return g->expires == 0 || g->expires > now;
}

int bc_consent_twice(struct bc_session *tool, struct bc_transaction *l, const struct bc_grant *grant,
                     int *twice, uint64_t *index)
{
    struct bc_event *old;
    struct bc_leaf leaf;
    enum bc_reason reason;
    int found = 0;

    bc_leaf_for_subject(&grant->subject, &leaf);
    reason = bc_transaction_leaf(l, &leaf, NULL);
    *twice = 0;
    if (reason == BC_REASON_NO_RECORD)
        return 0;
    old = malloc(sizeof *old);
    if (!old)
        reason = BC_REASON_SYSTEM;
    for (size_t i = 0; reason == BC_REASON_ALLOW && !found && i < leaf.live_count; i++) {
        reason = bc_snapshot_event(&l->snapshot, &leaf.live[i], old, NULL);
        found = reason == BC_REASON_ALLOW && in_force(&old->u.grant, tool->now) &&
                same_grant(grant, &old->u.grant);
        if (found)
            *index = leaf.live[i].index;
    }
    free(old);
    *twice = found;
    return reason == BC_REASON_ALLOW ? 0 : bc_message_fail_reason(reason, "subject", grant->subject.name);
}
