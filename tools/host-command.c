/* SPDX-License-Identifier: BSD-2-Clause */
#include "host-command.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_SECONDS 15

__attribute__((noreturn)) static void become(const char *const argv[], const gid_t *only_group,
                                             int output)
{
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language[] = "LC_ALL=C";
    char *const envp[] = {path, language, NULL};
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (null >= 0 && dup2(null, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2 &&
        (!only_group || setgroups(1, only_group) == 0))
        (void)execve(argv[0], (char *const *)(uintptr_t)argv, envp);
    _exit(127);
}

/* Reads to the end, and keeps what there is room for. 0 when time is up. */
static int listen_to(int fd, char *out, size_t cap)
{
    time_t until = time(NULL) + DEADLINE_SECONDS;
    char buffer[512];
    size_t used = 0;

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n = poll(&p, 1, 1000) > 0 ? read(fd, buffer, sizeof buffer) : -1;
        for (ssize_t i = 0; i < n && used + 1 < cap; i++)
            out[used++] = buffer[i];
        if (cap)
            out[used] = '\0';
        if (n == 0)
            return 1;
        if (time(NULL) > until)
            return 0;
    }
}

int bc_host_command(const char *const argv[], const gid_t *only_group, char *out, size_t cap)
{
    int ends[2], status = 0, in_time;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid = fork();
    if (pid == 0)
        become(argv, only_group, ends[1]);
    close(ends[1]);
    in_time = pid > 0 && listen_to(ends[0], out, cap);
    close(ends[0]);
    if (pid < 0)
        return -1;
    if (!in_time)
        (void)kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return in_time && WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
}
