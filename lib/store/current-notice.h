/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CURRENT_NOTICE_H
#define BC_CURRENT_NOTICE_H

#include "consent/notice.h"
#include "store/snapshot.h"

/*
 * The current notices, and their texts. To read every current version of every
 * notice:
 *
 *     bc_current_notice_begin(&c, s);
 *     while (bc_current_notice_next(&c, &index, &event))
 *         ...
 *     result = bc_current_notice_end(&c);
 */
struct bc_current_notices {
    struct bc_snapshot *s;
    struct bc_store_cursor rows;
    struct bc_leaf leaf; /* of the notice that is being read */
    size_t version;      /* the next one of leaf */
    struct bc_event event;
    enum bc_result result; /* where the caller sets it, the reading ends with it */
};

void bc_current_notice_begin(struct bc_current_notices *c, struct bc_snapshot *s);

/* Gives the next one, proven; *event is valid until the next call. 1, or 0 at the end or at the
 * first failure. */
int bc_current_notice_next(struct bc_current_notices *c, uint64_t *index,
                           const struct bc_event **event);

/* Ends it, wherever it stands. BC_OK, BC_ERR_CORRUPT, BC_ERR_MEMORY; errors of bc_snapshot_leaf. */
enum bc_result bc_current_notice_end(struct bc_current_notices *c);

/* The newest current version of the notice with this id, or the current one whose text has this
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
