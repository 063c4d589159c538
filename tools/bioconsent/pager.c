/* SPDX-License-Identifier: BSD-2-Clause */
#include "pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/spawn.h"

/* Returns 1 if the pager ran to its end by itself; the reader may have seen enough before that. */
static int run_pager(const char *text, size_t len)
{
    /* The environment, which another user may have written, does not choose a program for root. */
    const char *own = geteuid() == 0 ? NULL : getenv("PAGER");
    const char *program = own && own[0] && !strchr(own, ' ') ? own : "/usr/bin/less";
    char *argv[] = {(char *)(uintptr_t)program, NULL};
    struct bc_spawn start = {.path = program,
                             .argv = argv,
                             .envp = environ,
                             .search = 1,
                             .output = BC_SPAWN_KEEP,
                             .error = BC_SPAWN_KEEP};
    int pair[2], rc, status = 1;
    FILE *to;
    pid_t pid;

    if (setenv("LESSSECURE", "1", 1) != 0 || pipe2(pair, O_CLOEXEC) != 0)
        return 0;
    start.input = pair[0];
    rc = bc_spawn_start(&start, &pid);
    (void)close(pair[0]);
    to = rc == 0 ? fdopen(pair[1], "w") : NULL;
    if (to) {
        (void)fwrite(text, 1, len, to);
        (void)fclose(to);
    } else {
        (void)close(pair[1]);
    }
    if (rc != 0)
        return 0;
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
        shown = run_pager(text, len);
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

int bc_pager_confirm(const char *format, ...)
{
    char answer[8];
    va_list args;

    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)printf(" [y/N] ");
    return bc_pager_read(answer, sizeof answer) && (answer[0] == 'y' || answer[0] == 'Y');
}
