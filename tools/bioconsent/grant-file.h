/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_GRANT_FILE_H
#define BC_GRANT_FILE_H

#include "consent/grant-rules.h"
#include "session.h"

/* Records every consent of a file, JSON lines or CSV, or none. path "-" is standard input. Returns
 * the exit code after a message, or after the count on standard output. */
int bc_grant_file(struct bc_session *tool, const char *path, const char *passphrase_file);

/* Writes what the grant violates, with the notice's own words where they help: the kind it demands,
 * the scope it has, the clause of the law. */
void bc_grant_file_describe(enum bc_grant_violation v, const struct bc_notice *n,
                            const struct bc_grant *g, char *out, size_t cap);

#endif
