/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_RECEIPTS_H
#define BC_RECEIPTS_H

#include "ask.h"
#include "tool.h"

/* Receipts, as the helper hands them out, into files: evidence that bioconsent-verify(1) takes. */

/* The receipt of an event of this subject, or of its newest where event is NULL; *sheet is then to be
 * freed. BC_ALLOW, or the reason. */
enum bc_reason bc_receipts_fetch(const struct bc_tool *tool, const struct bc_subject *subject,
                                 const uint64_t *event, struct bc_sheet *sheet);

/* Fetches and writes it, after something was recorded; nothing where path is NULL. Returns 0, or the exit code after a
 * message that says that the event stands. */
int bc_receipts_save(const struct bc_tool *tool, const char *path, const struct bc_subject *subject,
                     const uint64_t *event);

#endif
