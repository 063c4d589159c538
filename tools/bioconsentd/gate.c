/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datetime.h"
#include "base/text.h"
#include "consent/decision.h"
#include "store/active-consent.h"
#include "store/current-notice.h"
#include "store/last-seen.h"
#include "store/last-use.h"
#include "store/pending-acceptance.h"
#include "store/pending-withdrawal.h"
#include "store/snapshot.h"

#define RECORD_TRIES 8

struct bc_gate {
    const struct bc_config *policy;
    uid_t owner;
    int state;
    int spool;
};

/* One decision under way. */
struct decision {
    struct bc_gate *gate;
    const struct bc_request *request;
    int64_t now;
    const struct bc_trace *trace;
    struct bc_store *store;
    struct bc_snapshot snapshot;
    struct bc_leaf leaf;
    size_t count;
    struct bc_active_consent *live; /* BC_ACTIVE_MAX at most */
    struct bc_consent consents[BC_ACTIVE_MAX];
};

__attribute__((format(printf, 2, 3))) static void step(const struct decision *d, const char *format,
                                                       ...)
{
    char text[1024], clean[1024];
    va_list args;

    if (!d->trace || d->request->ask == BC_ASK_STATUS)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bc_text_sanitize(text, clean, sizeof clean);
    d->trace->step(d->trace->ctx, clean);
}

/* Traces what one check came to and passes its reason on. */
static enum bc_reason checked(const struct decision *d, const char *what, enum bc_reason reason)
{
    step(d, "%s: %s", what, reason == BC_REASON_ALLOW ? "ok" : bc_reason_id(reason));
    return reason;
}

enum bc_reason bc_gate_open(const struct bc_config *policy, uid_t owner, struct bc_gate **gate,
                            struct bc_where *where)
{
    struct bc_gate *g = calloc(1, sizeof *g);
    enum bc_result r;

    if (!g)
        return BC_REASON_SYSTEM;
    *g = (struct bc_gate){.policy = policy, .owner = owner, .state = -1, .spool = -1};
    r = bc_file_open_folder(policy->state_path, owner, 0, &g->state, where);
    if (r == BC_OK)
        r = bc_file_open_folder(policy->spool_path, owner, 0, &g->spool, where);
    if (r != BC_OK) {
        bc_gate_close(g);
        return bc_snapshot_reason(r);
    }
    *gate = g;
    return BC_REASON_ALLOW;
}

void bc_gate_close(struct bc_gate *gate)
{
    if (!gate)
        return;
    if (gate->state >= 0)
        close(gate->state);
    if (gate->spool >= 0)
        close(gate->spool);
    free(gate);
}

static enum bc_reason open_store(struct decision *d, int deadline_ms)
{
    struct bc_where where = {""};
    struct bc_store_options options = {
        .folder = d->gate->policy->store_path, .owner = d->gate->owner, .wait_ms = deadline_ms};
    enum bc_result r = bc_store_open(&options, BC_STORE_DECIDE, &d->store, &where);

    if (r != BC_OK)
        step(d, "%s: %s", where.path, bc_result_text(r));
    return checked(d, "store opened", bc_snapshot_reason(r));
}

static enum bc_reason verify_checkpoint(struct decision *d)
{
    const struct bc_checkpoint *c = &d->snapshot.checkpoint;
    char when[BC_TIME_TEXT_BYTES] = "";
    enum bc_reason reason = checked(d, "checkpoint signed by a trusted key",
                                    bc_snapshot_open(d->store, d->gate->policy, &d->snapshot));

    if (reason != BC_REASON_ALLOW)
        return reason;
    if (d->trace)
        bc_datetime_format(c->signed_at, when);
    step(d, "checkpoint of %s: log %llu, register %llu, signed %s", c->origin,
         (unsigned long long)c->log_size, (unsigned long long)c->register_size, when);
    reason = checked(d, "clock", bc_snapshot_clock(&d->snapshot, d->gate->policy, d->now));
    if (reason == BC_REASON_ALLOW)
        reason = checked(d, "freshness", bc_snapshot_fresh(&d->snapshot, d->gate->policy, d->now));
    return reason;
}

/* Compares and records. Where another decision recorded something in between, all of it again. */
static enum bc_reason compare_and_record(struct decision *d)
{
    struct bc_nodes nodes = bc_tile_nodes(&d->snapshot.log);
    const char *note = (const char *)d->snapshot.note.data;
    size_t len = d->snapshot.note.len;
    enum bc_result r = BC_ERR_EXISTS;

