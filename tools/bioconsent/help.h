/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_HELP_H
#define BC_HELP_H

#include <stdio.h>

#include "verbs.h"

/* Help texts, the verbs' part of the manual page, and completions, all made from the tables of
 * verbs.h. Errors of to are the caller's to check. */

/* Writes the usage lines of a verb. */
void bc_help_usage(FILE *to, const struct bc_verb *verb);

/* Writes the whole help of a verb: usage, description, options, examples. */
void bc_help_verb(FILE *to, const struct bc_verb *verb);

/* Writes the list of all verbs, with the exit codes. */
void bc_help_program(FILE *to);

/* Writes the verbs and options as mdoc(7), for bioconsent.8. */
void bc_help_mdoc(FILE *to);

/* Writes completions for bash(1) and zsh(1). */
void bc_help_bash(FILE *to);
void bc_help_zsh(FILE *to);

#endif
