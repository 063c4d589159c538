/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_RELEASE_H
#define BC_RELEASE_H

/* Whether a person typed the release of a notice: equal but for the case of ASCII letters, the
 * number of spaces between words, and one full stop at the end. Both are strings in UTF-8. Returns
 * 1 or 0; an empty release matches nothing. */
int bc_release_matches(const char *release, const char *typed);

#endif