    for (int i = 0; i < RECORD_TRIES && r == BC_ERR_EXISTS; i++) {
        struct bc_last_seen_mark mark;
        int newer = 0;
        enum bc_reason reason =
            checked(d, "not older than what this host has seen",
                    bc_last_seen_compare(d->gate->state, &d->snapshot.checkpoint, note, len, &nodes,
                                         &mark, &newer));
        if (reason != BC_REASON_ALLOW || !newer)
            return reason;
        r = bc_last_seen_record(d->gate->state, &mark, note, len, (uid_t)-1, (gid_t)-1);
    }
    return checked(d, "recorded as seen", r == BC_OK ? BC_REASON_ALLOW : BC_REASON_NOT_RECORDED);
}

static enum bc_reason find_subject(struct decision *d)
{
    unsigned char key[BC_LEAF_KEY_MAX];
    struct bc_subject subject = {.external = d->request->use.external, .uid = d->request->use.uid};
    enum bc_reason reason;

    memcpy(subject.name, d->request->use.user, sizeof subject.name);
    bc_leaf_for_subject(&subject, &d->leaf);
    reason = bc_snapshot_leaf(&d->snapshot, &d->leaf, NULL);
    if (reason == BC_REASON_NO_RECORD && !subject.external) {
        size_t len = bc_leaf_key(&d->leaf, key) - 4; /* without the uid */
        if (bc_store_subject_prefix(d->store, key, len) == BC_OK)
            reason = BC_REASON_ACCOUNT_MISMATCH;
    }
    return checked(d, "the subject's leaf leads to the register's root", reason);
}

static void report_consent(const struct decision *d, size_t i)
{
    const struct bc_active_consent *live = &d->live[i];
    json_t *grant = json_loadb((const char *)live->payload.data, live->payload.len, 0, NULL);
    enum bc_reason state =
        bc_active_consent_state(d->gate->policy, &d->request->use, d->now, &live->consent);
    json_t *o = json_pack("{s:I, s:s, s:o}", "event", (json_int_t)d->leaf.live[i].index, "state",
                          bc_reason_id(state), "grant", grant);
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

    if (text && d->trace)
        d->trace->step(d->trace->ctx, text);
    free(text);
    json_decref(o);
}

static enum bc_reason load_consents(struct decision *d)
{
    enum bc_reason reason = BC_REASON_ALLOW;

    d->count = d->leaf.live_count;
    if (d->count == 0)
        return BC_REASON_ALLOW;
    d->live = calloc(d->count, sizeof *d->live);
    if (!d->live)
        return BC_REASON_SYSTEM;
    for (size_t i = 0; i < d->count && reason == BC_REASON_ALLOW; i++) {
        reason = bc_active_consent_load(&d->snapshot, &d->leaf.live[i], &d->live[i]);
        d->consents[i] = d->live[i].consent;
        if (reason == BC_REASON_ALLOW && d->request->ask == BC_ASK_STATUS)
            report_consent(d, i);
    }
    return checked(d, "grants and notices match their commitments", reason);
}

static enum bc_reason pending(struct decision *d)
{
    enum bc_result r;

    if (d->request->use.external)
        return BC_REASON_ALLOW;
    r = bc_pending_withdrawal_has(d->gate->spool, d->request->use.uid);
    if (r == BC_ERR_NOT_FOUND)
        return BC_REASON_ALLOW;
    return r == BC_OK ? BC_REASON_WITHDRAWAL_PENDING : BC_REASON_SYSTEM;
}

/* ---- acceptances that wait ---- */

/* Reasons that a signed acceptance could mend. */
static int lacks_consent(enum bc_reason reason)
{
    switch (reason) {
    case BC_REASON_NO_RECORD:
    case BC_REASON_WITHDRAWN:
    case BC_REASON_REVOKED:
    case BC_REASON_PURPOSE_ENDED:
    case BC_REASON_EXPIRED:
    case BC_REASON_NOT_YET_VALID:
    case BC_REASON_SUPERSEDED:
    case BC_REASON_SCOPE_MODALITY:
    case BC_REASON_SCOPE_OPERATION:
    case BC_REASON_SCOPE_PROVIDER:
    case BC_REASON_SCOPE_PURPOSE:
    case BC_REASON_KIND:
    case BC_REASON_JURISDICTION:
    case BC_REASON_GIVEN_BY:
    case BC_REASON_ACCOUNT_MISMATCH:
        return 1;
    default:
        return 0;
    }
}

struct wait {
    const struct decision *d;
    int waits;
};

