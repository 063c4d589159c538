/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CHECKPOINT_H
#define BC_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "proof/merkle.h"
#include "proof/note.h"

/*
 * The body of the note that signs the store: a c2sp.org/tlog-checkpoint with
 * two extension lines.
 *
 *     origin
 *     log size
 *     base64(log root)
 *     register/v1 <size> <base64(register root)>
 *     signed/v1 <POSIX seconds>
 */

struct bc_checkpoint {
    char origin[BC_KEY_NAME_MAX + 1];
    uint64_t log_size;
    struct bc_hash log_root;
    uint64_t register_size;
    struct bc_hash register_root;
    int64_t signed_at; /* POSIX seconds, UTC */
};

/* Writes the body to out: *len bytes, no NUL. BC_ERR_TOO_LARGE if it does not fit cap,
 * BC_ERR_INVALID for an origin that cannot name a key or a negative time. */
enum bc_result bc_checkpoint_format(const struct bc_checkpoint *c, char *out, size_t cap,
                                    size_t *len);

/* Reads a body of len bytes. Strict: exactly these five lines, canonical numbers and base64;
 * an empty tree must have the empty root. BC_ERR_INVALID otherwise. */
enum bc_result bc_checkpoint_parse(const char *text, size_t len, struct bc_checkpoint *out);

/*
 * Does one checkpoint follow another? All code that compares two checkpoints
 * of a store calls this function, so that all of it answers alike. "Old" is the
 * one that was seen, published or kept before; "new" is compared with it. The
 * caller verifies both signatures.
 */

enum bc_follow {
    BC_FOLLOW_SAME,            /* the same log and register, signed at the same time or later */
    BC_FOLLOW_FOLLOWS,         /* a larger log, proven to begin with all of the old one */
    BC_FOLLOW_OLDER,           /* a smaller log, or the same one with an earlier signature */
    BC_FOLLOW_FORKED,          /* two histories: no store that only ever grew signs both */
    BC_FOLLOW_OTHER_LOG,       /* another origin: nothing else was compared */
    BC_FOLLOW_CLOCK_BACKWARDS, /* as FOLLOWS, but signed before the old one; a store never does that
                                */
};

/* Compares new with old and sets *out:
 *
 *     origin   log size  roots of the log         register               signed at   *out
 *     differs                                                                        OTHER_LOG
 *     same     smaller                                                               OLDER
 *     same     equal     differ                                                      FORKED
 *     same     equal     equal                    size or root differs               FORKED
 *     same     equal     equal                    equal                  earlier     OLDER
 *     same     equal     equal                    equal                  not earlier SAME
 *     same     larger                             smaller                            FORKED
 *     same     larger    contradict (by nodes)    not smaller                        FORKED
 *     same     larger    consistent               not smaller            earlier CLOCK_BACKWARDS
 *     same     larger    consistent               not smaller            not earlier FOLLOWS
 *
 * Where the log is larger and the old one is not empty, nodes or proof decide about the roots.
 * nodes are those of a tree that holds the new log, and can show a fork. proof is a consistency
 * proof (RFC 6962, section 2.1.2) from anyone, and can only show that there is none; it is looked
 * at where nodes is NULL. Either may be NULL. A register never shrinks, since the slot of an erased
 * subject stays.
 *
 * BC_ERR_NOT_FOUND: neither nodes nor proof is at hand, and one is needed. BC_ERR_CORRUPT: the
 * nodes are missing or do not lead to the new root, or the proof does not lead from the one root to
 * the other; either says nothing about a fork. *out is then untouched. */
enum bc_result bc_checkpoint_follow(const struct bc_checkpoint *old,
                                    const struct bc_checkpoint *new, const struct bc_nodes *nodes,
                                    const struct bc_proof *proof, enum bc_follow *out);

#endif
