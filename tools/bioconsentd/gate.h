/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_GATE_H
#define BC_GATE_H

#include <stdint.h>

#include "base/reason.h"
#include "client/protocol.h"
#include "consent/config.h"

/* What the gate does about one request: it decides, records an acceptance or a withdrawal, or names
 * a receipt. In every call now is POSIX seconds; the wait for the commit of a writer is bounded. */

/* Takes a step of a decision: one line of plain text, sanitised and without a newline. */
typedef void bc_gate_step(const char *text);

/* The folders that a decision uses, opened. */
struct bc_gate {
    const struct bc_config *config;
    uid_t owner; /* besides root, of the store and the folders */
    int state, spool;
};

/* Opens the state folder and the spool, each owned by root or owner. config must outlive *gate,
 * which the caller closes. Errors of bc_file_open_folder, with the component in where. */
enum bc_result bc_gate_open(const struct bc_config *config, uid_t owner, struct bc_gate *gate,
                            struct bc_where *where);

/* Closes the folders. */
void bc_gate_close(struct bc_gate *gate);

/* Decides the request, in six steps (gate.c). Allows only where every step succeeded; else returns
 * the reason of the first that did not, or BC_REASON_ACCEPTANCE_PENDING where a consent could
 * change that refusal and an acceptance of the subject is pending. step may be NULL; for
 * BC_ASK_STATUS its steps are the subject's active consents, each one JSON object. */
enum bc_reason bc_gate_decide(const struct bc_gate *gate, const struct bc_request *request,
                              int64_t now, bc_gate_step *step);

/* Gives step the path of the newest receipt of the request's subject, as a JSON object; no step
 * where there is none or the store is not verified. Only for an answer to that subject, who cannot
 * list the folder: the random part of the name hides the file from all other users. */
void bc_gate_name_receipt(const struct bc_gate *gate, const struct bc_request *request, int64_t now,
                          bc_gate_step *step);

/* Records the withdrawal of the request's subject, durably, and removes the subject's pending
 * acceptances. Returns BC_REASON_RECORDED, BC_REASON_DENIED (a subject without an account) or
 * BC_REASON_NOT_RECORDED. */
enum bc_reason bc_gate_withdraw(const struct bc_gate *gate, const struct bc_request *request,
                                int64_t now);

/* Records, durably, that the request's subject accepts the notice whose SHA-256 the request names.
 * The store decides, whatever the person was shown: the notice must be current, the subject must be
 * one who may accept it, and what the person typed must be its release (notice.h). Returns
 * BC_REASON_RECORDED; else BC_REASON_NO_NOTICE, BC_REASON_GIVEN_BY, BC_REASON_NOT_TYPED,
 * BC_REASON_ACCEPTANCE_PENDING (one of this notice is there already), BC_REASON_WITHDRAWAL_PENDING,
 * BC_REASON_TOO_MANY (BC_PENDING_ACCEPTANCES_MAX are there), BC_REASON_NOT_RECORDED,
 * BC_REASON_DENIED (a subject without an account), or the refusal of the step that failed. */
enum bc_reason bc_gate_accept(const struct bc_gate *gate, const struct bc_request *request,
                              int64_t now);

#endif
