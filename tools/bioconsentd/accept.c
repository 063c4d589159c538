/* SPDX-License-Identifier: BSD-2-Clause */
#include "accept.h"

#include <stdlib.h>
#include <string.h>

#include "consent/release.h"
#include "store/current-notice.h"
#include "store/pending-acceptance.h"

static enum bc_reason check_notice(const struct bc_view *view, const struct bc_notice *n)
{
    const unsigned self = 1U << BC_SELF;
    char release[BC_SLOT_MAX + 1];
    enum bc_reason reason;

    if (!(view->policy->givers & self) || (n->givers && !(n->givers & self)))
        return BC_REASON_GIVEN_BY;
    reason = bc_current_notice_release(view->snapshot, n, release);
    if (reason == BC_REASON_ALLOW && !bc_release_matches(release, view->request->typed))
        reason = BC_REASON_NOT_TYPED;
    return reason;
}

static enum bc_reason put(const struct bc_view *view, const struct bc_notice *n)
{
    const struct bc_request *r = view->request;
    struct bc_pending_acceptance a = {.subject = {.uid = r->use.uid},
                                      .notice = n->text,
                                      .log_size = view->snapshot->checkpoint.log_size,
                                      .time = view->now};

    memcpy(a.subject.name, r->use.user, sizeof a.subject.name);
    memcpy(a.notice_id, n->id, sizeof a.notice_id);
    memcpy(a.typed, r->typed, sizeof a.typed);
    switch (bc_pending_acceptance_has(view->spool, r->use.uid, &n->text)) {
    case BC_ERR_NOT_FOUND:
        break;
    case BC_OK:
        return BC_REASON_ACCEPTANCE_PENDING;
    default:
        return BC_REASON_NOT_RECORDED;
    }
    switch (bc_pending_acceptance_put(view->spool, &a, (uid_t)-1, (gid_t)-1)) {
    case BC_OK:
        return BC_REASON_ALLOW;
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

static enum bc_reason check_and_put(const struct bc_view *view, void *ctx)
{
    struct bc_event *notice = malloc(sizeof *notice);
    enum bc_reason reason =
        notice ? bc_current_notice_find(view->snapshot, view->request->notice, notice)
               : BC_REASON_SYSTEM;

    (void)ctx;
    if (reason == BC_REASON_NO_RECORD)
        reason = BC_REASON_NO_NOTICE;
    if (reason == BC_REASON_ALLOW)
        reason = check_notice(view, &notice->u.notice);
    if (reason == BC_REASON_ALLOW)
        reason = put(view, &notice->u.notice);
    free(notice);
    return reason;
}

enum bc_reason bc_accept(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                         int deadline_ms)
{
    if (request->use.external)
        return BC_REASON_DENIED;
    return bc_gate_look(gate, request, now, deadline_ms, check_and_put, NULL);
}
