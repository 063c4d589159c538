/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/key-file.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/text.h"

#define MAGIC "bioconsent-sealed-key/1\n"
#define SALT_BYTES crypto_pwhash_SALTBYTES
#define NONCE_BYTES crypto_secretbox_NONCEBYTES
#define BOX_BYTES (NONCE_BYTES + crypto_secretbox_MACBYTES + BC_SKEY_MAX)
#define OPS_MAX 64
#define MEMORY_MAX ((uint64_t)4 << 30)

struct sealed {
    char vkey[BC_VKEY_MAX];
    unsigned long long ops;
    size_t memory;
    unsigned char salt[SALT_BYTES];
    unsigned char box[BOX_BYTES];
};

int bc_key_file_sealed(const char *text)
{
    return strncmp(text, MAGIC, strlen(MAGIC)) == 0;
}

/* Derives the key of the box. BC_ERR_MEMORY: it fails only for want of memory. */
static enum bc_result derive_box_key(const struct sealed *s, const char *passphrase,
                                     unsigned char key[crypto_secretbox_KEYBYTES])
{
    return crypto_pwhash(key, crypto_secretbox_KEYBYTES, passphrase, strlen(passphrase), s->salt,
                         s->ops, s->memory, crypto_pwhash_ALG_ARGON2ID13) == 0
               ? BC_OK
               : BC_ERR_MEMORY;
}

enum bc_result bc_key_file_format(const struct bc_skey *key, const char *passphrase,
                                  char out[BC_KEY_FILE_MAX])
{
    char salt[bc_encoding_base64_bytes(SALT_BYTES)], box[bc_encoding_base64_bytes(BOX_BYTES)];
    unsigned char secret[crypto_secretbox_KEYBYTES];
    char text[BC_SKEY_MAX] = "";
    struct sealed s = {.ops = crypto_pwhash_OPSLIMIT_MODERATE,
                       .memory = crypto_pwhash_MEMLIMIT_MODERATE};
    enum bc_result r;

    if (!passphrase) {
        bc_note_skey_format(key, out);
        memcpy(out + strlen(out), "\n", 2);
        return BC_OK;
    }
    randombytes_buf(s.salt, SALT_BYTES);
    randombytes_buf(s.box, NONCE_BYTES);
    bc_note_vkey_format(&key->pub, s.vkey);
    bc_note_skey_format(key, text);
    r = derive_box_key(&s, passphrase, secret);
    if (r == BC_OK && crypto_secretbox_easy(s.box + NONCE_BYTES, (unsigned char *)text, BC_SKEY_MAX,
                                            s.box, secret) != 0)
        r = BC_ERR_CRYPTO;
    sodium_memzero(text, sizeof text);
    sodium_memzero(secret, sizeof secret);
    if (r != BC_OK)
        return r;
    bc_encoding_base64_encode(s.salt, SALT_BYTES, salt);
    bc_encoding_base64_encode(s.box, BOX_BYTES, box);
    (void)snprintf(out, BC_KEY_FILE_MAX, MAGIC "%s\nargon2id %llu %zu %s\n%s\n", s.vkey, s.ops,
                   s.memory, salt, box);
    return BC_OK;
}

static enum bc_result parse_sealed(const char *text, struct sealed *s)
{
    char copy[BC_KEY_FILE_MAX], *at = copy, *limits, *save;
    const char *vkey, *box, *name, *ops, *memory, *salt;
    uint64_t o, m;

    if (strlen(text) >= sizeof copy)
        return BC_ERR_TOO_LARGE;
    memcpy(copy, text, strlen(text) + 1);
    /* Four lines, each with its newline. */
    if (!strsep(&at, "\n") || !(vkey = strsep(&at, "\n")) || !(limits = strsep(&at, "\n")) ||
        !(box = strsep(&at, "\n")) || !at || *at != '\0' || strlen(vkey) >= sizeof s->vkey)
        return BC_ERR_INVALID;
    name = strtok_r(limits, " ", &save);
    ops = strtok_r(NULL, " ", &save);
    memory = strtok_r(NULL, " ", &save);
    salt = strtok_r(NULL, " ", &save);
    if (!name || !ops || !memory || !salt || strtok_r(NULL, " ", &save) ||
        strcmp(name, "argon2id") != 0 ||
        bc_text_parse_number(ops, strlen(ops), OPS_MAX, &o) != BC_OK || o == 0 ||
        bc_text_parse_number(memory, strlen(memory), MEMORY_MAX, &m) != BC_OK || m < 8192 ||
        bc_encoding_base64_decode(salt, strlen(salt), s->salt, SALT_BYTES) != BC_OK ||
        bc_encoding_base64_decode(box, strlen(box), s->box, BOX_BYTES) != BC_OK)
        return BC_ERR_INVALID;
    memcpy(s->vkey, vkey, strlen(vkey) + 1);
    s->ops = o;
    s->memory = (size_t)m;
    return BC_OK;
}

enum bc_result bc_key_file_parse(const char *text, size_t len, const char *passphrase,
                                 struct bc_skey *out)
{
    unsigned char secret[crypto_secretbox_KEYBYTES] = {0};
    char skey[BC_SKEY_MAX] = "";
    enum bc_result r = BC_OK;
    struct sealed s;

    if (strlen(text) != len)
        return BC_ERR_INVALID;
    if (bc_key_file_sealed(text)) {
        r = parse_sealed(text, &s);
        if (r == BC_OK && !passphrase)
            r = BC_ERR_PASSPHRASE;
        if (r == BC_OK)
            r = derive_box_key(&s, passphrase, secret);
        if (r == BC_OK && crypto_secretbox_open_easy((unsigned char *)skey, s.box + NONCE_BYTES,
                                                     BOX_BYTES - NONCE_BYTES, s.box, secret) != 0)
            r = BC_ERR_PASSPHRASE;
    } else if (len < 2 || len > sizeof skey || text[len - 1] != '\n') {
        return BC_ERR_INVALID;
    } else {
        memcpy(skey, text, len - 1);
    }
    if (r == BC_OK)
        r = memchr(skey, '\0', sizeof skey) ? bc_note_skey_parse(skey, out) : BC_ERR_INVALID;
    sodium_memzero(skey, sizeof skey);
    sodium_memzero(secret, sizeof secret);
    return r;
}

enum bc_result bc_key_file_public(const char *text, size_t len, struct bc_vkey *out)
{
    struct bc_skey key;
    struct sealed s;
    enum bc_result r;

    if (strlen(text) == len && bc_key_file_sealed(text))
        return parse_sealed(text, &s) == BC_OK ? bc_note_vkey_parse(s.vkey, BC_KEY_NOTE, out)
                                               : BC_ERR_INVALID;
    r = bc_key_file_parse(text, len, NULL, &key);
    if (r != BC_OK)
        return r;
    *out = key.pub;
    bc_note_skey_wipe(&key);
    return BC_OK;
}
