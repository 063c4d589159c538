/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PROOF_LINES_H
#define BC_PROOF_LINES_H

#include "base/encoding.h"
#include "base/text.h"
#include "proof/merkle.h"

/* The hashes of a proof as text, in base64 with one hash a line: the form that consistency proofs,
 * requests to witnesses and c2sp.org/tlog-proof use. */

#define BC_PROOF_TEXT_MAX (BC_PROOF_MAX * bc_encoding_base64_bytes(BC_HASH_BYTES))

/* Writes the lines: *len bytes, at most BC_PROOF_TEXT_MAX, no NUL. BC_ERR_TOO_LARGE. */
enum bc_result bc_proof_lines_format(const struct bc_proof *proof, char *out, size_t cap,
                                     size_t *len);

/* Reads the lines at *at, up to and with an empty line, or all of them if none is empty; *empty
 * says which. BC_ERR_INVALID for a line that is no hash, more than BC_PROOF_MAX of them, or a last
 * line without a newline. */
enum bc_result bc_proof_lines_parse(const char **at, const char *end, struct bc_proof *proof,
                                    int *empty);

#endif
