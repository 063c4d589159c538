/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_HOST_FILES_H
#define BC_HOST_FILES_H

#include <limits.h>
#include <sys/stat.h>

#include "base/result.h"

/* Everything that lies below a folder, whatever its names and kinds are: bounded, without following
 * a link or opening anything but folders. */

#define BC_HOST_FILES_MAX 100000 /* entries of one walk */
#define BC_HOST_DEPTH_MAX 16

/* path is a folder's and the entry's name as they are, not fit for a terminal. */
struct bc_host_file {
    const char *path;
    struct stat st;
};

/* Calls each for whatever is not a folder, until it does not return BC_OK. A folder that is not
 * there holds nothing; base may be reached through links. BC_ERR_TOO_LARGE: more than that, deeper
 * than that, or a path too long; BC_ERR_IO: a folder could not be read; each was then called for
 * all others. */
enum bc_result bc_directory_walk(const char *base,
                                 enum bc_result (*each)(void *ctx, const struct bc_host_file *file),
                                 void *ctx);

#endif
