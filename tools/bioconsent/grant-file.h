/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_GRANT_FILE_H
#define BC_GRANT_FILE_H

#include "consent/grant-rules.h"
#include "session.h"

/* Records every consent of the file of --from, JSON lines or CSV, or none; "-" is standard input.
 * Prints how many were recorded and returns BC_EXIT_OK; what fails ends the program. */
int bc_grant_file(struct bc_session *session, const struct bc_args *args);

/* Writes what the grant violates, with the notice's own words where they help: the kind it demands,
 * the scope it has, the clause of the law. */
void bc_grant_file_describe(enum bc_grant_violation v, const struct bc_notice *n,
                            const struct bc_grant *g, char *out, size_t cap);

#endif
