/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SANDBOX_H
#define BC_SANDBOX_H

#include <stddef.h>

/* What the helper gives up before it opens the store. */

/* From now on: no new privileges, no new files but below these folders (the first count_read of them
 * for reading only, the others for reading and writing), no programs, no sockets, no other
 * processes. paths are absolute. What the kernel lacks is named in missing, which is empty if
 * nothing is; that is not a failure. Returns 0, or -1 with errno if something that the kernel has
 * could not be applied: the helper then refuses. */
int bc_sandbox_enter(const char *const *paths, size_t count, size_t count_read, char *missing,
                     size_t cap);

#endif
