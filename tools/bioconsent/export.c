/* SPDX-License-Identifier: BSD-2-Clause */
#include "export.h"

#include <stdio.h>
#include <string.h>

#include "base/encoding.h"

void bc_export_uuid(const struct bc_hash *commitment, char out[BC_UUID_BYTES])
{
    unsigned char b[16];
    char hex[2 * sizeof b + 1];

    memcpy(b, commitment->b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    bc_encoding_hex_encode(b, sizeof b, hex);
    (void)snprintf(out, BC_UUID_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                   hex + 20);
}

void bc_export_subject(const struct bc_subject *s, char *out, size_t cap)
{
    if (s->external)
        (void)snprintf(out, cap, "%s", s->name);
    else
        (void)snprintf(out, cap, "%s (uid %u)", s->name, s->uid);
}
