/* SPDX-License-Identifier: BSD-2-Clause */
#include "subject-evidence.h"

#include <stdlib.h>
#include <string.h>

#include "store/log-reader.h"

/* ---- events ---- */

/* Adds the events, each with its proof; of notices only those that a grant of the bundle names. */
static enum bc_result add_events(struct bc_snapshot *s, struct bc_bundle *b, unsigned types,
                                 const struct bc_subject *subject)
{
    const struct bc_log_filter wanted = {types, subject};
    struct bc_nodes nodes = bc_tile_nodes(&s->log);
    struct bc_log_reader reader;
    struct bc_logged_event past;
    enum bc_result r = BC_OK, ended;

    bc_log_reader_begin(&reader, s, &wanted);
    while (r == BC_OK && bc_log_reader_next(&reader, &past)) {
        struct bc_bundle_event e = {.index = past.index, .commitment = past.commitment};
        if (past.event->type == BC_EVENT_NOTICE && !bc_bundle_names(b, past.event->u.notice.id))
            continue;
        memcpy(e.salt, past.salt.data, BC_SALT_BYTES);
        /* bc_bundle_add only reads them. */
        e.payload = (struct bc_bundle_text){(char *)(uintptr_t)past.payload.data, past.payload.len};
        e.event = (struct bc_event *)(uintptr_t)past.event;
        r = bc_merkle_inclusion(&nodes, e.index, s->checkpoint.log_size, &e.path);
        if (r == BC_OK)
            r = bc_bundle_add(b, &e);
    }
    ended = bc_log_reader_end(&reader);
    return r == BC_OK ? ended : r;
}

static int by_index(const void *a, const void *b)
{
    const struct bc_bundle_event *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

/* ---- what is asked for ---- */

static int is_wanted(const struct bc_bundle *b, const struct bc_bundle_event *e,
                     const struct bc_evidence *w)
{
    const struct bc_grant *g = &e->event->u.grant;
    const struct bc_event *ending = bc_bundle_ending(b, e->index, BC_BUNDLE_EVER);

    if ((w->notice && strcmp(g->notice_id, w->notice) != 0) ||
        (w->provider && !bc_event_words_has(&g->scope.providers, w->provider)))
        return 0;
    return g->valid_from <= w->until && e->event->time <= w->until &&
           !(g->expires && g->expires <= w->since) && !(ending && ending->time <= w->since);
}

/* keep: one flag an event; those of the events before this one are set. */
static int is_kept(const struct bc_bundle *b, const char *keep, uint64_t index)
{
    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].index == index)
            return keep[i];
    return 0;
}

static int follows_kept(const struct bc_bundle *b, const char *keep, const struct bc_event *e)
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

/* Drops the events that are not asked for. What follows from an event always stands behind it. */
static void drop_unwanted(struct bc_bundle *b, const struct bc_evidence *w)
{
    char keep[BC_BUNDLE_COLLECTED_MAX] = {0};
    size_t kept = 0;

    if (w->since == 0 && w->until == BC_BUNDLE_EVER && !w->provider && !w->notice)
        return;
    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_bundle_event *e = &b->events[i];
        keep[i] = (char)(e->event->type == BC_EVENT_GRANT ? is_wanted(b, e, w)
                                                          : follows_kept(b, keep, e->event));
    }
    for (size_t i = 0; i < b->event_count; i++) {
        if (keep[i]) {
            b->events[kept++] = b->events[i];
            continue;
        }
        free(b->events[i].payload.data);
        free(b->events[i].event);
    }
    memset(&b->events[kept], 0, (b->event_count - kept) * sizeof *b->events);
    b->event_count = kept;
}

/* ---- leaves and texts ---- */

