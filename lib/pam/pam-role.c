/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-role.h"

#include <string.h>

#include "base/text.h"
#include "base/vocabulary.h"
#include "client/module-options.h"

#define IN(stage) (1U << (stage))
#define READS (IN(BC_PAM_AUTH) | IN(BC_PAM_PASSWORD))

/* Matchers, by a part of the name of the module or script. The password function of pam_fprintd
 * reads nothing. */
static const struct known {
    const char *part;
    int modality;
    const char *provider;
    unsigned stages;
} matchers[] = {
    {"fprintd", BC_FINGERPRINT, "fprintd", IN(BC_PAM_AUTH)},
    {"howdy", BC_FACE, "howdy", READS},
    {"fprint", BC_FINGERPRINT, NULL, READS},
    {"finger", BC_FINGERPRINT, NULL, READS},
    {"fingwit", BC_FINGERPRINT, NULL, READS},
    {"pam_face", BC_FACE, NULL, READS},
    {"facepass", BC_FACE, NULL, READS},
    {"facerec", BC_FACE, NULL, READS},
    {"face_auth", BC_FACE, NULL, READS},
    {"face-auth", BC_FACE, NULL, READS},
    {"facial", BC_FACE, NULL, READS},
    {"voice", BC_VOICE, NULL, READS},
    {"palm", BC_PALM, NULL, READS},
    {"iris", BC_IRIS, NULL, READS},
    {"biometric", -1, NULL, READS},
    {"biopass", -1, NULL, READS},
    {"bioapi", -1, NULL, READS},
};

/* Modules that run another program, which their arguments name. */
static const char runners[] = "pam_python.so pam_python3.so pam_exec.so pam_script.so";

/* Without "pam_" and ".so". */
static const char neutral[] =
    "access cap ecryptfs echo env faildelay faillock gdm gnome_keyring group issue "
    "keyinit kwallet kwallet5 lastlog limits listfile localuser loginuid mail mkhomedir "
    "motd mount namespace nologin oddjob_mkhomedir pwhistory pwquality cracklib rootok "
    "securetty selinux sepermit shells succeed_if systemd tally tally2 time timestamp umask "
    "usertype warn wheel xauth";

static const struct {
    const char *name;
    int answer;
} fixed[] = {
    {"pam_permit.so", PAM_SUCCESS}, {"pam_deny.so", PAM_AUTH_ERR}, {"pam_warn.so", PAM_IGNORE}};

static const struct known *known_by(const char *text)
{
    for (size_t i = 0; i < sizeof matchers / sizeof matchers[0]; i++)
        if (strstr(text, matchers[i].part))
            return &matchers[i];
    return NULL;
}

static int is_neutral(const char *name)
{
    size_t len = strlen(name);

    return len > 7 && strncmp(name, "pam_", 4) == 0 && strcmp(name + len - 3, ".so") == 0 &&
           bc_text_find_word(neutral, name + 4, len - 7) >= 0;
}

/* pam_debug answers as its arguments say, and stands for other modules in tests. */
static int debug_answer(const struct bc_pam_line *line, enum bc_pam_stage stage)
{
    static const char *const keys[BC_PAM_STAGES] = {
        "auth=", "acct=", "chauthtok=", "open_session="};
    size_t len = strlen(keys[stage]);

    for (int i = 0; i < line->argc; i++)
        if (strncmp(line->argv[i], keys[stage], len) == 0) {
            int answer = bc_pam_stack_code(line->argv[i] + len);
            return answer < 0 ? PAM_SUCCESS : answer;
        }
    return PAM_SUCCESS;
}

struct bc_pam_role bc_pam_role_of(const struct bc_pam_line *line, enum bc_pam_stage stage)
{
    struct bc_pam_role role = {.kind = BC_ROLE_CHECK, .modality = -1, .answer = PAM_PERM_DENIED};
    const char *slash = strrchr(line->module, '/'), *name = slash ? slash + 1 : line->module;
    const struct known *known = known_by(name);
    const int is_runner = bc_text_find_word(runners, name, strlen(name)) >= 0;
    const enum bc_operation usual = stage == BC_PAM_PASSWORD ? BC_ENROLL : BC_AUTHENTICATE;
    struct bc_module_options options;

    for (int i = 0; is_runner && i < line->argc && !known; i++)
        known = known_by(line->argv[i]);
    if (line->kind != BC_PAM_MODULE) {
        role.kind = BC_ROLE_FIXED;
        return role;
    }
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strcmp(name, fixed[i].name) == 0) {
            role.kind = BC_ROLE_FIXED;
            role.answer = fixed[i].answer;
            return role;
        }
    if (strcmp(name, "pam_debug.so") == 0) {
        role.kind = BC_ROLE_FIXED;
        role.answer = debug_answer(line, stage);
    } else if (strcmp(name, "pam_bioconsent.so") == 0) {
        role.kind = BC_ROLE_GATE;
        if (bc_module_options_parse(line->argc, line->argv, usual, &options, &role.bad)) {
            role.wrong_operation = options.operation != usual;
            role.modality = (int)options.modality;
            role.provider = options.provider;
        }
    } else if (known && known->stages & IN(stage)) {
        role.kind = BC_ROLE_MATCHER;
        role.modality = known->modality;
        role.provider = known->provider;
    } else if (is_neutral(name) || known_by(name)) {
        role.kind = BC_ROLE_NEUTRAL;
    }
    return role;
}

int bc_pam_role_fits(const struct bc_pam_role *gate, const struct bc_pam_role *matcher)
{
    if (gate->bad) /* refuses everybody */
        return 1;
    if (gate->modality >= 0 && matcher->modality >= 0 && gate->modality != matcher->modality)
        return 0;
    return !gate->provider || !matcher->provider || strcmp(gate->provider, matcher->provider) == 0;
}
