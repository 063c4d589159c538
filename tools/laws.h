/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LAWS_H
#define BC_LAWS_H

#include "jurisdiction.h"
#include "tool.h"

/* The jurisdictions as installed: the administrator's folder before ours. */

#define BC_LAW_FOLDERS 2
extern const char *const bc_law_folders[BC_LAW_FOLDERS];

/* Jurisdictions that a notice or consent names, loaded: free with bc_laws_free. */
struct bc_laws {
    size_t count;
    struct bc_jurisdiction *list;
};

/* Loads those of the words. Returns 0 or the exit code after a message; one that is unknown or
 * malformed is a failure of all. */
int bc_laws_load(const struct bc_words *names, struct bc_laws *out);
void bc_laws_free(struct bc_laws *laws);

#endif
