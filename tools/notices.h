/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_NOTICES_H
#define BC_NOTICES_H

#include "notice.h"
#include "snapshot.h"

/* Notices as files, and looking up accepted ones. */

/* A file of a notice, read and parsed: free with bc_notices_free. */
struct bc_notice_text {
    struct bc_notice_file file;
    size_t len;
    char *text; /* and a NUL */
};

/* Reads the file at path. NULL after a message; *code is then the exit code. */
struct bc_notice_text *bc_notices_read(const char *path, int *code);

/* What was published as this notice: its file, verified. NULL after a message. */
struct bc_notice_text *bc_notices_published(struct bc_snapshot *s, const struct bc_notice *n,
                                            int *code);

/* NULL is allowed. */
void bc_notices_free(struct bc_notice_text *t);

/* Calls each for every accepted version of every notice. */
enum bc_reason bc_notices_each(struct bc_snapshot *s,
                               void (*each)(void *ctx, uint64_t index, const struct bc_event *e),
                               void *ctx);

/* The newest accepted version of the notice with this id, or the accepted one whose text has this
 * SHA-256 (64 hex digits). BC_ALLOW, BC_NO_RECORD, BC_CORRUPT, BC_SYSTEM. */
enum bc_reason bc_notices_find(struct bc_snapshot *s, const char *id_or_hash,
                               struct bc_event *out);

#endif
