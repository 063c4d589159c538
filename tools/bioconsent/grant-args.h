/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_GIVING_H
#define BC_GIVING_H

#include "session.h"

/* How a consent is given to the administrator: what options say about a grant, and its recording. */

#define BC_GIVING_OPTIONS                                                                          \
    {.name = "given-by", .kind = BC_ARG_ONE}, {.name = "representative", .kind = BC_ARG_ONE},      \
        {.name = "authority", .kind = BC_ARG_ONE}, {.name = "evidence-sha256", .kind = BC_ARG_ONE}, \
        {.name = "paper-sha256", .kind = BC_ARG_ONE}, {.name = "valid-from", .kind = BC_ARG_ONE},  \
        {.name = "expires", .kind = BC_ARG_ONE}

/* What the options say about the grant, apart from subject, notice and scope; collected: how it was
 * given. Returns 0 or the exit code after a message. */
int bc_grant_args_fill(struct bc_session *tool, struct bc_args *args, const char *collected,
                   struct bc_grant *g);

/* The grant on the whole of this notice. */
void bc_grant_args_on(const struct bc_notice *n, struct bc_grant *g);

/* Appends the grant unless the subject has it already, and notes its receipt. *index is its place in the log. Returns 0 or
 * the exit code after a message. */
int bc_grant_args_append(struct bc_session *tool, struct bc_transaction *l, struct bc_event *e,
                     uint64_t *index);

/* Finds the accepted notice, and says so if there is none. Returns 0 or the exit code. */
int bc_grant_args_notice(struct bc_snapshot *s, const char *which, struct bc_event *out);

/* Tells that the grant is recorded. */
void bc_grant_args_report(const struct bc_session *tool, const struct bc_grant *g, uint64_t index);

#endif
