/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STORED_H
#define BC_STORED_H

#include <stdint.h>
#include <sys/types.h>

#include "consent/identifiers.h"

/*
 * Templates that lie on this host as files, found by the path that a provider's
 * file has for them, such as /var/lib/fprint/{account}/{driver}/{device}/{print}.
 */

#define BC_STORED_PATH_MAX 4096

/* One file that the path leads to. */
struct bc_template_file {
    char account[BC_SUBJECT_MAX + 1];
    struct bc_identifiers handles; /* those that the path holds */
    dev_t dev;
    ino_t ino;
    int64_t changed; /* nanoseconds since 1970 */
};

/* Calls each for every regular file that the pattern (absolute; at most one {account} or {handle}
 * in each name of it) leads to, for one account or, where account is NULL, for all, until it does
 * not return BC_OK. Names that break a handle's rule, and links in a handle's place, are passed
 * over. *s is valid during the call only. Folders that are not there hold nothing. BC_ERR_INVALID
 * (not such a pattern), BC_ERR_IO, or what each returned. */
enum bc_result bc_template_files_each(
    const struct bc_identifier_rules *rules, const char *pattern, const char *account,
    enum bc_result (*each)(void *ctx, const struct bc_template_file *s), void *ctx);

#endif
