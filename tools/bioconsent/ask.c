/* SPDX-License-Identifier: BSD-2-Clause */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sodium.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/check-socket.h"

#define STEP "bioconsent/1 step "
#define DEADLINE_MS 10000

static int spawn(int socket, const char *config, pid_t *pid)
{
    char name[] = "bioconsent-check", option[] = "--config";
    char *argv[] = {name, config ? option : NULL, (char *)(uintptr_t)config, NULL};
    char *envp[] = {NULL};
    posix_spawn_file_actions_t actions;
    int rc;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return 0;
    rc = posix_spawn_file_actions_adddup2(&actions, socket, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (rc == 0)
        rc = posix_spawn(pid, BC_HELPER_PATH, &actions, NULL, argv, envp);
    posix_spawn_file_actions_destroy(&actions);
    return rc == 0;
}

static ssize_t receive(int fd, char *packet, size_t cap)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ssize_t n;

    while ((n = poll(&p, 1, DEADLINE_MS)) < 0 && errno == EINTR)
        ;
    if (n <= 0)
        return -1;
    n = recv(fd, packet, cap, MSG_TRUNC);
    return n > 0 && (size_t)n < cap ? n : -1;
}

static enum bc_reason converse(int fd, const struct bc_request *request,
                               void (*each)(void *ctx, const char *text), void *ctx)
{
    char packet[BC_STEP_MAX + 1];
    size_t len;
    ssize_t n;

    if (bc_protocol_format_request(request, packet, &len) != BC_OK)
        return BC_REASON_BAD_NAME;
    if (send(fd, packet, len, MSG_NOSIGNAL) != (ssize_t)len)
        return BC_REASON_HELPER;
    while ((n = receive(fd, packet, sizeof packet)) > 0) {
        packet[n] = '\0';
        if (strncmp(packet, STEP, strlen(STEP)) != 0)
            return bc_protocol_parse_answer(request->nonce, packet, (size_t)n);
        packet[strcspn(packet, "\n")] = '\0';
        if (each)
            each(ctx, packet + strlen(STEP));
    }
    return BC_REASON_HELPER;
}

static enum bc_reason ask_service(const struct bc_request *request,
                                  void (*each)(void *ctx, const char *text), void *ctx)
{
    enum bc_reason reason;
    const char *call;
    int fd = bc_check_socket_connect(&call);

    if (fd < 0)
        return BC_REASON_HELPER;
    reason = converse(fd, request, each, ctx);
    close(fd);
    return reason;
}

enum bc_reason bc_ask_helper(struct bc_request *request, const char *config,
                             void (*each)(void *ctx, const char *text), void *ctx)
{
    enum bc_reason reason = BC_REASON_HELPER;
    int pair[2];
    pid_t pid;

    randombytes_buf(request->nonce, sizeof request->nonce);
    if (!config && bc_check_socket_needed())
        return ask_service(request, each, ctx);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return BC_REASON_SYSTEM;
    if (spawn(pair[1], config, &pid)) {
        close(pair[1]);
        reason = converse(pair[0], request, each, ctx);
        close(pair[0]);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        return reason;
    }
    close(pair[0]);
    close(pair[1]);
    return reason;
}

int bc_ask_about_self(struct bc_request *request)
{
    const struct passwd *pw = getpwuid(geteuid());

    if (!pw || !bc_name_subject_valid(pw->pw_name))
        return 0;
    request->use.uid = pw->pw_uid;
    memcpy(request->use.user, pw->pw_name, strlen(pw->pw_name) + 1);
    return 1;
}
