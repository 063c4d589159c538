/* SPDX-License-Identifier: BSD-2-Clause */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <grp.h>
#include <jansson.h>
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

#include "accept.h"
#include "base/text.h"
#include "gate.h"
#include "store/receipt.h"

#define SOCKET 0
#define ALARM_SECONDS 5
#define REQUEST_WAIT_MS 2000
#define STORE_WAIT_MS 1500
#define GROUPS_MAX 256

#ifdef BC_SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

/* Who runs this, who asks, and what. */
struct session {
    int raised;  /* by the setuid bit */
    uid_t owner; /* who besides root may own what is trusted */
    struct ucred peer;
    struct bc_request request;
    struct bc_config policy;
};

static void send_packet(const char *packet, size_t len)
{
    (void)!send(SOCKET, packet, len, MSG_NOSIGNAL);
}

static void send_step(void *ctx, const char *text)
{
    char packet[BC_STEP_MAX];
    int n = snprintf(packet, sizeof packet, "bioconsent/1 step %s\n", text);

    (void)ctx;
    if (n > 0 && (size_t)n < sizeof packet)
        send_packet(packet, (size_t)n);
}

/* A step of our own making, shown to those who asked for steps. */
static void explain(const struct session *s, const char *what, const char *detail)
{
    char text[1024], clean[1024];

    if (s->request.ask != BC_ASK_EXPLAIN)
        return;
    (void)snprintf(text, sizeof text, "%s: %s", what, detail);
    bc_text_sanitize(text, clean, sizeof clean);
    send_step(NULL, clean);
}

static int answer(const struct session *s, enum bc_reason reason)
{
    char packet[BC_ANSWER_MAX];

    send_packet(packet, bc_protocol_format_answer(s->request.nonce, reason, packet));
    return EXIT_SUCCESS;
}

/* ---- becoming nobody else ---- */

static int quieten(void)
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

/* What a caller lowered, root may raise again. */
static void reset_limits(void)
{
    const struct rlimit files = {64, 64}, any = {RLIM_INFINITY, RLIM_INFINITY};

    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)setrlimit(RLIMIT_FSIZE, &any);
    (void)setrlimit(RLIMIT_AS, &any);
    (void)setrlimit(RLIMIT_CPU, &any);
}

static int drop_groups(void)
{
    if (geteuid() != 0 && (getuid() != 0 || seteuid(0) != 0))
        return 1; /* only root can drop them */
    reset_limits();
    return setgroups(0, NULL) == 0;
}

