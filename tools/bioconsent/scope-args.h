/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SCOPE_ARGS_H
#define BC_SCOPE_ARGS_H

#include "base/args.h"
#include "consent/event.h"

/* The scope of a consent: from options, and as text. */

/* Replaces each part of *scope that --modality, --operation, --provider or --purpose names; a part
 * without an option stays. A wrong one ends the program. */
void bc_scope_args_parse(const struct bc_args *args, struct bc_scope *scope);

/* Writes the scope in one line: modalities; operations; providers; purposes. The line is cut where
 * cap bytes are too few. */
void bc_scope_args_text(const struct bc_scope *scope, char *out, size_t cap);

#endif
