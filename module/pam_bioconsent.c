/* SPDX-License-Identifier: BSD-2-Clause */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "base/text.h"
#include "client/client.h"
#include "client/module-options.h"

#define PASSWD_BYTES 16384

/* One call of the module, from options to answer. */
struct call {
    pam_handle_t *pamh;
    int silent;
    int refusal; /* the PAM code of a refusal of this service */
    struct bc_module_options options;
    struct bc_request request;
    struct bc_fault fault;
    const char *bad; /* the option that was wrong */
};

/*
 * Looks up the account that is signing in. Returns 1, or 0 with the refusal. Not by
 * pam_modutil_getpwnam: without memory, libpam 1.5 tries it two thousand million times.
 */
static int find_account(struct call *c, enum bc_reason *refusal)
{
    struct bc_use *use = &c->request.use;
    const char *name = NULL;
    char buffer[PASSWD_BYTES];
    struct passwd pw, *found = NULL;
    int rc;

    *refusal = BC_REASON_BAD_NAME;
    if (pam_get_user(c->pamh, &name, NULL) != PAM_SUCCESS || !name)
        return 0;
    (void)snprintf(use->subject.name, sizeof use->subject.name, "%s", name);
    if (!bc_name_subject_valid(name))
        return 0;
    rc = getpwnam_r(name, &pw, buffer, sizeof buffer, &found);
    if (rc != 0 || !found) {
        c->fault = rc != 0 ? (struct bc_fault){"getpwnam_r", rc} : c->fault;
        *refusal = rc != 0 ? BC_REASON_SYSTEM : BC_REASON_UNKNOWN_USER;
        return 0;
    }
    if (!bc_name_subject_valid(pw.pw_name))
        return 0;
    /* The record is kept under the canonical name, which need not be the one that was typed. */
    (void)snprintf(use->subject.name, sizeof use->subject.name, "%s", pw.pw_name);
    use->subject.uid = pw.pw_uid;
    return 1;
}

static int report_refusal(const struct call *c, enum bc_reason reason)
{
    char user[128], detail[160] = "";

    bc_text_sanitize(c->request.use.subject.name, user, sizeof user);
    if (c->bad)
        bc_text_sanitize(c->bad, detail, sizeof detail);
    else if (c->fault.call)
        (void)snprintf(detail, sizeof detail, "%s: error %d", c->fault.call, c->fault.error);
    pam_syslog(c->pamh, LOG_NOTICE,
               "refused: reason=%s user=%s operation=%s modality=%s provider=%s%s%s%s: %s",
               bc_reason_id(reason), user,
               bc_vocabulary_name(BC_VOCABULARY_OPERATION, c->options.operation),
               c->bad ? "-" : bc_vocabulary_name(BC_VOCABULARY_MODALITY, c->options.modality),
               c->options.provider && !c->bad ? c->options.provider : "-", detail[0] ? " (" : "",
               detail, detail[0] ? ")" : "", bc_reason_remedy(reason));
    /* A message that cannot be shown changes nothing. */
    if (!c->silent && !c->options.quiet)
        (void)pam_info(c->pamh, "%s The biometric is not used.", bc_reason_sentence(reason));
    return c->refusal;
}

static int check_consent(pam_handle_t *pamh, int flags, int argc, const char **argv,
                         enum bc_operation operation, int refusal)
{
    struct call c = {
        .pamh = pamh, .silent = ((unsigned)flags & PAM_SILENT) != 0, .refusal = refusal};
    struct bc_use *use = &c.request.use;
    enum bc_reason reason = BC_REASON_BAD_OPTION;

    if (!bc_module_options_parse(argc, argv, operation, &c.options, &c.bad) ||
        !find_account(&c, &reason))
        return report_refusal(&c, reason);
    c.request.ask = BC_ASK_CHECK;
    use->operation = c.options.operation;
    use->modality = c.options.modality;
    if (c.options.provider)
        (void)snprintf(use->provider, sizeof use->provider, "%s", c.options.provider);
    reason = bc_client_ask(c.options.helper, c.options.config, &c.request, NULL, &c.fault);
    if (!bc_reason_allows(reason))
        return report_refusal(&c, reason);
    if (c.options.debug)
        pam_syslog(pamh, LOG_DEBUG, "allowed: user=%s operation=%s modality=%s", use->subject.name,
                   bc_vocabulary_name(BC_VOCABULARY_OPERATION, use->operation),
                   bc_vocabulary_name(BC_VOCABULARY_MODALITY, use->modality));
    return PAM_IGNORE; /* the only allowance: consent is never authentication */
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return check_consent(pamh, flags, argc, argv, BC_AUTHENTICATE, PAM_AUTH_ERR);
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return check_consent(pamh, flags, argc, argv, BC_AUTHENTICATE, PAM_PERM_DENIED);
}

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return check_consent(pamh, flags, argc, argv, BC_ENROLL, PAM_AUTHTOK_ERR);
}

/* There is nothing to set here, and nothing to decide. */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_IGNORE;
}
