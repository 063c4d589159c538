/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/encoding.h"

#include <sodium.h>
#include <string.h>

void bc_encoding_base64_encode(const unsigned char *data, size_t len, char *out)
{
    (void)sodium_bin2base64(out, bc_encoding_base64_bytes(len), data, len,
                            sodium_base64_VARIANT_ORIGINAL);
}

enum bc_result bc_encoding_base64_decode(const char *s, size_t len, unsigned char *out,
                                         size_t out_len)
{
    unsigned char bytes[4096];
    char again[bc_encoding_base64_bytes(sizeof bytes)];
    size_t got;
    const char *end;

    if (out_len > sizeof bytes || len != bc_encoding_base64_bytes(out_len) - 1)
        return BC_ERR_INVALID;
    if (sodium_base642bin(bytes, sizeof bytes, s, len, NULL, &got, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got != out_len || end != s + len)
        return BC_ERR_INVALID;
    bc_encoding_base64_encode(bytes, got, again);
    if (memcmp(again, s, len) != 0)
        return BC_ERR_INVALID;
    memcpy(out, bytes, out_len);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(again, sizeof again);
    return BC_OK;
}

void bc_encoding_hex_encode(const unsigned char *data, size_t len, char *out)
{
    (void)sodium_bin2hex(out, 2 * len + 1, data, len);
}

enum bc_result bc_encoding_hex_decode(const char *s, size_t len, unsigned char *out, size_t out_len)
{
    static const char digits[] = "0123456789abcdef";

    if (len != 2 * out_len)
        return BC_ERR_INVALID;
    for (size_t i = 0; i < len; i++)
        if (!memchr(digits, s[i], 16))
            return BC_ERR_INVALID;
    return sodium_hex2bin(out, out_len, s, len, NULL, NULL, NULL) == 0 ? BC_OK : BC_ERR_INVALID;
}
