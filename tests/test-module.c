/* SPDX-License-Identifier: BSD-2-Clause */

/* Promises 1 and 2 from inside an application: rows of the table of return codes that need more
 * than one call, what the helper is started with, what is left behind, and what is told and logged.
 * BC_MODULE names the module; the helper is tests/fake-helper. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#undef syslog /* a macro where _FORTIFY_SOURCE counts */
void __syslog_chk(int priority, int flag, const char *format, ...);

static char folder[] = "/tmp/bioconsent-stack.XXXXXX";
static char module[PATH_MAX], helper[PATH_MAX], told[1024], logged[4096];
static const char *user;
static int passed, failed, mute;

/* What libpam and the module would send to the log comes here instead. */
static void keep(const char *format, va_list args)
{
    size_t len = strlen(logged);

    (void)vsnprintf(logged + len, sizeof logged - len, format, args);
}

void syslog(int priority, const char *format, ...)
{
    va_list args;

    (void)priority;
    va_start(args, format);
    keep(format, args);
    va_end(args);
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list args;

    (void)priority;
    (void)flag;
    va_start(args, format);
    keep(format, args);
    va_end(args);
}

static void check(int good, const char *name, const char *detail)
{
    good ? passed++ : failed++;
    (void)printf("%s - %s\n", good ? "ok" : "not ok", name);
    if (!good)
        (void)printf("    %s\n    told: %s\n    logged: %s\n", detail, told, logged);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **out,
                    void *ctx)
{
    (void)ctx;
    if (mute)
        return PAM_CONV_ERR;
    for (int i = 0; i < count; i++)
        (void)snprintf(told + strlen(told), sizeof told - strlen(told), "%d:%s\n",
                       messages[i]->msg_style, messages[i]->msg);
    *out = calloc((size_t)count, sizeof **out);
    return *out ? PAM_SUCCESS : PAM_CONV_ERR;
}

/* Without a service "other" libpam complains in the log. */
static void other_service(int make)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/other", folder);
    if (make)
        (void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    else
        (void)unlink(path);
}

/* Writes the service "row": @ stands for the module, %HOW for the options of a helper that does so.
 */
static void write_stack(const char *lines)
{
    char path[PATH_MAX], how[64];
    int len, fd = -1;

    (void)snprintf(path, sizeof path, "%s/row", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (const char *p = lines; *p; p++) {
        if (*p == '@')
            (void)dprintf(fd, "%s", module);
        else if (*p == '%' && sscanf(p + 1, "%63[a-z0-9-]%n", how, &len) == 1) {
            (void)dprintf(fd, "%s modality=fingerprint helper=%s config=%s/%s", module, helper,
                          folder, how);
            p += len;
        } else
            (void)dprintf(fd, "%c", *p);
    }
    (void)close(fd);
}

static int make_call(pam_handle_t *pamh, const char *call, int flags)
{
    if (strcmp(call, "auth") == 0)
        return pam_authenticate(pamh, flags);
    if (strcmp(call, "account") == 0)
        return pam_acct_mgmt(pamh, flags);
    if (strcmp(call, "password") == 0)
        return pam_chauthtok(pamh, flags);
    return pam_setcred(pamh, flags | (int)PAM_ESTABLISH_CRED);
}

/* Makes the calls of the list ("auth setcred") in one transaction: what the last one returns. */
static int run(const char *calls, const char *lines, const char *name, int flags)
{
    struct pam_conv conversation = {.conv = converse};
    pam_handle_t *pamh = NULL;
    char list[64], *rest = list, *call;
    int code;

    told[0] = logged[0] = '\0';
    write_stack(lines);
    code = pam_start_confdir("row", name, &conversation, folder, &pamh);
    (void)snprintf(list, sizeof list, "%s", calls);
    while (code >= 0 && pamh && (call = strtok_r(rest, " ", &rest)))
        code = make_call(pamh, call, flags);
    if (pamh)
        (void)pam_end(pamh, code);
    return code;
}

static void row(const char *calls, const char *lines, int want)
{
    int code = run(calls, lines, user, 0);
    char name[512], detail[64];

    (void)snprintf(name, sizeof name, "%s: %s", calls, lines);
    for (char *p = name; *p; p++)
        if (*p == '\n')
            *p = ';';
    (void)snprintf(detail, sizeof detail, "returned %d, not %d", code, want);
    check(code == want, name, detail);
}

/* ---- the table ---- */

static const struct service {
    const char *name;
    int refusal;
} services[] = {
    {"auth", PAM_AUTH_ERR}, {"account", PAM_PERM_DENIED}, {"password", PAM_AUTHTOK_ERR}};

/* In a stack, "S" is the service's name. */
static void service_row(const struct service *s, const char *pattern, int want)
{
    char lines[512];
    size_t len = 0;

    for (const char *p = pattern; *p; p++)
        len += (size_t)snprintf(lines + len, sizeof lines - len, "%.*s", *p == 'S' ? 16 : 1,
                                *p == 'S' ? s->name : p);
    row(s->name, lines, want);
}

static void rows_of(const struct service *s)
{
    static const char *const bad[] = {"@",
                                      "@ modality=foot",
                                      "%allow colour=blue",
                                      "%allow debug debug",
                                      "%allow helper=/x",
                                      "%allow provider=A"};
    char pattern[128];

    service_row(s, "S sufficient %refuse\n", PAM_PERM_DENIED);
    service_row(s, "S optional %refuse\n", PAM_PERM_DENIED);
    service_row(s, "S [ignore=ignore default=1] %allow\n", PAM_PERM_DENIED);
    service_row(s, "S [ignore=ignore default=1] %refuse\n", PAM_PERM_DENIED);
    service_row(s, "S sufficient %refuse\nS required pam_permit.so\n", PAM_SUCCESS);
    service_row(s, "S sufficient %allow\nS required pam_permit.so\n", PAM_SUCCESS);
    service_row(s, "S requisite %refuse\nS sufficient pam_permit.so\n", s->refusal);
    service_row(s, "S required %refuse\nS sufficient pam_permit.so\n", s->refusal);
    service_row(s, "S required %clean\nS required pam_permit.so\n", PAM_SUCCESS);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(pattern, sizeof pattern, "S required %s\nS required pam_permit.so\n",
                       bad[i]);
        service_row(s, pattern, s->refusal);
        check(strstr(logged, "refused: reason=bad-option") && strstr(logged, "modality=- "),
              "it is logged as a bad option, and no modality made up", "");
    }
}

