/* SPDX-License-Identifier: BSD-2-Clause */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_RIGHTS                                                                               \
    (READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |                   \
     LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ALL_RIGHTS ((UINT64_C(1) << 13) - 1) /* every right of the first Landlock */

static void lack(char *missing, size_t cap, const char *what)
{
    size_t used = strlen(missing);

    (void)snprintf(missing + used, cap - used, "%s%s", used ? ", " : "", what);
}

static int set_limits(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_NPROC, &none) == 0 ? 0 : -1;
}

static int add_rule(int rules, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights};
    int rc;

    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW);
    if (beneath.parent_fd < 0)
        return errno == ENOENT ? 0 : -1;
    rc = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    (void)close(beneath.parent_fd);
    return rc;
}

static int landlock(const char *const *paths, size_t count, size_t count_read, char *missing,
                    size_t cap)
{
    struct landlock_ruleset_attr attr = {.handled_access_fs = ALL_RIGHTS};
    int rc = 0;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);

    if (rules < 0) {
        if (errno != ENOSYS && errno != EOPNOTSUPP)
            return -1;
        lack(missing, cap, "no Landlock on this kernel");
        return 0;
    }
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = add_rule(rules, paths[i], i < count_read ? READ_RIGHTS : WRITE_RIGHTS);
    if (rc == 0)
        rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
    (void)close(rules);
    return rc;
}

#ifndef BC_SANITIZED
static const struct sock_filter filter[] = {
#include "filter.h"
};

/* The filter was made by libseccomp when this was built (make-filter.c): the helper links it no more,
 * and starts a quarter faster. */
static int filter_calls(char *missing, size_t cap)
{
    const struct sock_fprog program = {sizeof filter / sizeof filter[0],
                                       (struct sock_filter *)(uintptr_t)filter};

    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL) {
        lack(missing, cap, "no seccomp on this kernel");
        return 0;
    }
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
#else
/* The sanitizers' own calls are not ours to list. */
static int filter_calls(char *missing, size_t cap)
{
    lack(missing, cap, "seccomp left out of a sanitizer build");
    return 0;
}
#endif

int bc_sandbox_enter(const char *const *paths, size_t count, size_t count_read, char *missing,
                     size_t cap)
{
    missing[0] = '\0';
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || set_limits() != 0)
        return -1;
    if (landlock(paths, count, count_read, missing, cap) != 0)
        return -1;
    return filter_calls(missing, cap);
}
