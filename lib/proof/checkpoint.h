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

#endif
