/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ACCEPTANCE_H
#define BC_ACCEPTANCE_H

#include "store/pending-withdrawal.h"

/*
 * Acceptances that wait to be signed, beside the withdrawals: one file a subject
 * and notice, UID-XXXXXXXXXXXXXXXX with the first 16 hex digits of the SHA-256 of
 * the notice's text. Unsigned, so the gate grants nothing for them: it says that
 * they wait. A withdrawal of the uid ends them all, and while one waits none is
 * taken.
 *
 *     acceptance/1
 *     uid <decimal>
 *     name <account>
 *     notice <id> <SHA-256>
 *     log <decimal>              how many events the log had: a later ending is newer
 *     typed <text>
 *     time <RFC 3339>
 */

#define BC_ACCEPTANCES_MAX 8   /* of one subject */
#define BC_ACCEPTANCE_MAX 2048 /* bytes of a file */
#define BC_ACCEPTANCE_NAME 40  /* bytes of its name, with NUL */

struct bc_pending_acceptance {
    struct bc_subject subject;
    char notice_id[BC_WORD_MAX + 1];
    struct bc_hash notice;
    uint64_t log_size;
    char typed[BC_TYPED_MAX + 1];
    int64_t time;
    struct bc_hash file; /* SHA-256 of the file; only where it was read or written */
};

/* The file's text: *len bytes, and a NUL. BC_ERR_INVALID for what bc_pending_acceptance_parse would
 * not read. */
enum bc_result bc_pending_acceptance_format(const struct bc_pending_acceptance *a,
                                            char out[BC_ACCEPTANCE_MAX], size_t *len);

/* Strict: only what bc_pending_acceptance_format writes. BC_ERR_INVALID. */
enum bc_result bc_pending_acceptance_parse(const char *text, struct bc_pending_acceptance *out);

/* Whether name could be an acceptance's; its uid, if not NULL. */
int bc_pending_acceptance_name(const char *name, uint32_t *uid);

/* Leaves it, atomically and durably, in place of an earlier one of the same notice, and sets
 * a->file. BC_ERR_EXISTS: a withdrawal of this uid waits. BC_ERR_TOO_LARGE: BC_ACCEPTANCES_MAX wait
 * already. BC_ERR_INVALID, BC_ERR_IO. */
enum bc_result bc_pending_acceptance_put(int folder, struct bc_pending_acceptance *a, uid_t uid,
                                         gid_t gid);

/* BC_OK: one of this uid and notice waits, whatever is in it. BC_ERR_NOT_FOUND, BC_ERR_IO. */
enum bc_result bc_pending_acceptance_has(int folder, uint32_t uid, const struct bc_hash *notice);

/* How many of this uid wait; SIZE_MAX if that cannot be told. */
size_t bc_pending_acceptance_count(int folder, uint32_t uid);

/* Calls each for every file named as an acceptance: a is NULL and fault says why for one that is
 * none or not owner's. Stops at the first result that is not BC_OK. */
enum bc_result
bc_pending_acceptance_each(int folder, uid_t owner,
                           enum bc_result (*each)(void *ctx, const struct bc_pending_acceptance *a,
                                                  const char *name, enum bc_result fault),
                           void *ctx);

/* Whether it still waits as it was read. */
int bc_pending_acceptance_unchanged(int folder, const struct bc_pending_acceptance *a);

/* Removes it, durably, if it is still the file that was read. BC_ERR_NOT_FOUND: it is another, or
 * gone. BC_ERR_IO. */
enum bc_result bc_pending_acceptance_remove(int folder, const struct bc_pending_acceptance *a);

/* Removes all of this uid, durably. BC_ERR_IO. */
enum bc_result bc_pending_acceptance_drop(int folder, uint32_t uid);

#endif
