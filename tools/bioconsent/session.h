/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TOOL_H
#define BC_TOOL_H

#include <stdint.h>
#include <sys/types.h>

#include "common/message.h"
#include "consent/config.h"
#include "store/transaction.h"
#include "subject-args.h"
#include "verbs.h"

/* What the verbs of bioconsent share: the ways in to configuration, key and store. */

struct bc_session {
    const char *config; /* path of the configuration */
    int config_given;
    int json;
    int64_t now;
    uid_t owner; /* of the store: the service user's, or our own */
    gid_t group;
    struct bc_config policy;
    int policy_loaded;
    int state; /* descriptors of the state and spool folder, or -1 */
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

/* Loads the configuration once. Returns 0 or the exit code after a message. */
int bc_session_load_config(struct bc_session *tool);

/* The same, and opens the folders that it names. */
int bc_session_config(struct bc_session *tool);

/* How the tool opens the store of the configuration for this long reader or writer. */
struct bc_store_options bc_session_store_options(const struct bc_session *tool);

/* Reads the signing key, asking for its passphrase if it is sealed (from file, if not NULL). */
int bc_session_key(struct bc_session *tool, const char *passphrase_file, struct bc_skey *key);

/* Opens the ledger, and turns waiting withdrawals into events. */
int bc_session_transaction(struct bc_session *tool, struct bc_transaction **ledger);

/* Commits and closes the ledger in any case, then takes what was signed out of the spool. The files
 * that people get (receipts.h) are due then: they are made after the key is wiped. */
int bc_session_commit(struct bc_session *tool, struct bc_transaction *ledger,
                      const struct bc_skey *key);

/* All of it: configuration, key, ledger, the change (which may be NULL, and returns 0 or an exit
 * code after a message), commit, the files that people get. Nothing is written unless all of it
 * succeeds. */
typedef int (*bc_session_change)(struct bc_session *tool, struct bc_transaction *ledger, void *ctx);
int bc_session_write(struct bc_session *tool, const char *passphrase_file, bc_session_change change,
                     void *ctx);

/* Opens the store for reading and verifies its checkpoint, clock and history. Close with
 * bc_store_close. seen 0 leaves the history unchecked. */
int bc_session_snapshot(struct bc_session *tool, struct bc_snapshot *snapshot, int check_seen);

#endif
