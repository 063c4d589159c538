/* SPDX-License-Identifier: BSD-2-Clause */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "base/spawn.h"

#include <fcntl.h>
#include <signal.h>

static int set_attributes(posix_spawnattr_t *attributes, short flags)
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

static int set_descriptors(posix_spawn_file_actions_t *actions, const struct bc_spawn *s)
{
    const int from[] = {s->input, s->output, s->error};
    int rc = 0;

    for (int to = 0; rc == 0 && to <= 2; to++)
        if (from[to] == BC_SPAWN_NULL)
            rc = posix_spawn_file_actions_addopen(actions, to, "/dev/null",
                                                  to == 0 ? O_RDONLY : O_RDWR, 0);
        else if (from[to] >= 0)
            rc = posix_spawn_file_actions_adddup2(actions, from[to], to);
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(actions, 3);
#endif
    return rc;
}

int bc_spawn_start(const struct bc_spawn *s, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rc = posix_spawn_file_actions_init(&actions);

    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        rc = set_descriptors(&actions, s);
        if (rc == 0)
            rc = set_attributes(&attributes, s->flags);
        if (rc == 0 && s->search)
            rc = posix_spawnp(pid, s->path, &actions, &attributes, s->argv, s->envp);
        else if (rc == 0)
            rc = posix_spawn(pid, s->path, &actions, &attributes, s->argv, s->envp);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return rc;
}