static enum bc_result add_leaf(struct bc_snapshot *s, struct bc_bundle *b,
                               const struct bc_leaf *whose)
{
    struct bc_nodes nodes = bc_tile_nodes(&s->registry);
    struct bc_bundle_leaf *l = &b->leaves[b->leaf_count];
    enum bc_result r;

    if (b->leaf_count == BC_BUNDLE_LEAVES_MAX)
        return BC_ERR_SYSTEM;
    l->leaf = *whose;
    r = bc_snapshot_leaf(s, &l->leaf, &l->slot);
    if (r != BC_OK)
        return r;
    if (bc_merkle_inclusion(&nodes, l->slot, s->checkpoint.register_size, &l->path) != BC_OK)
        return BC_ERR_CORRUPT;
    b->leaf_count++;
    return BC_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct bc_bundle_leaf *x = a, *y = b;

    return strcmp(x->leaf.name, y->leaf.name);
}

static enum bc_result add_text(struct bc_snapshot *s, struct bc_bundle *b,
                               const struct bc_hash *hash)
{
    struct bc_bytes text;

    for (size_t i = 0; i < b->text_count; i++) {
        struct bc_hash h;
        bc_merkle_hash_bytes(b->texts[i].data, b->texts[i].len, &h);
        if (bc_merkle_hash_equal(&h, hash))
            return BC_OK;
    }
    if (b->text_count == BC_BUNDLE_TEXTS_MAX)
        return BC_ERR_SYSTEM;
    if (bc_store_notice(s->store, hash, &text) != BC_OK)
        return BC_ERR_CORRUPT;
    if (bc_bundle_copy(text.data, text.len, &b->texts[b->text_count]) != BC_OK)
        return BC_ERR_SYSTEM;
    b->text_count++;
    return BC_OK;
}

/* Adds leaf and text of each notice that a grant of the bundle names. */
static enum bc_result add_notices(struct bc_snapshot *s, struct bc_bundle *b)
{
    enum bc_result r = BC_OK;

    for (size_t i = 0; i < b->event_count && r == BC_OK; i++) {
        const struct bc_grant *g = &b->events[i].event->u.grant;
        struct bc_leaf leaf;
        if (b->events[i].event->type != BC_EVENT_GRANT)
            continue;
        bc_leaf_for_notice(g->notice_id, &leaf);
        if (!bc_bundle_notice_leaf(b, g->notice_id))
            r = add_leaf(s, b, &leaf);
        if (r == BC_OK)
            r = add_text(s, b, &g->notice);
    }
    if (b->leaf_count > 2)
        qsort(&b->leaves[1], b->leaf_count - 1, sizeof *b->leaves, by_name);
    return r == BC_ERR_NO_RECORD ? BC_ERR_CORRUPT : r;
}

/* ---- the whole ---- */

enum bc_result bc_subject_evidence_make(struct bc_snapshot *s, const struct bc_subject *subject,
                                        const struct bc_evidence *wanted, struct bc_bundle **out)
{
    const unsigned notices = 1U << BC_EVENT_NOTICE;
    struct bc_bundle *b = bc_bundle_new();
    enum bc_result r = b ? bc_bundle_copy(s->note.data, s->note.len, &b->note) : BC_ERR_SYSTEM;
    struct bc_leaf leaf;

    bc_leaf_for_subject(subject, &leaf);
    if (r == BC_OK) {
        b->checkpoint = s->checkpoint;
        r = add_leaf(s, b, &leaf);
    }
    if (r == BC_OK)
        r = add_events(s, b, BC_LOG_FILTER_ALL & ~notices, subject);
    if (r == BC_OK) {
        drop_unwanted(b, wanted);
        r = b->event_count > 0 ? add_events(s, b, notices, NULL) : BC_ERR_NO_RECORD;
    }
    if (r == BC_OK && b->event_count > BC_BUNDLE_EVENTS_MAX)
        r = BC_ERR_SYSTEM;
    if (r == BC_OK) {
        qsort(b->events, b->event_count, sizeof *b->events, by_index);
        r = add_notices(s, b);
    }
    if (r == BC_OK)
        *out = b;
    else
        bc_bundle_free(b);
    return r == BC_ERR_MEMORY ? BC_ERR_SYSTEM : r;
}
