/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STORE_VERB_H
#define BC_STORE_VERB_H

#include "session.h"
#include "store/verify.h"

/* The operations of the verb store. Each returns the exit code, after a message where it is not 0.
 */

/* Says where the store is, what its checkpoint signs, whether the gate would accept it, what is
 * pending, and every folder and file whose owner or mode is not what init makes. BC_EXIT_REFUSED if
 * there is one, or if the gate would refuse the store. */
int bc_store_verb_status(struct bc_session *tool);

/* Writes a copy to path, verified whole before it gets its name (mode 0600). A file of this name is
 * replaced only then. */
int bc_store_verb_backup(struct bc_session *tool, const char *path);

/* Takes the store in the file at path, or the one in place where path is NULL, as the newest that
 * this host has seen: verifies it whole, says what it lacks, asks unless yes is not 0. */
int bc_store_verb_restore(struct bc_session *tool, const char *path, int yes);

/* Verifies the whole store of the snapshot with a progress bar. name stands in the message. Returns
 * 0 with *out filled in, or the exit code after a message (which is JSON too where that is asked
 * for). */
int bc_store_verb_verify(const struct bc_session *tool, struct bc_snapshot *s, const char *name,
                         struct bc_verified *out);

#endif
