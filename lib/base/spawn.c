/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/spawn.h"

#include <signal.h>

int bc_spawn_set_attributes(posix_spawnattr_t *attributes, short flags)
{
    sigset_t none, all;
    int rc;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attributes, &all);
    if (rc == 0)
        rc = posix_spawnattr_setflags(
            attributes, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | flags));
    return rc;
}
