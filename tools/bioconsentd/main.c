/* SPDX-License-Identifier: BSD-2-Clause */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "gate.h"

#define SOCKET 0
#define ALARM_SECONDS 5
#define REQUEST_WAIT_MS 2000
#define GROUPS_MAX 256

#ifdef BC_SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

/* The account that this program runs as, the process that asks, and its request. */
struct session {
    int raised;  /* by the setuid bit */
    uid_t owner; /* besides root, the owner of trusted files */
    struct ucred peer;
    struct bc_request request;
    struct bc_config config;
};

static void send_step(const char *text)
{
    char packet[BC_STEP_MAX];
    int n = snprintf(packet, sizeof packet, "bioconsent/1 step %s\n", text);

    if (n > 0 && (size_t)n < sizeof packet)
        (void)!send(SOCKET, packet, (size_t)n, MSG_NOSIGNAL);
}

/* Sends a step of this program itself, if the caller asked for steps. */
static void send_own_step(const struct session *s, const char *what, const char *detail)
{
    char text[1024], clean[1024];

    if (s->request.ask != BC_ASK_EXPLAIN)
        return;
    (void)snprintf(text, sizeof text, "%s: %s", what, detail);
    bc_text_sanitize(text, clean, sizeof clean);
    send_step(clean);
}

/* ---- giving up privileges ---- */

static int reset_process_state(void)
{
    static const int ignored[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ,
                                  SIGPIPE, SIGHUP,  SIGINT,  SIGQUIT};
    sigset_t all;

    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        if (signal(ignored[i], SIG_IGN) == SIG_ERR)
            return 0;
    /* The caller may have left the alarm ignored or blocked. */
    (void)sigfillset(&all);
    if (signal(SIGALRM, SIG_DFL) == SIG_ERR || sigprocmask(SIG_UNBLOCK, &all, NULL) != 0)
        return 0;
    (void)setsid();
    (void)umask(077);
    (void)alarm(ALARM_SECONDS);
    return clearenv() == 0 && syscall(SYS_close_range, 3, ~0U, 0) == 0;
}

/* Where the setuid bit counted, this process becomes the service user for good; where root
 * started it and the bit did not count, it does the same by itself. A process of any other user
 * keeps its user and can read nothing that is not that user's. */
