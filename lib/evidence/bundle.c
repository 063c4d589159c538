/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/bundle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "consent/decision.h"

enum bc_result bc_bundle_fail(struct bc_bundle_error *err, enum bc_result r, const char *format,
                              ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(err->what, sizeof err->what, format, args);
    va_end(args);
    return r;
}

struct bc_bundle *bc_bundle_new(void)
{
    return calloc(1, sizeof(struct bc_bundle));
}

void bc_bundle_free(struct bc_bundle *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->text_count; i++)
        free(b->texts[i].data);
    for (size_t i = 0; i < b->event_count; i++) {
        free(b->events[i].payload.data);
        free(b->events[i].event);
    }
    free(b->note.data);
    free(b->events);
    free(b);
}

enum bc_result bc_bundle_copy(const void *data, size_t len, struct bc_bundle_text *out)
{
    char *copy = malloc(len + 1);

    if (!copy)
        return BC_ERR_MEMORY;
    memcpy(copy, data, len);
    copy[len] = '\0';
    out->data = copy;
    out->len = len;
    return BC_OK;
}

enum bc_result bc_bundle_add(struct bc_bundle *b, const struct bc_bundle_event *e)
{
    struct bc_bundle_event *added = NULL;

    if (b->event_count < BC_BUNDLE_COLLECTED_MAX)
        added = bc_array_grow(b->events, b->event_count, &b->event_room, sizeof *added);
    if (!added)
        return BC_ERR_MEMORY;
    b->events = added;
    added += b->event_count;
    *added = *e;
    if (e->payload.data) {
        added->event = malloc(sizeof *added->event);
        if (!added->event ||
            bc_bundle_copy(e->payload.data, e->payload.len, &added->payload) != BC_OK) {
            free(added->event);
            return BC_ERR_MEMORY;
        }
        *added->event = *e->event;
    }
    b->event_count++;
    return BC_OK;
}

const struct bc_event *bc_bundle_event(const struct bc_bundle *b, uint64_t index)
{
    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].index == index)
            return b->events[i].event;
    return NULL;
}

int bc_bundle_names(const struct bc_bundle *b, const char *notice_id)
{
    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_event *e = b->events[i].event;
        if (e && e->type == BC_EVENT_GRANT && strcmp(e->u.grant.notice_id, notice_id) == 0)
            return 1;
    }
    return 0;
}

const struct bc_leaf *bc_bundle_notice_leaf(const struct bc_bundle *b, const char *id)
{
    for (size_t i = 0; i < b->leaf_count; i++)
        if (b->leaves[i].leaf.kind == BC_LEAF_NOTICE && strcmp(b->leaves[i].leaf.name, id) == 0)
            return &b->leaves[i].leaf;
    return NULL;
}

const struct bc_event *bc_bundle_ending(const struct bc_bundle *b, uint64_t grant, int64_t at)
{
    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_event *e = b->events[i].event;
        if (e && e->time <= at && bc_event_ends(e, grant))
            return e;
    }
    return NULL;
}

int bc_bundle_replaced(const struct bc_bundle *b, uint64_t index, int64_t at)
{
    const struct bc_event *old = bc_bundle_event(b, index);

    for (size_t i = 0; old && i < b->event_count; i++) {
        const struct bc_event *e = b->events[i].event;
        if (e && b->events[i].index > index && e->type == BC_EVENT_NOTICE && e->time <= at &&
            !e->u.notice.keeps_prior && strcmp(e->u.notice.id, old->u.notice.id) == 0)
            return 1;
    }
    return 0;
}

const struct bc_notice *bc_bundle_notice(const struct bc_bundle *b, const struct bc_grant *g,
                                         int64_t at, int *accepted, uint64_t *index)
{
    const struct bc_notice *found = NULL;

    *accepted = 0;
    for (size_t i = 0; i < b->event_count && !*accepted; i++) {
        const struct bc_event *e = b->events[i].event;
        if (!e || e->type != BC_EVENT_NOTICE || strcmp(e->u.notice.id, g->notice_id) != 0 ||
            !bc_merkle_hash_equal(&e->u.notice.text, &g->notice))
            continue;
        found = &e->u.notice;
        *accepted = e->time <= at && !bc_bundle_replaced(b, b->events[i].index, at);
        if (index)
            *index = b->events[i].index;
    }
    return found;
}

/* What a host's configuration asks beyond the notice, no bundle knows. */
static const struct bc_config any_config = {.required_kind = BC_NOTICE_ONLY,
                                            .givers = (1U << BC_GIVEN_BYS) - 1};

enum bc_reason bc_bundle_consent(const struct bc_bundle *b, uint64_t grant,
                                 const struct bc_use *use, int64_t at)
{
    const struct bc_event *e = bc_bundle_event(b, grant);
    const struct bc_event *ending = bc_bundle_ending(b, grant, at);
    struct bc_consent consent;

    if (!e || e->type != BC_EVENT_GRANT || e->time > at)
        return BC_REASON_NO_RECORD;
    if (ending)
        return bc_decision_make(&any_config, use, at, NULL, 0, bc_event_ended(ending));
    consent.grant = &e->u.grant;
    consent.notice = bc_bundle_notice(b, consent.grant, at, &consent.accepted, NULL);
    return bc_decision_on_consent(&any_config, use, at, &consent);
}

enum bc_reason bc_bundle_decide(const struct bc_bundle *b, const struct bc_use *use, int64_t at)
{
    struct bc_consent consents[BC_ACTIVE_MAX];
    size_t count = 0;
    char ended = 0;

    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_event *e = b->events[i].event;
        if (!e || e->time > at)
            continue;
        if (bc_event_ended(e) && e->u.ending.grant_count)
            ended = bc_event_ended(e);
        if (e->type != BC_EVENT_GRANT || count == BC_ACTIVE_MAX ||
            bc_bundle_ending(b, b->events[i].index, at))
            continue;
        consents[count].grant = &e->u.grant;
        consents[count].notice =
            bc_bundle_notice(b, &e->u.grant, at, &consents[count].accepted, NULL);
        count++;
    }
    return bc_decision_make(&any_config, use, at, consents, count, ended);
}
