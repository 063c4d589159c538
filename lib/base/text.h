/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TEXT_H
#define BC_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/result.h"

/* Numbers, lines and UTF-8 as text, each with one strict parser. Needs nothing but the C library:
 * the module links it. */

/* A decimal number of len digits without sign, space or leading zero, at most max.
 * BC_ERR_INVALID otherwise. */
enum bc_result bc_text_parse_number(const char *s, size_t len, uint64_t max, uint64_t *out);

/* A line of a text, without its newline. */
struct bc_line {
    const char *s;
    size_t len;
};

/* Reads the line at *at of the text that ends at end, and moves *at behind its newline. Returns 1,
 * or 0 if no newline is left. */
int bc_text_next_line(const char **at, const char *end, struct bc_line *out);

/* Removes label from the start of the line, if more follows it. Returns 1, or 0. */
int bc_text_take_label(struct bc_line *line, const char *label);

/* The position of a word of len bytes in a list of words that are separated by one space; -1 if it
 * is none of them. */
int bc_text_find_word(const char *words, const char *word, size_t len);

/* Returns whether s is valid UTF-8 (RFC 3629) of len bytes without a control character (C0, DEL,
 * C1); newlines are allowed if lines is not 0. bc_name_line_clean accepts bytes that are not
 * UTF-8 as well, since names of accounts may have them. */
int bc_text_clean(const char *s, size_t len, int lines);

/* Copies s to out, at most cap - 1 bytes, with every byte that is not printable ASCII as '?':
 * for logs and terminals. */
void bc_text_sanitize(const char *s, char *out, size_t cap);

/* Writes a line of len bytes and a newline, broken at spaces into lines of at most width bytes
 * where words allow it; all but the first begin with indent spaces. */
void bc_text_fold(FILE *out, const char *line, size_t len, size_t width, int indent);

#endif
