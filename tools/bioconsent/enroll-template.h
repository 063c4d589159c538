/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ENROLL_TEMPLATE_H
#define BC_ENROLL_TEMPLATE_H

#include "provider/provider.h"
#include "provider/template-files.h"

/*
 * One enrollment by its provider's own command, and the handles of what came
 * of it: those that were given, those in the command's answer, and those in the
 * path of each file that was not there before.
 */

#define BC_ENROLLED_MAX 16 /* templates that are looked at */
#define BC_STORED_MAX 256  /* files of one account */

struct bc_stored_list {
    size_t count;
    struct bc_template_file file[BC_STORED_MAX];
};

struct bc_enrollment_order {
    const struct bc_provider *provider;
    const char *account;
    const char *file; /* for {file}; NULL: none */
    const struct bc_identifiers *given;
    int quiet; /* what the command prints goes to standard error */
};

struct bc_enrolled {
    size_t count;
    struct bc_identifiers handles[BC_ENROLLED_MAX];
    int renewed; /* one of them took the place of what was there */
};

/* Whether files tell what is stored: the provider's proof is a path. */
int bc_enroll_template_in_files(const struct bc_provider *p);

/* Runs the command, at the terminal unless its answer is to be read. 0, or an exit code after a
 * message; also then *out holds what has come of it. Signals that would end us are ignored from now
 * on, since a template must not be left unknown. */
int bc_enroll_template_run(const struct bc_enrollment_order *order, struct bc_enrolled *out);

/* The templates that are there already, and that the given handles fit. 0, or an exit code after a
 * message. */
int bc_enroll_template_existing(const struct bc_enrollment_order *order, struct bc_enrolled *out);

#endif
