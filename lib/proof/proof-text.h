/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PROOF_TEXT_H
#define BC_PROOF_TEXT_H

#include "base/encoding.h"
#include "base/text.h"
#include "proof/merkle.h"
#include "proof/note.h"

/*
 * Proofs as text. The hashes stand in base64, one a line, in consistency proofs, requests to
 * witnesses and proofs that a log contains an entry. The latter are texts that other tools read:
 * c2sp.org/tlog-proof, without the optional "extra" line.
 *
 *     c2sp.org/tlog-proof@v1
 *     index N
 *     base64(hash)             any number: the path, the leaf's sibling first
 *
 *     the checkpoint, with its signatures
 */

#define BC_PROOF_TEXT_MAX (BC_PROOF_MAX * bc_encoding_base64_bytes(BC_HASH_BYTES))
#define BC_PROOF_TEXT_INCLUSION_MAX (BC_NOTE_MAX + 64 + BC_PROOF_TEXT_MAX)

/* Writes the lines of the hashes, no NUL. Returns how many bytes. */
size_t bc_proof_text_format(const struct bc_proof *proof, char out[BC_PROOF_TEXT_MAX]);

/* Reads the lines at *at, up to and with an empty line, or all of them if none is empty; *empty
 * says which. BC_ERR_INVALID for a line that is no hash, more than BC_PROOF_MAX of them, or a last
 * line without a newline. */
enum bc_result bc_proof_text_parse(const char **at, const char *end, struct bc_proof *proof,
                                   int *empty);

/* Writes the proof that an entry stands at index: *len bytes, no NUL. note is the checkpoint with
 * its signatures. BC_ERR_TOO_LARGE for a note that is too long. */
enum bc_result bc_proof_text_format_inclusion(uint64_t index, const struct bc_proof *path,
                                              struct bc_line note,
                                              char out[BC_PROOF_TEXT_INCLUSION_MAX], size_t *len);

/* Reads a proof of len bytes; *note is the part behind the empty line, unverified. Strict:
 * BC_ERR_INVALID for anything that bc_proof_text_format_inclusion does not write,
 * BC_ERR_TOO_LARGE. */
enum bc_result bc_proof_text_parse_inclusion(const char *text, size_t len, uint64_t *index,
                                             struct bc_proof *path, struct bc_line *note);

#endif
