/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/note.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/text.h"

#define EMDASH "\xe2\x80\x94"
#define DASH_BYTES 4 /* the dash and a space */
#define PRIVATE_PREFIX "PRIVATE+KEY+"
#define SIGNATURE_BYTES (4 + crypto_sign_BYTES)
#define KEY_BYTES (1 + BC_ED25519_BYTES)

/* Unicode's spaces beyond ASCII, as UTF-8. */
static const char *const spaces[] = {
    "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
    "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89",
    "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

int bc_note_key_name_valid(const char *name)
{
    size_t len = strnlen(name, BC_KEY_NAME_MAX + 1);

    if (len == 0 || len > BC_KEY_NAME_MAX || !bc_text_clean(name, len, 0) ||
        strpbrk(name, " +") != NULL)
        return 0;
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        if (strstr(name, spaces[i]))
            return 0;
    return 1;
}

static void set_key_id(struct bc_vkey *key)
{
    const unsigned char middle[] = {'\n', (unsigned char)key->type};
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)key->name, strlen(key->name));
    crypto_hash_sha256_update(&state, middle, sizeof middle);
    crypto_hash_sha256_update(&state, key->pk, BC_ED25519_BYTES);
    crypto_hash_sha256_final(&state, hash);
    memcpy(key->id, hash, 4);
}

enum bc_result bc_note_skey_from_seed(const char *name, const unsigned char *seed,
                                      struct bc_skey *out)
{
    unsigned char sk[crypto_sign_SECRETKEYBYTES];
    struct bc_skey key;

    if (!bc_note_key_name_valid(name))
        return BC_ERR_INVALID;
    memset(&key, 0, sizeof key);
    key.pub.type = BC_KEY_NOTE;
    memcpy(key.pub.name, name, strlen(name));
    memcpy(key.seed, seed, BC_SEED_BYTES);
    if (crypto_sign_seed_keypair(key.pub.pk, sk, seed) != 0)
        return BC_ERR_CRYPTO;
    sodium_memzero(sk, sizeof sk);
    set_key_id(&key.pub);
    *out = key;
    bc_note_skey_wipe(&key);
    return BC_OK;
}

enum bc_result bc_note_skey_generate(const char *name, struct bc_skey *out)
{
    unsigned char seed[BC_SEED_BYTES];
    enum bc_result r;

    randombytes_buf(seed, sizeof seed);
    r = bc_note_skey_from_seed(name, seed, out);
    sodium_memzero(seed, sizeof seed);
    return r;
}

void bc_note_skey_wipe(struct bc_skey *key)
{
    sodium_memzero(key, sizeof *key);
}

/* Splits "name+hex8+base64(type || 32 bytes)" at the first two '+'. */
static enum bc_result parse_key_text(const char *text, char name[BC_KEY_NAME_MAX + 1],
                                     unsigned char id[4], unsigned char bytes[KEY_BYTES])
{
    const char *first = strchr(text, '+');
    const char *second = first ? strchr(first + 1, '+') : NULL;
    size_t len = first ? (size_t)(first - text) : 0;

    if (!second || len > BC_KEY_NAME_MAX)
        return BC_ERR_INVALID;
    memcpy(name, text, len);
    name[len] = '\0';
    if (!bc_note_key_name_valid(name) ||
        bc_encoding_hex_decode(first + 1, (size_t)(second - first - 1), id, 4) != BC_OK ||
        bc_encoding_base64_decode(second + 1, strlen(second + 1), bytes, KEY_BYTES) != BC_OK)
        return BC_ERR_INVALID;
    return BC_OK;
}

enum bc_result bc_note_vkey_parse(const char *text, enum bc_key_type type, struct bc_vkey *out)
{
    unsigned char bytes[KEY_BYTES], id[4];
    struct bc_vkey key;

    memset(&key, 0, sizeof key);
    if (parse_key_text(text, key.name, id, bytes) != BC_OK || bytes[0] != type)
        return BC_ERR_INVALID;
    key.type = type;
    memcpy(key.pk, bytes + 1, BC_ED25519_BYTES);
    set_key_id(&key);
    if (memcmp(id, key.id, sizeof id) != 0)
        return BC_ERR_INVALID;
    *out = key;
    return BC_OK;
}

