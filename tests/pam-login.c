/* SPDX-License-Identifier: BSD-2-Clause */

/* An application that signs a person in by a real libpam stack, and says all it hears.
 *
 * usage: pam-login [OPTION ...] SERVICE USER
 *   --confdir DIR     the folder of service files (default: /etc/pam.d)
 *   --password TEXT   what to answer to a prompt; without it a prompt is answered by an error
 *   --finger NAME --socket PATH   offer this finger to the virtual reader when it is asked for
 *   --call auth|account|password|setcred   what to call (default: auth and account)
 *   --silent          with PAM_SILENT
 * Exit: 0 only if every call answered PAM_SUCCESS. */

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct login {
    const char *confdir, *password, *finger, *socket, *call, *service, *user;
    int flags;
};

static const char *code_name(int code)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {{PAM_SUCCESS, "PAM_SUCCESS"},
                 {PAM_AUTH_ERR, "PAM_AUTH_ERR"},
                 {PAM_PERM_DENIED, "PAM_PERM_DENIED"},
                 {PAM_IGNORE, "PAM_IGNORE"},
                 {PAM_AUTHTOK_ERR, "PAM_AUTHTOK_ERR"},
                 {PAM_USER_UNKNOWN, "PAM_USER_UNKNOWN"},
                 {PAM_MAXTRIES, "PAM_MAXTRIES"},
                 {PAM_SYSTEM_ERR, "PAM_SYSTEM_ERR"},
                 {PAM_AUTHINFO_UNAVAIL, "PAM_AUTHINFO_UNAVAIL"},
                 {PAM_MODULE_UNKNOWN, "PAM_MODULE_UNKNOWN"},
                 {PAM_CONV_ERR, "PAM_CONV_ERR"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].code == code)
            return names[i].name;
    return "PAM_OTHER";
}

static void offer_finger(const struct login *l)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", l->socket);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        (void)dprintf(fd, "SCAN %s", l->finger);
    if (fd >= 0)
        (void)close(fd);
}

static int answer(const struct login *l, const struct pam_message *m, struct pam_response *r)
{
    static const char *const kinds[] = {"?", "prompt", "prompt", "error", "info"};

    (void)printf("%s: %s\n", m->msg_style >= 1 && m->msg_style <= 4 ? kinds[m->msg_style] : "?",
                 m->msg);
    (void)fflush(stdout);
    if (m->msg_style == PAM_TEXT_INFO && l->finger && strstr(m->msg, "finger"))
        offer_finger(l);
    if (m->msg_style != PAM_PROMPT_ECHO_OFF && m->msg_style != PAM_PROMPT_ECHO_ON)
        return PAM_SUCCESS;
    r->resp = l->password ? strdup(l->password) : NULL;
    return r->resp ? PAM_SUCCESS : PAM_CONV_ERR;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **out,
                    void *ctx)
{
    struct pam_response *responses = calloc((size_t)count, sizeof *responses);

    if (!responses)
        return PAM_CONV_ERR;
    for (int i = 0; i < count; i++)
        if (answer(ctx, messages[i], &responses[i]) != PAM_SUCCESS) {
            for (int j = 0; j < i; j++)
                free(responses[j].resp);
            free(responses);
            return PAM_CONV_ERR;
        }
    *out = responses;
    return PAM_SUCCESS;
}

static int report(const char *what, int code)
{
    (void)printf("result: %s %s\n", what, code_name(code));
    (void)fflush(stdout);
    return code;
}

static int call(pam_handle_t *pamh, const struct login *l)
{
    int code;

    if (!l->call || strcmp(l->call, "auth") == 0) {
        code = report("auth", pam_authenticate(pamh, l->flags));
        if (l->call || code != PAM_SUCCESS)
            return code;
        return report("account", pam_acct_mgmt(pamh, l->flags));
    }
    if (strcmp(l->call, "account") == 0)
        return report("account", pam_acct_mgmt(pamh, l->flags));
    if (strcmp(l->call, "password") == 0)
        return report("password", pam_chauthtok(pamh, l->flags));
    return report("setcred", pam_setcred(pamh, l->flags | (int)PAM_ESTABLISH_CRED));
}

static int sign_in(struct login *l)
{
    struct pam_conv conversation = {.conv = converse, .appdata_ptr = l};
    pam_handle_t *pamh = NULL;
    int code = l->confdir ? pam_start_confdir(l->service, l->user, &conversation, l->confdir, &pamh)
                          : pam_start(l->service, l->user, &conversation, &pamh);

    if (code != PAM_SUCCESS)
        return report("start", code);
    code = call(pamh, l);
    (void)pam_end(pamh, code);
    return code;
}

static const char **option(struct login *l, const char *name)
{
    if (strcmp(name, "--confdir") == 0)
        return &l->confdir;
    if (strcmp(name, "--password") == 0)
        return &l->password;
    if (strcmp(name, "--finger") == 0)
        return &l->finger;
    if (strcmp(name, "--socket") == 0)
        return &l->socket;
    return strcmp(name, "--call") == 0 ? &l->call : NULL;
}

int main(int argc, char **argv)
{
    struct login l = {.flags = 0};
    int i = 1;

    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        const char **value = option(&l, argv[i]);
        if (strcmp(argv[i], "--silent") == 0)
            l.flags = (int)PAM_SILENT;
        else if (value && i + 1 < argc)
            *value = argv[++i];
        else
            return 2;
    }
    if (argc - i != 2)
        return 2;
    l.service = argv[i];
    l.user = argv[i + 1];
    return sign_in(&l) == PAM_SUCCESS ? 0 : 1;
}
