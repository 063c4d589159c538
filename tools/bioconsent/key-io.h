/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_KEY_IO_H
#define BC_KEY_IO_H

#include <stddef.h>
#include <sys/types.h>

#include "common/input.h"
#include "proof/note.h"

/* The signing key, and the files that decisions rest on. What fails ends the program after a
 * message, unless a call says otherwise. */

/* Writes a file whose folders must be root's or ours, atomically and durably, with this mode; an
 * absolute path. Returns 0, or the exit code after a message. */
int bc_key_io_write_trusted(const char *path, const void *data, size_t len, mode_t mode);

/* Reads a passphrase from the first line of file, or from the terminal where that is NULL, twice
 * with confirm. It is the caller's: bc_key_io_free_passphrase, which wipes it; NULL is allowed. */
char *bc_key_io_read_passphrase(const char *file, int confirm);
void bc_key_io_free_passphrase(char *passphrase);

/* Writes a new key, sealed with the passphrase unless that is NULL. */
void bc_key_io_write(const struct bc_skey *key, const char *path, const char *passphrase);

/* Reads a key. If it is sealed, its passphrase comes from passphrase_file, or from the terminal
 * where that is NULL. *sealed says whether it was. */
void bc_key_io_read(const char *path, const char *passphrase_file, struct bc_skey *key,
                    int *sealed);

#endif
