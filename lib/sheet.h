/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SHEET_H
#define BC_SHEET_H

#include <stddef.h>

#include "protocol.h"

/*
 * What the helper hands out in steps of the protocol: a notice and the release
 * to be typed, a receipt, or what a promise to sign later is about. Needs
 * nothing but the C library: the module links it.
 *
 *     hash <64 hex digits>     of the notice's text, or of what waits in the spool
 *     release <text>           what is to be typed
 *     line <text>              of the text, a newline follows
 *     part <text>              of a longer line, no newline follows
 */

#define BC_SHEET_MAX 1048576 /* bytes of text */
#define BC_PIECE_MAX 1152   /* bytes of a step's text */

struct bc_sheet {
    char hash[BC_WORD_MAX + 1];     /* empty: not told */
    char release[BC_TYPED_MAX + 1]; /* empty: not told */
    size_t len;
    char *text;                     /* a NUL behind it; NULL where there is none */
};

/* Calls step with each piece of the text, which has no control characters but newlines. */
void bc_sheet_give(const char *text, size_t len, void (*step)(void *ctx, const char *piece),
                   void *ctx);

/* Takes one step into the sheet, which was cleared at first. 1, or 0 for one that is not of this form,
 * has a control character, comes twice or is too much: then the sheet is worth nothing. */
int bc_sheet_take(struct bc_sheet *sheet, const char *step, size_t len);

/* Frees the text and clears the sheet. */
void bc_sheet_free(struct bc_sheet *sheet);

#endif
