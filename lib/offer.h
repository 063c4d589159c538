/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_OFFER_H
#define BC_OFFER_H

#include "gate.h"

/* Giving consent where there is no key: a notice is shown, and what was typed beneath it is left in the
 * spool. Both answer with a sheet (sheet.h) in the steps of trace, which must be given. */

/* Shows the notice that the request names, or else the newest that covers its use, to the request's
 * subject. BC_ALLOW, or why there is nothing to accept: BC_NO_NOTICE, BC_CONSENTED,
 * BC_ACCEPTANCE_PENDING, BC_WITHDRAWAL_PENDING, BC_GIVEN_BY; reasons of bc_gate_decide. */
enum bc_reason bc_gate_offer(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                             int deadline_ms, const struct bc_trace *trace);

/* Leaves the acceptance of the notice that the request names by its SHA-256, if what was typed is its
 * release; asked_by: the uid of who asks. BC_ALLOW: it waits, durably; its hash is told. Reasons as
 * above, BC_NOT_TYPED, BC_TOO_MANY, BC_NOT_RECORDED. */
enum bc_reason bc_gate_accept(struct bc_gate *gate, const struct bc_request *request,
                              uint32_t asked_by, int64_t now, int deadline_ms,
                              const struct bc_trace *trace);

/* Whether typed is the release: but for case (ASCII), how many spaces, and a full stop at the end. */
int bc_release_matches(const char *release, const char *typed);

#endif
