/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PASSPHRASE_H
#define BC_PASSPHRASE_H

/* Reads a passphrase of at most 1023 bytes from a file's first line, or from the terminal where
 * file is NULL; there twice if confirm. Allocated: give it to bc_passphrase_free. NULL after a
 * message. */
char *bc_passphrase_read(const char *file, int confirm);

/* Wipes and frees. NULL is allowed. */
void bc_passphrase_free(char *passphrase);

#endif
