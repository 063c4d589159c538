/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ENCODING_H
#define BC_ENCODING_H

#include <stddef.h>

#include "base/result.h"

/* Bytes as base64 and as hexadecimal digits, each with one strict parser. */

/* RFC 4648, section 4. out has at least bc_encoding_base64_bytes(len) bytes and gets a NUL. */
#define bc_encoding_base64_bytes(len) (((len) + 2) / 3 * 4 + 1)
void bc_encoding_base64_encode(const unsigned char *data, size_t len, char *out);

/* Decodes exactly out_len bytes, at most 4096. Refuses spaces, missing padding and trailing bits
 * that are not zero: BC_ERR_INVALID. */
enum bc_result bc_encoding_base64_decode(const char *s, size_t len, unsigned char *out,
                                         size_t out_len);

/* Lower-case hex. out has 2 * len + 1 bytes. */
void bc_encoding_hex_encode(const unsigned char *data, size_t len, char *out);

/* Decodes exactly out_len bytes from 2 * out_len lower-case digits. BC_ERR_INVALID. */
enum bc_result bc_encoding_hex_decode(const char *s, size_t len, unsigned char *out,
                                      size_t out_len);

#endif
