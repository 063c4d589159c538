/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_RECEIPTS_H
#define BC_RECEIPTS_H

#include "session.h"

/* What people find as files once a commit is durable: their receipts (receipt.h) and the current
 * notices (notice-folder.h). A file that cannot be written never undoes the commit: the tool says
 * so, sets session->unwritten, and ends with BC_EXIT_UNWRITTEN. */

/* Notes, before the commit, that the event of the subject is one for which the subject gets a
 * receipt. Of several events of one subject the newest counts. A subject without an account gets
 * none. */
void bc_receipts_note(struct bc_session *session, const struct bc_subject *subject, uint64_t event);

/* After a commit, once the signing key is wiped: writes the receipts that were noted, and the
 * notices where session->notices_changed. Does nothing where no commit was durable since the last
 * call. */
void bc_receipts_write(struct bc_session *session);

/* Writes the files of the current notices. */
void bc_receipts_update_notices(struct bc_session *session, struct bc_snapshot *s);

/* Removes the receipts of a subject with an account, before its events are erased. A failure ends
 * the program. */
void bc_receipts_remove(struct bc_session *session, const struct bc_subject *subject);

/* A line with the path of each receipt that was written, on standard output. */
void bc_receipts_print(const struct bc_session *session);

/* The same as an array of objects; a new reference. */
json_t *bc_receipts_json(const struct bc_session *session);

#endif
