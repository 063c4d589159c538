/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_DIRECTORY_WALK_H
#define BC_DIRECTORY_WALK_H

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/result.h"

/* A cursor over everything below a folder, whatever its names and kinds are. The walk is bounded,
 * follows no link below the base, and opens nothing but folders. */

#define BC_DIRECTORY_WALK_ENTRIES_MAX 100000 /* of one walk */
#define BC_DIRECTORY_WALK_DEPTH_MAX 16       /* folders below the base */

struct bc_directory_walk {
    char path[PATH_MAX];    /* of the current entry: raw bytes, not fit for a terminal */
    enum bc_result trouble; /* the last one; the walk continues with the other entries */
    size_t seen;            /* entries */
    size_t open;            /* how many of the following are in use */
    DIR *dir[BC_DIRECTORY_WALK_DEPTH_MAX + 1];
    size_t len[BC_DIRECTORY_WALK_DEPTH_MAX + 1]; /* of each folder's path */
};

/* Opens the base; flags is 0, or O_NOFOLLOW where the base itself must not be a link. A folder that
 * does not exist holds nothing. The caller must call bc_directory_walk_end in any case. */
void bc_directory_walk_begin(struct bc_directory_walk *w, const char *base, int flags);

/* Moves to the next entry that is no folder; w->path and *st describe it. Returns 0 at the end. */
int bc_directory_walk_next(struct bc_directory_walk *w, struct stat *st);

/* Closes everything. Returns BC_OK where the caller has seen all entries. BC_ERR_TOO_LARGE: there
 * are more entries, deeper folders or a longer path than the limits allow; BC_ERR_IO: a folder or
 * an entry could not be read; BC_ERR_MEMORY. */
enum bc_result bc_directory_walk_end(struct bc_directory_walk *w);

#endif
