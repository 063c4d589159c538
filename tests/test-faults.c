/* SPDX-License-Identifier: BSD-2-Clause */

/* Promise 2: every call that can fail in the module and in its client of the helper fails in turn,
 * at its first, second, … occurrence, until a run meets no more; and the helper answers wrongly in
 * every way. Whatever happens, a refusal stays one, and nothing but a whole and right answer
 * allows. */

#include <errno.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/protocol.h"
#include "fault.h"

#define RUN_SECONDS 20

static char folder[] = "/tmp/bioconsent-faults.XXXXXX";
static char helper[512], socket_path[64];
static const char *user;
static unsigned passed, failed, injected;

static const struct service {
    const char *name;
    int refusal;
    int (*call)(pam_handle_t *pamh, int flags);
} services[] = {{"auth", PAM_AUTH_ERR, pam_authenticate},
                {"account", PAM_PERM_DENIED, pam_acct_mgmt},
                {"password", PAM_AUTHTOK_ERR, pam_chauthtok}};

/* Failures on which a right allowance does not rest. The n-th poll: 1 waits for the answer, 2 for a
 * second one, 3 and on for the helper's end. The n-th recv: 1 takes the answer, 2 looks for a
 * second. */
static int harmless(const char *call, int how, int nth, int telling)
{
    /* Tidying up; that nobody hears of it; the time, which cannot fail where it is asked so. */
    static const char *const always[] = {
        "close",      "waitid",     "pidfd_open",   "pidfd_send_signal",
        "pam_prompt", "pam_syslog", "clock_gettime"};

    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        if (strcmp(call, always[i]) == 0)
            return 1;
    /* Memory: the module takes none itself; where libpam or the C library get by without, all is
     * well. */
    if (telling || strstr(call, "alloc"))
        return 1;
    if (strcmp(call, "poll") == 0)
        return how == EINTR || nth >= 3 || (nth == 2 && how == NOTHING);
    if (strcmp(call, "recv") == 0)
        return nth >= 2 && (how == EAGAIN || how == NOTHING || how == LESS);
    return 0;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **out,
                    void *ctx)
{
    (void)messages;
    (void)ctx;
    *out = calloc((size_t)count, sizeof **out);
    return *out ? PAM_SUCCESS : PAM_CONV_ERR;
}

static void write_service(const struct service *s, const char *how)
{
    char path[600];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/row", folder);
    f = fopen(path, "we");
    if (!f)
        exit(1);
    (void)fprintf(f, "%s required /the-module-in-the-test modality=fingerprint", s->name);
    if (how)
        (void)fprintf(f, " helper=%s config=%s/%s", helper, folder, how);
    (void)fprintf(f, "\n%s required pam_permit.so\n", s->name);
    (void)fclose(f);
}

static void transaction(const struct service *s)
{
    struct pam_conv conversation = {.conv = converse};
    pam_handle_t *pamh = NULL;
    int code = pam_start_confdir("row", user, &conversation, folder, &pamh);

    if (code == PAM_SUCCESS)
        code = s->call(pamh, 0);
    (void)pam_end(pamh, code);
}

/* Runs one transaction in a process of its own: 1 if it ended by itself. */
static int run(const struct service *s)
{
    int status = 0;
    pid_t pid;

    memset(outcome, 0, sizeof *outcome);
    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        (void)alarm(RUN_SECONDS);
        transaction(s);
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void result(int good, const char *name, const char *detail)
{
    good ? passed++ : failed++;
    (void)printf("%s - %s%s%s\n", good ? "ok" : "not ok", name, good ? "" : ": ",
                 good ? "" : detail);
}

/* Without these the module lets the child be, which ends by itself: its number could be another's.
 */
static int may_leave_a_child(const char *call)
{
    static const char *const calls[] = {"pidfd_open", "pidfd_send_signal", "waitid", "poll",
                                        "clock_gettime"};

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(call, calls[i]) == 0)
            return 1;
    return 0;
}

/* What is wrong with a run that met a failure; NULL if nothing is. */
static const char *judge(const struct service *s, int ended, int allows)
{
    int refused = outcome->code == s->refusal;

    if (!ended)
        return "it crashed or hung";
    if (!outcome->returned)
        return "the module was never called";
    if (outcome->code == PAM_SUCCESS)
        return "PAM_SUCCESS";
    if (!refused && outcome->code != PAM_IGNORE)
        return "neither PAM_IGNORE nor the service's refusal";
    if (!refused && !allows)
        return "a refusal was lost";
    if (!refused && outcome->serious)
        return "allowed although the failure matters";
    if (outcome->files)
        return "a descriptor was left open";
    if (outcome->left && !may_leave_a_child(fault.call))
        return "a child was left behind";
    return NULL;
}

/* One service, with a helper that allows or refuses. */
struct sweep {
    const struct service *s;
    int allows;
};

static int run_one(void *ctx)
{
    return run(((const struct sweep *)ctx)->s);
}

static const char *judge_one(void *ctx, int ended)
{
    const struct sweep *sweep = ctx;

    return judge(sweep->s, ended, sweep->allows);
}

