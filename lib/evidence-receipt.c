/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence.h"

#include <stdlib.h>

#include "collect.h"

/* By index, without a walk through the log where that is possible. */

static enum bc_reason take_index(struct bc_collecting *m, uint64_t index)
{
    struct bc_event *event;
    struct bc_past past;
    enum bc_reason reason = BC_SYSTEM;

    if (bc_bundle_event(m->b, index))
        return BC_ALLOW;
    event = malloc(sizeof *event);
    if (event)
        reason = bc_history_event(m->s, index, event, &past);
    if (reason == BC_ALLOW)
        reason = bc_snapshot_reason(bc_collect(m, &past));
    free(event);
    return reason;
}

static int is_live(const struct bc_leaf *leaf, uint64_t index)
{
    for (size_t i = 0; i < leaf->live_count; i++)
        if (leaf->live[i].index == index)
            return 1;
    return 0;
}

static uint64_t newest(const struct bc_leaf *leaf)
{
    uint64_t index = leaf->ended ? leaf->ending.index : 0;

    for (size_t i = 0; i < leaf->live_count; i++)
        if (leaf->live[i].index > index)
            index = leaf->live[i].index;
    return index;
}

static enum bc_result take_ending(void *ctx, const struct bc_past *past)
{
    struct bc_collecting *m = ctx;
    const struct bc_ending *e = &past->event->u.ending;

    for (size_t i = 0; i < e->grant_count; i++)
        if (bc_bundle_event(m->b, e->grants[i]) && !bc_bundle_event(m->b, past->index))
            return bc_collect(ctx, past);
    return BC_OK;
}

/* What ended the consents, if they are over: most often the last ending. */
static enum bc_reason take_endings(struct bc_collecting *m, const struct bc_subject *subject)
{
    const struct bc_history endings = {1U << BC_EVENT_WITHDRAW | 1U << BC_EVENT_REVOKE |
                                           1U << BC_EVENT_PURPOSE_ENDED, subject};
    const struct bc_leaf *leaf = &m->b->leaves[0].leaf;
    int missing = 0;

    for (size_t i = 0; i < m->b->event_count; i++) {
        const struct bc_bundle_event *e = &m->b->events[i];
        missing |= e->event->type == BC_EVENT_GRANT && !is_live(leaf, e->index) &&
                   !bc_bundle_ending(m->b, e->index, BC_BUNDLE_EVER, NULL);
    }
    return missing ? bc_history_each(m->s, &endings, take_ending, m) : BC_ALLOW;
}

/* The version that a grant names, if it is still accepted. */
static enum bc_reason take_accepted(struct bc_collecting *m, const struct bc_grant *g)
{
    struct bc_event *event = malloc(sizeof *event);
    struct bc_leaf leaf;
    enum bc_reason reason = event ? BC_ALLOW : BC_SYSTEM;

    bc_leaf_for_notice(g->notice_id, &leaf);
    if (reason == BC_ALLOW && bc_snapshot_leaf(m->s, &leaf, NULL) != BC_ALLOW)
        reason = BC_CORRUPT;
    for (size_t i = 0; i < leaf.live_count && reason == BC_ALLOW; i++) {
        reason = bc_snapshot_event(m->s, &leaf.live[i], event, NULL);
        if (reason == BC_ALLOW && bc_hash_equal(&event->u.notice.text, &g->notice)) {
            reason = take_index(m, leaf.live[i].index);
            break;
        }
    }
    free(event);
    return reason;
}

static enum bc_reason take_notices(struct bc_collecting *m)
{
    const struct bc_history notices = {1U << BC_EVENT_NOTICE, NULL};
    size_t own = m->b->event_count;
    enum bc_reason reason = BC_ALLOW;
    int accepted, missing = 0;

    for (size_t i = 0; i < own && reason == BC_ALLOW; i++)
        if (m->b->events[i].event->type == BC_EVENT_GRANT)
            reason = take_accepted(m, &m->b->events[i].event->u.grant);
    for (size_t i = 0; i < own && reason == BC_ALLOW; i++) {
        const struct bc_event *e = m->b->events[i].event;
        missing |= e->type == BC_EVENT_GRANT &&
                   !bc_bundle_notice(m->b, &e->u.grant, BC_BUNDLE_EVER, &accepted, NULL);
    }
    return missing && reason == BC_ALLOW ? bc_history_each(m->s, &notices, bc_collect_named, m) : reason;
}

/* The event that the receipt is about. */
static enum bc_reason take_subject_event(struct bc_collecting *m, const struct bc_subject *subject,
                                         uint64_t index)
{
    const struct bc_subject *who;
    const struct bc_event *e;
    enum bc_reason reason;

    if (index == BC_BUNDLE_NEWEST)
        index = newest(&m->b->leaves[0].leaf);
    if (index >= m->s->checkpoint.log_size)
        return BC_NO_RECORD;
    reason = take_index(m, index);
    if (reason != BC_ALLOW)
        return reason;
    e = m->b->events[0].event;
    who = bc_event_subject(e);
    return who && bc_subject_equal(who, subject) && e->type != BC_EVENT_ENROLL &&
                   e->type != BC_EVENT_DELETE
               ? BC_ALLOW
               : BC_NO_RECORD;
}

static enum bc_reason fill_receipt(struct bc_collecting *m, const struct bc_subject *subject,
                                   uint64_t index)
{
    const struct bc_event *e;
    enum bc_reason reason = bc_collect_begin(m, subject);

    if (reason == BC_ALLOW)
        reason = take_subject_event(m, subject, index);
    if (reason != BC_ALLOW)
        return reason;
    e = m->b->events[0].event;
    for (size_t i = 0; e->type != BC_EVENT_GRANT && i < e->u.ending.grant_count && reason == BC_ALLOW;
         i++)
        reason = take_index(m, e->u.ending.grants[i]);
    if (reason == BC_ALLOW)
        reason = take_endings(m, subject);
    if (reason == BC_ALLOW)
        reason = take_notices(m);
    return reason == BC_ALLOW ? bc_collect_finish(m) : reason;
}

enum bc_reason bc_evidence_receipt(struct bc_snapshot *s, const struct bc_subject *subject,
                                   uint64_t index, struct bc_bundle **out)
{
    struct bc_collecting m = {s, bc_bundle_new()};
    enum bc_reason reason = m.b ? fill_receipt(&m, subject, index) : BC_SYSTEM;

    if (reason == BC_ALLOW)
        *out = m.b;
    else
        bc_bundle_free(m.b);
    return reason;
}
