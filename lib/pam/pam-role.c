/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-role.h"

#include <string.h>

#include "base/vocabulary.h"

/* The last part of a module's path. */
static const char *name_of_module(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

#define IN(stage) (1U << (stage))
#define READS (IN(BC_PAM_AUTH) | IN(BC_PAM_PASSWORD))

/* By what names of modules and scripts hold. pam_fprintd has a password function that reads
 * nothing. */
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

/* Modules that run something else, which their arguments name. */
static const char *const runners[] = {"pam_python.so", "pam_python3.so", "pam_exec.so",
                                      "pam_script.so"};

/* Without "pam_" and ".so". */
static const char *const neutral[] = {"access",        "cap",
                                      "ecryptfs",      "echo",
                                      "env",           "faildelay",
                                      "faillock",      "gdm",
                                      "gnome_keyring", "group",
                                      "issue",         "keyinit",
                                      "kwallet",       "kwallet5",
                                      "lastlog",       "limits",
                                      "listfile",      "localuser",
                                      "loginuid",      "mail",
                                      "mkhomedir",     "motd",
                                      "mount",         "namespace",
                                      "nologin",       "oddjob_mkhomedir",
                                      "pwhistory",     "pwquality",
                                      "cracklib",      "rootok",
                                      "securetty",     "selinux",
                                      "sepermit",      "shells",
                                      "succeed_if",    "systemd",
                                      "tally",         "tally2",
                                      "time",          "timestamp",
                                      "umask",         "usertype",
                                      "warn",          "wheel",
                                      "xauth"};

static const struct {
    const char *name;
    int answer;
} fixed[] = {
    {"pam_permit.so", PAM_SUCCESS}, {"pam_deny.so", PAM_AUTH_ERR}, {"pam_warn.so", PAM_IGNORE}};

static int is_neutral(const char *name)
{
    size_t len = strlen(name);

    if (len < 8 || strncmp(name, "pam_", 4) != 0 || strcmp(name + len - 3, ".so") != 0)
        return 0;
    for (size_t i = 0; i < sizeof neutral / sizeof neutral[0]; i++)
        if (strlen(neutral[i]) == len - 7 && memcmp(neutral[i], name + 4, len - 7) == 0)
            return 1;
    return 0;
}

static const struct known *known_by(const char *text)
{
    for (size_t i = 0; i < sizeof matchers / sizeof matchers[0]; i++)
        if (strstr(text, matchers[i].part))
            return &matchers[i];
    return NULL;
}

static const struct known *find_known(const struct bc_pam_line *line, const char *name)
{
    const struct known *found = known_by(name);

    for (size_t i = 0; i < sizeof runners / sizeof runners[0]; i++)
        if (strcmp(name, runners[i]) == 0)
            for (int a = 0; a < line->argc && !found; a++)
                found = known_by(line->argv[a]);
    return found;
}

/* pam_debug answers what it is told to, and stands for other modules in tests. */
static int debug_answer(const struct bc_pam_line *line, enum bc_pam_stage stage)
{
    static const char *const keys[BC_PAM_STAGES] = {
        "auth=", "acct=", "chauthtok=", "open_session="};

    for (int i = 0; i < line->argc; i++)
        if (strncmp(line->argv[i], keys[stage], strlen(keys[stage])) == 0) {
            const char *code = line->argv[i] + strlen(keys[stage]);
            int answer = bc_pam_line_code_value(code, strlen(code));
            return answer < 0 ? PAM_SUCCESS : answer;
        }
    return PAM_SUCCESS;
}

static int is_fixed(const struct bc_pam_line *line, enum bc_pam_stage stage, const char *name,
                    struct bc_pam_role *role)
{
    int found = line->kind != BC_PAM_MODULE;

    role->answer = PAM_PERM_DENIED;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0] && !found; i++)
        if (strcmp(name, fixed[i].name) == 0) {
            role->answer = fixed[i].answer;
            found = 1;
        }
    if (!found && strcmp(name, "pam_debug.so") == 0) {
        role->answer = debug_answer(line, stage);
        found = 1;
    }
    return found;
}

static void read_gate(const struct bc_pam_line *line, enum bc_pam_stage stage,
                      struct bc_pam_role *role)
{
    enum bc_operation usual = stage == BC_PAM_PASSWORD ? BC_ENROLL : BC_AUTHENTICATE;
    int good = bc_module_options_parse(line->argc, line->argv, usual, &role->options, &role->bad);

    role->kind = BC_ROLE_GATE;
    if (!good)
        return;
    role->modality = (int)role->options.modality;
    role->provider = role->options.provider;
}

static int is_matcher(const struct bc_pam_line *line, enum bc_pam_stage stage, const char *name,
                      const struct bc_pam_matcher *extra, size_t count, struct bc_pam_role *role)
{
    const struct known *known = find_known(line, name);

    for (size_t i = 0; i < count; i++)
        if (strcmp(name, extra[i].name) == 0) {
            role->modality = extra[i].modality;
            return 1;
        }
    if (!known || !(known->stages & IN(stage)))
        return 0;
    role->modality = known->modality;
    role->provider = known->provider;
    return 1;
}

struct bc_pam_role bc_pam_role_of(const struct bc_pam_line *line, enum bc_pam_stage stage,
                                  const struct bc_pam_matcher *extra, size_t extra_count)
{
    struct bc_pam_role role = {.kind = BC_ROLE_CHECK, .modality = -1};
    const char *name = name_of_module(line->module);

    if (is_fixed(line, stage, name, &role))
        role.kind = BC_ROLE_FIXED;
    else if (strcmp(name, "pam_bioconsent.so") == 0)
        read_gate(line, stage, &role);
    else if (is_matcher(line, stage, name, extra, extra_count, &role))
        role.kind = BC_ROLE_MATCHER;
    else if (is_neutral(name) || known_by(name))
        role.kind = BC_ROLE_NEUTRAL;
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
