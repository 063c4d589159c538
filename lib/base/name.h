/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_NAME_H
#define BC_NAME_H

#include <stddef.h>

/* The names of subjects, providers, purposes and notices, and their limits. Needs nothing but the C
 * library: the module links it. */

#define BC_SUBJECT_MAX 255 /* bytes of a subject's name, without NUL */
#define BC_WORD_MAX 64     /* bytes of a provider's, purpose's or notice's word, without NUL */

#define BC_TYPED_MAX 1023 /* bytes of a release as a person typed it, without NUL */

/* Returns whether the len bytes hold no C0 or C1 control character (as UTF-8) and no DEL. */
int bc_name_line_clean(const char *line, size_t len);

/* Returns whether name can be a subject's: 1 to BC_SUBJECT_MAX bytes, none of them a control
 * character, a space, ':' or '/', and not beginning with '-'. */
int bc_name_subject_valid(const char *name);

/* Returns whether word can name a provider, purpose or notice: 1 to BC_WORD_MAX of a-z 0-9 . _ -,
 * the first a letter or digit. */
int bc_name_word_valid(const char *word);

#endif