static void format_key_text(const char *prefix, const struct bc_vkey *key,
                            const unsigned char *secret_or_public, char *out, size_t cap)
{
    unsigned char bytes[KEY_BYTES];
    char id[9], base64[bc_encoding_base64_bytes(KEY_BYTES)];

    bytes[0] = (unsigned char)key->type;
    memcpy(bytes + 1, secret_or_public, BC_ED25519_BYTES);
    bc_encoding_hex_encode(key->id, 4, id);
    bc_encoding_base64_encode(bytes, sizeof bytes, base64);
    (void)snprintf(out, cap, "%s%s+%s+%s", prefix, key->name, id, base64);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(base64, sizeof base64);
}

void bc_note_vkey_format(const struct bc_vkey *key, char out[BC_VKEY_MAX])
{
    format_key_text("", key, key->pk, out, BC_VKEY_MAX);
}

void bc_note_skey_format(const struct bc_skey *key, char out[BC_SKEY_MAX])
{
    format_key_text(PRIVATE_PREFIX, &key->pub, key->seed, out, BC_SKEY_MAX);
}

enum bc_result bc_note_skey_parse(const char *text, struct bc_skey *out)
{
    unsigned char bytes[KEY_BYTES], id[4];
    char name[BC_KEY_NAME_MAX + 1];
    struct bc_skey key;
    enum bc_result r;

    if (strncmp(text, PRIVATE_PREFIX, strlen(PRIVATE_PREFIX)) != 0)
        return BC_ERR_INVALID;
    r = parse_key_text(text + strlen(PRIVATE_PREFIX), name, id, bytes);
    if (r == BC_OK && bytes[0] != BC_KEY_NOTE)
        r = BC_ERR_INVALID;
    if (r == BC_OK)
        r = bc_note_skey_from_seed(name, bytes + 1, &key);
    sodium_memzero(bytes, sizeof bytes);
    if (r != BC_OK)
        return r;
    if (memcmp(id, key.pub.id, sizeof id) == 0)
        *out = key;
    else
        r = BC_ERR_INVALID;
    bc_note_skey_wipe(&key);
    return r;
}

enum bc_result bc_note_sign(const char *text, size_t len, const struct bc_skey *key, char *out,
                            size_t cap, size_t *out_len)
{
    unsigned char sk[crypto_sign_SECRETKEYBYTES], pk[BC_ED25519_BYTES], sig[SIGNATURE_BYTES];
    char base64[bc_encoding_base64_bytes(SIGNATURE_BYTES)], note[BC_NOTE_MAX + 1];
    size_t used, text_len, signer;
    int n;

    if (len == 0 || text[len - 1] != '\n' || !bc_text_clean(text, len, 1))
        return BC_ERR_INVALID;
    if (len + 1 >= sizeof note)
        return BC_ERR_TOO_LARGE;
    memcpy(note, text, len);
    (void)crypto_sign_seed_keypair(pk, sk, key->seed);
    memcpy(sig, key->pub.id, 4);
    (void)crypto_sign_detached(sig + 4, NULL, (const unsigned char *)text, len, sk);
    sodium_memzero(sk, sizeof sk);
    bc_encoding_base64_encode(sig, sizeof sig, base64);
    n = snprintf(note + len, sizeof note - len, "\n" EMDASH " %s %s\n", key->pub.name, base64);
    used = len + (size_t)n;
    if (n < 0 || used > cap || used > BC_NOTE_MAX)
        return BC_ERR_TOO_LARGE;
    if (bc_note_open(note, used, &key->pub, 1, &text_len, &signer) != BC_OK)
        return BC_ERR_CRYPTO;
    memcpy(out, note, used);
    *out_len = used;
    return BC_OK;
}

/* A dash, a name, and strict base64 of the key's id and a signature of any kind, hence of any
 * length. */
