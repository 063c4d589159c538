/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_NOTICE_FILES_H
#define BC_NOTICE_FILES_H

#include "session.h"
#include "store/current-notice.h"

/* Notices as files: reading them, and holding them against their laws. */

/* A file of a notice, read and parsed. text is the caller's to free. */
struct bc_notice_text {
    struct bc_notice_file file;
    size_t len;
    char *text; /* and a NUL */
};

/* Reads the file at path. Returns 0, or the exit code after a message; then there is no text. */
int bc_notice_files_read(const char *path, struct bc_notice_text *out);

/* Reads the file that was published as this notice, and verifies it. Returns as
 * bc_notice_files_read. */
int bc_notice_files_published(struct bc_snapshot *s, const struct bc_notice *n,
                              struct bc_notice_text *out);

/* Finds a current notice by its id or the SHA-256 of its text, or ends the program. */
void bc_notice_files_find(struct bc_snapshot *s, const char *id_or_hash, struct bc_event *out);

/* Where findings go: lines on a stream, or objects in a JSON array if that is not NULL. */
struct bc_notice_findings {
    const char *path;
    FILE *out;
    json_t *json;
};

/* Lints the notice under the laws that it names. Returns 0, or the exit code after messages;
 * *applied (may be NULL) is then the notice as its laws complete it. */
int bc_notice_files_lint(const struct bc_session *session, const struct bc_notice_text *t,
                         struct bc_notice_findings *findings, struct bc_notice *applied);

#endif
