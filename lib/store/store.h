/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STORE_H
#define BC_STORE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/result.h"
#include "consent/leaf.h"

/*
 * The store and its tables. It verifies nothing: what comes out of here is the
 * claim of the process that wrote the file (snapshot.h verifies).
 *
 * store/data.mdb is the LMDB environment, store/lock the lock of lock.h. A
 * handle serves one transaction, then is closed. Never used across fork.
 */

#define BC_STORE_READER_WAIT_MS 1500
#define BC_STORE_WRITER_WAIT_MS 30000

enum bc_store_mode {
    BC_STORE_DECIDE, /* read-only, for a decision: short */
    BC_STORE_READ,   /* read-only, for as long as it takes; no writer meanwhile */
    BC_STORE_WRITE,
    BC_STORE_CREATE, /* like write, on a store that must not exist yet */
};

struct bc_store;

struct bc_store_options {
    const char *folder;
    uid_t owner;                         /* who, other than root, may own the files */
    gid_t group;                         /* of new files */
    int wait_ms;                         /* for the lock */
    void (*waiting)(void *ctx, int pid); /* called once if the lock is held; may be NULL */
    void *ctx;
};

/* Bytes inside the map: valid until the store is changed or closed. */
struct bc_bytes {
    const unsigned char *data;
    size_t len;
};

/* Locks, checks and opens the store and begins its transaction. where names the file on failure;
 * it may be NULL. Errors of bc_file_open; BC_ERR_BUSY; BC_ERR_CORRUPT (empty, shorter than its own
 * meta page says, not a store, another format); BC_ERR_EXISTS; BC_ERR_IO; BC_ERR_MEMORY. */
enum bc_result bc_store_open(const struct bc_store_options *options, enum bc_store_mode mode,
                             struct bc_store **out, struct bc_where *where);

/* Whether the folder holds a store, of whatever quality. */
int bc_store_exists(const struct bc_store_options *options);

/* Makes everything put since the opening durable, atomically. On failure the old state stays.
 * BC_ERR_BUSY if readers did not let go; BC_ERR_IO with errno (ENOSPC, EIO, EFBIG). Either way the
 * store can only be closed afterwards. */
enum bc_result bc_store_commit(struct bc_store *s);

/* Abandons what was not committed, and frees s. NULL is allowed. Keeps errno. */
void bc_store_close(struct bc_store *s);

/* ---- tables ---- */

/* The signed checkpoint. BC_ERR_NOT_FOUND, BC_ERR_TOO_LARGE. */
enum bc_result bc_store_checkpoint(struct bc_store *s, struct bc_bytes *out);
enum bc_result bc_store_put_checkpoint(struct bc_store *s, const void *note, size_t len);

/* Salt and payload of an event. BC_ERR_NOT_FOUND, BC_ERR_ERASED, BC_ERR_CORRUPT (too short, too
 * long). An event is put behind all others: BC_ERR_EXISTS. */
enum bc_result bc_store_event(struct bc_store *s, uint64_t index, struct bc_bytes *salt,
                              struct bc_bytes *payload);
enum bc_result bc_store_put_event(struct bc_store *s, uint64_t index,
                                  const unsigned char salt[BC_SALT_BYTES], const void *payload,
                                  size_t len);

/* Gets the commitment that is left of an erased event. BC_ERR_NOT_FOUND; BC_ERR_EXISTS if the event
 * is not erased. */
enum bc_result bc_store_erased(struct bc_store *s, uint64_t index, struct bc_hash *commitment);

/* Puts the commitment in the place of salt and payload, and marks the store to be rewritten. */
enum bc_result bc_store_erase_event(struct bc_store *s, uint64_t index,
                                    const struct bc_hash *commitment);

/* Whether the store has that mark: free pages may still hold what was erased. */
int bc_store_wants_rewrite(struct bc_store *s);

/* The register slot and leaf bytes under a key of leaf.h; the bytes are valid until the next call.
 * BC_ERR_NOT_FOUND, BC_ERR_CORRUPT. To put: BC_ERR_INVALID for what is no key, or no leaf of it. */
enum bc_result bc_store_subject(struct bc_store *s, const void *key, size_t key_len, uint64_t *slot,
                                struct bc_bytes *leaf);
enum bc_result bc_store_put_subject(struct bc_store *s, const void *key, size_t key_len,
                                    uint64_t slot, const void *leaf, size_t len);
