/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PROVIDER_INVENTORY_H
#define BC_PROVIDER_INVENTORY_H

#include "provider/provider.h"
#include "provider/response.h"
#include "provider/template-files.h"

/* What a provider holds: its files on this host, and what its service lists in each place. */

enum bc_item_kind {
    BC_ITEM_TEMPLATE, /* handles, and for a file the account, say whose it is */
    BC_ITEM_STRANGE,  /* lies where templates lie, but is not one by the provider's file */
    BC_ITEM_PICTURE,  /* a file that shows a person */
    BC_ITEM_TROUBLE,  /* a place of which the audit could not read all or anything */
};

struct bc_item {
    enum bc_item_kind kind;
    char account[BC_SUBJECT_MAX + 1]; /* empty: not known */
    struct bc_identifiers handles;
    char where[512]; /* printable: a path or a place; for trouble also what was wrong */
    char fix[512];   /* the command that removes it; may be empty */
};

struct bc_provider_inventory {
    const struct bc_provider *provider;
    size_t folder; /* the next one: those of the templates' paths, then that of pictures */
    int walking;   /* files is open */
    int pictures;  /* it walks the folder of pictures */
    char base[PATH_MAX];
    struct bc_template_files files;
    size_t place;             /* the next one */
    struct bc_response *list; /* what the service lists in the place before it; NULL: none */
    size_t listed;            /* how many of them were given */
};

/* Begins. p must outlive the cursor. */
void bc_provider_inventory_begin(struct bc_provider_inventory *v, const struct bc_provider *p);

/* Gives the next item; 0 at the end. Every trouble is an item: nothing is skipped silently. */
int bc_provider_inventory_next(struct bc_provider_inventory *v, struct bc_item *out);
void bc_provider_inventory_end(struct bc_provider_inventory *v);

#endif
