/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_COSIGNED_CHECKPOINT_H
#define BC_COSIGNED_CHECKPOINT_H

#include "proof/cosignature.h"

/*
 * Cosignatures are kept in the published folder, never in the store. Beside
 * "checkpoint", which each publish replaces, stands "cosigned": the newest
 * published checkpoint that a witness has cosigned, with the cosignatures of
 * all witnesses who have cosigned that one.
 */

#define BC_PUBLISHED_CHECKPOINT "checkpoint"
#define BC_PUBLISHED_COSIGNED "cosigned"

/* A signed note as it stands in a file. */
struct bc_published_note {
    size_t len;
    char bytes[BC_NOTE_MAX];
};

/* Reads one of the two files of an open folder, unverified. BC_ERR_NOT_FOUND, BC_ERR_TOO_LARGE,
 * BC_ERR_MEMORY, BC_ERR_IO with errno. */
enum bc_result bc_cosigned_checkpoint_read(int folder, const char *name,
                                           struct bc_published_note *out);

/* The log size of "cosigned" if this witness has cosigned that, else 0: what the witness has seen
 * last, as far as the folder knows. */
uint64_t bc_cosigned_checkpoint_size(int folder, const struct bc_vkey *witness);

/* Looks among the signature lines of a witness's answer for its cosignature of "checkpoint",
 * verifies it, and writes "cosigned", durably, with it and the cosignatures that were there for the
 * same text. *time is when it was given, POSIX seconds. BC_ERR_NOT_FOUND (nothing is published
 * there); BC_ERR_INVALID (not signature lines); BC_ERR_UNKNOWN_KEY (no line by this witness);
 * BC_ERR_SIGNATURE (of another checkpoint, or wrong); BC_ERR_TOO_LARGE; BC_ERR_BUSY (another
 * process publishes there); BC_ERR_IO with errno. */
enum bc_result bc_cosigned_checkpoint_add(int folder, const struct bc_vkey *witness,
                                          const char *answer, size_t len, int64_t *time);

#endif