static void look_in_spool(void *ctx, uint64_t index, const struct bc_event *e)
{
    struct wait *w = ctx;
    const struct bc_request *request = w->d->request;

    (void)index;
    if (bc_decision_on_scope(&e->u.notice.scope, &request->use) == BC_REASON_ALLOW &&
        bc_pending_acceptance_has(w->d->gate->spool, request->use.uid, &e->u.notice.text) == BC_OK)
        w->waits = 1;
}

/* What waits is not read, and allows nothing: only the sentence of the refusal changes. */
static enum bc_reason or_waits(struct decision *d, enum bc_reason reason)
{
    struct wait w = {d, 0};

    if (!lacks_consent(reason) || d->request->use.external ||
        bc_pending_acceptance_count(d->gate->spool, d->request->use.uid) == 0)
        return reason;
    (void)bc_current_notice_each(&d->snapshot, look_in_spool, &w);
    return w.waits ? checked(d, "no acceptance waits to be signed", BC_REASON_ACCEPTANCE_PENDING)
                   : reason;
}

static enum bc_reason open_verified(struct decision *d, int deadline_ms)
{
    enum bc_reason reason = open_store(d, deadline_ms);

    if (reason == BC_REASON_ALLOW)
        reason = verify_checkpoint(d);
    return reason == BC_REASON_ALLOW ? compare_and_record(d) : reason;
}

static enum bc_reason decide(struct decision *d, int deadline_ms)
{
    enum bc_reason reason = open_verified(d, deadline_ms);

    if (reason == BC_REASON_ALLOW)
        reason = find_subject(d);
    if (reason == BC_REASON_ALLOW)
        reason = checked(d, "no withdrawal waits to be signed", pending(d));
    if (reason == BC_REASON_ALLOW)
        reason = load_consents(d);
    if (reason == BC_REASON_ALLOW)
        reason = checked(d, "a consent covers the request",
                         bc_decision_make(d->gate->policy, &d->request->use, d->now, d->consents,
                                          d->count, d->leaf.ended));
    return or_waits(d, reason);
}

static struct decision *begin(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                              const struct bc_trace *trace)
{
    struct decision *d = calloc(1, sizeof *d);

    if (d) {
        d->gate = gate;
        d->request = request;
        d->now = now;
        d->trace = trace;
    }
    return d;
}

static void end(struct decision *d)
{
    bc_store_close(d->store);
    free(d->live);
    free(d);
}

enum bc_reason bc_gate_decide(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                              int deadline_ms, const struct bc_trace *trace)
{
    struct decision *d = begin(gate, request, now, trace);
    enum bc_reason reason;

    if (!d)
        return BC_REASON_SYSTEM;
    reason = decide(d, deadline_ms);
    /* Where it can't be noted, deletion comes earlier, never later. */
    if (reason == BC_REASON_ALLOW && request->ask == BC_ASK_CHECK &&
        request->use.operation == BC_AUTHENTICATE)
        (void)bc_last_use_note(gate->state, &d->leaf, now);
    end(d);
    return reason;
}

enum bc_reason bc_gate_look(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                            int deadline_ms, bc_look_fn *look, void *ctx)
{
    struct decision *d = begin(gate, request, now, NULL);
    enum bc_reason reason;

    if (!d)
        return BC_REASON_SYSTEM;
    reason = open_verified(d, deadline_ms);
    if (reason == BC_REASON_ALLOW)
        reason = find_subject(d);
    if (reason == BC_REASON_ALLOW || reason == BC_REASON_NO_RECORD ||
        reason == BC_REASON_ACCOUNT_MISMATCH) {
        const struct bc_view view = {.policy = gate->policy,
                                     .request = request,
                                     .now = now,
                                     .spool = gate->spool,
                                     .snapshot = &d->snapshot,
                                     .leaf = &d->leaf};
        reason = look(&view, ctx);
    }
    end(d);
    return reason;
}

enum bc_reason bc_gate_withdraw(struct bc_gate *gate, const struct bc_request *request, int64_t now)
{
    struct bc_pending_withdrawal p = {
        .subject = {.external = request->use.external, .uid = request->use.uid}, .time = now};

    if (request->use.external)
        return BC_REASON_DENIED;
    memcpy(p.subject.name, request->use.user, sizeof p.subject.name);
    if (bc_pending_withdrawal_put(gate->spool, &p, (uid_t)-1, (gid_t)-1) != BC_OK)
        return BC_REASON_NOT_RECORDED;
    /* A withdrawal is recorded before the acceptances that it cancels are removed, so a failure in
     * between still refuses. */
    (void)bc_pending_acceptance_drop(gate->spool, request->use.uid);
    return BC_REASON_ALLOW;
}
