/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SIGN_WITHDRAWALS_H
#define BC_SIGN_WITHDRAWALS_H

#include "session.h"

/* Pending withdrawals: every transaction turns them into events before it does anything else. */

/* Appends to session->transaction an event for each, and keeps their uids in session->pending. A
 * file that is not a withdrawal is named in a message and left in place. BC_ERR_CORRUPT, BC_ERR_IO;
 * errors of bc_transaction_append. */
enum bc_result bc_sign_withdrawals_sign(struct bc_session *session);

/* After the commit: removes the signed withdrawals from the pending ones, and the acceptances that
 * they cancel. */
void bc_sign_withdrawals_clear(const struct bc_session *session);

/* Whether a withdrawal of this subject is in the open transaction. */
int bc_sign_withdrawals_has(const struct bc_session *session, const struct bc_subject *subject);

#endif