static void sweep_call(const struct service *s, size_t i, int allows)
{
    struct sweep sweep = {s, allows};
    const char *wrong = NULL;
    unsigned met = fault_sweep(&fault_ways[i], run_one, judge_one, &sweep, &wrong);
    char name[256];

    injected += met;
    (void)snprintf(name, sizeof name, "%s, %s%s: %s failed in %u runs", s->name,
                   allows ? "allowed" : "refused", fault_ways[i].by_socket ? " by socket" : "",
                   fault_ways[i].call, met);
    result(!wrong, name, wrong ? wrong : "");
}

static void sweep_service(const struct service *s, int by_socket, int allows)
{
    fault.socket = by_socket ? socket_path : NULL;
    fault.folder = folder;
    write_service(s, by_socket ? NULL : allows ? "allow" : "refuse");
    fault.call = NULL;
    result(run(s) && outcome->code == (allows ? PAM_IGNORE : s->refusal),
           allows ? "without a failure: allowed" : "without a failure: refused", "it was not");
    for (size_t i = 0; i < fault_way_count; i++)
        if (fault_ways[i].by_socket == by_socket)
            sweep_call(s, i, allows);
}

/* ---- the service behind the socket ---- */

static void serve(int listener, int allows)
{
    for (;;) {
        char packet[BC_REQUEST_MAX], answer[BC_ANSWER_MAX];
        struct bc_request r;
        int fd = accept(listener, NULL, NULL);
        ssize_t n = fd < 0 ? -1 : recv(fd, packet, sizeof packet, 0);
        if (n > 0 && bc_protocol_parse_request(packet, (size_t)n, &r) == BC_OK)
            (void)!send(fd, answer,
                        bc_protocol_format_answer(
                            r.nonce, allows ? BC_REASON_ALLOW : BC_REASON_WITHDRAWN, answer),
                        MSG_NOSIGNAL);
        (void)close(fd);
    }
}

static pid_t start_server(int allows)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    pid_t pid;

    (void)unlink(socket_path);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0)
        exit(1);
    pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(fd, allows);
    }
    (void)close(fd);
    return pid;
}

/* ---- the helper's answers ---- */

/* Every answer of the family `how`, from 0 until the helper has no more such: all refused. */
static void answers(const char *how, int count)
{
    char name[128], one[64];
    int wrong = -1;

    fault.call = "";
    for (int i = 0; i < count && wrong < 0; i++) {
        (void)snprintf(one, sizeof one, "%s-%d", how, i);
        write_service(&services[0], one);
        if (!run(&services[0]) || outcome->code != PAM_AUTH_ERR || outcome->files || outcome->left)
            wrong = i;
    }
    (void)snprintf(name, sizeof name, "the helper's answer, %s: %d of them refused", how, count);
    (void)snprintf(one, sizeof one, "number %d", wrong);
    result(wrong < 0, name, one);
}

static void one_answer(const char *how)
{
    char name[128];
    int ended;

    fault.call = "";
    write_service(&services[0], how);
    ended = run(&services[0]);
    (void)snprintf(name, sizeof name, "the helper's answer, %s: refused", how);
    result(ended && outcome->code == PAM_AUTH_ERR && !outcome->files && !outcome->left, name,
           "it was not, or something was left behind");
}

static void all_answers(void)
{
    static const char *const kinds[] = {
        "silent", "early-close", "half",    "wrong-nonce", "old-nonce",      "huge",   "exit-0",
        "crash",  "killed",      "stopped", "stdout",      "reason-unknown", "garbage"};
    char answer[BC_ANSWER_MAX];
    const char *nonce = "00000000000000000000000000000000";
    int len = (int)bc_protocol_format_answer(nonce, BC_REASON_ALLOW, answer);

    fault.socket = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        one_answer(kinds[i]);
    answers("flip", 8 * len);
    answers("cut", len);
}

static int prepare(void)
{
    const char *build = getenv("BC_BUILD_DIR");
    const struct passwd *pw = getpwuid(getuid());
    char path[600];

    outcome =
        mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!build || !pw || outcome == MAP_FAILED || !mkdtemp(folder))
        return 0;
    user = strdup(pw->pw_name);
    (void)snprintf(helper, sizeof helper, "%s/tests/fake-helper", build);
    (void)snprintf(socket_path, sizeof socket_path, "%s/check.sock", folder);
    (void)snprintf(path, sizeof path, "%s/other", folder);
    (void)fclose(fopen(path, "we"));
    fault.harmless = harmless;
    return user && access(helper, X_OK) == 0;
}

int main(void)
{
    char command[600];
    pid_t server;

    if (!prepare()) {
        (void)fprintf(stderr, "test-faults: BC_BUILD_DIR must name a build\n");
        return 99;
    }
    for (int allows = 0; allows < 2; allows++) {
        for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
            sweep_service(&services[i], 0, allows);
        server = start_server(allows);
        sweep_service(&services[0], 1, allows);
        (void)kill(server, SIGKILL);
        (void)waitpid(server, NULL, 0);
    }
    all_answers();
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    (void)!system(command);
    (void)printf("runs with an injected failure: %u\n%u passed, %u failed, 0 skipped\n", injected,
                 passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
