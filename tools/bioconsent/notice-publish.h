/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PUBLISH_H
#define BC_PUBLISH_H

#include <stdio.h>

#include "notice-files.h"
#include "session.h"

/* Holding a notice against its laws, and publishing it. */

/* Where findings go: lines on a stream, or objects in a JSON array if that is not NULL. */
struct bc_findings {
    const char *path;
    FILE *out;
    json_t *json;
};

/* Lints the notice under the laws that it names. Returns 0, or the exit code after messages;
 * *applied (may be NULL) is then the notice as its laws complete it. */
int bc_notice_publish_lint(struct bc_session *tool, const struct bc_notice_text *t,
                           struct bc_findings *findings, struct bc_notice *applied);

/* Publishes the file at path, signed; editorial: what changed, where that is
 * words only; else NULL. Returns the
 * exit code after messages. */
int bc_notice_publish(struct bc_session *tool, const char *path, const char *editorial,
                      const char *passphrase_file);

#endif
