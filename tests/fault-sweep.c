/* SPDX-License-Identifier: BSD-2-Clause */

/* Every call that the module makes, going wrong at its first, second, … occurrence until a run
 * meets no more: once, and from there on. */

#include "fault.h"

#include <errno.h>
#include <security/pam_appl.h>

#define OCCURRENCES_MAX 800

/* The ways in which each call goes wrong; 0 ends them. */
const struct fault_way fault_ways[] = {
    {"getrandom", {ENOSYS, EINTR, NOTHING, LESS, MORE}, 0},
    {"socketpair", {EMFILE, ENFILE, ENOMEM}, 0},
    {"fcntl", {EMFILE, EINVAL}, 0},
    {"posix_spawn_file_actions_init", {ENOMEM}, 0},
    {"posix_spawn_file_actions_adddup2", {ENOMEM, EBADF}, 0},
    {"posix_spawn_file_actions_addopen", {ENOMEM, EBADF}, 0},
    {"posix_spawn_file_actions_addclosefrom_np", {ENOMEM}, 0},
    {"posix_spawnattr_init", {ENOMEM}, 0},
    {"posix_spawnattr_setsigmask", {EINVAL}, 0},
    {"posix_spawnattr_setsigdefault", {EINVAL}, 0},
    {"posix_spawnattr_setflags", {EINVAL}, 0},
    {"posix_spawn", {EAGAIN, ENOMEM, ENOENT, EACCES, ETXTBSY}, 0},
    {"pidfd_open", {ENOSYS, EMFILE, ESRCH}, 0},
    {"pidfd_send_signal", {EPERM, ESRCH}, 0},
    {"send", {EPIPE, EAGAIN, ENOBUFS, EINTR, NOTHING, LESS, MORE}, 0},
    {"poll", {ENOMEM, EINVAL, EINTR, NOTHING}, 0},
    {"recv", {ECONNRESET, EAGAIN, ENOMEM, EINTR, NOTHING, LESS, MORE}, 0},
    {"recv", {FAR_MORE}, 0},
    {"waitid", {ECHILD, EINTR}, 0},
    {"close", {EIO, EINTR}, 0},
    {"clock_gettime", {EINVAL}, 0},
    {"pam_get_user", {PAM_CONV_ERR, PAM_BUF_ERR, PAM_SYSTEM_ERR, NOTHING}, 0},
    {"getpwnam_r", {ENOMEM, EMFILE, EIO, ERANGE, EINTR, NOTHING}, 0},
    {"pam_get_item", {PAM_BAD_ITEM, NOTHING}, 0},
    {"pam_prompt", {PAM_CONV_ERR, PAM_BUF_ERR}, 0},
    {"pam_syslog", {ENOMEM}, 0},
    {"malloc", {ENOMEM}, 0},
    {"calloc", {ENOMEM}, 0},
    {"realloc", {ENOMEM}, 0},
    {"geteuid", {LIE}, 1},
    {"prctl", {EINVAL, NOTHING}, 1},
    {"lstat (socket)", {ENOENT, EACCES, NOTHING}, 1},
    {"lstat (folder)", {ENOENT, LIE, MORE, NOTHING}, 1},
    {"socket", {EMFILE, ENOMEM}, 1},
    {"connect", {ECONNREFUSED, EAGAIN, EACCES}, 1},
    {"getsockopt", {EINVAL, NOTHING, LIE}, 1},
    {"send", {EPIPE, EAGAIN, LESS}, 1},
    {"poll", {ENOMEM, NOTHING}, 1},
    {"recv", {ECONNRESET, NOTHING, LESS}, 1},
    {"getrandom", {ENOSYS, LESS}, 1},
};
const size_t fault_way_count = sizeof fault_ways / sizeof fault_ways[0];

/* The n-th, for n = 1, 2, … until none is met. Returns in how many runs it was. */
static unsigned each_occurrence(int (*run)(void *ctx), const char *(*judge)(void *ctx, int ended),
                                void *ctx, const char **wrong)
{
    unsigned met = 0;

    for (fault.nth = 1; fault.nth <= OCCURRENCES_MAX; fault.nth++) {
        int ended = run(ctx);
        if (!outcome->injected && ended)
            return met;
        met++;
        *wrong = judge(ctx, ended);
        if (*wrong)
            return met;
    }
    *wrong = "it never came to an end";
    return met;
}

unsigned fault_sweep(const struct fault_way *way, int (*run)(void *ctx),
                     const char *(*judge)(void *ctx, int ended), void *ctx, const char **wrong)
{
    unsigned met = 0;

    fault.call = way->call;
    for (size_t h = 0; h < 8 && way->how[h]; h++) {
        fault.how = way->how[h];
        for (fault.onwards = 0; fault.onwards < 2 && !*wrong; fault.onwards++)
            met += each_occurrence(run, judge, ctx, wrong);
    }
    return met;
}
