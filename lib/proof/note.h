/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_NOTE_H
#define BC_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

/*
 * Signed notes, c2sp.org/signed-note, with Ed25519 keys (type 0x01). A note is
 * a text, an empty line, and one signature line or more. Signatures by keys
 * that are not known are ignored; a wrong one by a known key voids the note.
 */

#define BC_NOTE_MAX 16384          /* bytes of a whole note */
#define BC_NOTE_SIGNATURES_MAX 16  /* signature lines */
#define BC_KEY_NAME_MAX 128        /* bytes of a key name, without NUL */
#define BC_VKEY_MAX 200            /* bytes of a verifier key string, with NUL */
#define BC_SKEY_MAX 220            /* bytes of a signer key string, with NUL */
#define BC_NOTE_SIGNATURE_MAX 4092 /* bytes of a signature of any kind, without the key's id */
#define BC_ED25519_BYTES 32
#define BC_SEED_BYTES 32

/* What a key signs; part of its id. */
enum bc_key_type {
    BC_KEY_NOTE = 0x01,        /* notes, with Ed25519 */
    BC_KEY_COSIGNATURE = 0x04, /* timestamped cosignatures, with Ed25519: see cosignature.h */
};

/* A verifier key: who signs, what, and with which public key. */
struct bc_vkey {
    char name[BC_KEY_NAME_MAX + 1];
    enum bc_key_type type;
    unsigned char id[4];
    unsigned char pk[BC_ED25519_BYTES];
};

/* A signer key. Holds a secret: wipe it with bc_note_skey_wipe. */
struct bc_skey {
    struct bc_vkey pub;
    unsigned char seed[BC_SEED_BYTES];
};

/* Whether name can name a key: UTF-8 of 1 to BC_KEY_NAME_MAX bytes without space, control
 * character or '+'. */
int bc_note_key_name_valid(const char *name);

/* A key from a seed of BC_SEED_BYTES. BC_ERR_INVALID for a bad name, BC_ERR_CRYPTO. */
enum bc_result bc_note_skey_from_seed(const char *name, const unsigned char *seed,
                                      struct bc_skey *out);

/* A new random key. Errors as above. sodium_init() must have been called. */
enum bc_result bc_note_skey_generate(const char *name, struct bc_skey *out);

/* Overwrites the key. */
void bc_note_skey_wipe(struct bc_skey *key);

/* "name+hex(id)+base64(type || public key)", and back. Refuses a wrong id, another type, a wrong
 * length and base64 that is not canonical: BC_ERR_INVALID. text is NUL-terminated. */
enum bc_result bc_note_vkey_parse(const char *text, enum bc_key_type type, struct bc_vkey *out);
void bc_note_vkey_format(const struct bc_vkey *key, char out[BC_VKEY_MAX]);

/* "PRIVATE+KEY+name+hex(id)+base64(0x01 || seed)", and back. The text is a secret. */
enum bc_result bc_note_skey_parse(const char *text, struct bc_skey *out);
void bc_note_skey_format(const struct bc_skey *key, char out[BC_SKEY_MAX]);

/* Signs text (len bytes, which end with a newline) and writes the whole note
 * to out. *out_len is its length; no NUL is added. Verifies its own signature before it returns.
 * BC_ERR_INVALID for a text with control characters, bad UTF-8 or no final newline;
 * BC_ERR_TOO_LARGE if it does not fit cap. */
enum bc_result bc_note_sign(const char *text, size_t len, const struct bc_skey *key, char *out,
                            size_t cap, size_t *out_len);

/* One signature line of a note. */
struct bc_note_line {
    char name[BC_KEY_NAME_MAX + 1];
    unsigned char id[4];
    size_t len;
    unsigned char signature[BC_NOTE_SIGNATURE_MAX];
    const char *raw; /* the line inside the note, with its newline */
    size_t raw_len;
};

/* Whether the line says that it is this key's. */
int bc_note_line_by(const struct bc_note_line *line, const struct bc_vkey *key);

/* A cursor over the signature lines of a note, which must outlive it. */
struct bc_note_cursor {
    const char *at, *end;
    int count;
};

/* Checks the form of a note and sets *out before its first signature line; *text_len is the length
 * of the text at the start of note, last newline included. Verifies nothing. BC_ERR_TOO_LARGE,
 * BC_ERR_INVALID (form). */
enum bc_result bc_note_begin(const char *note, size_t len, struct bc_note_cursor *out,
                             size_t *text_len);

/* Reads the next signature line. Returns 1; 0 after the last; -1 for a line that is not of the form
 * or is one more than BC_NOTE_SIGNATURES_MAX: the whole note is then invalid. */
int bc_note_next(struct bc_note_cursor *c, struct bc_note_line *line);

/* Verifies a note of len bytes against the trusted keys. On BC_OK *text_len is the length of the
 * signed text at the start of note, last newline included, and *signer the index in keys of the
 * first key that signed it. BC_ERR_TOO_LARGE, BC_ERR_INVALID (form), BC_ERR_UNKNOWN_KEY (no
 * trusted key signed), BC_ERR_SIGNATURE (a line of a trusted key has a wrong signature). */
enum bc_result bc_note_open(const char *note, size_t len, const struct bc_vkey *keys,
                            size_t key_count, size_t *text_len, size_t *signer);

#endif
