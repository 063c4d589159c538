/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/consent-status.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "store/active-consent.h"

#define ENDINGS                                                                                    \
    ((1U << BC_EVENT_WITHDRAW) | (1U << BC_EVENT_REVOKE) | (1U << BC_EVENT_PURPOSE_ENDED))

struct reading {
    struct bc_consent_statuses *out;
    size_t ended_room;
    size_t version_room;
};

static enum bc_result take_ending(struct reading *r, const struct bc_logged_event *past)
{
    const struct bc_ending *n = &past->event->u.ending;
    struct bc_consent_statuses *o = r->out;

    for (size_t i = 0; i < n->grant_count; i++) {
        struct bc_ended *grown =
            bc_array_grow(o->ended, o->ended_count, &r->ended_room, sizeof *grown);
        if (!grown)
            return BC_ERR_MEMORY;
        o->ended = grown;
        o->ended[o->ended_count++] = (struct bc_ended){.grant = n->grants[i],
                                                       .event = past->index,
                                                       .time = past->event->time,
                                                       .type = past->event->type};
    }
    return BC_OK;
}

static void replace_older(struct bc_consent_statuses *o, const struct bc_event *e)
{
    for (size_t i = 0; i < o->version_count; i++) {
        struct bc_version *old = o->version[i];
        if (old->replaced || strcmp(old->notice.id, e->u.notice.id) != 0)
            continue;
        old->replaced = 1;
        old->replaced_at = e->time;
    }
}

static enum bc_result take_notice(struct reading *r, const struct bc_logged_event *past)
{
    struct bc_consent_statuses *o = r->out;
    struct bc_version **grown =
        bc_array_grow(o->version, o->version_count, &r->version_room, sizeof(struct bc_version *));
    struct bc_version *v;

    if (!grown)
        return BC_ERR_MEMORY;
    o->version = grown;
    v = malloc(sizeof *v);
    if (!v)
        return BC_ERR_MEMORY;
    if (!past->event->u.notice.keeps_prior)
        replace_older(o, past->event);
    *v = (struct bc_version){
        .event = past->index, .time = past->event->time, .notice = past->event->u.notice};
    o->version[o->version_count++] = v;
    return BC_OK;
}

static enum bc_result take(void *ctx, const struct bc_logged_event *past)
{
    return past->event->type == BC_EVENT_NOTICE ? take_notice(ctx, past) : take_ending(ctx, past);
}

static int by_grant(const void *a, const void *b)
{
    uint64_t x = ((const struct bc_ended *)a)->grant, y = ((const struct bc_ended *)b)->grant;

    return (x > y) - (x < y);
}

enum bc_result bc_consent_status_read(struct bc_snapshot *s, const struct bc_config *policy,
                                      int spool, struct bc_consent_statuses *out)
{
    struct bc_consent_statuses o = {.policy = policy, .spool = -1};
    struct bc_log_filter wanted = {.types = ENDINGS | (1U << BC_EVENT_NOTICE)};
    struct reading r = {.out = &o};
    enum bc_result result = BC_OK;

    if (spool >= 0 && bc_pending_read(spool, (uid_t)-1, &o.pending) != BC_OK)
        result = BC_ERR_SYSTEM;
    o.spool = spool;
    if (result == BC_OK)
        result = bc_log_reader_each(s, &wanted, take, &r);
    if (result != BC_OK) {
        bc_consent_status_free(&o);
        return result;
    }
    if (o.ended_count)
        qsort(o.ended, o.ended_count, sizeof *o.ended, by_grant);
    *out = o;
    return BC_OK;
}

void bc_consent_status_free(struct bc_consent_statuses *o)
{
    for (size_t i = 0; i < o->version_count; i++)
        free(o->version[i]);
    free(o->version);
    free(o->ended);
    bc_pending_free(&o->pending);
    *o = (struct bc_consent_statuses){.spool = -1};
}

/* ---- one grant ---- */

static const struct bc_version *version_of(const struct bc_consent_statuses *o,
                                           const struct bc_grant *g)
{
    for (size_t i = o->version_count; i-- > 0;)
        if (bc_merkle_hash_equal(&o->version[i]->notice.text, &g->notice) &&
            strcmp(o->version[i]->notice.id, g->notice_id) == 0)
            return o->version[i];
    return NULL;
}

static enum bc_reason decide(const struct bc_consent_statuses *o, const struct bc_grant *g,
                             int64_t now, const struct bc_version *version)
{
    struct bc_consent consent = {.grant = g};
    struct bc_use use = {.external = g->subject.external, .uid = g->subject.uid};

    memcpy(use.user, g->subject.name, sizeof g->subject.name);
    if (version && !version->replaced) {
        consent.accepted = 1;
        consent.notice = &version->notice;
    }
    return bc_active_consent_state(o->policy, &use, now, &consent);
}

static int is_withdrawal_pending(const struct bc_consent_statuses *o,
                                 const struct bc_subject *subject)
{
    return o->spool >= 0 && !subject->external &&
           bc_pending_has_withdrawal(o->spool, subject->uid) != BC_ERR_NOT_FOUND;
}

static int64_t find_pending_since(const struct bc_consent_statuses *o, uint32_t uid)
{
    for (size_t i = 0; i < o->pending.count; i++)
        if (o->pending.item[i].kind == BC_PENDING_WITHDRAWAL && o->pending.item[i].fault == BC_OK &&
            o->pending.item[i].subject.uid == uid)
            return o->pending.item[i].time;
    return 0;
}

static enum bc_reason ended_by(enum bc_event_type type)
{
    if (type == BC_EVENT_WITHDRAW)
        return BC_REASON_WITHDRAWN;
    return type == BC_EVENT_REVOKE ? BC_REASON_REVOKED : BC_REASON_PURPOSE_ENDED;
}

const struct bc_ended *bc_consent_status_ended(const struct bc_consent_statuses *o, uint64_t index)
{
    const struct bc_ended key = {.grant = index};

    return o->ended_count ? bsearch(&key, o->ended, o->ended_count, sizeof *o->ended, by_grant)
                          : NULL;
}

void bc_consent_status_of(const struct bc_consent_statuses *o, uint64_t index,
                          const struct bc_grant *grant, int64_t now, struct bc_consent_status *out)
{
    struct bc_consent_status r = {.since = grant->valid_from};

    r.version = version_of(o, grant);
    r.ended = bc_consent_status_ended(o, index);
    if (r.ended) {
        r.reason = ended_by(r.ended->type);
        r.since = r.ended->time;
    } else if (is_withdrawal_pending(o, &grant->subject)) {
        r.reason = BC_REASON_WITHDRAWAL_PENDING;
        r.since = find_pending_since(o, grant->subject.uid);
    } else {
        r.reason = decide(o, grant, now, r.version);
        if (r.reason == BC_REASON_EXPIRED)
            r.since = grant->expires;
        if (r.reason == BC_REASON_SUPERSEDED)
            r.since = r.version && r.version->replaced ? r.version->replaced_at : 0;
    }
    *out = r;
}
