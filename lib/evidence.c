/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence.h"

#include <stdlib.h>
#include <string.h>

#include "history.h"

#define NOT_NOTICES (BC_HISTORY_ALL & ~(1U << BC_EVENT_NOTICE))

#define COLLECTED_MAX (8 * BC_BUNDLE_EVENTS_MAX) /* before what is not wanted goes */

struct making {
    struct bc_snapshot *s;
    struct bc_bundle *b;
    size_t room; /* for events */
};

/* ---- taking events ---- */

static enum bc_result copy_event(const struct bc_past *past, struct bc_bundle_event *out)
{
    struct bc_bundle_text text;
    enum bc_result r = bc_bundle_copy(past->payload.data, past->payload.len, &text);

    if (r != BC_OK)
        return r;
    out->event = malloc(sizeof *out->event);
    if (!out->event) {
        free(text.data);
        return BC_ERR_MEMORY;
    }
    *out->event = *past->event;
    out->payload = text.data;
    out->payload_len = text.len;
    memcpy(out->salt, past->salt.data, BC_SALT_BYTES);
    out->commitment = past->commitment;
    out->index = past->index;
    return BC_OK;
}

static enum bc_result make_room(struct making *m)
{
    struct bc_bundle_event *more;

    if (m->b->event_count < m->room)
        return BC_OK;
    more = m->room < COLLECTED_MAX ? realloc(m->b->events, 2 * m->room * sizeof *more) : NULL;
    if (!more)
        return BC_ERR_MEMORY;
    memset(&more[m->room], 0, m->room * sizeof *more);
    m->b->events = more;
    m->room *= 2;
    return BC_OK;
}

static enum bc_result take(void *ctx, const struct bc_past *past)
{
    struct making *m = ctx;
    struct bc_nodes nodes = bc_tiles_nodes(&m->s->log);
    struct bc_bundle_event *e;
    enum bc_result r = make_room(m);

    if (r != BC_OK)
        return r;
    e = &m->b->events[m->b->event_count];
    r = bc_merkle_inclusion(&nodes, past->index, m->s->checkpoint.log_size, &e->path);
    if (r == BC_OK)
        r = copy_event(past, e);
    m->b->event_count += r == BC_OK;
    return r;
}

static int is_named(const struct bc_bundle *b, const char *notice_id)
{
    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].event->type == BC_EVENT_GRANT &&
            strcmp(b->events[i].event->u.grant.notice_id, notice_id) == 0)
            return 1;
    return 0;
}

static enum bc_result take_named(void *ctx, const struct bc_past *past)
{
    struct making *m = ctx;

    return is_named(m->b, past->event->u.notice.id) ? take(ctx, past) : BC_OK;
}

static int by_index(const void *a, const void *b)
{
    const struct bc_bundle_event *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

/* ---- choosing ---- */

static int is_wanted(const struct bc_bundle *b, const struct bc_bundle_event *e,
                     const struct bc_evidence *w)
{
    const struct bc_grant *g = &e->event->u.grant;
    const struct bc_event *ending = bc_bundle_ending(b, e->index, BC_BUNDLE_EVER, NULL);

    if ((w->notice && strcmp(g->notice_id, w->notice) != 0) ||
        (w->provider && !bc_words_has(&g->scope.providers, w->provider)))
        return 0;
    return g->valid_from <= w->until && e->event->time <= w->until &&
           !(g->expires && g->expires <= w->since) && !(ending && ending->time <= w->since);
}

/* keep: one flag an event; the flags of the grants are set. */
static int is_kept(const struct bc_bundle *b, const char *keep, uint64_t index)
{
    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].index == index)
            return keep[i];
    return 0;
}

static int follows(const struct bc_bundle *b, const char *keep, const struct bc_event *e)
{
    if (e->type == BC_EVENT_ENROLL)
        return is_kept(b, keep, e->u.enrollment.grant);
    if (e->type == BC_EVENT_DELETE)
        return is_kept(b, keep, e->u.attempt.enroll);
    for (size_t i = 0; i < e->u.ending.grant_count; i++)
        if (is_kept(b, keep, e->u.ending.grants[i]))
            return 1;
    return 0;
}

/* Drops what is not kept. What follows from an event always stands behind it. */
static void choose(struct bc_bundle *b, const struct bc_evidence *w)
{
    char keep[COLLECTED_MAX] = {0};
    size_t kept = 0;

    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_bundle_event *e = &b->events[i];
        keep[i] = (char)(e->event->type == BC_EVENT_GRANT ? is_wanted(b, e, w)
                                                          : follows(b, keep, e->event));
    }
    for (size_t i = 0; i < b->event_count; i++) {
        if (keep[i]) {
            b->events[kept++] = b->events[i];
            continue;
        }
        free(b->events[i].payload);
        free(b->events[i].event);
    }
    memset(&b->events[kept], 0, (b->event_count - kept) * sizeof *b->events);
    b->event_count = kept;
}

