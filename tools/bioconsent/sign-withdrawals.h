/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PENDING_H
#define BC_PENDING_H

#include "session.h"

/* Withdrawals that wait: every transaction turns them into events first. */

/* Appends an event for each, and keeps their uids in tool->pending. A file that is none is named,
 * and left. BC_ERR_CORRUPT, BC_ERR_IO; errors of bc_transaction_append. */
enum bc_result bc_sign_withdrawals_sign(struct bc_session *tool, struct bc_transaction *ledger);

/* After the commit: takes what was signed out of the spool, and the acceptances that it ended. */
void bc_sign_withdrawals_clear(const struct bc_session *tool);

/* Whether a withdrawal of this subject is in the open transaction. */
int bc_sign_withdrawals_has(const struct bc_session *tool, const struct bc_subject *subject);

#endif
