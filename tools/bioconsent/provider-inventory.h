/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_INVENTORY_H
#define BC_INVENTORY_H

#include "provider/provider.h"

/* What a provider holds: its files on this host, and what its service lists in each place. */

enum bc_item_kind {
    BC_ITEM_TEMPLATE, /* handles, and for a file the account, say whose */
    BC_ITEM_STRANGE, /* something lies where templates lie, and is not one by the provider's file */
    BC_ITEM_PICTURE, /* a file that shows somebody */
    BC_ITEM_TROUBLE, /* a place that could not be looked at, or not wholly */
};

struct bc_item {
    enum bc_item_kind kind;
    char account[BC_SUBJECT_MAX + 1]; /* empty: not known */
    struct bc_identifiers handles;
    char where[512]; /* printable: a path or a place; what was wrong with it */
    char fix[512];   /* the command that removes it; may be empty */
};

/* Calls each for every item until it does not return BC_OK, which is returned. Every trouble is an
 * item: nothing is passed over in silence. */
enum bc_result bc_provider_inventory_each(const struct bc_provider *p,
                                          enum bc_result (*each)(void *ctx,
                                                                 const struct bc_item *item),
                                          void *ctx);

#endif
