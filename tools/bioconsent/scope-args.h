/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SCOPE_H
#define BC_SCOPE_H

#include "base/args.h"
#include "consent/event.h"

/* Scopes from options and as text. The options are those of BC_SCOPE_OPTIONS. */

#define BC_SCOPE_OPTIONS                                                                           \
    {.name = "modality", .kind = BC_ARG_LIST}, {.name = "operation", .kind = BC_ARG_LIST},         \
        {.name = "provider", .kind = BC_ARG_LIST}, {.name = "purpose", .kind = BC_ARG_LIST},       \
    {                                                                                              \
        .name = "jurisdiction", .kind = BC_ARG_LIST                                                \
    }

/* Replaces what options were given in *scope. Returns 0 or the exit code after a message. */
int bc_scope_args_parse(struct bc_args *args, struct bc_scope *scope);

/* Replaces *words by the option's values, if given. Returns 0 or the exit code. */
int bc_scope_args_words(const struct bc_arg *arg, struct bc_words *words);

/* Names of a bit set, separated by commas. */
void bc_scope_args_set_text(unsigned set, const char *(*name)(unsigned), char *out, size_t cap);
void bc_scope_args_text(const struct bc_scope *scope, char *out, size_t cap);

#endif
