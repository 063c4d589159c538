/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SUBJECT_ARGS_H
#define BC_SUBJECT_ARGS_H

#include "base/args.h"
#include "consent/event.h"

/* The person whom a command line names, and the person who typed it. */

/* Looks up the account of this name with NSS and puts it in *out. Returns 1, or 0 if there is no
 * such account. */
int bc_subject_args_account(const char *name, struct bc_subject *out);

/* Puts the person whom the first operand names in *out: an account; with --external a person
 * without one; with --uid the account that had this number and is gone. A wrong one
 * ends the program. */
void bc_subject_args_parse(const struct bc_args *args, struct bc_subject *out);

/* For a command line that names no person: refuses an option that is about one. If it were ignored,
 * the verb would act on another person. options are numbers of options; -1 ends them. Ends the
 * program after a message if there is one. */
void bc_subject_args_alone(const struct bc_args *args, const char *verb, const int *options);

/* The operand and option that name this subject in a command for a shell: the name quoted, with
 * --external for a subject without an account, and --uid where the account is gone. */
#define BC_SUBJECT_OPERAND_BYTES (4 * BC_SUBJECT_MAX + 32)
void bc_subject_args_operand(const struct bc_subject *subject, char out[BC_SUBJECT_OPERAND_BYTES]);

/* Writes who runs this program, for recorded_by: the name of the account, and the name that logged
 * in where it is another one. */
void bc_subject_args_operator(char out[BC_LINE_MAX + 1]);

#endif
