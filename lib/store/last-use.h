/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LAST_USE_H
#define BC_LAST_USE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/result.h"
#include "consent/leaf.h"

/*
 * The day of a subject's last allowed use on this host, from which several laws
 * count: an empty file a subject in the folder "activity" of the state folder,
 * whose time of modification is the day. It is unsigned and no part of the store:
 * without it the clocks count from the grant, so deletion comes earlier, never later.
 *
 * The file's name is the first 32 hex digits of SHA-256 over the key of the
 * subject's leaf. state is a folder's descriptor throughout.
 */

#define BC_LAST_USE_FOLDER "activity"

/* Makes the folder, owned by uid and gid (-1: the caller's). BC_OK too if it is there. BC_ERR_IO.
 */
enum bc_result bc_last_use_init(int state, uid_t uid, gid_t gid);

/* Notes that the subject of the leaf was allowed at POSIX time now: at most one write a subject a
 * day, and never an earlier day than is noted. BC_ERR_NOT_FOUND (no folder), BC_ERR_IO. */
enum bc_result bc_last_use_note(int state, const struct bc_leaf *leaf, int64_t now);

/* When that was. BC_ERR_NOT_FOUND, BC_ERR_IO. */
enum bc_result bc_last_use_last(int state, const struct bc_leaf *leaf, int64_t *out);

/* Forgets the subject, durably. BC_OK too if there is nothing. BC_ERR_IO. */
enum bc_result bc_last_use_forget(int state, const struct bc_leaf *leaf);

#endif
