/* SPDX-License-Identifier: BSD-2-Clause */
#include "offer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance.h"
#include "accepted.h"
#include "live.h"
#include "sheet.h"
#include "text.h"

/* ---- what was typed ---- */

/* The next character that counts, 0 at the end: words are parted by one space. */
static char next(const char **at)
{
    const char *s = *at;
    char c = *s;

    if (c == ' ') {
        s += strspn(s, " ");
        *at = s;
        return *s ? ' ' : '\0';
    }
    if (c == '.' && s[1 + strspn(s + 1, " ")] == '\0')
        return '\0';
    if (c != '\0')
        *at = s + 1;
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int bc_release_matches(const char *release, const char *typed)
{
    size_t count = 0;
    char a, b;

    release += strspn(release, " ");
    typed += strspn(typed, " ");
    while ((a = next(&release)) == (b = next(&typed)) && a != '\0')
        count++;
    return count > 0 && a == b;
}

/* ---- which notice ---- */

struct choice {
    const struct bc_request *request;
    int found;
    uint64_t index;
    struct bc_event *event;
};

static void consider(void *ctx, uint64_t index, const struct bc_event *e)
{
    struct choice *c = ctx;

    if (bc_scope_covers(&e->u.notice.scope, c->request) != BC_ALLOW ||
        (c->found && index < c->index))
        return;
    *c->event = *e;
    c->index = index;
    c->found = 1;
}

static enum bc_reason choose(const struct bc_view *view, struct bc_event *out)
{
    struct choice choice = {.request = view->request, .event = out};
    enum bc_reason reason;

    if (view->request->notice[0]) {
        reason = bc_notices_find(view->snapshot, view->request->notice, out);
        return reason == BC_NO_RECORD ? BC_NO_NOTICE : reason;
    }
    reason = bc_notices_each(view->snapshot, consider, &choice);
    return reason == BC_ALLOW && !choice.found ? BC_NO_NOTICE : reason;
}

/* ---- whether there is anything to accept ---- */

/* A notice that was asked for by name is accepted by itself; else any consent will do that covers the
 * use. */
static enum bc_reason worth(const struct bc_view *view, const struct bc_notice *n,
                            const struct bc_consent *c)
{
    if (!view->request->notice[0])
        return bc_decide_consent(view->policy, view->request, view->now, c);
    if (!bc_hash_equal(&c->grant->notice, &n->text))
        return BC_NO_RECORD;
    return bc_live_state(view->policy, view->request, view->now, c);
}

static enum bc_reason not_consented(const struct bc_view *view, const struct bc_notice *n)
{
    struct bc_live *live = malloc(sizeof *live);
    enum bc_reason reason = live ? BC_ALLOW : BC_SYSTEM;

    for (size_t i = 0; reason == BC_ALLOW && i < view->leaf->live_count; i++) {
        reason = bc_live_load(view->snapshot, &view->leaf->live[i], live);
        if (reason == BC_ALLOW && worth(view, n, &live->consent) == BC_ALLOW)
            reason = BC_CONSENTED;
    }
    free(live);
    return reason;
}

static enum bc_reason of_spool(enum bc_result r, enum bc_reason waits)
{
    return r == BC_ERR_NOT_FOUND ? BC_ALLOW : r == BC_OK ? waits : BC_SYSTEM;
}

static enum bc_reason acceptable(const struct bc_view *view, const struct bc_notice *n)
{
    const unsigned self = 1U << BC_SELF;
    uint32_t uid = view->request->uid;
    enum bc_reason reason = of_spool(bc_spool_has(view->spool, uid), BC_WITHDRAWAL_PENDING);

    if (reason == BC_ALLOW)
        reason = not_consented(view, n);
    if (reason == BC_ALLOW)
        reason = of_spool(bc_acceptance_has(view->spool, uid, &n->text), BC_ACCEPTANCE_PENDING);
    if (reason == BC_ALLOW &&
        (!(view->policy->givers & self) || (n->givers && !(n->givers & self))))
        reason = BC_GIVEN_BY;
    return reason;
}

/* ---- the answers ---- */

/* A notice to be accepted, with what is shown of it. */
struct offer {
    const struct bc_trace *trace;
    uint32_t asked_by;
    struct bc_event notice;
    char release[BC_SLOT_MAX + 1];
    char *text;
    size_t len;
};

static void say(const struct offer *o, const char *what, const char *value)
{
    char step[BC_PIECE_MAX + 1];

    (void)snprintf(step, sizeof step, "%s %s", what, value);
    o->trace->step(o->trace->ctx, step);
}

static void say_hash(const struct offer *o, const struct bc_hash *hash)
{
    char hex[2 * BC_HASH_BYTES + 1];

    bc_hex_encode(hash->b, BC_HASH_BYTES, hex);
    say(o, "hash", hex);
}

static enum bc_reason prepare(const struct bc_view *view, struct offer *o)
{
    const struct bc_notice *n = &o->notice.u.notice;
    enum bc_reason reason = choose(view, &o->notice);

    if (reason == BC_ALLOW)
        reason = acceptable(view, n);
    if (reason == BC_ALLOW)
        reason = bc_notices_shown(view->snapshot, n, &o->text, &o->len, o->release);
    return reason;
}

static enum bc_reason show(const struct bc_view *view, void *ctx)
{
    struct offer *o = ctx;
    enum bc_reason reason = prepare(view, o);

    if (reason != BC_ALLOW)
        return reason;
    if (o->len > BC_SHEET_MAX)
        return BC_SYSTEM;
    say_hash(o, &o->notice.u.notice.text);
    say(o, "release", o->release);
    bc_sheet_give(o->text, o->len, o->trace->step, o->trace->ctx);
    return BC_ALLOW;
}

static void fill(const struct bc_view *view, const struct offer *o, struct bc_acceptance *a)
{
    const struct bc_request *r = view->request;

    a->subject.uid = r->uid;
    memcpy(a->subject.name, r->user, sizeof a->subject.name);
    memcpy(a->notice_id, o->notice.u.notice.id, sizeof a->notice_id);
    a->notice = o->notice.u.notice.text;
    memcpy(a->way, r->way, sizeof a->way);
    a->asked_by = o->asked_by;
    memcpy(a->typed, r->typed, sizeof a->typed);
    a->log_size = view->snapshot->checkpoint.log_size;
    a->time = view->now;
}

static enum bc_reason leave(const struct bc_view *view, void *ctx)
{
    struct offer *o = ctx;
    struct bc_acceptance a = {.time = 0};
    enum bc_reason reason = prepare(view, o);

    if (reason == BC_ALLOW && !bc_release_matches(o->release, view->request->typed))
        reason = BC_NOT_TYPED;
    if (reason != BC_ALLOW)
        return reason;
    fill(view, o, &a);
    switch (bc_acceptance_put(view->spool, &a, (uid_t)-1, (gid_t)-1)) {
    case BC_OK:
        say_hash(o, &a.file);
        return BC_ALLOW;
    case BC_ERR_EXISTS:
        return BC_WITHDRAWAL_PENDING;
    case BC_ERR_TOO_LARGE:
        return BC_TOO_MANY;
    case BC_ERR_INVALID:
        return BC_NOT_TYPED;
    default:
        return BC_NOT_RECORDED;
    }
}

static enum bc_reason with_offer(struct bc_gate *gate, const struct bc_request *request,
                                 uint32_t asked_by, int64_t now, int deadline_ms,
                                 const struct bc_trace *trace, bc_look_fn *look)
{
    struct offer *o;
    enum bc_reason reason = BC_SYSTEM;

    if (request->external)
        return BC_DENIED;
    o = calloc(1, sizeof *o);
    if (o) {
        o->trace = trace;
        o->asked_by = asked_by;
        reason = bc_gate_look(gate, request, now, deadline_ms, look, o);
        free(o->text);
    }
    free(o);
    return reason;
}

enum bc_reason bc_gate_offer(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                             int deadline_ms, const struct bc_trace *trace)
{
    return with_offer(gate, request, 0, now, deadline_ms, trace, show);
}

enum bc_reason bc_gate_accept(struct bc_gate *gate, const struct bc_request *request,
                              uint32_t asked_by, int64_t now, int deadline_ms,
                              const struct bc_trace *trace)
{
    return with_offer(gate, request, asked_by, now, deadline_ms, trace, leave);
}
