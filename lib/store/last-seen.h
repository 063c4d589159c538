/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LAST_SEEN_H
#define BC_LAST_SEEN_H

#include <sys/types.h>

#include "base/result.h"
#include "proof/checkpoint.h"
#include "store/snapshot.h"

/*
 * What this host has seen: the newest checkpoint accepted here, in the file
 * "seen" of the state folder. So a host is its own witness
 * (c2sp.org/tlog-witness: check, store, then answer).
 */

/* What was seen when two checkpoints were compared. */
struct bc_last_seen_mark {
    int exists;
    struct bc_hash hash; /* of the file's bytes */
};

/* Reads the checkpoint that this host has seen; its signature was verified when it was recorded.
 * BC_ERR_NOT_FOUND: none was. BC_ERR_CORRUPT, BC_ERR_TOO_LARGE, BC_ERR_MEMORY, BC_ERR_IO. */
enum bc_result bc_last_seen_read(int state, struct bc_checkpoint *out);

/* Compares the verified checkpoint of a snapshot with the one seen; the snapshot's log proves the
 * consistency. BC_OK: the same text, whatever signatures stand under it, or one that follows
 * (checkpoint.h); *newer is then not 0 where it has to be recorded, against *mark.
 * BC_ERR_ROLLBACK, BC_ERR_FORK, BC_ERR_CORRUPT (the log's nodes or the file seen), BC_ERR_SYSTEM.
 * state is the folder's descriptor. Nothing seen yet counts as newer. */
enum bc_result bc_last_seen_compare(int state, struct bc_snapshot *snapshot,
                                    struct bc_last_seen_mark *mark, int *newer);

/* Records the note as seen, durably, if what is seen is still what mark says; under a lock of its
 * own, since the store's lock says nothing about a store that was put in another's place
 * (tests/model/seen.pml). BC_ERR_EXISTS: something else is seen by now; compare again. BC_ERR_BUSY,
 * BC_ERR_IO. A mark of NULL records without a look: for a restore that was asked for. */
enum bc_result bc_last_seen_record(int state, const struct bc_last_seen_mark *mark,
                                   const char *note, size_t len, uid_t uid, gid_t gid);

#endif
