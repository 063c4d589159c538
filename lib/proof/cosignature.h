/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_COSIGNATURE_H
#define BC_COSIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "proof/note.h"

/*
 * Timestamped cosignatures of checkpoints, c2sp.org/tlog-cosignature with
 * Ed25519: lines beside the log's own signature. With one, a witness states that at that
 * time this was the largest consistent tree it had seen for the checkpoint's
 * origin. Keys are of type BC_KEY_COSIGNATURE. Cosignatures
 * are only verified here: Bioconsent is not a witness.
 */

/* Looks in a note of len bytes for the cosignature by key and verifies it; *time is when it was
 * given. Of several by one key only the first counts. BC_ERR_NOT_FOUND, BC_ERR_SIGNATURE (it is
 * there, but wrong), and for the note BC_ERR_INVALID, BC_ERR_TOO_LARGE. */
enum bc_result bc_cosignature_find(const char *note, size_t len, const struct bc_vkey *key,
                                   int64_t *time);

/* The time that a line states, unverified. BC_ERR_INVALID if it cannot be a cosignature. */
enum bc_result bc_cosignature_time(const struct bc_note_line *line, int64_t *time);

/* Puts the cosignature by key that is among the signature lines of `lines` on the note, in the
 * place of an older one, after verifying it: *out_len bytes in out, no NUL. Errors of
 * bc_cosignature_find, where the note is the one with these lines; BC_ERR_TOO_LARGE if it does not
 * fit. */
enum bc_result bc_cosignature_attach(const char *note, size_t len, const char *lines,
                                     size_t lines_len, const struct bc_vkey *key,
                                     char out[BC_NOTE_MAX], size_t *out_len);

#endif
