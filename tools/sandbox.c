/* SPDX-License-Identifier: BSD-2-Clause */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
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
static const int allowed[] = {
    SCMP_SYS(read),        SCMP_SYS(pread64),       SCMP_SYS(write),        SCMP_SYS(close),
    SCMP_SYS(fstat),       SCMP_SYS(newfstatat),    SCMP_SYS(lseek),        SCMP_SYS(openat),
    SCMP_SYS(open),        SCMP_SYS(stat),          SCMP_SYS(lstat),        SCMP_SYS(fstatfs),
    SCMP_SYS(mmap),        SCMP_SYS(munmap),        SCMP_SYS(mremap),       SCMP_SYS(madvise),
    SCMP_SYS(brk),         SCMP_SYS(fcntl),         SCMP_SYS(fsync),        SCMP_SYS(renameat),
    SCMP_SYS(renameat2),   SCMP_SYS(unlinkat),      SCMP_SYS(fchmod),       SCMP_SYS(fchown),
    SCMP_SYS(getrandom),   SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(nanosleep),   SCMP_SYS(clock_nanosleep), SCMP_SYS(sendto),     SCMP_SYS(poll),
    SCMP_SYS(geteuid),     SCMP_SYS(getuid),        SCMP_SYS(getpid),       SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(exit),       SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall), SCMP_SYS(statx),     SCMP_SYS(getgid),       SCMP_SYS(getegid),
    SCMP_SYS(readlink),    SCMP_SYS(gettid),        SCMP_SYS(uname),        SCMP_SYS(access),
};

static int fill_filter(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) != 0)
            return -1;
    /* Memory that is written is never run. */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0)) == 0
               ? 0
               : -1;
}

static int filter_calls(char *missing, size_t cap)
{
    scmp_filter_ctx filter;
    int rc = -1;

    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL) {
        lack(missing, cap, "no seccomp on this kernel");
        return 0;
    }
    filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return -1;
    if (fill_filter(filter) == 0 && seccomp_load(filter) == 0)
        rc = 0;
    seccomp_release(filter);
    return rc;
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
