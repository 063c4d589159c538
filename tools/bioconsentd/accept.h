/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ACCEPT_H
#define BC_ACCEPT_H

#include "gate.h"

/*
 * Records that the request's subject accepts the notice whose SHA-256 the request names
 * (pending-acceptance.h). The store decides, whatever the person was shown: the notice must be
 * current, the subject must be one who may accept it, and what the person typed must be its release
 * (release.h). now: POSIX seconds; deadline_ms bounds the wait for a writer's commit. Returns
 * BC_REASON_RECORDED when the acceptance is there, durably. Else BC_REASON_NO_NOTICE,
 * BC_REASON_GIVEN_BY, BC_REASON_NOT_TYPED, BC_REASON_ACCEPTANCE_PENDING (one of this notice is
 * there already), BC_REASON_WITHDRAWAL_PENDING, BC_REASON_TOO_MANY (BC_PENDING_ACCEPTANCES_MAX are
 * there), BC_REASON_NOT_RECORDED, BC_REASON_DENIED (a subject without an account), or the refusal
 * of bc_gate_begin_view's result.
 */
enum bc_reason bc_accept(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                         int deadline_ms);

#endif
