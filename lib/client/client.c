/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"

#define STEP "bioconsent/1 step "
#define DEADLINE_MS 5000 /* for the whole answer, however many steps it has */
#define GRACE_MS 200
#define ID_TYPE_PIDFD 3 /* P_PIDFD, which older headers lack */

static enum bc_reason set_fault(struct bc_fault *fault, const char *call, enum bc_reason reason)
{
    fault->call = call;
    fault->error = errno;
    return reason;
}

/* Waits until fd is readable: 1, 0 at the deadline, -1. */
static int wait_readable(int fd, int64_t until)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = until - bc_clock_ms();
        int n = left > 0 ? poll(&p, 1, left < DEADLINE_MS ? (int)left : DEADLINE_MS) : 0;
        if (n >= 0 || errno != EINTR)
            return n;
    }
}

/* Adds the text of a step, up to the end of its line. */
static int add_step(struct bc_client_steps *steps, const char *text, size_t len)
{
    size_t line = strnlen(text, len);
    const char *end = memchr(text, '\n', line);
    char *grown;

    line = end ? (size_t)(end - text) : line;
    if (steps->count == BC_CLIENT_STEPS_MAX)
        return 0;
    grown = realloc(steps->text, steps->len + line + 1);
    if (!grown)
        return 0;
    memcpy(grown + steps->len, text, line);
    grown[steps->len + line] = '\0';
    steps->text = grown;
    steps->len += line + 1;
    steps->count++;
    return 1;
}

/* Returns whether nothing follows an answer: a program that sends more has not answered. Its end of
 * the socket closes when it ends. */
static int is_last_packet(int fd, int64_t until)
{
    int64_t grace = bc_clock_ms() + GRACE_MS;
    ssize_t n;
    char more;

    if (wait_readable(fd, grace < until ? grace : until) < 0)
        return 0;
    n = recv(fd, &more, sizeof more, MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno == EAGAIN);
}

/* Sends the request and receives steps and the answer. For a caller that wants no steps a step is
 * no answer. */
static enum bc_reason exchange_packets(int fd, const struct bc_request *request,
                                       struct bc_client_steps *steps, int64_t until,
                                       struct bc_fault *fault)
{
    const size_t prefix = strlen(STEP);
    char packet[BC_STEP_MAX];
    enum bc_reason reason;
    size_t len;
    ssize_t n;
    int ready;

