/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SEEN_H
#define BC_SEEN_H

#include <sys/types.h>

#include "checkpoint.h"
#include "reason.h"
#include "result.h"

/*
 * What this host has seen: the newest checkpoint accepted here, in the file
 * "seen" of the state folder. So a host is its own witness
 * (c2sp.org/tlog-witness: check, store, then answer).
 */

/* Compares a verified checkpoint, whose note has these bytes, with the one seen. nodes are the log's,
 * for the consistency proof. BC_ALLOW: the same, or newer and consistent; *newer is then not 0 where
 * it has to be recorded. BC_ROLLED_BACK, BC_FORKED, BC_CORRUPT (the log's nodes or the file seen),
 * BC_SYSTEM. state is the folder's descriptor. Nothing seen yet counts as newer. */
enum bc_reason bc_seen_compare(int state, const struct bc_checkpoint *c, const char *note,
                               size_t len, const struct bc_nodes *nodes, int *newer);

/* Records the note as seen: durable before it returns. The caller holds the store's lock in a way
 * that no newer checkpoint can be committed meanwhile, or is the writer. */
enum bc_result bc_seen_record(int state, const char *note, size_t len, uid_t uid, gid_t gid);

#endif