static int become(uid_t uid, gid_t gid)
{
    uid_t r, e, s;

    if (setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return 0;
    if (getresuid(&r, &e, &s) != 0 || r != uid || e != uid || s != uid)
        return 0;
    return uid == 0 || setuid(0) != 0;
}

/* Raised: become the service user altogether. Root, where the bit did not count: the same by
 * itself. Anybody else stays who they are and can read nothing that is not theirs. */
static int drop_privilege(struct session *s)
{
    uid_t uid = geteuid();
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
    return drop_groups() && become(uid, gid);
}

/* From now on no exec gains privileges, no process is started, and no core file shows what was
 * read. */
static int forbid_more(void)
{
    const struct rlimit none = {0, 0};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
           setrlimit(RLIMIT_NPROC, &none) == 0;
}

/* ---- who asks ---- */

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

/* Name and number both: the record of whoever had this number before is somebody else's. */
static int about_self(const struct session *s)
{
    const struct passwd *pw;

    if (s->request.use.external || s->request.use.uid != s->peer.uid)
        return 0;
    pw = getpwuid(s->peer.uid);
    return pw && strcmp(pw->pw_name, s->request.use.user) == 0;
}

/* Consent is given and taken back by oneself. */
static int may_ask(const struct session *s)
{
    enum bc_ask ask = s->request.ask;

    if (ask == BC_ASK_WITHDRAW || ask == BC_ASK_ACCEPT)
        return about_self(s);
    return s->peer.uid == 0 || about_self(s) || in_service_group(s);
}

/* ---- the decision ---- */

static enum bc_reason fail_config(const struct session *s, enum bc_result r,
                                  const struct bc_ini_file_error *err)
{
    char where[PATH_MAX + 32];

    (void)snprintf(where, sizeof where, "%.900s:%d", err->where.path, err->line);
    explain(s, where, err->what[0] ? err->what : bc_result_text(r));
    return r == BC_ERR_UNTRUSTED ? BC_REASON_UNTRUSTED_FILE : BC_REASON_CONFIG;
}

/* Names the newest receipt to the person that it belongs to, who cannot list the folder: the random
 * part of the name hides the file from everybody else. */
static void name_receipt(const struct session *s, struct bc_gate *gate, int64_t now)
{
    char name[BC_RECEIPT_NAME_BYTES];
    struct bc_where where;
    struct bc_view *view = calloc(1, sizeof *view);
    int folder;

    if (!view ||
        bc_file_open_folder(s->policy.receipts_path, s->owner, 0, &folder, &where) != BC_OK) {
        free(view);
        return;
    }
    if (bc_gate_begin_view(gate, &s->request, now, STORE_WAIT_MS, view) == BC_OK) {
        if (bc_receipt_newest(folder, &view->leaf, name) == BC_OK) {
            json_t *step =
                json_pack("{s:o}", "receipt", json_sprintf("%s/%s", s->policy.receipts_path, name));
            char *text = step ? json_dumps(step, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
            if (text)
                send_step(NULL, text);
            free(text);
            json_decref(step);
        }
        bc_gate_end_view(view);
    }
    close(folder);
    free(view);
}

static enum bc_reason ask_gate(const struct session *s, struct bc_gate *gate)
{
    const struct bc_trace trace = {.step = send_step};
    const struct bc_request *r = &s->request;
    int64_t now = (int64_t)time(NULL);

    switch (r->ask) {
    case BC_ASK_WITHDRAW:
        return bc_gate_withdraw(gate, r, now);
    case BC_ASK_ACCEPT:
        return bc_accept(gate, r, now, STORE_WAIT_MS);
    case BC_ASK_STATUS:
        if (about_self(s))
            name_receipt(s, gate, now);
        return bc_gate_decide(gate, r, now, STORE_WAIT_MS, &trace);
    case BC_ASK_EXPLAIN:
        return bc_gate_decide(gate, r, now, STORE_WAIT_MS, &trace);
    case BC_ASK_CHECK:
        return bc_gate_decide(gate, r, now, STORE_WAIT_MS, NULL);
    default:
        return BC_REASON_BAD_REQUEST;
    }
}

static enum bc_reason serve(struct session *s, const char *path)
{
    struct bc_ini_file_error err = {.line = 0};
    struct bc_where where = {""};
    struct bc_gate *gate;
    enum bc_reason reason;
    enum bc_result r = bc_config_load(path, s->owner, &s->policy, &err);

    if (r != BC_OK)
        return fail_config(s, r, &err);
    r = bc_gate_open(&s->policy, s->owner, &gate, &where);
    if (r != BC_OK) {
        reason = bc_reason_of_result(r);
        explain(s, where.path, bc_reason_id(reason));
        return reason;
    }
    reason = ask_gate(s, gate);
    bc_gate_close(gate);
    return reason;
}

static int usage(const char *option)
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
    const char *config = BC_CONFIG_PATH;
    int own_config = argc == 3 && strcmp(argv[1], "--config") == 0;

    if (argc == 2)
        return usage(argv[1]);
    if (argc != 1 && !own_config)
        return 2;
    if (!quieten() || !drop_privilege(&s) || !forbid_more() || sodium_init() < 0)
        return EXIT_FAILURE;
    if (!receive_request(&s))
        return EXIT_FAILURE;
    if (own_config) {
        if (s.raised && s.peer.uid != 0)
            return answer(&s, BC_REASON_DENIED);
        config = argv[2];
    }
    if (!may_ask(&s))
        return answer(&s, BC_REASON_DENIED);
    return answer(&s, serve(&s, config));
}