    if (bc_protocol_format_request(request, packet, &len) != BC_OK)
        return BC_REASON_BAD_NAME;
    if (send(fd, packet, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
        return set_fault(fault, "send", BC_REASON_HELPER);
    do {
        ready = wait_readable(fd, until);
        if (ready <= 0)
            return ready == 0 ? BC_REASON_DEADLINE : set_fault(fault, "poll", BC_REASON_SYSTEM);
        n = recv(fd, packet, sizeof packet, MSG_TRUNC | MSG_DONTWAIT);
        if (n < 0)
            return set_fault(fault, "recv", BC_REASON_HELPER);
        len = (size_t)n;
        if (len == 0 || len > sizeof packet)
            return BC_REASON_HELPER;
        if (!steps || len < prefix || memcmp(packet, STEP, prefix) != 0) {
            reason = bc_protocol_parse_answer(request->nonce, packet, len);
            return bc_reason_allows(reason) && !is_last_packet(fd, until) ? BC_REASON_HELPER
                                                                          : reason;
        }
    } while (add_step(steps, packet + prefix, len - prefix));
    return BC_REASON_HELPER;
}

/* Starts the program with the socket as its standard input and no other descriptor, environment or
 * session of the caller. Returns 0 or an errno. */
static int start_program(const char *helper, const char *config, int socket, pid_t *pid)
{
    char name[] = "bioconsent-check", option[] = "--config";
    char *argv[] = {name, config ? option : NULL, (char *)(uintptr_t)config, NULL};
    char *envp[] = {NULL};
    const struct bc_spawn program = {.path = helper,
                                     .argv = argv,
                                     .envp = envp,
                                     .input = socket,
                                     .output = BC_SPAWN_NULL,
                                     .error = BC_SPAWN_NULL,
                                     .flags = POSIX_SPAWN_SETSID};

    return bc_spawn_start(&program, pid);
}

/* Reaps the child and closes pidfd. A child that has not ended after a grace period is killed; kill
 * asks for that at once. By pidfd only: the caller may reap our child, and its number may then name
 * another process. */
static void end_child(int pidfd, int kill)
{
    siginfo_t info;

    if (pidfd < 0)
        return;
    kill = kill || wait_readable(pidfd, bc_clock_ms() + GRACE_MS) <= 0;
    /* If the caller reaped it before the pidfd was made, the number may name another process: only
     * a child can be waited for. */
    if (kill &&
        waitid((idtype_t)ID_TYPE_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
        (void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    if (!kill || wait_readable(pidfd, bc_clock_ms() + GRACE_MS) > 0)
        (void)waitid((idtype_t)ID_TYPE_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
    (void)close(pidfd);
}

static enum bc_reason ask_child(const char *helper, const char *config,
                                const struct bc_request *request, struct bc_client_steps *steps,
                                struct bc_fault *fault)
{
    int64_t until = bc_clock_ms() + DEADLINE_MS;
    enum bc_reason reason;
    int pair[2], low, pidfd, rc;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return set_fault(fault, "socketpair", BC_REASON_SYSTEM);
    low = pair[1];
    if (low <= 2) { /* the file actions of the child overwrite the standard descriptors */
        pair[1] = fcntl(low, F_DUPFD_CLOEXEC, 3);
        (void)close(low);
    }
    rc = pair[1] < 0 ? EMFILE : start_program(helper, config, pair[1], &pid);
    if (pair[1] >= 0)
        (void)close(pair[1]);
    if (rc != 0) {
        (void)close(pair[0]);
        errno = rc;
        return set_fault(fault, "posix_spawn", BC_REASON_HELPER);
    }
    pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    reason = exchange_packets(pair[0], request, steps, until, fault);
    (void)close(pair[0]);
    end_child(pidfd, reason == BC_REASON_DEADLINE);
    return reason;
}

/* Asks the decision service, if its socket stands where only root and its owner can have put it,
 * and if root or that owner bound it. */
static enum bc_reason ask_service(const struct bc_request *request, struct bc_client_steps *steps,
                                  struct bc_fault *fault)
{
    int64_t until = bc_clock_ms() + DEADLINE_MS;
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = BC_SERVICE_SOCKET};
    struct ucred server = {.uid = (uid_t)-1};
    socklen_t len = sizeof server;
    struct stat st, folder;
    enum bc_reason reason;
    int fd;

    errno = EPERM; /* where no call fails, but an owner is wrong */
    if (lstat(BC_SERVICE_SOCKET, &st) != 0 || !S_ISSOCK(st.st_mode) ||
        lstat(BC_SERVICE_FOLDER, &folder) != 0 || !S_ISDIR(folder.st_mode) || folder.st_uid != 0 ||
        (folder.st_mode & 022))
        return set_fault(fault, BC_SERVICE_SOCKET, BC_REASON_HELPER);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return set_fault(fault, "socket", BC_REASON_HELPER);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &len) == 0 &&
        (server.uid == 0 || server.uid == st.st_uid))
        reason = exchange_packets(fd, request, steps, until, fault);
    else
        reason = set_fault(fault, "connect", BC_REASON_HELPER);
    (void)close(fd);
    return reason;
}

const char *bc_client_next_step(const struct bc_client_steps *steps, const char *step)
{
    const char *next = step ? step + strlen(step) + 1 : steps->text;

    return steps->len && next < steps->text + steps->len ? next : NULL;
}

enum bc_reason bc_client_ask(const char *helper, const char *config, struct bc_request *request,
                             struct bc_client_steps *steps, struct bc_fault *fault)
{
    unsigned char random[BC_NONCE_DIGITS];

    *fault = (struct bc_fault){NULL, 0};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return set_fault(fault, "getrandom", BC_REASON_SYSTEM);
    for (size_t i = 0; i < sizeof random; i++)
        request->nonce[i] = "0123456789abcdef"[random[i] & 15];
    request->nonce[BC_NONCE_DIGITS] = '\0';
    /* A setuid bit gives this process nothing: the service must answer. */
    if (!helper && geteuid() != 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return ask_service(request, steps, fault);
    return ask_child(helper ? helper : BC_HELPER_PATH, config, request, steps, fault);
}
