/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_INPUT_H
#define BC_INPUT_H

#include <stddef.h>

/* Reads a file that others made, or standard input if path is "-". Returns its first max + 1 bytes
 * at most, and a NUL after them, the caller's to free. *len is their number: the caller must refuse
 * a file of more than max bytes. Ends the program after a message where the file cannot be read:
 * BC_EXIT_NOT_FOUND if there is none, else BC_EXIT_REFUSED. */
char *bc_input(const char *path, size_t max, size_t *len);

#endif
