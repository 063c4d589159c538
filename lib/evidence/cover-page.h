/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_COVER_PAGE_H
#define BC_COVER_PAGE_H

#include "evidence/bundle.h"

/*
 * The cover page of a bundle, for people who read no JSON: who consented to
 * what, when, by which notice, on whose behalf, with which service provider
 * named, until when, and what happened since. It follows from the bundle alone.
 */

/* Writes the page of a checked bundle: lines of UTF-8 with a newline each; *text is the caller's to
 * free, has *len bytes and a NUL. BC_ERR_MEMORY. */
enum bc_result bc_cover_page_write(const struct bc_bundle *b, char **text, size_t *len);

#endif
