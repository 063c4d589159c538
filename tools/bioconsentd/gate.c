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
#include "consent/notice.h"
#include "store/consent-status.h"
#include "store/current-notice.h"
#include "store/last-seen.h"
#include "store/last-use.h"
#include "store/pending.h"
#include "store/receipt.h"
#include "store/snapshot.h"

#define RECORD_TRIES 8

/* One request under way. The snapshot refers to the store, so this is never copied. */
struct decision {
    const struct bc_gate *gate;
    const struct bc_request *request;
    int64_t now;
    bc_gate_step *step; /* NULL: none is told */
    struct bc_store *store;
    struct bc_snapshot snapshot;
    struct bc_leaf leaf;           /* the subject's; empty where there is none */
    struct bc_last_seen_mark seen; /* what step 2 compared with */
    int newer;                     /* the checkpoint is not yet recorded as seen */
    struct bc_active_consent *active;
    struct bc_consent consents[BC_ACTIVE_MAX];
};

enum bc_result bc_gate_open(const struct bc_config *config, uid_t owner, struct bc_gate *gate,
                            struct bc_where *where)
{
    struct bc_gate g = {.config = config, .owner = owner};
    enum bc_result r = bc_file_open_folder(config->state_path, owner, 0, &g.state, where);

    if (r != BC_OK)
        return r;
    r = bc_file_open_folder(config->spool_path, owner, 0, &g.spool, where);
    if (r != BC_OK) {
        (void)close(g.state);
        return r;
    }
    *gate = g;
    return BC_OK;
}

void bc_gate_close(struct bc_gate *gate)
{
    (void)close(gate->state);
    (void)close(gate->spool);
}

static void end_decision(struct decision *d)
{
    bc_store_close(d->store);
    free(d->active);
}

/* ---- what a person who asks for an explanation is told ---- */

__attribute__((format(printf, 2, 3))) static void trace_text(const struct decision *d,
                                                             const char *format, ...)
{
    char text[1024], clean[1024];
    va_list args;

    if (!d->step || d->request->ask == BC_ASK_STATUS)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bc_text_sanitize(text, clean, sizeof clean);
    d->step(clean);
}

/* Traces the outcome of one check and returns it. */
static enum bc_result trace_result(const struct decision *d, const char *check, enum bc_result r)
{
    trace_text(d, "%s: %s", check, r == BC_OK ? "ok" : bc_reason_id(bc_reason_of_result(r)));
    return r;
}

/* Traces an object, which this call frees. NULL, where there was no memory, is not traced. */
static void trace_json(const struct decision *d, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

    if (text && d->step)
        d->step(text);
    free(text);
    json_decref(object);
}

/* ---- the steps ---- */

static enum bc_result open_store(struct decision *d)
{
    struct bc_where where = {""};
    struct bc_store_options options = {.folder = d->gate->config->store_path,
                                       .owner = d->gate->owner,
                                       .wait_ms = BC_STORE_READER_WAIT_MS};
    enum bc_result r = bc_store_open(&options, BC_STORE_DECIDE, &d->store, &where);

    if (r != BC_OK)
        trace_text(d, "%s: %s", where.path, bc_result_text(r));
    return trace_result(d, "store opened", r);
}

static enum bc_result compare_with_last_seen(struct decision *d)
{
    return trace_result(d, "not older than what this host has seen",
                        bc_last_seen_compare(d->gate->state, &d->snapshot, &d->seen, &d->newer));
}

static enum bc_result verify_checkpoint(struct decision *d)
{
    struct bc_snapshot *s = &d->snapshot;
    char when[BC_TIME_TEXT_BYTES] = "";
    enum bc_result r = trace_result(d, "checkpoint signed by a trusted key",
                                    bc_snapshot_open(d->store, d->gate->config, s));

    if (r != BC_OK)
        return r;
    if (d->step)
        bc_datetime_format(s->checkpoint.signed_at, when);
    trace_text(d, "checkpoint of %s: log %llu, register %llu, signed %s", s->checkpoint.origin,
               (unsigned long long)s->checkpoint.log_size,
               (unsigned long long)s->checkpoint.register_size, when);
    return compare_with_last_seen(d);
}

