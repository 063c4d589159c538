/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_INCLUSION_PROOF_H
#define BC_INCLUSION_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "proof/merkle.h"
#include "proof/note.h"

/*
 * A proof that a log contains an entry, as a text that other tools read:
 * c2sp.org/tlog-proof, without the optional "extra" line.
 *
 *     c2sp.org/tlog-proof@v1
 *     index N
 *     base64(hash)             any number: the path, the leaf's sibling first
 *
 *     the checkpoint, with its signatures
 */

#define BC_TLOG_PROOF_MAX (BC_NOTE_MAX + 64 + BC_PROOF_MAX * 45)

/* Writes the proof to out: *len bytes, no NUL. note is the checkpoint with its signatures.
 * BC_ERR_TOO_LARGE if it does not fit cap. */
enum bc_result bc_inclusion_proof_format(uint64_t index, const struct bc_proof *path,
                                         const char *note, size_t note_len, char *out, size_t cap,
                                         size_t *len);

/* Reads a proof of len bytes; *note and *note_len are the part behind the empty line, unverified.
 * Strict: BC_ERR_INVALID for anything that bc_inclusion_proof_format does not write,
 * BC_ERR_TOO_LARGE. */
enum bc_result bc_inclusion_proof_parse(const char *text, size_t len, uint64_t *index,
                                        struct bc_proof *path, const char **note, size_t *note_len);

#endif
