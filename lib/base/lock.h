/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LOCK_H
#define BC_LOCK_H

#include <sys/types.h>

#include "base/result.h"

/*
 * The lock that replaces LMDB's own (with its shared mutexes one stopped reader
 * stops all processes, and its versions 0.9.25 to 0.9.31 fail when opens
 * overlap): three bytes of the file store/lock, locked by fcntl(2), so that the
 * kernel releases them when a process ends.
 *
 *     turnstile  exclusive for a writer that is about to commit, so that readers
 *                cannot starve it: they poll until it is free, and never hold it
 *     snapshot   shared by readers for a whole decision; exclusive for a commit
 *     writer     exclusive for a whole write; shared by long readers (verify)
 *
 * A decision lasts milliseconds. Readers that keep a writer from its commit for
 * BC_LOCK_STUCK_MS are stopped or frozen; the writer kills them and goes on.
 * tests/model/lock.pml is this lock as a model.
 */

#define BC_LOCK_STUCK_MS 3000

/* For a decision. fd is open for reading. BC_ERR_BUSY after wait_ms milliseconds; BC_ERR_IO. */
enum bc_result bc_lock_snapshot(int fd, int wait_ms);

/* For a writer (exclusive is not 0; fd open for writing) or a long reader. waiting, if not NULL, is
 * called once if another process holds the lock, with its process id (0: unknown). */
enum bc_result bc_lock_writer(int fd, int exclusive, int wait_ms,
                              void (*waiting)(void *ctx, int pid), void *ctx);

/* For the moment of the commit, by the holder of the writer lock. */
enum bc_result bc_lock_commit(int fd, int wait_ms);

/* Releases the snapshot byte, or all bytes. */
void bc_lock_commit_done(int fd);
void bc_lock_release(int fd);

/* For the moment in which the record of what this host has seen is compared again and written.
 * Locks the file "lock" of the folder, made for uid and gid if it is not there. Closing *fd
 * releases it. BC_ERR_BUSY, BC_ERR_IO. */
enum bc_result bc_lock_folder(int folder, int wait_ms, uid_t uid, gid_t gid, int *fd);

#endif