/* A checkpoint from the future is not recorded: it would refuse every later one that is dated
 * rightly. Where another decision records something in between, this one compares again. */
static enum bc_result check_times_and_record(struct decision *d)
{
    const struct bc_config *config = d->gate->config;
    struct bc_snapshot *s = &d->snapshot;
    enum bc_result r = trace_result(d, "clock", bc_snapshot_clock(s, config, d->now));

    if (r == BC_OK)
        r = trace_result(d, "freshness", bc_snapshot_fresh(s, config, d->now));
    for (int i = 0; r == BC_OK && d->newer && i < RECORD_TRIES; i++) {
        r = bc_last_seen_record(d->gate->state, &d->seen, (const char *)s->note.data, s->note.len,
                                (uid_t)-1, (gid_t)-1);
        if (r != BC_ERR_EXISTS)
            return trace_result(d, "recorded as seen", r == BC_OK ? BC_OK : BC_ERR_NOT_RECORDED);
        r = compare_with_last_seen(d);
    }
    return r == BC_OK && d->newer ? BC_ERR_NOT_RECORDED : r;
}

static enum bc_result find_subject(struct decision *d)
{
    unsigned char key[BC_LEAF_KEY_MAX];
    const struct bc_subject *subject = &d->request->use.subject;
    struct bc_leaf *leaf = &d->leaf;
    enum bc_result r;

    bc_leaf_for_subject(subject, leaf);
    r = bc_snapshot_leaf(&d->snapshot, leaf, NULL);
    if (r == BC_ERR_NO_RECORD && !subject->external) {
        size_t len = bc_leaf_key(leaf, key) - 4; /* without the uid */
        if (bc_store_subject_prefix(d->store, key, len) == BC_OK)
            r = BC_ERR_MISMATCH;
    }
    return trace_result(d, "the subject's leaf leads to the register's root", r);
}

static enum bc_result load_consents(struct decision *d)
{
    const struct bc_leaf *leaf = &d->leaf;
    enum bc_result r = BC_OK;

    d->active = calloc(leaf->active_count + 1, sizeof *d->active);
    if (!d->active)
        return BC_ERR_MEMORY;
    for (size_t i = 0; i < leaf->active_count; i++) {
        struct bc_active_consent *active = &d->active[i];
        enum bc_reason state;

        r = bc_snapshot_consent(&d->snapshot, &leaf->active[i], active);
        if (r != BC_OK)
            break;
        d->consents[i] = active->consent;
        if (d->request->ask != BC_ASK_STATUS)
            continue;
        state =
            bc_consent_status_active(d->gate->config, &d->request->use, d->now, &active->consent);
        trace_json(d, json_pack("{s:I, s:s, s:o}", "event", (json_int_t)leaf->active[i].index,
                                "state", bc_reason_id(state), "grant",
                                json_loadb((const char *)active->payload.data, active->payload.len,
                                           0, NULL)));
    }
    return leaf->active_count ? trace_result(d, "grants and notices match their commitments", r)
                              : r;
}

/* Whether a new consent of the subject could change the refusal. */
static int lacks_consent(enum bc_reason reason)
{
    static const enum bc_reason lacking[] = {
        BC_REASON_NO_RECORD,      BC_REASON_WITHDRAWN,      BC_REASON_REVOKED,
        BC_REASON_PURPOSE_ENDED,  BC_REASON_EXPIRED,        BC_REASON_NOT_YET_VALID,
        BC_REASON_SUPERSEDED,     BC_REASON_SCOPE_MODALITY, BC_REASON_SCOPE_OPERATION,
        BC_REASON_SCOPE_PROVIDER, BC_REASON_SCOPE_PURPOSE,  BC_REASON_KIND,
        BC_REASON_JURISDICTION,   BC_REASON_GIVEN_BY,       BC_REASON_ACCOUNT_MISMATCH};

    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++)
        if (lacking[i] == reason)
            return 1;
    return 0;
}

/* A pending acceptance is not read and allows nothing: it only changes the sentence of the refusal.
 */
