/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TEMPLATE_FILES_H
#define BC_TEMPLATE_FILES_H

#include <stdint.h>

#include "consent/identifiers.h"
#include "provider/directory-walk.h"

/* Templates that are files on this host, found by the path pattern in a provider's file, such as
 * /var/lib/fprint/{account}/{driver}/{device}/{print}. */

/* One file that the pattern leads to. */
struct bc_template_file {
    char account[BC_SUBJECT_MAX + 1];
    struct bc_identifiers handles; /* those that the path holds */
    dev_t dev;
    ino_t ino;
    int64_t changed; /* nanoseconds since 1970 */
};

struct bc_template_files {
    const struct bc_identifier_rules *rules;
    const char *pattern;
    const char *account; /* NULL: any */
    struct bc_directory_walk walk;
};

/* Begins with the folder in which the first name with a slot may lie. The pattern is absolute, with
 * at most one {account} or {handle} in each of its names. account NULL: of all accounts. The
 * pointers stay the caller's and must outlive the cursor. BC_ERR_INVALID: not such a pattern; the
 * cursor is not open then, and in every other case bc_template_files_end must be called. */
enum bc_result bc_template_files_begin(struct bc_template_files *t,
                                       const struct bc_identifier_rules *rules, const char *pattern,
                                       const char *account);

/* Moves to the next file in the folder, of any kind; t->walk.path names it. *is_template says
 * whether the pattern leads to it: it is a regular file, and each of its names obeys the rule of
 * the handle in its place. *out is set only then. Links below the folder are never followed.
 * Returns 0 at the end. */
int bc_template_files_next(struct bc_template_files *t, struct stat *st, int *is_template,
                           struct bc_template_file *out);

/* Errors of bc_directory_walk_end. */
enum bc_result bc_template_files_end(struct bc_template_files *t);

/* The fixed folder with which a pattern begins, without a final '/' unless it is the root. */
void bc_template_files_base(const char *pattern, char out[PATH_MAX]);

#endif
