/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/consent-status.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Adds the grants that the event ended. */
static enum bc_result add_ended(struct bc_consent_statuses *o, size_t *room,
                                const struct bc_logged_event *past)
{
    const struct bc_ending *ending = &past->event->u.ending;

    for (size_t i = 0; i < ending->grant_count; i++) {
        struct bc_ended *grown = bc_array_grow(o->ended, o->ended_count, room, sizeof *grown);
        if (!grown)
            return BC_ERR_MEMORY;
        o->ended = grown;
        o->ended[o->ended_count++] = (struct bc_ended){.grant = ending->grants[i],
                                                       .event = past->index,
                                                       .time = past->event->time,
                                                       .type = past->event->type};
    }
    return BC_OK;
}

/* Adds the version of a notice, which replaces those before it unless it says otherwise. */
static enum bc_result add_version(struct bc_consent_statuses *o, size_t *room,
                                  const struct bc_logged_event *past)
{
    const struct bc_notice *notice = &past->event->u.notice;
    struct bc_version *grown = bc_array_grow(o->version, o->version_count, room, sizeof *grown);

    if (!grown)
        return BC_ERR_MEMORY;
    o->version = grown;
    for (size_t i = 0; i < o->version_count && !notice->keeps_prior; i++) {
        struct bc_version *old = &o->version[i];
        if (!old->replaced && strcmp(old->notice.id, notice->id) == 0) {
            old->replaced = 1;
            old->replaced_at = past->event->time;
        }
    }
    o->version[o->version_count++] =
        (struct bc_version){.event = past->index, .time = past->event->time, .notice = *notice};
    return BC_OK;
}

static int compare_grants(const void *a, const void *b)
{
    uint64_t x = ((const struct bc_ended *)a)->grant, y = ((const struct bc_ended *)b)->grant;

    return (x > y) - (x < y);
}

enum bc_result bc_consent_status_read(struct bc_snapshot *s, const struct bc_config *config,
                                      int spool, struct bc_consent_statuses *out)
{
    const struct bc_log_filter wanted = {.types = 1U << BC_EVENT_WITHDRAW | 1U << BC_EVENT_REVOKE |
                                                  1U << BC_EVENT_PURPOSE_ENDED |
                                                  1U << BC_EVENT_NOTICE};
    struct bc_consent_statuses o = {.config = config};
    struct bc_log_reader reader;
    struct bc_logged_event past;
    size_t ended_room = 0, version_room = 0;
    enum bc_result r;

    if (spool >= 0 && bc_pending_read(spool, (uid_t)-1, &o.pending) != BC_OK)
        return BC_ERR_SYSTEM;
    bc_log_reader_begin(&reader, s, &wanted);
    while (bc_log_reader_next(&reader, &past))
        reader.result = past.event->type == BC_EVENT_NOTICE ? add_version(&o, &version_room, &past)
                                                            : add_ended(&o, &ended_room, &past);
    r = bc_log_reader_end(&reader);
    if (r != BC_OK) {
        bc_consent_status_free(&o);
        return r;
    }
    if (o.ended_count)
        qsort(o.ended, o.ended_count, sizeof *o.ended, compare_grants);
    *out = o;
    return BC_OK;
}

void bc_consent_status_free(struct bc_consent_statuses *o)
{
    free(o->version);
    free(o->ended);
    bc_pending_free(&o->pending);
    memset(o, 0, sizeof *o);
}

/* ---- one grant ---- */

const struct bc_ended *bc_consent_status_ended(const struct bc_consent_statuses *o, uint64_t index)
{
    const struct bc_ended key = {.grant = index};

    if (!o->ended_count)
        return NULL;
    return bsearch(&key, o->ended, o->ended_count, sizeof *o->ended, compare_grants);
}

static const struct bc_version *find_version(const struct bc_consent_statuses *o,
                                             const struct bc_grant *g)
{
    for (size_t i = o->version_count; i-- > 0;)
        if (bc_merkle_hash_equal(&o->version[i].notice.text, &g->notice) &&
            strcmp(o->version[i].notice.id, g->notice_id) == 0)
            return &o->version[i];
    return NULL;
}

enum bc_reason bc_consent_status_active(const struct bc_config *config, const struct bc_use *use,
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
    return bc_decision_on_consent(config, &any, now, consent);
}

void bc_consent_status_of(const struct bc_consent_statuses *o, uint64_t index,
                          const struct bc_grant *grant, int64_t now, struct bc_consent_status *out)
{
    const struct bc_subject *subject = &grant->subject;
    const struct bc_version *version = find_version(o, grant);
    /* It counts as the gate counts it: whatever is in its file. */
    const struct bc_pending *withdrawal =
        subject->external ? NULL : bc_pending_withdrawal(&o->pending, subject->uid);
    struct bc_consent consent = {.grant = grant};
    struct bc_use use = {.subject = *subject};

    *out = (struct bc_consent_status){
        .since = grant->valid_from, .version = version, .ended = bc_consent_status_ended(o, index)};
    if (out->ended) {
        out->reason = out->ended->type == BC_EVENT_WITHDRAW ? BC_REASON_WITHDRAWN
                      : out->ended->type == BC_EVENT_REVOKE ? BC_REASON_REVOKED
                                                            : BC_REASON_PURPOSE_ENDED;
        out->since = out->ended->time;
        return;
    }
    if (withdrawal) {
        out->reason = BC_REASON_WITHDRAWAL_PENDING;
        out->since = withdrawal->time;
        return;
    }
    if (version && !version->replaced) {
        consent.accepted = 1;
        consent.notice = &version->notice;
    }
    out->reason = bc_consent_status_active(o->config, &use, now, &consent);
    if (out->reason == BC_REASON_EXPIRED)
        out->since = grant->expires;
    else if (out->reason == BC_REASON_SUPERSEDED)
        out->since = version && version->replaced ? version->replaced_at : 0;
}
