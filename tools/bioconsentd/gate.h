/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_GATE_H
#define BC_GATE_H

#include <stdint.h>

#include "base/reason.h"
#include "client/protocol.h"
#include "consent/config.h"
#include "store/snapshot.h"

/*
 * The read side: open the store, verify it, compare it with what this host has
 * seen, find the subject, decide.
 */

/* Called with one line of plain text, no newline, per step of a decision; text is sanitised. */
struct bc_trace {
    void (*step)(void *ctx, const char *text);
    void *ctx;
};

/* The folders and files that a decision opened. */
struct bc_gate;

/* Opens what a decision needs: store, state and spool folder, each owned by root or owner. Nothing
 * is mapped or parsed yet. BC_REASON_ALLOW on success (a *gate to close), or the reason; where
 * names the file. */
enum bc_reason bc_gate_open(const struct bc_config *policy, uid_t owner, struct bc_gate **gate,
                            struct bc_where *where);
void bc_gate_close(struct bc_gate *gate);

/* Decides the request at POSIX time now. deadline_ms bounds the wait for a writer's commit.
 * BC_REASON_ALLOW only when every step of the decision succeeded. trace may be NULL.
 * For BC_ASK_STATUS every live grant of the subject is a step, as one JSON object. */
enum bc_reason bc_gate_decide(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                              int deadline_ms, const struct bc_trace *trace);

/* What a verified store says to a request's subject. */
struct bc_view {
    const struct bc_config *policy;
    const struct bc_request *request;
    int64_t now;
    int spool; /* a folder's descriptor */
    struct bc_snapshot *snapshot;
    const struct bc_leaf *leaf; /* the subject's; empty where there is none */
};
typedef enum bc_reason bc_look_fn(const struct bc_view *view, void *ctx);

/* Opens and verifies the store as for a decision, and has look answer. The view is valid during
 * that call only. Reasons of bc_gate_decide, or what look returned. */
enum bc_reason bc_gate_look(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                            int deadline_ms, bc_look_fn *look, void *ctx);

/* Leaves the request's subject's withdrawal in the spool, and removes the subject's acceptances
 * there. BC_REASON_ALLOW: it is there, durably. BC_REASON_DENIED, BC_REASON_NOT_RECORDED. */
enum bc_reason bc_gate_withdraw(struct bc_gate *gate, const struct bc_request *request,
                                int64_t now);

#endif
