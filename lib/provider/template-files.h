/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TEMPLATE_FILES_H
#define BC_TEMPLATE_FILES_H

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

#include "consent/identifiers.h"

/* Templates that are files on this host, found by the path pattern in a provider's file, such as
 * /var/lib/fprint/{account}/{driver}/{device}/{print}. The walk through the folders is bounded,
 * follows no link below its base, and opens nothing but folders. */

#define BC_TEMPLATE_FILES_MAX 100000 /* entries of one walk */
#define BC_TEMPLATE_DEPTH_MAX 16     /* folders below the base */

/* One file that the pattern leads to. */
struct bc_template_file {
    char account[BC_SUBJECT_MAX + 1];
    struct bc_identifiers identifiers; /* those that the path holds */
    dev_t dev;
    ino_t ino;
    int64_t changed; /* nanoseconds since 1970 */
};

struct bc_template_files {
    const struct bc_identifier_rules *rules;
    const char *pattern;
    const char *account;    /* NULL: any */
    char path[PATH_MAX];    /* of the current entry: raw bytes, not fit for a terminal */
    enum bc_result trouble; /* the last one; the walk continues with the other entries */
    size_t seen;            /* entries */
    size_t open;            /* how many of the following are in use */
    DIR *dir[BC_TEMPLATE_DEPTH_MAX + 1];
    size_t len[BC_TEMPLATE_DEPTH_MAX + 1]; /* of each folder's path */
};

/* Begins with the folder in which the first name with a slot may lie; one that does not exist holds
 * nothing. The pattern is absolute, with at most one {account} or {identifier} in each of its
 * names. account NULL: of all accounts. The pointers stay the caller's and must outlive the cursor.
 * BC_ERR_INVALID: not such a pattern; the cursor is not open then, and in every other case
 * bc_template_files_end must be called. */
enum bc_result bc_template_files_begin(struct bc_template_files *t,
                                       const struct bc_identifier_rules *rules, const char *pattern,
                                       const char *account);

/* Begins with a folder in which no file is a template. */
void bc_template_files_begin_folder(struct bc_template_files *t, const char *folder);

/* Moves to the next entry that is no folder, whatever its name and kind; t->path and *st describe
 * it. *is_template says whether the pattern leads to it: it is a regular file, and each of its
 * names obeys the rule of the identifier in its place. *out is set only then. Returns 0 at the end.
 */
int bc_template_files_next(struct bc_template_files *t, struct stat *st, int *is_template,
                           struct bc_template_file *out);

/* Closes everything. Returns BC_OK where the caller has seen all entries. BC_ERR_TOO_LARGE: there
 * are more entries, deeper folders or a longer path than the limits allow; BC_ERR_IO: a folder or
 * an entry could not be read; BC_ERR_MEMORY. */
enum bc_result bc_template_files_end(struct bc_template_files *t);

/* The fixed folder with which a pattern begins, without a final '/' unless it is the root. */
void bc_template_files_base(const char *pattern, char out[PATH_MAX]);

#endif