static enum bc_result parse_line(const struct bc_line *raw, struct bc_note_line *out)
{
    unsigned char bytes[4 + BC_NOTE_SIGNATURE_MAX];
    const char *name = raw->s + DASH_BYTES, *end = raw->s + raw->len, *space;
    size_t name_len, len, base64_len;

    if (raw->len <= DASH_BYTES || memcmp(raw->s, EMDASH " ", DASH_BYTES) != 0)
        return BC_ERR_INVALID;
    space = memchr(name, ' ', raw->len - DASH_BYTES);
    name_len = space ? (size_t)(space - name) : 0;
    if (name_len == 0 || name_len > BC_KEY_NAME_MAX)
        return BC_ERR_INVALID;
    memcpy(out->name, name, name_len);
    out->name[name_len] = '\0';
    if (!bc_note_key_name_valid(out->name))
        return BC_ERR_INVALID;
    base64_len = (size_t)(end - (space + 1));
    if (base64_len < 8 || base64_len % 4 != 0)
        return BC_ERR_INVALID;
    len = base64_len / 4 * 3 - (end[-1] == '=') - (end[-2] == '=');
    if (len < 5 || len > sizeof bytes ||
        bc_encoding_base64_decode(space + 1, base64_len, bytes, len) != BC_OK)
        return BC_ERR_INVALID;
    memcpy(out->id, bytes, 4);
    memcpy(out->signature, bytes + 4, len - 4);
    out->len = len - 4;
    out->raw = raw->s;
    out->raw_len = raw->len + 1;
    return BC_OK;
}

int bc_note_line_by(const struct bc_note_line *line, const struct bc_vkey *key)
{
    return strcmp(line->name, key->name) == 0 && memcmp(line->id, key->id, 4) == 0;
}

enum bc_result bc_note_begin(const char *note, size_t len, struct bc_note_cursor *out,
                             size_t *text_len)
{
    size_t start;

    if (len > BC_NOTE_MAX)
        return BC_ERR_TOO_LARGE;
    if (len == 0 || note[len - 1] != '\n' || !bc_text_clean(note, len, 1))
        return BC_ERR_INVALID;
    /* The signature lines begin behind the last empty line. */
    for (start = len; start >= 2; start--)
        if (note[start - 1] == '\n' && note[start - 2] == '\n')
            break;
    if (start < 2 || start == len)
        return BC_ERR_INVALID;
    *out = (struct bc_note_cursor){.at = note + start, .end = note + len};
    *text_len = start - 1;
    return BC_OK;
}

int bc_note_next(struct bc_note_cursor *c, struct bc_note_line *line)
{
    struct bc_line raw;

    if (!bc_text_next_line(&c->at, c->end, &raw))
        return 0;
    return c->count++ < BC_NOTE_SIGNATURES_MAX && parse_line(&raw, line) == BC_OK ? 1 : -1;
}

enum bc_result bc_note_open(const char *note, size_t len, const struct bc_vkey *keys,
                            size_t key_count, size_t *text_len, size_t *signer)
{
    size_t signed_len, first = key_count;
    struct bc_note_cursor c;
    struct bc_note_line line;
    enum bc_result r = bc_note_begin(note, len, &c, &signed_len);
    int more;

    if (r != BC_OK)
        return r;
    while ((more = bc_note_next(&c, &line)) > 0)
        for (size_t i = 0; i < key_count; i++) {
            const struct bc_vkey *k = &keys[i];
            if (k->type != BC_KEY_NOTE || !bc_note_line_by(&line, k))
                continue;
            if (line.len != crypto_sign_BYTES ||
                crypto_sign_verify_detached(line.signature, (const unsigned char *)note, signed_len,
                                            k->pk) != 0)
                return BC_ERR_SIGNATURE;
            if (first == key_count)
                first = i;
        }
    if (more < 0)
        return BC_ERR_INVALID;
    if (first == key_count)
        return BC_ERR_UNKNOWN_KEY;
    *text_len = signed_len;
    *signer = first;
    return BC_OK;
}
