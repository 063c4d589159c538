/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LAW_FILES_H
#define BC_LAW_FILES_H

#include "consent/jurisdiction.h"
#include "session.h"

/* The jurisdictions as installed: the administrator's folder before ours. */

/* Jurisdictions that a notice or consent names, loaded: free with bc_law_files_free. */
struct bc_law_files {
    size_t count;
    struct bc_jurisdiction *list;
};

/* Loads those of the words. Returns 0 or the exit code after a message; one that is unknown or
 * malformed is a failure of all. */
int bc_law_files_load(const struct bc_words *names, struct bc_law_files *out);
void bc_law_files_free(struct bc_law_files *laws);

/* Whether the notice was published as exempt from this law. */
int bc_law_files_exempt(const struct bc_notice *n, const char *law);

/* The first of the notice's laws by which a consent of this kind, or by this giver, is not enough,
 * with its clause: " (us-il: 740 ILCS ...)"; "" if none says so. Says nothing about files it can't
 * read. */
void bc_law_files_clause(const struct bc_notice *n, const struct bc_grant *g, char *out,
                         size_t cap);

#endif
