/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SPAWN_H
#define BC_SPAWN_H

#include <spawn.h>

enum {
    BC_SPAWN_NULL = -1, /* /dev/null */
    BC_SPAWN_KEEP = -2, /* the caller's own */
};

/* A program to be started. Its signals are not blocked and not ignored, whatever the caller does
 * with them, and it inherits no descriptor but the standard ones (where the C library can close the
 * others). */
struct bc_spawn {
    const char *path;
    char *const *argv, *const *envp;
    int search; /* a path without a slash is looked for in PATH */
    int input, output,
        error;   /* standard descriptors: each a descriptor of the caller, or as above */
    short flags; /* POSIX_SPAWN_SETSID, POSIX_SPAWN_SETPGROUP (a group of its own), or 0 */
};

/* Starts it. Returns 0 with *pid, or an errno. */
int bc_spawn_start(const struct bc_spawn *s, pid_t *pid);

#endif
