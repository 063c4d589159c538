/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PAGER_H
#define BC_PAGER_H

#include <stddef.h>
#include <stdio.h>

/* Shows a text to the person at the terminal, and takes an answer. */

/* In a pager on a terminal, else on this stream. The pager is less, or for an ordinary user the
 * program that PAGER names; none is given a shell. */
void bc_pager_show(const char *text, size_t len, FILE *to);

/* Reads one line of at most cap - 1 bytes from standard input into out, without its newline. 1, or
 * 0 at the end of the input, for an empty line and for a longer one, which is read to its end. */
int bc_pager_read(char *out, size_t cap);

/* Asks the question with "[y/N]" on standard output. 1 for an answer that begins with y or Y. */
__attribute__((format(printf, 1, 2))) int bc_pager_confirm(const char *format, ...);

#endif
