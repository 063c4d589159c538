/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_COSIGNED_H
#define BC_COSIGNED_H

#include "snapshot.h"

/*
 * Where cosignatures are kept: on the store's checkpoint; and, once a quorum
 * has cosigned it, on a copy that stays when newer checkpoints come. What is
 * signed does not change, so no key is needed.
 */

struct bc_cosigned {
    size_t count; /* cosignatures that were added */
    int enough;   /* they make up the policy's quorum with those that were there; without a policy any do */
};

/* Looks among the signature lines for cosignatures of a checkpoint by any of the keys, and puts them into
 * the store, which is open for writing; the caller commits. note: the checkpoint that the witness was asked
 * about, with len 0 for the store's own; an older one of this store is kept only if enough. s is no longer
 * of use afterwards. BC_ERR_INVALID, BC_ERR_TOO_LARGE; BC_ERR_UNKNOWN_KEY (no line by any of the keys, or
 * the note is not by a trusted one); BC_ERR_SIGNATURE (of another checkpoint, or wrong); BC_ERR_FORK (the
 * store does not extend the note); BC_ERR_CORRUPT, BC_ERR_IO. */
enum bc_result bc_cosigned_add(struct bc_snapshot *s, const struct bc_policy *policy, int64_t now,
                               const struct bc_vkey *keys, size_t key_count,
                               const struct bc_bytes *note, const char *lines, size_t lines_len,
                               struct bc_cosigned *out);

/* The size of the newest checkpoint in the store with a cosignature by key, or by any of the policy's
 * witnesses where key is NULL; 0 if there is none. For what a witness has seen last. */
uint64_t bc_cosigned_size(struct bc_snapshot *s, const struct bc_policy *policy,
                          const struct bc_vkey *key);

#endif
