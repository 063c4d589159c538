/* SPDX-License-Identifier: BSD-2-Clause */

/* The offer of a notice at a sign-in: it decides nothing, whatever happens; what is accepted was shown
 * whole, asked for, and typed as it stands; and nobody is told that it was accepted who did not. Then with
 * every call of the module going wrong in turn. */

#include <errno.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"

#define RUN_SECONDS 20
#define RELEASE "I agree to it."

static char folder[] = "/tmp/bioconsent-offer.XXXXXX";
static char helper[512], file_accepted[600], file_declined[600];
static const char *user, *typed;
static unsigned passed, failed, injected;
static int refuses_info, refuses_prompt, flags;

static void result(int good, const char *name, const char *detail)
{
    good ? passed++ : failed++;
    (void)printf("%s - %s%s%s\n", good ? "ok" : "not ok", name, good ? "" : ": ",
                 good ? "" : detail);
}

static int answer(const struct pam_message *m, struct pam_response *r)
{
    switch (m->msg_style) {
    case PAM_PROMPT_ECHO_OFF:
        r->resp = strdup("a password");
        return r->resp != NULL;
    case PAM_PROMPT_ECHO_ON:
        outcome->asked = outcome->shown;
        r->resp = typed ? strdup(typed) : NULL;
        return !refuses_prompt;
    default:
        outcome->shown |= strstr(m->msg, "The end of it.") != NULL;
        outcome->told |= strstr(m->msg, "You have accepted.") != NULL;
        return !refuses_info;
    }
}

static int converse(int count, const struct pam_message **messages, struct pam_response **out,
                    void *ctx)
{
    struct pam_response *responses = calloc((size_t)count, sizeof *responses);

    (void)ctx;
    if (!responses || !answer(messages[0], responses)) {
        free(responses);
        return PAM_CONV_ERR;
    }
    *out = responses;
    return PAM_SUCCESS;
}

/* Makes the service: the password line, and the offer with a helper that does so. */
static void write_service(const char *password, const char *how, const char *options)
{
    char path[600];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/row", folder);
    f = fopen(path, "we");
    if (!f)
        exit(1);
    (void)fprintf(f, "%sauth required /the-module-in-the-test offer modality=fingerprint helper=%s "
                     "config=%s/%s %s\nauth required pam_permit.so\n",
                  password, helper, folder, how, options);
    (void)fclose(f);
    (void)snprintf(file_accepted, sizeof file_accepted, "%s/%s.accepted", folder, how);
    (void)snprintf(file_declined, sizeof file_declined, "%s/%s.declined", folder, how);
}

static const char password_line[] =
    "auth requisite pam_exec.so quiet expose_authtok /bin/true\n";

static void transaction(void)
{
    struct pam_conv conversation = {.conv = converse};
    pam_handle_t *pamh = NULL;
    int code = pam_start_confdir("row", user, &conversation, folder, &pamh);

    if (code == PAM_SUCCESS)
        code = pam_authenticate(pamh, flags);
    (void)pam_end(pamh, code);
}

