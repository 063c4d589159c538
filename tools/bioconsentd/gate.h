/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_GATE_H
#define BC_GATE_H

#include <stdint.h>

#include "base/reason.h"
#include "client/protocol.h"
#include "consent/config.h"
#include "store/snapshot.h"

/*
 * The decision about one request, and a verified look at the store for what else
 * is asked about a subject.
 */

/* Takes the steps of a decision: one line of plain text each, sanitised and without a newline. */
struct bc_trace {
    void (*step)(void *ctx, const char *text);
    void *ctx;
};

/* The folders that a decision uses, opened. */
struct bc_gate;

/* Opens the state folder and the spool, each owned by root or owner. config must outlive *gate,
 * which the caller closes. Errors of bc_file_open_folder, with the component in where;
 * BC_ERR_MEMORY. */
enum bc_result bc_gate_open(const struct bc_config *config, uid_t owner, struct bc_gate **gate,
                            struct bc_where *where);

/* Closes the folders. NULL is allowed. */
void bc_gate_close(struct bc_gate *gate);

/*
 * Decides the request at POSIX time now, in six steps (gate.c). deadline_ms bounds the wait for a
 * writer's commit. Allows only where every step succeeded; else returns the reason of the first
 * that did not. trace may be NULL; for BC_ASK_STATUS its steps are the subject's active consents,
 * each one JSON object.
 */
enum bc_reason bc_gate_decide(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                              int deadline_ms, const struct bc_trace *trace);

/* A verified look at the store: steps 1 to 4 of a decision. */
struct bc_view {
    struct bc_store *store;
    struct bc_snapshot snapshot;
    struct bc_leaf leaf; /* the subject's; empty where there is none */
};

/* Opens and verifies the store as a decision does and finds the subject of the request. The caller
 * calls bc_gate_end_view where it returns BC_OK; view must not be moved. Results of the steps. */
enum bc_result bc_gate_begin_view(struct bc_gate *gate, const struct bc_request *request,
                                  int64_t now, int deadline_ms, struct bc_view *view);
void bc_gate_end_view(struct bc_view *view);

/* Returns the spool's descriptor, and the configuration. Both are the gate's. */
int bc_gate_spool(const struct bc_gate *gate);
const struct bc_config *bc_gate_config(const struct bc_gate *gate);

/* Records the withdrawal of the request's subject, durably, and removes the subject's pending
 * acceptances. Returns BC_REASON_RECORDED, BC_REASON_DENIED (a subject without an account) or
 * BC_REASON_NOT_RECORDED. */
enum bc_reason bc_gate_withdraw(struct bc_gate *gate, const struct bc_request *request,
                                int64_t now);

#endif