static int drop_privilege(struct session *s)
{
    const struct rlimit files = {64, 64}, any = {RLIM_INFINITY, RLIM_INFINITY};
    uid_t uid = geteuid(), real, effective, saved;
    gid_t gid = getegid();
    const struct passwd *pw;

    s->raised = getauxval(AT_SECURE) != 0 || uid != getuid() || gid != getgid();
    if (uid == 0) {
        pw = getpwnam(BC_SERVICE_USER);
        if (!pw)
            return 0;
        uid = pw->pw_uid;
        gid = pw->pw_gid;
    }
    s->owner = uid;
    if (uid == getuid() && !s->raised)
        return 1;
    /* Only root can drop the groups and the limits that a caller lowered. */
    if (geteuid() == 0 || (getuid() == 0 && seteuid(0) == 0)) {
        (void)setrlimit(RLIMIT_NOFILE, &files);
        (void)setrlimit(RLIMIT_FSIZE, &any);
        (void)setrlimit(RLIMIT_AS, &any);
        (void)setrlimit(RLIMIT_CPU, &any);
        if (setgroups(0, NULL) != 0)
            return 0;
    }
    if (setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return 0;
    if (getresuid(&real, &effective, &saved) != 0 || real != uid || effective != uid ||
        saved != uid)
        return 0;
    return uid == 0 || setuid(0) != 0;
}

/* From now on no exec gains privileges, no process is started, and no core file shows what this
 * process has read. */
static int forbid_new_privileges(void)
{
    const struct rlimit none = {0, 0};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
           setrlimit(RLIMIT_NPROC, &none) == 0;
}

/* ---- the caller ---- */

static int receive_request(struct session *s)
{
    struct pollfd p = {.fd = SOCKET, .events = POLLIN};
    char packet[BC_REQUEST_MAX];
    socklen_t len = sizeof s->peer;
    ssize_t n;

    if (getsockopt(SOCKET, SOL_SOCKET, SO_PEERCRED, &s->peer, &len) != 0 || len != sizeof s->peer)
        return 0;
    if (poll(&p, 1, REQUEST_WAIT_MS) != 1)
        return 0;
    n = recv(SOCKET, packet, sizeof packet, MSG_TRUNC | MSG_DONTWAIT);
    return n > 0 && (size_t)n < sizeof packet &&
           bc_protocol_parse_request(packet, (size_t)n, &s->request) == BC_OK;
}

static int in_service_group(const struct session *s)
{
    const struct group *gr = getgrnam(BC_SERVICE_USER);
    gid_t wanted, groups[GROUPS_MAX];
    const struct passwd *pw;
    int count = GROUPS_MAX;

    if (!gr)
        return 0;
    wanted = gr->gr_gid;
    pw = getpwuid(s->peer.uid);
    if (s->peer.gid == wanted)
        return 1;
    if (!pw || getgrouplist(pw->pw_name, pw->pw_gid, groups, &count) < 0)
        return 0;
    for (int i = 0; i < count; i++)
        if (groups[i] == wanted)
            return 1;
    return 0;
}

/* Compares name and number: the record of an earlier owner of this number belongs to another
 * person. */
static int about_self(const struct session *s)
{
    const struct passwd *pw;

    if (s->request.use.subject.external || s->request.use.subject.uid != s->peer.uid)
        return 0;
    pw = getpwuid(s->peer.uid);
    return pw && strcmp(pw->pw_name, s->request.use.subject.name) == 0;
}

/* A person accepts and withdraws for themselves only. */
static int may_ask(const struct session *s)
{
    enum bc_ask ask = s->request.ask;

    if (ask == BC_ASK_WITHDRAW || ask == BC_ASK_ACCEPT)
        return about_self(s);
    return s->peer.uid == 0 || about_self(s) || in_service_group(s);
}

/* ---- the decision ---- */

static enum bc_reason answer_request(struct session *s, const char *path)
{
    const struct bc_request *request = &s->request;
    struct bc_ini_file_error err = {.line = 0};
    int64_t now = (int64_t)time(NULL);
    struct bc_where where = {""};
    enum bc_reason reason = BC_REASON_BAD_REQUEST;
    char line[PATH_MAX + 32];
    struct bc_gate gate;
    enum bc_result r = bc_config_load(path, s->owner, &s->config, &err);

    if (r != BC_OK) {
        (void)snprintf(line, sizeof line, "%.900s:%d", err.where.path, err.line);
        send_own_step(s, line, err.what[0] ? err.what : bc_result_text(r));
        return r == BC_ERR_UNTRUSTED ? BC_REASON_UNTRUSTED_FILE : BC_REASON_CONFIG;
    }
    r = bc_gate_open(&s->config, s->owner, &gate, &where);
    if (r != BC_OK) {
        reason = bc_reason_of_result(r);
        send_own_step(s, where.path, bc_reason_id(reason));
        return reason;
    }
    switch (request->ask) {
    case BC_ASK_WITHDRAW:
        reason = bc_gate_withdraw(&gate, request, now);
        break;
    case BC_ASK_ACCEPT:
        reason = bc_gate_accept(&gate, request, now);
        break;
    case BC_ASK_STATUS:
        if (about_self(s))
            bc_gate_name_receipt(&gate, request, now, send_step);
        reason = bc_gate_decide(&gate, request, now, send_step);
        break;
    case BC_ASK_EXPLAIN:
        reason = bc_gate_decide(&gate, request, now, send_step);
        break;
    case BC_ASK_CHECK:
        reason = bc_gate_decide(&gate, request, now, NULL);
        break;
    default:
        break;
    }
    bc_gate_close(&gate);
    return reason;
}

static int print_usage(const char *option)
{
    if (strcmp(option, "--version") == 0)
        return puts("bioconsent-check " BC_VERSION) < 0;
    if (strcmp(option, "--help") != 0)
        return 2;
    return puts("usage: bioconsent-check [--config FILE]\n\n"
                "Started by pam_bioconsent(8) and bioconsent(8) with a socket as standard input.\n"
                "Nothing to run by hand; see: bioconsent check USER --modality M --verbose") < 0;
}

int main(int argc, char **argv)
{
    static struct session s;
    int own_config = argc == 3 && strcmp(argv[1], "--config") == 0;
    char packet[BC_ANSWER_MAX];
    enum bc_reason reason;
    size_t len;

    if (argc == 2)
        return print_usage(argv[1]);
    if (argc != 1 && !own_config)
        return 2;
    if (!reset_process_state() || !drop_privilege(&s) || !forbid_new_privileges() ||
        sodium_init() < 0 || !receive_request(&s))
        return EXIT_FAILURE;
    if ((own_config && s.raised && s.peer.uid != 0) || !may_ask(&s))
        reason = BC_REASON_DENIED;
    else
        reason = answer_request(&s, own_config ? argv[2] : BC_CONFIG_PATH);
    len = bc_protocol_format_answer(s.request.nonce, reason, packet);
    (void)!send(SOCKET, packet, len, MSG_NOSIGNAL);
    return EXIT_SUCCESS;
}
