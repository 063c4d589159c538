/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_OUTPUT_H
#define BC_OUTPUT_H

#include <stdio.h>
#include <sys/types.h>

/* The output of a verb: to standard output, or into a file that is written whole or not at all. */

struct bc_output {
    FILE *to;
    const char *path; /* NULL: standard output */
    int folder;       /* descriptor of the file's folder */
    char name[256];   /* in that folder */
    mode_t mode;      /* of the file */
    char *data;       /* what was written so far */
    size_t len;
};

/* Begins to write; path NULL or "-" is standard output. What is at path stays until
 * bc_output_end, and is not replaced unless it is a regular file. The file gets mode 0600. Returns
 * 0 or the exit code after a message. */
int bc_output_begin(const char *path, struct bc_output *out);

/* Ends it: if code is 0, writes the file with bc_file_write; else leaves path as it
 * was. Returns code, or the exit code after a message. */
int bc_output_end(struct bc_output *out, int code);

/* Writes len bytes to path or standard output in one call; only the owner may read the file (mode
 * 0600). Returns 0, or the exit code after a message. */
int bc_output_write(const char *path, const void *data, size_t len);

/* The same, but everybody may read the file (mode 0644), and a failure ends the program. */
void bc_output_public(const char *path, const void *data, size_t len);

#endif
