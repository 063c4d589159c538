/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ENROLL_TEMPLATE_H
#define BC_ENROLL_TEMPLATE_H

#include "provider/command.h"
#include "provider/provider.h"

/*
 * One enrollment by its provider's own command, and the identifiers of what came
 * of it: those that were given, those in the command's answer, and those in the
 * path of each file that was not there before.
 */

#define BC_ENROLLED_MAX 16 /* templates that are looked at */

struct bc_enrolled {
    size_t count;
    struct bc_identifiers identifiers[BC_ENROLLED_MAX];
    int renewed; /* one of them took the place of what was there */
};

/* Whether files tell what is stored: the provider's proof is a path. */
int bc_enroll_template_in_files(const struct bc_provider *p);

/* Runs the command with the account, the file and the identifiers of f, at the terminal unless its
 * answer is to be read; quiet: what it prints goes to standard error. What fails ends the program
 * after a message; also then *out, which is empty before, holds what has come of it. Signals that
 * would end the program are ignored from now on, since a template must not be left unknown. */
void bc_enroll_template_run(const struct bc_provider *p, const struct bc_filling *f, int quiet,
                            struct bc_enrolled *out);

/* Sets *out, which is empty before, to the templates that are there already, and that the account
 * and the identifiers of f fit. What fails ends the program after a message; finding none fails. */
void bc_enroll_template_existing(const struct bc_provider *p, const struct bc_filling *f,
                                 struct bc_enrolled *out);

#endif