static int wants_all(const struct bc_evidence *w)
{
    return w->since == 0 && w->until == BC_BUNDLE_EVER && !w->provider && !w->notice;
}

/* ---- leaves and texts ---- */

static enum bc_reason take_leaf(struct making *m, const struct bc_leaf *whose)
{
    struct bc_nodes nodes = bc_tiles_nodes(&m->s->registry);
    struct bc_bundle_leaf *l = &m->b->leaves[m->b->leaf_count];
    enum bc_reason reason;

    if (m->b->leaf_count == BC_BUNDLE_LEAVES_MAX)
        return BC_SYSTEM;
    l->leaf = *whose;
    reason = bc_snapshot_leaf(m->s, &l->leaf, &l->slot);
    if (reason != BC_ALLOW)
        return reason;
    if (bc_merkle_inclusion(&nodes, l->slot, m->s->checkpoint.register_size, &l->path) != BC_OK)
        return BC_CORRUPT;
    m->b->leaf_count++;
    return BC_ALLOW;
}

static int by_name(const void *a, const void *b)
{
    const struct bc_bundle_leaf *x = a, *y = b;

    return strcmp(x->leaf.name, y->leaf.name);
}

static enum bc_reason take_notice_leaves(struct making *m)
{
    enum bc_reason reason = BC_ALLOW;
    struct bc_bundle *b = m->b;

    for (size_t i = 0; i < b->event_count && reason == BC_ALLOW; i++) {
        const struct bc_event *e = b->events[i].event;
        struct bc_leaf leaf;
        if (e->type != BC_EVENT_GRANT || bc_bundle_notice_leaf(b, e->u.grant.notice_id))
            continue;
        bc_leaf_for_notice(e->u.grant.notice_id, &leaf);
        reason = take_leaf(m, &leaf);
    }
    if (b->leaf_count > 2)
        qsort(&b->leaves[1], b->leaf_count - 1, sizeof *b->leaves, by_name);
    return reason == BC_NO_RECORD ? BC_CORRUPT : reason;
}

static int has_text(const struct bc_bundle *b, const struct bc_hash *hash)
{
    for (size_t i = 0; i < b->text_count; i++) {
        struct bc_hash h;
        bc_hash_bytes(b->texts[i].data, b->texts[i].len, &h);
        if (bc_hash_equal(&h, hash))
            return 1;
    }
    return 0;
}

static enum bc_reason take_texts(struct making *m)
{
    struct bc_bundle *b = m->b;

    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_event *e = b->events[i].event;
        struct bc_bytes text;
        if (e->type != BC_EVENT_GRANT || has_text(b, &e->u.grant.notice))
            continue;
        if (b->text_count == BC_BUNDLE_TEXTS_MAX)
            return BC_SYSTEM;
        if (bc_store_notice(m->s->store, &e->u.grant.notice, &text) != BC_OK)
            return BC_CORRUPT;
        if (bc_bundle_copy(text.data, text.len, &b->texts[b->text_count]) != BC_OK)
            return BC_SYSTEM;
        b->text_count++;
    }
    return BC_ALLOW;
}

static enum bc_reason fill(struct making *m, const struct bc_subject *subject,
                           const struct bc_evidence *wanted)
{
    const struct bc_history own = {NOT_NOTICES, subject}, notices = {1U << BC_EVENT_NOTICE, NULL};
    struct bc_leaf leaf;
    enum bc_reason reason;

    if (bc_bundle_copy(m->s->note.data, m->s->note.len, &m->b->note) != BC_OK)
        return BC_SYSTEM;
    m->b->checkpoint = m->s->checkpoint;
    bc_leaf_for_subject(subject, &leaf);
    reason = take_leaf(m, &leaf);
    if (reason == BC_ALLOW)
        reason = bc_history_each(m->s, &own, take, m);
    if (reason == BC_ALLOW && !wants_all(wanted))
        choose(m->b, wanted);
    if (reason == BC_ALLOW && m->b->event_count == 0)
        reason = BC_NO_RECORD;
    if (reason == BC_ALLOW)
        reason = bc_history_each(m->s, &notices, take_named, m);
    if (reason == BC_ALLOW && m->b->event_count > BC_BUNDLE_EVENTS_MAX)
        reason = BC_SYSTEM;
    if (reason != BC_ALLOW)
        return reason;
    qsort(m->b->events, m->b->event_count, sizeof *m->b->events, by_index);
    reason = take_notice_leaves(m);
    return reason == BC_ALLOW ? take_texts(m) : reason;
}

enum bc_reason bc_evidence_make(struct bc_snapshot *s, const struct bc_subject *subject,
                                const struct bc_evidence *wanted, struct bc_bundle **out)
{
    struct making m = {s, bc_bundle_new(), BC_BUNDLE_EVENTS_MAX};
    enum bc_reason reason = m.b ? fill(&m, subject, wanted) : BC_SYSTEM;

    if (reason == BC_ALLOW)
        *out = m.b;
    else
        bc_bundle_free(m.b);
    return reason;
}
