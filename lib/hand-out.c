/* SPDX-License-Identifier: BSD-2-Clause */
#include "hand-out.h"

#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "sheet.h"

static enum bc_reason give(const struct bc_view *view, struct bc_bundle *b,
                           const struct bc_trace *trace)
{
    struct bc_bundle_error err = {""};
    char *json = NULL;
    size_t len = 0;
    enum bc_result r = bc_bundle_write(b, view->policy->keys, view->policy->key_count, view->now,
                                       &json, &len, &err);

    if (r == BC_OK && len > BC_SHEET_MAX)
        r = BC_ERR_MEMORY;
    if (r == BC_OK)
        bc_sheet_give(json, len, trace->step, trace->ctx);
    free(json);
    return bc_snapshot_reason(r);
}

static enum bc_reason hand_out(const struct bc_view *view, void *ctx)
{
    const struct bc_request *request = view->request;
    struct bc_subject subject = {.external = request->external, .uid = request->uid};
    struct bc_bundle *b = NULL;
    enum bc_reason reason;

    memcpy(subject.name, request->user, sizeof subject.name);
    reason = bc_evidence_receipt(view->snapshot, &subject,
                                 request->has_event ? request->event : BC_BUNDLE_NEWEST, &b);
    if (reason == BC_ALLOW)
        reason = give(view, b, ctx);
    bc_bundle_free(b);
    return reason;
}

enum bc_reason bc_gate_receipt(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                               int deadline_ms, const struct bc_trace *trace)
{
    struct bc_trace to = *trace;

    return bc_gate_look(gate, request, now, deadline_ms, hand_out, &to);
}
