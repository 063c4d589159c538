/* SPDX-License-Identifier: BSD-2-Clause */
#include "cosign.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"

void cosign_key(const struct bc_skey *key, struct bc_vkey *out)
{
    unsigned char text[BC_KEY_NAME_MAX + 2 + BC_ED25519_BYTES], hash[crypto_hash_sha256_BYTES];
    int head = snprintf((char *)text, sizeof text, "%s\n%c", key->pub.name, BC_KEY_COSIGNATURE);

    memcpy(text + head, key->pub.pk, BC_ED25519_BYTES);
    crypto_hash_sha256(hash, text, (size_t)head + BC_ED25519_BYTES);
    *out = key->pub;
    out->type = BC_KEY_COSIGNATURE;
    memcpy(out->id, hash, sizeof out->id);
}

void cosign_line(const struct bc_skey *key, int64_t time, const char *text, size_t len,
                 char line[COSIGN_LINE_MAX])
{
    unsigned char sk[crypto_sign_SECRETKEYBYTES], pk[BC_ED25519_BYTES];
    unsigned char sig[4 + 8 + crypto_sign_BYTES];
    char base64[bc_encoding_base64_bytes(sizeof sig)];
    static char message[64 + BC_NOTE_MAX];
    struct bc_vkey pub;
    size_t head = (size_t)snprintf(message, 64, "cosignature/v1\ntime %lld\n", (long long)time);

    if (len > BC_NOTE_MAX)
        abort();
    memcpy(message + head, text, len);
    cosign_key(key, &pub);
    memcpy(sig, pub.id, 4);
    for (int i = 0; i < 8; i++)
        sig[4 + i] = (unsigned char)((uint64_t)time >> (8 * (7 - i)));
    (void)crypto_sign_seed_keypair(pk, sk, key->seed);
    (void)crypto_sign_detached(sig + 12, NULL, (const unsigned char *)message, head + len, sk);
    bc_encoding_base64_encode(sig, sizeof sig, base64);
    (void)snprintf(line, COSIGN_LINE_MAX, "\xe2\x80\x94 %s %s\n", pub.name, base64);
}
