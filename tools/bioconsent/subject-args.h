/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SUBJECT_H
#define BC_SUBJECT_H

#include "base/args.h"
#include "consent/event.h"

/* Who is meant by a name on the command line, and who gave it. */

#define BC_SUBJECT_OPTIONS                                                                         \
    {.name = "external", .kind = BC_ARG_FLAG},                                                     \
    {                                                                                              \
        .name = "uid", .kind = BC_ARG_ONE                                                          \
    }

/* Puts the account of this name in *out, by NSS; 0 if there is none. */
int bc_subject_args_account(const char *name, struct bc_subject *out);

/* The subject of this name: an account, or external. Returns 0 or the exit code after a message. */
int bc_subject_args_find(const char *name, int external, struct bc_subject *out);

/* The same for the first operand and the options above: --uid is for an account that is gone. */
int bc_subject_args_parse(struct bc_args *args, struct bc_subject *out);

/* Refuses an option that speaks of somebody whom no operand names: ignored, it would act on another
 * person. names are options of the verb's table and end with NULL. Returns 0, or the exit code
 * after a message. */
int bc_subject_args_alone(struct bc_args *args, const char *verb, const char *const *names);

/* The operand and option that name this subject in a command for a shell: the name quoted, with
 * --external for a subject without an account, and --uid where the account is gone. */
#define BC_SUBJECT_OPERAND_BYTES (4 * BC_SUBJECT_MAX + 32)
void bc_subject_args_operand(const struct bc_subject *subject, char out[BC_SUBJECT_OPERAND_BYTES]);

/* The account that logged in, which stays the same under sudo and su: by the kernel's login uid,
 * else by the terminal. Returns 1, or 0 where the host does not know it. Fit for a message, for no
 * decision. */
int bc_subject_args_logged_in(char out[BC_SUBJECT_MAX + 1]);

/* Who runs this, for recorded_by: the login name, with the name before sudo. */
void bc_subject_args_operator(char out[BC_LINE_MAX + 1]);

#endif
