/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TOOL_REQUEST_H
#define BC_TOOL_REQUEST_H

#include "base/args.h"
#include "client/protocol.h"

/* What a verb asks the helper, out of its arguments. Each call returns 0, or the exit code after a
 * message. */

/* The subject, by its canonical name and uid as the module looks it up, or external. */
int bc_request_args_subject(const char *name, int external, struct bc_request *out);

/* The options --modality, --operation, --provider and --purpose, which must all be in the table.
 * Not given they are fingerprint, authenticate, any and any. */
int bc_request_args_terms(struct bc_args *args, struct bc_request *out);

#endif
