/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_KNOWN_IDS_H
#define BC_KNOWN_IDS_H

#include "provider/provider.h"

/* The values of a provider's identifier of the kind "many" for one template: those that were
 * recorded, and those that its service lists. They are noted in the state folder until the deletion
 * is confirmed. */

#define BC_FOUND_MAX 65536

struct bc_known_ids {
    const struct bc_identifier_rule *rule; /* NULL: the provider has no such identifier */
    char **value;                          /* each malloced */
    size_t count, cap;
    size_t noted; /* how many are recorded or noted already */
};

/* Begins with what the identifiers have and what an earlier attempt noted for this template. state:
 * the state folder's descriptor, or -1. 1, or 0 on failure; bc_known_ids_free in any case. */
int bc_known_ids_start(struct bc_known_ids *f, const struct bc_provider *p,
                       const struct bc_identifiers *identifiers, int state, uint64_t template);

/* Adds a value that is not there yet. BC_ERR_INVALID: it breaks the rule. BC_ERR_TOO_LARGE,
 * BC_ERR_MEMORY. */
enum bc_result bc_known_ids_add(struct bc_known_ids *f, const char *value);

/* Notes durably what is new. 1, or 0 on failure. */
int bc_known_ids_keep(struct bc_known_ids *f, int state, uint64_t template);

/* Removes the note. */
void bc_known_ids_forget(int state, uint64_t template);
void bc_known_ids_free(struct bc_known_ids *f);

#endif