/* BC_ERR_NOT_FOUND. */
enum bc_result bc_store_remove_subject(struct bc_store *s, const void *key, size_t key_len);

/* Whether a subject's key exists that begins with these bytes. BC_OK or BC_ERR_NOT_FOUND. */
enum bc_result bc_store_subject_prefix(struct bc_store *s, const void *prefix, size_t len);

/* The text of a notice by its SHA-256, which is set where it is put. BC_ERR_NOT_FOUND. */
enum bc_result bc_store_notice(struct bc_store *s, const struct bc_hash *hash,
                               struct bc_bytes *text);
enum bc_result bc_store_put_notice(struct bc_store *s, const void *text, size_t len,
                                   struct bc_hash *hash);

/*
 * Reads the subjects whose key begins with the len bytes of prefix, in key order:
 *
 *     struct bc_store_cursor c = {.store = s, .prefix = "", .len = 0};
 *     while (bc_store_cursor_subject(&c, &slot, &leaf))
 *         ...
 *     r = bc_store_cursor_end(&c);
 */
struct bc_store_cursor {
    struct bc_store *store;
    const void *prefix;
    size_t len;
    void *place;                       /* inside the store; NULL before the first */
    enum bc_result result;             /* where the caller sets it, the reading ends with it */
    unsigned char buffer[BC_LEAF_MAX]; /* of the leaf that was given last */
};

/* Gives the next subject; the leaf's bytes are valid until the next call. 1, or 0 at the end or at
 * the first failure. */
int bc_store_cursor_subject(struct bc_store_cursor *c, uint64_t *slot, struct bc_bytes *leaf);

/* Gives in the same way, of every notice that was ever published, the next text. The prefix is one
 * of the text's SHA-256. */
int bc_store_cursor_notice(struct bc_store_cursor *c, struct bc_bytes *text);

/* Ends the reading, at any place. BC_OK, BC_ERR_CORRUPT, BC_ERR_IO, BC_ERR_MEMORY. */
enum bc_result bc_store_cursor_end(struct bc_store_cursor *c);

/* ---- copies ---- */

/* Copies what is live, row by row, into a new file, makes it durable and renames it over the old
 * one: LMDB leaves what was erased in free pages and in the slack of others, where a copy by pages
 * keeps some of it. Decisions go on meanwhile. Errors of bc_store_open and bc_store_commit; the old
 * file then stays, with its mark. */
enum bc_result bc_store_rewrite(const struct bc_store_options *options, struct bc_where *where);

/* Puts the file at path, which is in the same file system and whose store no process has open, in
 * the place of the store's file, whatever its condition, under the writer's lock. Decisions go on
 * meanwhile. On failure the old file stays. Errors of bc_file_open_folder and of the lock;
 * BC_ERR_IO. */
enum bc_result bc_store_replace(const struct bc_store_options *options, const char *path,
                                struct bc_where *where);

/*
 * Copies what is live in an open store, row by row, into a new store, so that
 * a caller can show how far the copy has come:
 *
 *     r = bc_store_copy_begin(from, &options, &copy);
 *     if (r == BC_OK) {
 *         while (bc_store_copy_step(copy, &done, &all))
 *             show(done, all);
 *         r = bc_store_copy_end(copy);
 *     }
 */
struct bc_store_copy;

/* Begins a copy into options->folder, which exists and holds no store; its files get the owner and
 * group of options and mode 0600. from must stay open and unchanged until bc_store_copy_end.
 * BC_ERR_EXISTS, BC_ERR_TOO_LARGE, BC_ERR_IO with errno, BC_ERR_MEMORY. */
enum bc_result bc_store_copy_begin(struct bc_store *from, const struct bc_store_options *options,
                                   struct bc_store_copy **out);

/* Copies the next rows. Returns 1 with *done of *all rows; or 0 when none is left or a copy failed.
 */
int bc_store_copy_step(struct bc_store_copy *copy, uint64_t *done, uint64_t *all);

/* Copies what is left, makes the copy durable, and frees copy. On failure the folder may hold a
 * part of a store, which the caller removes. BC_ERR_IO with errno, BC_ERR_CORRUPT, BC_ERR_MEMORY.
 */
enum bc_result bc_store_copy_end(struct bc_store_copy *copy);

#endif
