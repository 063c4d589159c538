/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "base/text.h"

#define GRACE_MS 500 /* for descendants that still hold the pipes when the program has ended */

/* One pipe that is being read. */
struct stream {
    int fd; /* -1: at its end */
    size_t len, max;
    char *data; /* max + 2 bytes, the last always NUL */
};

struct running {
    pid_t pid;
    int pidfd;
    int64_t until;
    struct stream out, err;
};

/* Starts the program, with these pipes as its standard output and error where it has no terminal.
 * One at the terminal stays in our group: a program of another group may not read from it. Returns
 * 0 or an errno. */
static int start_program(const struct bc_subprocess *run, int out, int err, pid_t *pid)
{
    const struct bc_spawn program = {.path = run->argv[0],
                                     .argv = (char *const *)(uintptr_t)run->argv,
                                     .envp = (char *const *)(uintptr_t)run->envp,
                                     .input = run->terminal ? BC_SPAWN_KEEP : BC_SPAWN_NULL,
                                     .output = run->terminal ? BC_SPAWN_KEEP : out,
                                     .error = run->terminal ? BC_SPAWN_KEEP : err,
                                     .flags = run->terminal ? 0 : POSIX_SPAWN_SETPGROUP};

    return bc_spawn_start(&program, pid);
}

/* Opens a pipe, of which *end is the other end, and makes room for what is read. Returns 0 or an
 * errno. */
static int open_stream(struct stream *s, int *end)
{
    int ends[2];

    s->data = calloc(1, s->max + 2);
    if (!s->data)
        return ENOMEM;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    s->fd = ends[0];
    *end = ends[1];
    return 0;
}

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* Returns 1, or 0 if the program wrote more than the limit. */
static int read_stream(struct stream *s)
{
    ssize_t n = read(s->fd, s->data + s->len, s->max + 1 - s->len);

    if (n < 0 && errno == EINTR)
        return 1;
    if (n <= 0) {
        close_if_open(&s->fd);
        return 1;
    }
    s->len += (size_t)n;
    if (s->len <= s->max)
        return 1;
    s->data[s->max] = '\0';
    s->len = s->max;
    return 0;
}

/* Reads until the program has ended and both pipes have. */
static enum bc_run_end listen_to(struct running *p)
{
    int ended = 0;

    while (!ended || p->out.fd >= 0 || p->err.fd >= 0) {
        struct pollfd fds[] = {{.fd = p->out.fd, .events = POLLIN},
                               {.fd = p->err.fd, .events = POLLIN},
                               {.fd = ended ? -1 : p->pidfd, .events = POLLIN}};
        int64_t left = p->until - bc_clock_ms();
        int n = left > 0 ? poll(fds, 3, left < 60000 ? (int)left : 60000) : 0;
        if (n < 0 && errno != EINTR)
            return BC_RUN_KILLED;
        if (n == 0 && bc_clock_ms() >= p->until)
            return ended ? BC_RUN_EXITED : BC_RUN_DEADLINE;
        if (n <= 0)
            continue;
        if ((fds[0].revents && !read_stream(&p->out)) || (fds[1].revents && !read_stream(&p->err)))
            return BC_RUN_FLOODED;
        if (fds[2].revents && !ended) {
            ended = 1;
            if (p->until > bc_clock_ms() + GRACE_MS)
                p->until = bc_clock_ms() + GRACE_MS;
        }
    }
    return BC_RUN_EXITED;
}

/* Kills the group before its leader is reaped: until then no other group can have its number. */
static void end_group(struct running *p, const struct bc_subprocess *run, struct bc_run_result *r)
{
    int status;

    if (!run->terminal)
        (void)kill(-p->pid, SIGKILL);
    else if (r->end != BC_RUN_EXITED)
        (void)kill(p->pid, SIGKILL);
    while (waitpid(p->pid, &status, 0) < 0)
        if (errno != EINTR) {
            r->end = BC_RUN_KILLED;
            return;
        }
    if (r->end == BC_RUN_EXITED && WIFSIGNALED(status)) {
        r->end = BC_RUN_KILLED;
        r->status = WTERMSIG(status);
    } else if (WIFEXITED(status)) {
        r->status = WEXITSTATUS(status);
    }
}

void bc_subprocess_run(const struct bc_subprocess *run, struct bc_run_result *out)
{
    struct running p = {.pid = -1,
                        .pidfd = -1,
                        .until = bc_clock_ms() + run->timeout * 1000,
                        .out = {.fd = -1, .max = BC_REPLY_MAX},
                        .err = {.fd = -1, .max = BC_RUN_ERROR_MAX}};
    struct bc_run_result r = {.end = BC_RUN_NOT_STARTED};
    int out_end = -1, err_end = -1;

    (void)signal(SIGCHLD, SIG_DFL); /* the parent may have left it ignored */
    r.error = run->argv[0][0] == '/' ? open_stream(&p.out, &out_end) : EINVAL;
    if (r.error == 0)
        r.error = open_stream(&p.err, &err_end);
    if (r.error == 0)
        r.error = start_program(run, out_end, err_end, &p.pid);
    close_if_open(&out_end);
    close_if_open(&err_end);
    if (r.error == 0) {
        p.pidfd = (int)syscall(SYS_pidfd_open, p.pid, 0);
        r.end = p.pidfd >= 0 ? listen_to(&p) : BC_RUN_KILLED;
        end_group(&p, run, &r);
    }
    close_if_open(&p.pidfd);
    close_if_open(&p.out.fd);
    close_if_open(&p.err.fd);
    /* Control characters of another program's message reach no terminal; its lines stay lines. */
    for (size_t i = 0; i < p.err.len; i++)
        if (p.err.data[i] != '\n' && (p.err.data[i] < ' ' || p.err.data[i] > '~'))
            p.err.data[i] = '?';
    r.out = p.out.data ? p.out.data : calloc(1, 1);
    r.out_len = p.out.len;
    r.err = p.err.data ? p.err.data : calloc(1, 1);
    r.err_len = p.err.len;
    *out = r;
}

void bc_subprocess_free(struct bc_run_result *r)
{
    free(r->out);
    free(r->err);
    r->out = r->err = NULL;
}

void bc_subprocess_text(const struct bc_run_result *r, char *out, size_t cap)
{
    const char *lines = r->err ? r->err : "";
    char how[160], text[512];
    size_t end = strlen(lines), begin;

    if (r->end == BC_RUN_NOT_STARTED)
        (void)snprintf(how, sizeof how, "the command could not be started: %s", strerror(r->error));
    else if (r->end == BC_RUN_DEADLINE)
        (void)snprintf(how, sizeof how, "the command did not answer in time");
    else if (r->end == BC_RUN_FLOODED)
        (void)snprintf(how, sizeof how, "the command wrote too much");
    else if (r->end == BC_RUN_KILLED)
        (void)snprintf(how, sizeof how, "the command was ended by signal %d", r->status);
    else
        (void)snprintf(how, sizeof how, "exit %d", r->status);
    while (end > 0 && lines[end - 1] == '\n')
        end--;
    for (begin = end; begin > 0 && lines[begin - 1] != '\n';)
        begin--;
    (void)snprintf(text, sizeof text, "%s%s%.*s", how, end > begin ? ": " : "",
                   (int)(end - begin < 300 ? end - begin : 300), lines + begin);
    bc_text_sanitize(text, out, cap);
}
