/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COSIGN_H
#define COSIGN_H

#include <stddef.h>
#include <stdint.h>

#include "proof/note.h"

/* The signing side of c2sp.org/tlog-cosignature, for tests that play the witness. */

#define COSIGN_LINE_MAX 256 /* bytes of a line with its newline, and NUL */

/* Sets *out to the key as one of type BC_KEY_COSIGNATURE. */
void cosign_key(const struct bc_skey *key, struct bc_vkey *out);

/* Writes the line by which the key, as one of type BC_KEY_COSIGNATURE, cosigns the checkpoint's
 * text of len bytes, which end with a newline, at POSIX time `time`. */
void cosign_line(const struct bc_skey *key, int64_t time, const char *text, size_t len,
                 char line[COSIGN_LINE_MAX]);

#endif
