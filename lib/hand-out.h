/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_HAND_OUT_H
#define BC_HAND_OUT_H

#include "gate.h"

/* Gives the request's subject the receipt of one of its own consents or withdrawals, the newest where the
 * request names none: evidence (bundle.h) that was verified, as a sheet (sheet.h) in the steps of trace.
 * BC_ALLOW; BC_NO_RECORD: there is no such event, it was erased, or it is about somebody else; BC_SYSTEM,
 * also where it is too large for a sheet; reasons of bc_gate_decide. */
enum bc_reason bc_gate_receipt(struct bc_gate *gate, const struct bc_request *request, int64_t now,
                               int deadline_ms, const struct bc_trace *trace);

#endif