/* One transaction in a process of its own: 1 if it ended by itself. */
static int run(void *ctx)
{
    int status = 0;
    pid_t pid;

    (void)ctx;
    (void)unlink(file_accepted);
    (void)unlink(file_declined);
    memset(outcome, 0, sizeof *outcome);
    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        (void)alarm(RUN_SECONDS);
        transaction();
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* What must hold of every run. */
static const char *judge(void *ctx, int ended)
{
    (void)ctx;
    if (!ended)
        return "it crashed or hung";
    if (outcome->returned && outcome->code != PAM_AUTH_ERR)
        return "the offer had a say";
    if (exists(file_accepted) && (!typed || strcmp(typed, RELEASE) != 0))
        return "accepted without the release";
    if (exists(file_accepted) && !outcome->asked)
        return "accepted before all was shown and asked";
    if (outcome->told && !exists(file_accepted))
        return "told that it was accepted, which it was not";
    return outcome->files ? "a descriptor was left open" : NULL;
}

/* ---- what comes of it ---- */

enum { NEITHER, ACCEPTED, DECLINED, NOT_CALLED };

static void row(const char *name, int want)
{
    const char *wrong;
    char what[256];
    int ended;

    fault.call = "";
    ended = run(NULL);
    wrong = judge(NULL, ended);
    if (!wrong && exists(file_accepted) != (want == ACCEPTED))
        wrong = want == ACCEPTED ? "it was not accepted" : "it was accepted";
    if (!wrong && exists(file_declined) != (want == DECLINED))
        wrong = want == DECLINED ? "it was not declined" : "it was declined";
    if (!wrong && outcome->returned != (want != NOT_CALLED))
        wrong = "the module was called, or was not";
    if (!wrong && outcome->told != (want == ACCEPTED))
        wrong = "it was told wrongly";
    (void)snprintf(what, sizeof what, "offer: %s", name);
    result(!wrong, what, wrong ? wrong : "");
}

static void answers(void)
{
    static char huge[100001];
    static const char *const nos[] = {"", "no", "yes", "I agree", RELEASE " Not.", "I agree\nto it.",
                                      "I agree to it.\033[2J", "\xc2\x9b", huge};
    char name[64];

    memset(huge, 'a', sizeof huge - 1);
    write_service(password_line, "offer", "");
    typed = RELEASE;
    row("typed as it stands: accepted", ACCEPTED);
    typed = NULL;
    row("no response: declined", DECLINED);
    for (size_t i = 0; i < sizeof nos / sizeof nos[0]; i++) {
        typed = nos[i];
        (void)snprintf(name, sizeof name, "another answer, number %zu: declined", i);
        row(name, DECLINED);
    }
    typed = RELEASE;
    refuses_prompt = 1;
    row("a conversation that cannot ask", NEITHER);
    refuses_prompt = 0;
    refuses_info = 1;
    row("a conversation that cannot show", NEITHER);
    refuses_info = 0;
    flags = (int)PAM_SILENT;
    row("PAM_SILENT: nobody is asked", NEITHER);
    result(!outcome->shown && !outcome->asked, "offer: PAM_SILENT shows nothing", "it was shown");
    flags = 0;
}

static void stacks(void)
{
    typed = RELEASE;
    write_service("", "offer", "");
    row("where no password was typed", NEITHER);
    result(!outcome->shown, "offer: without a password nothing is shown", "it was shown");
    write_service("auth requisite pam_exec.so quiet expose_authtok /bin/false\n", "offer", "");
    row("behind a requisite password that was wrong", NOT_CALLED);
    write_service(password_line, "offer", "quiet");
    row("a quiet offer is a bad option", NEITHER);
    write_service(password_line, "offer", "colour=blue");
    row("an unknown option", NEITHER);
}

static void helpers(void)
{
    static const char *const hows[] = {
        "offer-consented", "offer-no-release", "offer-no-text", "offer-bad-hash", "offer-control",
        "offer-endless", "offer-long-release", "offer-full", "silent", "crash", "garbage", "half",
        "huge", "wrong-nonce", "early-close", "allow", "refuse", "step-first", "twice", "exit-0"};

    typed = RELEASE;
    for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++) {
        char name[64];
        write_service(password_line, hows[i], "");
        (void)snprintf(name, sizeof name, "the helper: %s", hows[i]);
        row(name, NEITHER);
    }
}

/* ---- with failures ---- */

static void sweep(const char *what)
{
    char name[128];

    for (size_t i = 0; i < fault_way_count; i++) {
        const char *wrong = NULL;
        unsigned met;
        if (fault_ways[i].by_socket)
            continue;
        met = fault_sweep(&fault_ways[i], run, judge, NULL, &wrong);
        injected += met;
        (void)snprintf(name, sizeof name, "offer, %s: %s failed in %u runs", what,
                       fault_ways[i].call, met);
        result(!wrong, name, wrong ? wrong : "");
    }
}

static int never_harmless(const char *call, int how, int nth, int telling)
{
    (void)call;
    (void)how;
    (void)nth;
    (void)telling;
    return 0;
}

static int prepare(void)
{
    const char *build = getenv("BC_BUILD_DIR");
    const struct passwd *pw = getpwuid(getuid());
    char path[600];

    outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!build || !pw || outcome == MAP_FAILED || !mkdtemp(folder))
        return 0;
    user = strdup(pw->pw_name);
    (void)snprintf(helper, sizeof helper, "%s/tests/fake-helper", build);
    (void)snprintf(path, sizeof path, "%s/other", folder);
    (void)fclose(fopen(path, "we"));
    fault.harmless = never_harmless;
    return user && access(helper, X_OK) == 0;
}

int main(void)
{
    char command[600];

    if (!prepare()) {
        (void)fprintf(stderr, "test-offer: BC_BUILD_DIR must name a build\n");
        return 99;
    }
    answers();
    stacks();
    helpers();
    write_service(password_line, "offer", "");
    typed = RELEASE;
    sweep("the release typed");
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    (void)!system(command);
    (void)printf("runs with an injected failure: %u\n%u passed, %u failed, 0 skipped\n", injected,
                 passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