static void rows_of_many_calls(void)
{
    char path[PATH_MAX];

    row("password", "password required %allow-first\npassword required pam_permit.so\n",
        PAM_AUTHTOK_ERR);
    (void)snprintf(path, sizeof path, "%s/allow-first", folder);
    check(unlink(path) == 0, "the second phase of password asked again, and was refused", "");
    row("auth setcred",
        "auth [ignore=ignore default=1] %refuse\nauth requisite pam_deny.so\n"
        "auth required pam_permit.so\n",
        PAM_SUCCESS);
    row("auth setcred",
        "auth [ignore=ignore default=1] %allow\nauth sufficient pam_permit.so\n"
        "auth required pam_deny.so\n",
        PAM_SUCCESS);
    row("setcred", "auth required @ colour=blue\nauth required pam_permit.so\n", PAM_SUCCESS);
    check(logged[0] == '\0', "setcred decides nothing", "");
}

/* ---- what is left behind ---- */

static int open_files(void)
{
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Each behaviour refuses for its reason, or allows (NULL), and leaves no child and no descriptor.
 */
static void helper_row(const char *how, const char *reason)
{
    int before = open_files(), want = reason ? PAM_AUTH_ERR : PAM_SUCCESS;
    char lines[128], wanted[64];
    sigset_t mask;

    (void)snprintf(lines, sizeof lines, "auth required %%%s\nauth required pam_permit.so\n", how);
    (void)snprintf(wanted, sizeof wanted, "refused: reason=%s user=%s ", reason ? reason : "",
                   user);
    row("auth", lines, want);
    check(reason ? strstr(logged, wanted) != NULL : logged[0] == '\0', "... logged so", wanted);
    check(open_files() == before, "... no descriptor is left", "");
    check(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "... no child is left", "");
    (void)sigprocmask(SIG_SETMASK, NULL, &mask);
    check(sigismember(&mask, SIGUSR2) == 1 && !sigismember(&mask, SIGCHLD), "... signals as before",
          "");
}

static void helper_rows(void)
{
    static const struct {
        const char *how, *reason;
    } rows[] = {{"allow", NULL},
                {"allow-exit-1", NULL},
                {"linger", NULL},
                {"clean", NULL},
                {"refuse", "withdrawn"},
                {"twice", "helper"},
                {"allow-refuse", "helper"},
                {"step-first", "helper"},
                {"wrong-nonce", "helper"},
                {"half", "helper"},
                {"trailing", "helper"},
                {"huge", "helper"},
                {"garbage", "helper"},
                {"crash", "helper"},
                {"exit-0", "helper"},
                {"early-close", "helper"},
                {"silent", "deadline"},
                {"stopped", "deadline"}};
    sigset_t odd;

    /* What the helper must not inherit. */
    (void)sigemptyset(&odd);
    (void)sigaddset(&odd, SIGUSR2);
    (void)sigaddset(&odd, SIGTERM);
    (void)sigprocmask(SIG_SETMASK, &odd, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setenv("LD_PRELOAD_OF_MINE", "1", 1);
    (void)!dup2(2, 77);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        helper_row(rows[i].how, rows[i].reason);
    check(signal(SIGPIPE, SIG_IGN) == SIG_IGN && signal(SIGCHLD, SIG_DFL) == SIG_DFL,
          "no signal's disposition was changed", "");
}

static void helpers_that_cannot_run(void)
{
    char path[PATH_MAX], lines[2 * PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/plain", folder);
    (void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    (void)snprintf(lines, sizeof lines,
                   "auth required @ modality=face helper=%s\n"
                   "auth required pam_permit.so\n",
                   path);
    check(run("auth", lines, user, 0) == PAM_AUTH_ERR && strstr(logged, "reason=helper") &&
              strstr(logged, "posix_spawn"),
          "a helper that is not executable: refused", "");
    (void)unlink(path);
    check(run("auth", lines, user, 0) == PAM_AUTH_ERR && strstr(logged, "reason=helper"),
          "a helper that is not there: refused", "");
}

/* ---- what is told and logged ---- */

static void tellings(void)
{
    const char *gate = "auth required %refuse\n", *quiet = "auth required %refuse quiet\n";
    const char *debug = "auth required %allow debug\nauth required pam_permit.so\n";

    (void)run("auth", gate, user, 0);
    check(strncmp(told, "4:You have withdrawn your consent. ", 35) == 0 &&
              strchr(told, '\n') == told + strlen(told) - 1,
          "one PAM_TEXT_INFO is told", "");
    (void)run("auth", gate, user, (int)PAM_SILENT);
    check(told[0] == '\0' && strstr(logged, "reason=withdrawn"), "PAM_SILENT: nothing but the log",
          "");
    (void)run("auth", quiet, user, 0);
    check(told[0] == '\0' && strstr(logged, "reason=withdrawn"), "quiet: nothing but the log", "");
    check(run("auth", debug, user, 0) == PAM_SUCCESS && strstr(logged, "allowed: user="),
          "debug: allowances are logged", "");
    mute = 1;
    check(run("auth", gate, user, 0) == PAM_AUTH_ERR, "a conversation that fails changes nothing",
          "");
    check(run("auth", "auth required %allow\nauth required pam_permit.so\n", NULL, 0) ==
              PAM_AUTH_ERR,
          "nobody to ask for the name: refused", "");
    mute = 0;
}

static void names(void)
{
    /* Letters beyond ASCII are no fault of a name, but never get to the log as they are. */
    static const struct {
        const char *name, *reason;
    } bad[] = {{"al\nice", "reason=bad-name"},
               {"al\033[1mice", "reason=bad-name"},
               {"a:b", "reason=bad-name"},
               {"-x", "reason=bad-name"},
               {"al\xc2\x9bmice", "reason=bad-name"},
               {"al\xc3\xa9", "reason=unknown-user"}};
    const char *lines = "auth required %allow\nauth required pam_permit.so\n";
    char longest[4097];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int clean =
            run("auth", lines, bad[i].name, 0) == PAM_AUTH_ERR && strstr(logged, bad[i].reason);
        for (const char *p = logged; *p; p++)
            clean = clean && *p >= ' ' && *p <= '~';
        check(clean, "a bad name is refused, and no control character is logged", "");
    }
    (void)memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    check(run("auth", lines, longest, 0) == PAM_AUTH_ERR, "a name of 4096 bytes: refused", "");
    check(run("auth", lines, "no-such-user-here", 0) == PAM_AUTH_ERR &&
              strstr(logged, "reason=unknown-user"),
          "an unknown name: refused", "");
}

static int prepare(void)
{
    const char *build = getenv("BC_BUILD_DIR"), *given = getenv("BC_MODULE");
    const struct passwd *pw = getpwuid(getuid());

    if (!build || !pw || !mkdtemp(folder))
        return 0;
    other_service(1);
    user = strdup(pw->pw_name);
    (void)snprintf(helper, sizeof helper, "%s/tests/fake-helper", build);
    (void)snprintf(module, sizeof module, "%s%s", given ? given : build,
                   given ? "" : "/module/.libs/pam_bioconsent.so");
    return user && access(module, R_OK) == 0 && access(helper, X_OK) == 0;
}

int main(void)
{
    char path[PATH_MAX];

    if (!prepare()) {
        (void)fprintf(stderr, "test-module: BC_BUILD_DIR must name a build\n");
        return 99;
    }
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        rows_of(&services[i]);
    rows_of_many_calls();
    helper_rows();
    helpers_that_cannot_run();
    tellings();
    names();
    (void)snprintf(path, sizeof path, "%s/row", folder);
    (void)unlink(path);
    other_service(0);
    (void)rmdir(folder);
    (void)printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
