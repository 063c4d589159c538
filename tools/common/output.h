/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_OUTPUT_H
#define BC_OUTPUT_H

#include <stdio.h>

#include "base/args.h"

/* What a verb writes at length: to standard output, or into a file that is whole or not there. */

struct bc_output {
    FILE *to;
    const char *path; /* NULL: standard output */
    int folder;       /* descriptor of the file's folder */
    char name[256];   /* in that folder */
    char temporary[64];
};

/* Begins to write; path NULL or "-" is standard output. What stands at path stays until
 * bc_output_end, and is not replaced unless it is a regular file. Returns 0 or the exit code after
 * a message. */
int bc_output_begin(const char *path, struct bc_output *out);

/* Ends it: where code is 0, what was written is made durable and renamed to path (mode 0600); else
 * it is removed. Returns code, or the exit code after a message. */
int bc_output_end(struct bc_output *out, int code);

/* All of it at once, for everybody to read (mode 0644). Returns 0, or the exit code after a
 * message. */
int bc_output_public(const char *path, const void *data, size_t len);

/* The same, for the owner alone. */
int bc_output_write(const char *path, const void *data, size_t len);

#endif
