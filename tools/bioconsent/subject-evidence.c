/* SPDX-License-Identifier: BSD-2-Clause */
#include "subject-evidence.h"

#include <stdlib.h>
#include <string.h>

#include "bundle-builder.h"

#define NOT_NOTICES (BC_LOG_FILTER_ALL & ~(1U << BC_EVENT_NOTICE))

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
    char keep[BC_BUNDLE_COLLECTED_MAX] = {0};
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
        free(b->events[i].payload.data);
        free(b->events[i].event);
    }
    memset(&b->events[kept], 0, (b->event_count - kept) * sizeof *b->events);
    b->event_count = kept;
}

static int wants_all(const struct bc_evidence *w)
{
    return w->since == 0 && w->until == BC_BUNDLE_EVER && !w->provider && !w->notice;
}

static enum bc_result fill(struct bc_bundle_builder *m, const struct bc_subject *subject,
                           const struct bc_evidence *wanted)
{
    const struct bc_log_filter own = {NOT_NOTICES, subject},
                               notices = {1U << BC_EVENT_NOTICE, NULL};
    enum bc_result result = bc_bundle_builder_begin(m, subject);

    if (result == BC_OK)
        result = bc_log_reader_each(m->s, &own, bc_bundle_builder_add, m);
    if (result == BC_OK && !wants_all(wanted))
        choose(m->b, wanted);
    if (result == BC_OK && m->b->event_count == 0)
        result = BC_ERR_NO_RECORD;
    if (result == BC_OK)
        result = bc_log_reader_each(m->s, &notices, bc_bundle_builder_add_named, m);
    return result == BC_OK ? bc_bundle_builder_finish(m) : result;
}

enum bc_result bc_subject_evidence_make(struct bc_snapshot *s, const struct bc_subject *subject,
                                        const struct bc_evidence *wanted, struct bc_bundle **out)
{
    struct bc_bundle_builder m = {s, bc_bundle_new()};
    enum bc_result result = m.b ? fill(&m, subject, wanted) : BC_ERR_SYSTEM;

    if (result == BC_OK)
        *out = m.b;
    else
        bc_bundle_free(m.b);
    return result;
}
