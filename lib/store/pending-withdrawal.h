/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SPOOL_H
#define BC_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/result.h"
#include "consent/event.h"

/*
 * Withdrawals that wait to be signed: one file a subject in the spool folder,
 * named after the uid. Unsigned, because it can only take permission away.
 *
 *     withdrawal/1
 *     uid <decimal>
 *     name <account>
 *     time <RFC 3339>
 */

struct bc_pending_withdrawal {
    struct bc_subject subject;
    int64_t time;
    struct bc_hash file; /* SHA-256 of the file; only where it was read */
};

/* Reads a file of the spool, which is regular and has at most max bytes, none of them NUL. *text is
 * the caller's to free. hash, of all its bytes, may be NULL. BC_ERR_IO, BC_ERR_UNTRUSTED (not a
 * regular file, or not owner's), BC_ERR_TOO_LARGE, BC_ERR_INVALID, BC_ERR_MEMORY. */
enum bc_result bc_pending_withdrawal_read_file(int folder, const char *name, uid_t owner,
                                               size_t max, char **text, struct bc_hash *hash);

/* Leaves the withdrawal, atomically and durably; an earlier one of this uid stays as it is.
 * folder is a descriptor. BC_ERR_IO, BC_ERR_INVALID. */
enum bc_result bc_pending_withdrawal_put(int folder, const struct bc_pending_withdrawal *p,
                                         uid_t uid, gid_t gid);

/* BC_OK: a withdrawal of this uid waits, whatever is in it. BC_ERR_NOT_FOUND. BC_ERR_IO. */
enum bc_result bc_pending_withdrawal_has(int folder, uint32_t uid);

/* Calls each for every waiting withdrawal; a file that is not one gets a NULL pending and its name
 * (sanitised). Stops at the first result that is not BC_OK. */
enum bc_result bc_pending_withdrawal_each(
    int folder,
    enum bc_result (*each)(void *ctx, const struct bc_pending_withdrawal *p, const char *name),
    void *ctx);

/* Removes the withdrawal of this uid, durably. BC_ERR_IO. */
enum bc_result bc_pending_withdrawal_remove(int folder, uint32_t uid);

#endif