static enum bc_reason mention_pending_acceptance(struct decision *d, enum bc_reason reason)
{
    const struct bc_use *use = &d->request->use;
    struct bc_current_notices notices;
    const struct bc_event *e;
    uint64_t index;
    int found = 0;

    if (!lacks_consent(reason) || use->subject.external ||
        bc_pending_count_acceptances(d->gate->spool, use->subject.uid) == 0)
        return reason;
    bc_current_notice_begin(&notices, &d->snapshot);
    while (!found && bc_current_notice_next(&notices, &index, &e))
        found = bc_decision_covers(&e->u.notice.scope, use) &&
                bc_pending_find(d->gate->spool, use->subject.uid, &e->u.notice.text) == BC_OK;
    (void)bc_current_notice_end(&notices);
    if (!found)
        return reason;
    trace_text(d, "an acceptance is pending: it is not signed yet");
    return BC_REASON_ACCEPTANCE_PENDING;
}

/*
 * The decision. Each step stands on those before it, and a step that fails ends it with its own
 * refusal; only the last one can allow.
 */
static enum bc_reason decide_use(struct decision *d)
{
    enum bc_reason reason;
    enum bc_result r;

    /* 1. Open the store, which root or the service's user owns and no other user can write. */
    r = open_store(d);
    if (r != BC_OK)
        return bc_reason_of_result(r);

    /* 2. A trusted key signed the checkpoint, it is of this origin, and it follows what this host
     * has seen. */
    r = verify_checkpoint(d);
    if (r != BC_OK)
        return bc_reason_of_result(r);

    /* 3. The clock can be right and the checkpoint is fresh; this host records it as seen. */
    r = check_times_and_record(d);
    if (r != BC_OK)
        return bc_reason_of_result(r);

    /* 4. The subject's leaf leads to the signed root of the register. */
    r = find_subject(d);
    if (r == BC_ERR_NO_RECORD || r == BC_ERR_MISMATCH)
        return mention_pending_acceptance(d, bc_reason_of_result(r));
    if (r != BC_OK)
        return bc_reason_of_result(r);

    /* 5. No withdrawal of the subject is pending. One that cannot be looked for counts. */
    r = d->request->use.subject.external
            ? BC_ERR_NOT_FOUND
            : bc_pending_find(d->gate->spool, d->request->use.subject.uid, NULL);
    reason = r == BC_OK ? BC_REASON_WITHDRAWAL_PENDING : BC_REASON_SYSTEM;
    trace_text(d, "no withdrawal is pending: %s",
               r == BC_ERR_NOT_FOUND ? "ok" : bc_reason_id(reason));
    if (r != BC_ERR_NOT_FOUND)
        return reason;

    /* 6. One active consent covers the whole request. */
    r = load_consents(d);
    if (r != BC_OK)
        return bc_reason_of_result(r);
    reason = bc_decision_make(d->gate->config, &d->request->use, d->now, d->consents,
                              d->leaf.active_count, d->leaf.ended);
    trace_text(d, "a consent covers the request: %s",
               bc_reason_allows(reason) ? "ok" : bc_reason_id(reason));
    return mention_pending_acceptance(d, reason);
}

enum bc_reason bc_gate_decide(const struct bc_gate *gate, const struct bc_request *request,
                              int64_t now, bc_gate_step *step)
{
    struct decision d = {.gate = gate, .request = request, .now = now, .step = step};
    enum bc_reason reason = decide_use(&d);

    /* If the use cannot be recorded, deletion comes earlier, never later. */
    if (bc_reason_allows(reason) && request->ask == BC_ASK_CHECK &&
        request->use.operation == BC_AUTHENTICATE)
        (void)bc_last_use_note(gate->state, &d.leaf, now);
    end_decision(&d);
    return reason;
}

/* ---- the other requests of a subject ---- */

/* Steps 1 to 4 of a decision, for a subject who need not have a record. */
static enum bc_result verify_store(struct decision *d)
{
    enum bc_result r = open_store(d);

    if (r == BC_OK)
        r = verify_checkpoint(d);
    if (r == BC_OK)
        r = check_times_and_record(d);
    if (r == BC_OK)
        r = find_subject(d);
    return r == BC_ERR_NO_RECORD || r == BC_ERR_MISMATCH ? BC_OK : r;
}

