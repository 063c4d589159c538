/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_KEY_FILE_H
#define BC_KEY_FILE_H

#include <stddef.h>

#include "base/result.h"
#include "proof/note.h"

/*
 * The signing key as a file: either the signer key string of note.h and a
 * newline, or sealed with a passphrase:
 *
 *     bioconsent-sealed-key/1
 *     <vkey>
 *     argon2id <operations> <memory, bytes> <base64(salt, 16 bytes)>
 *     <base64(nonce, 24 bytes || XSalsa20-Poly1305 box of the signer key string)>
 */

#define BC_KEY_FILE_MAX 2048 /* bytes of a key file, with NUL */

/* Whether the file is sealed. */
int bc_key_file_sealed(const char *text);

/* Writes the file's text for a key, sealed if passphrase is not NULL (Argon2id, libsodium's
 * "moderate" limits). The text is a secret. BC_ERR_MEMORY, BC_ERR_CRYPTO. */
enum bc_result bc_key_file_format(const struct bc_skey *key, const char *passphrase,
                                  char out[BC_KEY_FILE_MAX]);

/* Reads the file's text (len bytes, then a NUL). passphrase may be NULL for a key that is not
 * sealed. BC_ERR_INVALID, BC_ERR_PASSPHRASE (wrong, or needed), BC_ERR_MEMORY, BC_ERR_CRYPTO. */
enum bc_result bc_key_file_parse(const char *text, size_t len, const char *passphrase,
                                 struct bc_skey *out);

/* The public part alone, which needs no passphrase. BC_ERR_INVALID. */
enum bc_result bc_key_file_public(const char *text, size_t len, struct bc_vkey *out);

#endif
