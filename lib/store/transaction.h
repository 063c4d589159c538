/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TRANSACTION_H
#define BC_TRANSACTION_H

#include "store/last-seen.h"
#include "store/snapshot.h"

/*
 * The write side: append events, update the register, sign, commit, all in one
 * transaction. A transaction verifies the store before it signs what follows.
 */

struct bc_transaction {
    struct bc_store *store;
    const struct bc_config *config;
    struct bc_snapshot snapshot;   /* its checkpoint grows with every event */
    struct bc_last_seen_mark seen; /* what the snapshot was compared with */
    int state;                     /* descriptor of the state folder; the caller's */
    uid_t uid;                     /* owner of what is written */
    gid_t gid;
    int64_t now;
    /* The caller may set this for many events at once: the register's root is then computed when it
     * is needed. Until bc_transaction_view or the commit no function but bc_transaction_leaf may
     * look up a leaf. */
    int bulk;
    int stale; /* the root is not what the register's nodes come to */
};

/* Opens the store for writing and verifies it: signature, origin, clock, what this host has seen,
 * and that the stored nodes lead to the signed roots. config must outlive it. BC_OK, or
 * the reason why nothing may be written to this store. */
enum bc_result bc_transaction_open(const struct bc_store_options *options,
                                   const struct bc_config *config, int state, int64_t now,
                                   struct bc_transaction **out, struct bc_where *where);

/* Creates an empty store and signs it. BC_ERR_ROLLBACK if this host has seen a store before. Errors
 * of bc_store_open and bc_note_sign. */
enum bc_result bc_transaction_create(const struct bc_store_options *options,
                                     const struct bc_config *config, const struct bc_skey *key,
                                     int state, int64_t now, struct bc_where *where);

/* Appends the event with the transaction's time, which is set in *e. *index, which may be NULL, is
 * its place in the log. BC_ERR_INVALID, BC_ERR_TOO_LARGE, BC_ERR_NOT_FOUND (of bc_leaf_apply),
 * BC_ERR_CORRUPT, BC_ERR_IO, BC_ERR_MEMORY. After an error the transaction can only be closed. */
enum bc_result bc_transaction_append(struct bc_transaction *l, struct bc_event *e, uint64_t *index);

/* The same for an event that was sealed by the caller with e->time = l->now. */
enum bc_result bc_transaction_append_sealed(struct bc_transaction *l, const struct bc_event *e,
                                            const struct bc_sealed *sealed, uint64_t *index);

/* The leaf with the key of *leaf as the events appended so far have left it, verified where it
 * comes from the store. slot may be NULL. Errors of bc_snapshot_leaf. */
enum bc_result bc_transaction_leaf(struct bc_transaction *l, struct bc_leaf *leaf, uint64_t *slot);

/* The snapshot with the roots that the events appended so far come to, as if they were signed, for
 * reading before the commit (log-reader.h). NULL on an error of the store. */
struct bc_snapshot *bc_transaction_view(struct bc_transaction *l);

/* Looks for an active consent of the subject that covers at least as much as this grant: on the
 * same text, at least as wide, of at least the kind, and for at least the time. now is in seconds
 * since 1970. *found is 1 with its event in *index, or 0. BC_OK (the register was read),
 * BC_ERR_CORRUPT, BC_ERR_SYSTEM: then neither output is changed. */
enum bc_result bc_transaction_find_same(struct bc_transaction *l, const struct bc_grant *grant,
                                        int64_t now, int *found, uint64_t *index);

/* Erases the subject of this leaf: the payloads and salts of the events, of which no more than
 * BC_ERASED_MAX are named in one, and its row in the register; its slot becomes vacant. Appends the
 * erase event, whose slot is set here. For more events the caller repeats it. BC_ERR_NOT_FOUND if
 * an event is not there; else as bc_transaction_append. What was erased is out of the file only
 * after bc_store_rewrite. */
enum bc_result bc_transaction_erase(struct bc_transaction *l, const struct bc_leaf *leaf,
                                    uint64_t slot, struct bc_event *erase);

/* Signs the new checkpoint and commits; durable on BC_OK. Then records the checkpoint as seen; if
 * only that fails, or something else was seen meanwhile, *seen is 0 and the commit still stands:
 * the next decision compares for itself. BC_ERR_UNKNOWN_KEY if the config does not trust the key.
 * Whatever it returns, the transaction can only be closed afterwards. */
enum bc_result bc_transaction_commit(struct bc_transaction *l, const struct bc_skey *key,
                                     int *seen);

/* Abandons what was not committed, and frees l. NULL is allowed. */
void bc_transaction_close(struct bc_transaction *l);

#endif
