/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_INPUT_H
#define BC_INPUT_H

#include <stddef.h>

/* Files that others made; path "-" is standard input. Each call ends the program after a message
 * where the file cannot be read: BC_EXIT_NOT_FOUND if there is none, else BC_EXIT_REFUSED. */

/* Returns the first max + 1 bytes of a file at most, and a NUL after them, the caller's to free.
 * *len is their number: the caller must refuse a file of more than max bytes. */
char *bc_input_read(const char *path, size_t max, size_t *len);

/* Returns a whole file of at most max bytes and a NUL after them, the caller's to free. A larger
 * file ends the program, too. */
char *bc_input_whole(const char *path, size_t max, size_t *len);

#endif
