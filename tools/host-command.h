/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_HOST_COMMAND_H
#define BC_HOST_COMMAND_H

#include <sys/types.h>

/* Programs of the host that the tool runs for itself, to their end and within 15 seconds. */

/* Runs argv[0], an absolute path, without a shell, with nothing of our environment; output (both
 * streams, cut at cap - 1 bytes, then NUL) goes to out, which may be NULL with cap 0. only_group: the
 * one supplementary group it gets; NULL leaves the groups as they are. Its exit status; -1 if it did
 * not start, was killed, or took too long. */
int bc_host_command(const char *const argv[], const gid_t *only_group, char *out, size_t cap);

#endif
