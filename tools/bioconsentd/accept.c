/* SPDX-License-Identifier: BSD-2-Clause */
#include "accept.h"

#include <stdlib.h>
#include <string.h>

#include "consent/release.h"
#include "store/current-notice.h"
#include "store/pending.h"

static enum bc_reason put_acceptance(const struct bc_gate *gate, const struct bc_request *request,
                                     const struct bc_snapshot *s, int64_t now,
                                     const struct bc_notice *n)
{
    struct bc_pending a = {.kind = BC_PENDING_ACCEPTANCE,
                           .subject = {.uid = request->use.uid},
                           .notice = n->text,
                           .log_size = s->checkpoint.log_size,
                           .time = now};
    int spool = bc_gate_spool(gate);

    memcpy(a.subject.name, request->use.user, sizeof a.subject.name);
    memcpy(a.notice_id, n->id, sizeof a.notice_id);
    memcpy(a.typed, request->typed, sizeof a.typed);
    switch (bc_pending_has_acceptance(spool, request->use.uid, &n->text)) {
    case BC_ERR_NOT_FOUND:
        break;
    case BC_OK:
        return BC_REASON_ACCEPTANCE_PENDING;
    default:
        return BC_REASON_NOT_RECORDED;
    }
    switch (bc_pending_put(spool, &a, (uid_t)-1, (gid_t)-1)) {
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

static enum bc_reason check_and_put(struct bc_gate *gate, const struct bc_request *request,
                                    int64_t now, struct bc_snapshot *s, struct bc_event *event)
{
    const unsigned self = 1U << BC_SELF, allowed = bc_gate_config(gate)->givers;
    const struct bc_notice *n = &event->u.notice;
    char release[BC_SLOT_MAX + 1];
    enum bc_result r = bc_current_notice_find(s, request->notice, event);

    if (r == BC_ERR_NO_RECORD)
        return BC_REASON_NO_NOTICE;
    if (r != BC_OK)
        return bc_reason_of_result(r);
    if (!(allowed & self) || (n->givers && !(n->givers & self)))
        return BC_REASON_GIVEN_BY;
    r = bc_current_notice_release(s, n, release);
    if (r != BC_OK)
        return bc_reason_of_result(r);
    if (!bc_release_matches(release, request->typed))
        return BC_REASON_NOT_TYPED;
    return put_acceptance(gate, request, s, now, n);
}

enum bc_reason bc_accept(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                         int deadline_ms)
{
    struct bc_view *view;
    struct bc_event *event;
    enum bc_reason reason = BC_REASON_SYSTEM;
    enum bc_result r;

    if (request->use.external)
        return BC_REASON_DENIED;
    view = calloc(1, sizeof *view);
    event = calloc(1, sizeof *event);
    if (view && event) {
        r = bc_gate_begin_view(gate, request, now, deadline_ms, view);
        reason = bc_reason_of_result(r);
        if (r == BC_OK) {
            reason = check_and_put(gate, request, now, &view->snapshot, event);
            bc_gate_end_view(view);
        }
    }
    free(event);
    free(view);
    return reason;
}
