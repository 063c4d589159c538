/* SPDX-License-Identifier: BSD-2-Clause */

/* An application in an odd state that asks the gate. usage: pam-caller STATE SERVICE USER
 * Prints "result: PAM_…" of pam_authenticate and exits 0 on PAM_SUCCESS. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 5
#define MANY 15000

static const char *service, *user;

static int converse(int count, const struct pam_message **messages, struct pam_response **out,
                    void *ctx)
{
    (void)messages;
    (void)ctx;
    *out = calloc((size_t)count, sizeof **out);
    return *out ? PAM_SUCCESS : PAM_CONV_ERR;
}

static int authenticate(void)
{
    struct pam_conv conversation = {.conv = converse};
    pam_handle_t *pamh = NULL;
    int code = pam_start_confdir(service, user, &conversation, "/run/pam", &pamh);

    if (code == PAM_SUCCESS)
        code = pam_authenticate(pamh, 0);
    if (pamh)
        (void)pam_end(pamh, code);
    return code;
}

static void reap_all(int signal)
{
    int saved = errno;

    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
}

static void ignore_children(void)
{
    (void)signal(SIGCHLD, SIG_IGN);
}

static void reap_children(void)
{
    struct sigaction action = {.sa_handler = reap_all};

    (void)sigaction(SIGCHLD, &action, NULL);
}

static void no_new_privs(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        exit(3);
}

static void no_file_size(void)
{
    const struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_FSIZE, &none) != 0)
        exit(3);
}

static void many_files(void)
{
    const struct rlimit most = {20000, 20000};

    (void)setrlimit(RLIMIT_NOFILE, &most);
    for (int i = 0; i < MANY; i++)
        if (open("/dev/null", O_RDONLY) < 0) /* on purpose not close-on-exec */
            exit(3);
}

static void no_standard_files(void)
{
    /* Standard output is needed for the result: move it out of the way. */
    if (dup2(STDOUT_FILENO, 10) != 10)
        exit(3);
    (void)close(0);
    (void)close(1);
    (void)close(2);
}

static void block_signals(void)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
}

static void no_files_left(void)
{
    const struct rlimit few = {6, 6};

    (void)setrlimit(RLIMIT_NOFILE, &few);
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        ;
}

static void *thread(void *worst)
{
    for (int i = 0; i < ROUNDS; i++) {
        int code = authenticate();
        if (code != PAM_SUCCESS)
            *(int *)worst = code;
    }
    return NULL;
}

static int in_threads(void)
{
    pthread_t threads[THREADS];
    int worst[THREADS] = {0};
    int code = PAM_SUCCESS;

    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, thread, &worst[i]) != 0)
            exit(3);
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        if (worst[i] != PAM_SUCCESS)
            code = worst[i];
    }
    return code;
}

static void plain(void)
{
}

static const struct {
    const char *name;
    void (*enter)(void);
    int out; /* where standard output went */
} states[] = {
    {"plain", plain, 1},
    {"sigchld-ignored", ignore_children, 1},
    {"reaps-all", reap_children, 1},
    {"no-new-privs", no_new_privs, 1},
    {"fsize-0", no_file_size, 1},
    {"many-files", many_files, 1},
    {"no-stdio", no_standard_files, 10},
    {"signals-blocked", block_signals, 1},
    {"no-files-left", no_files_left, 1},
    {"threads", plain, 1},
};

static int open_files(void)
{
    int count = 0;

    for (int fd = 0; fd < 20000; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int ask(size_t state)
{
    int before, code;

    states[state].enter();
    before = open_files();
    code = strcmp(states[state].name, "threads") == 0 ? in_threads() : authenticate();
    (void)dprintf(states[state].out, "result: %s\n",
                  code == PAM_SUCCESS ? "PAM_SUCCESS" : "refused");
    /* The first use of syslog may keep its socket. */
    if (open_files() > before + 1)
        (void)dprintf(states[state].out, "leaked: %d files\n", open_files() - before);
    return code == PAM_SUCCESS ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    service = argv[2];
    user = argv[3];
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(states[i].name, argv[1]) == 0)
            return ask(i);
    return 2;
}
