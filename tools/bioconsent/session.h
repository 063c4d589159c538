/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SESSION_H
#define BC_SESSION_H

#include <stdint.h>
#include <sys/types.h>

#include "common/message.h"
#include "consent/config.h"
#include "store/transaction.h"
#include "subject-args.h"
#include "verbs.h"

/* What the verbs of bioconsent share: the ways in to configuration, key and store. */

struct bc_session {
    const char *config_path; /* path of the configuration */
    int config_given;
    int json;
    int64_t now;
    uid_t owner; /* of the store: the service user's, or our own */
    gid_t group;
    struct bc_config config;
    int config_loaded;
    struct bc_skey key;                 /* the signing key, while key_loaded */
    int key_loaded, key_sealed;         /* sealed: the key's file needs a passphrase */
    struct bc_transaction *transaction; /* the open one, or NULL */
    int state;                          /* descriptors of the state and spool folder, or -1 */
    int spool;
    uint32_t pending[1024]; /* uids whose withdrawal is in the open transaction */
    size_t pending_count;
    int rewrite;                     /* the store holds what was erased until it is rewritten */
    struct bc_receipt_due *receipts; /* receipts.h */
    size_t receipt_count, receipt_room;
    int files_due; /* a commit is durable, and the files that go with it are not written yet */
    int notices_changed; /* the files of the notices are to be brought up to date after the commit
                          */
    int unwritten;       /* a file could not be written after the commit */
};

/* What fails here ends the program after a message (bc_message_die), unless it says otherwise. The
 * program's end closes an open transaction, wipes the key and writes the files that are due. */

/* Sets owner and group: the service user's for root, which must exist, else the caller's. */
void bc_session_find_owner(struct bc_session *session);

/* Loads the configuration once. */
void bc_session_load_config(struct bc_session *session);

/* The same, and opens the folders that it names. */
void bc_session_config(struct bc_session *session);

/* How the tool opens the store of the configuration for this long reader or writer. */
struct bc_store_options bc_session_store_options(const struct bc_session *session);

/* Loads the configuration and the signing key, once; a sealed key's passphrase comes from the file
 * of --passphrase-file or the terminal. */
void bc_session_key(struct bc_session *session, const struct bc_args *args);
void bc_session_wipe_key(struct bc_session *session);

/* Begins a change: loads configuration and key, opens the transaction, and turns pending
 * withdrawals into events. Returns session->transaction. */
struct bc_transaction *bc_session_begin(struct bc_session *session, const struct bc_args *args);

/* Whether a withdrawal of this subject is in the open transaction. */
int bc_session_has_withdrawal(const struct bc_session *session, const struct bc_subject *subject);

/* Makes the change durable, closes the transaction, and removes the pending files that were signed.
 * The key stays, for verbs that commit more than once; the files for people (receipts.h) are due.
 */
void bc_session_commit(struct bc_session *session);

/* bc_session_commit for the last time: wipes the key, then writes the files for people. */
void bc_session_end(struct bc_session *session);

/* Closes the transaction; nothing of it is written. */
void bc_session_abandon(struct bc_session *session);

/* Opens the store for reading and verifies its checkpoint, clock and history. Close with
 * bc_store_close. check_seen 0 leaves the history unchecked. */
void bc_session_snapshot(struct bc_session *session, struct bc_snapshot *snapshot, int check_seen);

/* The same for the store in the folder, or the configured one where that is NULL; but returns what
 * is wrong, says nothing, and ends nothing. */
enum bc_result bc_session_try_snapshot(struct bc_session *session, const char *folder,
                                       struct bc_snapshot *snapshot, int check_seen,
                                       struct bc_where *where);

#endif