void bc_gate_name_receipt(const struct bc_gate *gate, const struct bc_request *request, int64_t now,
                          bc_gate_step *step)
{
    struct decision d = {.gate = gate, .request = request, .now = now}; /* its steps are not told */
    const char *receipts = gate->config->receipts_path;
    char name[BC_RECEIPT_NAME_BYTES];
    struct bc_where where;
    int folder;

    if (bc_file_open_folder(receipts, gate->owner, 0, &folder, &where) != BC_OK)
        return;
    if (verify_store(&d) == BC_OK && bc_receipt_newest(folder, &d.leaf, name) == BC_OK) {
        d.step = step;
        trace_json(&d, json_pack("{s:o}", "receipt", json_sprintf("%s/%s", receipts, name)));
    }
    (void)close(folder);
    end_decision(&d);
}

enum bc_reason bc_gate_withdraw(const struct bc_gate *gate, const struct bc_request *request,
                                int64_t now)
{
    struct bc_pending p = {
        .kind = BC_PENDING_WITHDRAWAL, .subject = request->use.subject, .time = now};

    if (request->use.subject.external)
        return BC_REASON_DENIED;
    if (bc_pending_put(gate->spool, &p, (uid_t)-1, (gid_t)-1) != BC_OK)
        return BC_REASON_NOT_RECORDED;
    /* The withdrawal is recorded before the acceptances that it cancels are removed, so a failure
     * in between still refuses. */
    (void)bc_pending_remove_acceptances(gate->spool, request->use.subject.uid);
    return BC_REASON_RECORDED;
}

static enum bc_reason accept_notice(struct decision *d)
{
    const struct bc_request *request = d->request;
    const unsigned self = 1U << BC_SELF;
    struct bc_event event;
    const struct bc_notice *n = &event.u.notice;
    char release[BC_SLOT_MAX + 1];
    struct bc_pending a;
    enum bc_result r = verify_store(d);

    if (r != BC_OK)
        return bc_reason_of_result(r);
    r = bc_current_notice_find(&d->snapshot, request->notice, &event);
    if (r != BC_OK)
        return r == BC_ERR_NO_RECORD ? BC_REASON_NO_NOTICE : bc_reason_of_result(r);
    if (!(d->gate->config->givers & self) || (n->givers && !(n->givers & self)))
        return BC_REASON_GIVEN_BY;
    r = bc_current_notice_release(&d->snapshot, n, release);
    if (r != BC_OK)
        return bc_reason_of_result(r);
    if (!bc_notice_release_matches(release, request->typed))
        return BC_REASON_NOT_TYPED;
    r = bc_pending_find(d->gate->spool, request->use.subject.uid, &n->text);
    if (r != BC_ERR_NOT_FOUND)
        return r == BC_OK ? BC_REASON_ACCEPTANCE_PENDING : BC_REASON_NOT_RECORDED;
    a = (struct bc_pending){.kind = BC_PENDING_ACCEPTANCE,
                            .subject = request->use.subject,
                            .notice = n->text,
                            .log_size = d->snapshot.checkpoint.log_size,
                            .time = d->now};
    memcpy(a.notice_id, n->id, sizeof a.notice_id);
    memcpy(a.typed, request->typed, sizeof a.typed);
    switch (bc_pending_put(d->gate->spool, &a, (uid_t)-1, (gid_t)-1)) {
    case BC_OK:
        return BC_REASON_RECORDED;
    case BC_ERR_EXISTS:
        return BC_REASON_WITHDRAWAL_PENDING;
    case BC_ERR_TOO_LARGE:
        return BC_REASON_TOO_MANY;
    case BC_ERR_INVALID:
        return BC_REASON_NOT_TYPED;
    default:
        return BC_REASON_NOT_RECORDED;
    }
}

enum bc_reason bc_gate_accept(const struct bc_gate *gate, const struct bc_request *request,
                              int64_t now)
{
    struct decision d = {.gate = gate, .request = request, .now = now};
    enum bc_reason reason;

    if (request->use.subject.external)
        return BC_REASON_DENIED;
    reason = accept_notice(&d);
    end_decision(&d);
    return reason;
}
