/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TEXT_H
#define BC_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/result.h"

/* Numbers, base64, hex and names as text, each with one strict parser. */

/* A decimal number of len digits without sign, space or leading zero, at most max.
 * BC_ERR_INVALID otherwise. */
enum bc_result bc_number_parse(const char *s, size_t len, uint64_t max, uint64_t *out);

/* RFC 4648, section 4. out has at least bc_base64_bytes(len) bytes and gets a NUL. */
#define bc_base64_bytes(len) (((len) + 2) / 3 * 4 + 1)
void bc_base64_encode(const unsigned char *data, size_t len, char *out);

/* Decodes exactly out_len bytes, at most 4096. Refuses spaces, missing padding and trailing bits that
 * are not zero: BC_ERR_INVALID. */
enum bc_result bc_base64_decode(const char *s, size_t len, unsigned char *out, size_t out_len);

/* A line of a text, without its newline. */
struct bc_line {
    const char *s;
    size_t len;
};

/* Takes the line at *at off the text that ends at end, with its newline. 1, or 0 where no newline is
 * left. */
int bc_line_next(const char **at, const char *end, struct bc_line *out);

/* Takes label off the line's start, if more follows it. */
int bc_line_label(struct bc_line *line, const char *label);

/* Lower-case hex. out has 2 * len + 1 bytes. */
void bc_hex_encode(const unsigned char *data, size_t len, char *out);

/* Decodes exactly out_len bytes from 2 * out_len lower-case digits. BC_ERR_INVALID. */
enum bc_result bc_hex_decode(const char *s, size_t len, unsigned char *out, size_t out_len);

/* Whether s is valid UTF-8 (RFC 3629) of len bytes without a control character (C0, DEL, C1);
 * newlines are allowed if lines is not 0. */
int bc_text_clean(const char *s, size_t len, int lines);

/* Copies s to out, at most cap - 1 bytes, with every byte that is not printable ASCII as '?':
 * for logs and terminals. */
void bc_text_sanitize(const char *s, char *out, size_t cap);

/* Writes a line of len bytes and a newline, broken at spaces into lines of at most width bytes where
 * words allow it; all but the first begin with indent spaces. */
void bc_text_fold(FILE *out, const char *line, size_t len, size_t width, int indent);

#endif
