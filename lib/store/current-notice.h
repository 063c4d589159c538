/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ACCEPTED_H
#define BC_ACCEPTED_H

#include "consent/notice.h"
#include "store/snapshot.h"

/* Looking up notices that are accepted, and their texts. */

/* Calls each for every accepted version of every notice. */
enum bc_result bc_current_notice_each(struct bc_snapshot *s,
                                      void (*each)(void *ctx, uint64_t index,
                                                   const struct bc_event *e),
                                      void *ctx);

/* The newest accepted version of the notice with this id, or the accepted one whose text has this
 * SHA-256 (64 hex digits). BC_OK, BC_ERR_NO_RECORD, BC_ERR_CORRUPT,
 * BC_ERR_SYSTEM. */
enum bc_result bc_current_notice_find(struct bc_snapshot *s, const char *id_or_hash,
                                      struct bc_event *out);

/* The file that was published as this notice, verified: *len bytes and a NUL, the caller's to free.
 * BC_OK, BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_current_notice_stored(struct bc_snapshot *s, const struct bc_notice *notice,
                                        char **text, size_t *len);

/* The release that a person has to type to accept the notice. BC_OK; BC_ERR_NO_NOTICE
 * for a text that is no notice file or has no release: nobody can accept it by typing;
 * BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_current_notice_release(struct bc_snapshot *s, const struct bc_notice *notice,
                                         char release[BC_SLOT_MAX + 1]);

#endif
