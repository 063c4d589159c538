/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_NOTICES_H
#define BC_NOTICES_H

#include "store/current-notice.h"

/* Notices as files. */

/* A file of a notice, read and parsed: free with bc_notice_files_free. */
struct bc_notice_text {
    struct bc_notice_file file;
    size_t len;
    char *text; /* and a NUL */
};

/* Reads the file at path. NULL after a message; *code is then the exit code. */
struct bc_notice_text *bc_notice_files_read(const char *path, int *code);

/* What was published as this notice: its file, verified. NULL after a message. */
struct bc_notice_text *bc_notice_files_published(struct bc_snapshot *s, const struct bc_notice *n,
                                                 int *code);

/* NULL is allowed. */
void bc_notice_files_free(struct bc_notice_text *t);

#endif
