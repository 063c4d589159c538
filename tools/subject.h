/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SUBJECT_H
#define BC_SUBJECT_H

#include "args.h"
#include "event.h"

/* Who is meant by a name on the command line, and who gave it. */

#define BC_SUBJECT_OPTIONS                                                                         \
    {.name = "external-subject", .kind = BC_ARG_FLAG}, {.name = "uid", .kind = BC_ARG_ONE}

/* Puts the account of this name in *out, by NSS; 0 if there is none. */
int bc_tool_account(const char *name, struct bc_subject *out);

/* The subject of this name: an account, or external. Returns 0 or the exit code after a message. */
int bc_tool_subject(const char *name, int external, struct bc_subject *out);

/* The same for the first operand and the options above: --uid is for an account that is gone. */
int bc_subject_from_args(struct bc_args *args, struct bc_subject *out);

/* Who runs this, for recorded_by: the login name, with the name before sudo. */
void bc_tool_operator(char out[BC_LINE_MAX + 1]);

#endif
