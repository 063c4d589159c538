/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PENDING_H
#define BC_PENDING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/result.h"
#include "consent/event.h"

/*
 * Withdrawals and acceptances of people on this host, until the administrator signs them: one file
 * each in the spool folder. They are unsigned. A withdrawal refuses at once; an acceptance allows
 * nothing. A withdrawal of a uid cancels all its acceptances, and while it is pending none is
 * taken.
 *
 *     UID                        the file of a withdrawal
 *
 *     withdrawal/1
 *     uid <decimal>
 *     name <account>
 *     time <RFC 3339>
 *
 *     UID-XXXXXXXXXXXXXXXX       of an acceptance: 16 hex digits of its notice
 *
 *     acceptance/1
 *     uid <decimal>
 *     name <account>
 *     notice <id> <SHA-256>
 *     log <decimal>              how many events the log had: a later ending is newer
 *     typed <text>
 *     time <RFC 3339>
 */

#define BC_PENDING_ACCEPTANCES_MAX 8 /* of one uid */
#define BC_PENDING_TEXT_BYTES 2048   /* of a file, with NUL */
#define BC_PENDING_NAME_BYTES 40     /* of its name, with NUL */

enum bc_pending_kind {
    BC_PENDING_WITHDRAWAL,
    BC_PENDING_ACCEPTANCE,
    BC_PENDING_UNKNOWN, /* a file with the name of neither */
};

struct bc_pending {
    enum bc_pending_kind kind;
    char name[BC_PENDING_NAME_BYTES]; /* of the file; of an unknown one its beginning */
    enum bc_result fault;             /* not BC_OK: why nothing below could be read */
    struct bc_hash file;              /* SHA-256 of the file, where it was read or written */
    struct bc_subject subject;
    int64_t time;
    /* of an acceptance only: */
    char notice_id[BC_WORD_MAX + 1];
    struct bc_hash notice;
    uint64_t log_size;
    char typed[BC_TYPED_MAX + 1];
};

struct bc_pending_list {
    struct bc_pending *item; /* in the order of their names */
    size_t count;
};

/* The text of the file: *len bytes, and a NUL. BC_ERR_INVALID for what bc_pending_parse would not
 * read. */
enum bc_result bc_pending_format(const struct bc_pending *p, char out[BC_PENDING_TEXT_BYTES],
                                 size_t *len);

/* Reads one of kind; only what bc_pending_format writes. BC_ERR_INVALID. */
enum bc_result bc_pending_parse(enum bc_pending_kind kind, const char *text,
                                struct bc_pending *out);

/* Whose file of which kind has this name; *uid is set unless it is BC_PENDING_UNKNOWN. */
enum bc_pending_kind bc_pending_parse_name(const char *name, uint32_t *uid);

/* BC_OK: an acceptance of this notice by this uid is pending, or where notice is NULL a withdrawal,
 * whatever is in its file. BC_ERR_NOT_FOUND. BC_ERR_IO. folder is a descriptor, here and below. */
enum bc_result bc_pending_find(int folder, uint32_t uid, const struct bc_hash *notice);

/* How many acceptances of this uid are pending; SIZE_MAX if that cannot be told. */
size_t bc_pending_count_acceptances(int folder, uint32_t uid);

/* Writes it, atomically and durably, as a file of uid and gid; sets p->name and p->file. A
 * withdrawal leaves an earlier one of this uid as it is; an acceptance replaces one of the same
 * notice. BC_ERR_EXISTS: a withdrawal of this uid is pending. BC_ERR_TOO_LARGE:
 * BC_PENDING_ACCEPTANCES_MAX are pending. BC_ERR_INVALID, BC_ERR_IO. */
enum bc_result bc_pending_put(int folder, struct bc_pending *p, uid_t uid, gid_t gid);

/* Reads all of them; an acceptance must be a file of owner (any if (uid_t)-1). Free with
 * bc_pending_free. BC_ERR_IO, BC_ERR_MEMORY. */
enum bc_result bc_pending_read(int folder, uid_t owner, struct bc_pending_list *out);
void bc_pending_free(struct bc_pending_list *list);

/* Returns the withdrawal of this uid in the list, whatever is in its file; NULL if there is none.
 */
const struct bc_pending *bc_pending_withdrawal(const struct bc_pending_list *list, uint32_t uid);

/* Whether its file is still the one that was read. */
int bc_pending_unchanged(int folder, const struct bc_pending *p);

/* Removes an acceptance, durably, if its file is still the one that was read. BC_ERR_NOT_FOUND: it
 * is another, or gone. BC_ERR_IO. */
enum bc_result bc_pending_remove_acceptance(int folder, const struct bc_pending *p);

/* Removes all acceptances of this uid, durably. BC_ERR_IO. */
enum bc_result bc_pending_remove_acceptances(int folder, uint32_t uid);

/* Removes the withdrawal of this uid, durably. BC_ERR_IO. */
enum bc_result bc_pending_remove_withdrawal(int folder, uint32_t uid);

#endif
