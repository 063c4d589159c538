/* SPDX-License-Identifier: BSD-2-Clause */
#include "pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What others wrote into the environment does not choose a program for root, at whose terminal
 * somebody else may be reading. */
static const char *program(void)
{
    const char *own = geteuid() == 0 ? NULL : getenv("PAGER");

    return own && own[0] && !strchr(own, ' ') ? own : "/usr/bin/less";
}

static int start(const char *path, int in, pid_t *pid)
{
    char *argv[] = {(char *)(uintptr_t)path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t interrupt;
    int rc;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return 0;
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return 0;
    }
    (void)sigemptyset(&interrupt);
    (void)sigaddset(&interrupt, SIGINT);
    (void)sigaddset(&interrupt, SIGPIPE);
    rc = posix_spawnattr_setsigdefault(&attributes, &interrupt);
    if (rc == 0)
        rc = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, in, 0);
    if (rc == 0)
        rc = posix_spawnp(pid, path, &actions, &attributes, argv, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return rc == 0;
}

/* The reader may have seen enough before the end. */
static void feed(int fd, const char *text, size_t len)
{
    FILE *to = fdopen(fd, "w");

    if (to) {
        (void)fwrite(text, 1, len, to);
        (void)fclose(to);
    } else
        (void)close(fd);
}

/* 1 if the pager ran to its end by itself. */
static int page(const char *text, size_t len)
{
    int pair[2], status = 1;
    pid_t pid;

    if (pipe2(pair, O_CLOEXEC) != 0)
        return 0;
    if (setenv("LESSSECURE", "1", 1) != 0 || !start(program(), pair[0], &pid)) {
        (void)close(pair[0]);
        (void)close(pair[1]);
        return 0;
    }
    (void)close(pair[0]);
    feed(pair[1], text, len);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

void bc_pager_show(const char *text, size_t len, FILE *to)
{
    int shown = 0;

    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
        void (*broken)(int) = signal(SIGPIPE, SIG_IGN);
        (void)fflush(stdout);
        shown = page(text, len);
        (void)signal(SIGINT, interrupt);
        (void)signal(SIGPIPE, broken);
    }
    if (!shown)
        (void)fwrite(text, 1, len, to);
}

int bc_pager_read(char *out, size_t cap)
{
    size_t len = 0;
    int c;

    (void)fflush(stdout);
    while ((c = getchar()) != EOF && c != '\n') {
        if (len + 1 < cap)
            out[len] = (char)c;
        len++;
    }
    if (c == EOF || len == 0 || len >= cap)
        return 0;
    out[len] = '\0';
    return strlen(out) == len;
}
