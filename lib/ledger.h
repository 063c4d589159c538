/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LEDGER_H
#define BC_LEDGER_H

#include "snapshot.h"

/*
 * The write side: append events, update the register, sign, commit, all in one
 * transaction. What a ledger signs it has verified first.
 */

struct bc_ledger {
    struct bc_store *store;
    const struct bc_policy *policy;
    struct bc_snapshot snapshot;  /* its checkpoint grows with every event */
    int state;                    /* descriptor of the state folder; the caller's */
    uid_t uid;                    /* owner of what is written */
    gid_t gid;
    int64_t now;
};

/* Opens the store for writing and verifies it: signature, origin, clock, what this host has seen,
 * and that the stored nodes lead to the signed roots. policy must outlive it. BC_ALLOW, or the reason
 * why nothing may be written to this store. */
enum bc_reason bc_ledger_open(const struct bc_store_options *options,
                              const struct bc_policy *policy, int state, int64_t now,
                              struct bc_ledger **out, struct bc_where *where);

/* Creates an empty store and signs it. Errors of bc_store_open and bc_note_sign. */
enum bc_result bc_ledger_create(const struct bc_store_options *options,
                                const struct bc_policy *policy, const struct bc_skey *key,
                                int state, int64_t now, struct bc_where *where);

/* Appends the event with the ledger's time, which is set in *e. *index is its place in the log.
 * BC_ERR_INVALID, BC_ERR_TOO_LARGE, BC_ERR_NOT_FOUND (of bc_leaf_apply), BC_ERR_CORRUPT,
 * BC_ERR_IO, BC_ERR_MEMORY. After an error the ledger can only be closed. */
enum bc_result bc_ledger_append(struct bc_ledger *l, struct bc_event *e, uint64_t *index);

/* Keeps the text of a notice under its SHA-256. */
enum bc_result bc_ledger_put_notice(struct bc_ledger *l, const void *text, size_t len,
                                    struct bc_hash *hash);

/* Signs the new checkpoint and commits; durable on BC_OK. Then records the checkpoint as seen; if
 * only that fails, *seen is 0 and the commit still stands. BC_ERR_UNKNOWN_KEY if the policy does not
 * trust the key. Whatever it returns, the ledger can only be closed afterwards. */
enum bc_result bc_ledger_commit(struct bc_ledger *l, const struct bc_skey *key, int *seen);

/* Abandons what was not committed, and frees l. NULL is allowed. */
void bc_ledger_close(struct bc_ledger *l);

#endif
