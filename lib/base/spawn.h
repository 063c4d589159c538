/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SPAWN_H
#define BC_SPAWN_H

#include <spawn.h>

/* For initialised attributes of a program that is started with no signal blocked or ignored,
 * whatever the caller does with signals. flags are further POSIX_SPAWN_ flags; with
 * POSIX_SPAWN_SETPGROUP the child leads a new process group, the default of these attributes.
 * Returns 0 or an errno. */
int bc_spawn_set_attributes(posix_spawnattr_t *attributes, short flags);

#endif
