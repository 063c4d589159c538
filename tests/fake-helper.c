/* SPDX-License-Identifier: BSD-2-Clause */

/* Stands in for bioconsent-check: does what the last part of its --config path names. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/protocol.h"

static void reply(const char *packet, size_t len)
{
    (void)!send(0, packet, len, MSG_NOSIGNAL);
}

/* Whether this was started as the module promises: nothing of its caller's comes through. */
static int started_clean(void)
{
    static const int signals[] = {SIGINT, SIGPIPE, SIGCHLD, SIGTERM, SIGUSR2, SIGXFSZ};
    struct sigaction action;
    sigset_t mask;

    for (int fd = 3; fd < 256; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return 0;
    if (sigprocmask(SIG_SETMASK, NULL, &mask) != 0)
        return 0;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigismember(&mask, signals[i]) || sigaction(signals[i], NULL, &action) != 0 ||
            action.sa_handler != SIG_DFL)
            return 0;
    return !environ[0] && getsid(0) == getpid();
}

/* Makes the file of this name: only once. */
static int first_time(const char *path)
{
    return open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) >= 0;
}

/* An answer that was right once: to another nonce, kept beside the configuration. */
static void replay_old(const char *config, const char *answer, size_t len)
{
    char path[4096], old[BC_ANSWER_MAX];
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof path, "%s.kept", config);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    n = read(fd, old, sizeof old);
    if (n <= 0) { /* the first of two: it is kept, and another one answered */
        (void)!write(fd, answer, len);
        memcpy(old, answer, len);
        old[20] ^= 1;
        n = (ssize_t)len;
    }
    reply(old, (size_t)n);
}

/* "flip-N": bit N of the answer turned over. "cut-N": its first N bytes. 0 if it is neither. */
static int numbered(const char *how, char *answer, size_t len)
{
    unsigned n;

    if (sscanf(how, "flip-%u", &n) == 1 && n < 8 * len) {
        answer[n / 8] = (char)(answer[n / 8] ^ 1 << n % 8);
        reply(answer, len);
        return 1;
    }
    if (sscanf(how, "cut-%u", &n) == 1 && n < len) {
        reply(answer, n);
        return 1;
    }
    return 0;
}

static int misbehave(const char *how, struct bc_request *r)
{
    char answer[BC_ANSWER_MAX], huge[4096];
    size_t len = bc_protocol_format_answer(r->nonce, BC_REASON_ALLOW, answer);

    if (numbered(how, answer, len))
        return 0;
    if (strcmp(how, "allow") == 0)
        reply(answer, len);
    else if (strcmp(how, "killed") == 0)
        (void)raise(SIGKILL);
    else if (strcmp(how, "stdout") == 0)
        (void)!write(1, answer, len);
    else if (strcmp(how, "reason-unknown") == 0)
        reply(answer, (size_t)snprintf(answer, sizeof answer, "bioconsent/1 refuse %s", "allow\n"));
    else if (strcmp(how, "allow-exit-1") == 0) {
        reply(answer, len);
        return 1;
    } else if (strcmp(how, "refuse") == 0)
        reply(answer, bc_protocol_format_answer(r->nonce, BC_REASON_WITHDRAWN, answer));
    else if (strcmp(how, "wrong-nonce") == 0) {
        r->nonce[31] = r->nonce[31] == '0' ? '1' : '0';
        reply(answer, bc_protocol_format_answer(r->nonce, BC_REASON_ALLOW, answer));
    } else if (strcmp(how, "half") == 0)
        reply(answer, len / 2);
    else if (strcmp(how, "trailing") == 0) {
        answer[len] = ' ';
        reply(answer, len + 1);
    } else if (strcmp(how, "no-newline") == 0)
        reply(answer, len - 1);
    else if (strcmp(how, "huge") == 0) {
        memset(huge, ' ', sizeof huge);
        memcpy(huge, answer, len);
        reply(huge, sizeof huge);
    } else if (strcmp(how, "step-first") == 0) {
        reply("bioconsent/1 step hello\n", 24);
        reply(answer, len);
    } else if (strcmp(how, "twice") == 0) {
        reply(answer, len);
        reply(answer, len);
    } else if (strcmp(how, "allow-refuse") == 0) {
        reply(answer, len);
        reply(answer, bc_protocol_format_answer(r->nonce, BC_REASON_WITHDRAWN, answer));
    } else if (strcmp(how, "linger") == 0) {
        reply(answer, len);
        (void)pause();
    } else if (strcmp(how, "garbage") == 0)
        reply("allow\n", 6);
    else if (strcmp(how, "silent") == 0)
        (void)pause();
    else if (strcmp(how, "stopped") == 0)
        (void)raise(SIGSTOP);
    else if (strcmp(how, "crash") == 0)
        (void)raise(SIGSEGV);
    else if (strcmp(how, "exit-0") != 0)
        reply(answer, len); /* a name that a test got wrong must not pass for a failure */
    return 0;
}

int main(int argc, char **argv)
{
    char packet[BC_REQUEST_MAX];
    struct bc_request request;
    const char *how = argc == 3 ? strrchr(argv[2], '/') : NULL;
    ssize_t n;

    if (!how)
        return 2;
    if (strcmp(how, "/early-close") == 0)
        return 0;
    n = recv(0, packet, sizeof packet, 0);
    if (n <= 0 || bc_protocol_parse_request(packet, (size_t)n, &request) != BC_OK)
        return 1;
    if (strcmp(how, "/clean") == 0)
        return misbehave(started_clean() ? "allow" : "refuse", &request);
    if (strcmp(how, "/old-nonce") == 0) {
        char answer[BC_ANSWER_MAX];
        replay_old(argv[2], answer,
                   bc_protocol_format_answer(request.nonce, BC_REASON_ALLOW, answer));
        return 0;
    }
    if (strcmp(how, "/allow-first") == 0)
        return misbehave(first_time(argv[2]) ? "allow" : "refuse", &request);
    return misbehave(how + 1, &request);
}
