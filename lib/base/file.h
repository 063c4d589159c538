/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_FILE_H
#define BC_FILE_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/result.h"

/* The one way to open a file that decisions rest on, and the one way to write one. "Trusted" means:
 * the file and every folder above it is owned by root or by owner, and no other user may write it.
 * A folder that others may write is accepted only if it is sticky, since its entries are checked in
 * turn. */

/* A path of a component that a call found untrusted or could not open. */
struct bc_where {
    char path[4096];
};

/* Opens an absolute path read-only (O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK), checks the descriptor (a
 * regular file, owner, mode) and every folder above it. forbidden: mode bits that must not be set,
 * at least 022 is always added. On BC_OK *fd is the caller's to close. On failure where, if not
 * NULL, names the component. BC_ERR_INVALID (relative path, "." or ".." or links within),
 * BC_ERR_NOT_FOUND, BC_ERR_UNTRUSTED, BC_ERR_IO. */
enum bc_result bc_file_open(const char *path, uid_t owner, mode_t forbidden, int *fd,
                            struct bc_where *where);

/* The same for a folder; *fd is an O_DIRECTORY descriptor. */
enum bc_result bc_file_open_folder(const char *path, uid_t owner, mode_t forbidden, int *fd,
                                   struct bc_where *where);

/* Reads a whole trusted file of at most max bytes. *data is the caller's to free, has *len bytes
 * and a NUL after them. Errors as bc_file_open, BC_ERR_TOO_LARGE, BC_ERR_MEMORY. */
enum bc_result bc_file_read(const char *path, uid_t owner, mode_t forbidden, size_t max,
                            char **data, size_t *len, struct bc_where *where);

/* Reads a whole open file from its start, at most max bytes. Otherwise as above. */
enum bc_result bc_file_read_open(int fd, size_t max, char **data, size_t *len);

/* Replaces folder/name atomically and durably: writes a temporary file beside it with this mode and
 * owner (uid and gid; -1 keeps the caller's), syncs it, renames it, syncs the folder.
 * The old file is whole until the new one is. BC_ERR_IO with errno, BC_ERR_INVALID for a bad name.
 */
enum bc_result bc_file_write(int folder, const char *name, const void *data, size_t len,
                             mode_t mode, uid_t uid, gid_t gid);

/* Removes what bc_file_write left in a folder when it was killed: temporary files that no process
 * has written to for ten minutes before now (POSIX seconds). A file that cannot be removed stays.
 */
void bc_file_sweep(int folder, int64_t now);

/* Opens an open folder anew for readdir, since a directory stream moves the place of its
 * descriptor. The caller's to close with closedir. NULL on failure, with errno. */
DIR *bc_file_open_stream(int folder);

#endif
