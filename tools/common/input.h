/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_INPUT_H
#define BC_INPUT_H

#include <stddef.h>

/* Reads a whole untrusted file, or standard input if path is "-": at most max bytes, and a NUL
 * after them. *data is the caller's to free. Returns 0, or the exit code after a message. */
int bc_input(const char *path, size_t max, char **data, size_t *len);

#endif
