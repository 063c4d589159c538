/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fprintd-access.h"
#include "pam-findings.h"
#include "session.h"

#define FOLDERS_MAX 2
#define SERVICES_MAX 1024

/* One service of the folders. */
struct entry {
    char *name;
    struct bc_pam_service service;
    int loaded, is_part, is_covered;
};

struct work {
    char folder[FOLDERS_MAX][PATH_MAX];
    const char *folders[FOLDERS_MAX];
    size_t folder_count;
    size_t count;
    struct entry entry[SERVICES_MAX];
    struct bc_pam_findings *report;
};

static int ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), n = strlen(end);

    return len > n && strcmp(name + len - n, end) == 0;
}

/* Files of the folder that no program calls a service: what packages and editors leave. */
static int is_service(const struct dirent *d)
{
    const char *name = d->d_name;

    return name[0] != '.' && d->d_type != DT_DIR && !ends_with(name, "~") &&
           !ends_with(name, ".bak") && !ends_with(name, ".orig") && !strstr(name, ".dpkg-") &&
           !strstr(name, ".rpm");
}

static struct entry *find_entry(struct work *w, const char *name)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->entry[i].name, name) == 0)
            return &w->entry[i];
    return NULL;
}

static int add_entry(struct work *w, const char *name)
{
    if (find_entry(w, name))
        return 0;
    if (w->count == SERVICES_MAX)
        return bc_message_fail(BC_EXIT_REFUSED, "more than %d services: name those to read",
                               SERVICES_MAX);
    w->entry[w->count].name = strdup(name);
    if (!w->entry[w->count].name)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    w->count++;
    return 0;
}

static int add_folder(struct work *w, const char *folder)
{
    struct dirent **list = NULL;
    int code = 0, n = scandir(folder, &list, is_service, alphasort);

    for (int i = 0; i < n; i++) {
        code = code ? code : add_entry(w, list[i]->d_name);
        free(list[i]);
    }
    free(list);
    return n < 0 ? -1 : code;
}

/* All services of the folders. */
static int add_all(struct work *w)
{
    size_t missing = 0;

    for (size_t i = 0; i < w->folder_count; i++) {
        int code = add_folder(w, w->folders[i]);
        if (code > 0)
            return code;
        missing += code < 0;
    }
    if (missing == w->folder_count)
        return bc_message_fail(BC_EXIT_NOT_FOUND,
                               "%s cannot be read; name the root of another system with --root",
                               w->folders[0]);
    if (w->count == 0)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "%s holds no service", w->folders[0]);
    return 0;
}

static int load_one(struct work *w, struct entry *e)
{
    enum bc_result r = bc_pam_stack_load(w->folders, w->folder_count, e->name, &e->service);

    e->loaded = r == BC_OK;
    if (r == BC_OK)
        return 0;
    return bc_message_fail(r == BC_ERR_MEMORY    ? BC_EXIT_REFUSED
                           : r == BC_ERR_INVALID ? BC_EXIT_USAGE
                                                 : BC_EXIT_NOT_FOUND,
                           "service %s: %s", e->name, bc_result_text(r));
}

/* Calls each for the services that this one reads besides itself. */
static void for_parts(struct work *w, const struct entry *of, void (*each)(struct entry *part))
{
    for (size_t i = 1; i < of->service.file_count; i++) {
        const char *slash = strrchr(of->service.file[i], '/');
        struct entry *part = find_entry(w, slash ? slash + 1 : of->service.file[i]);
        if (part && part != of && part->loaded && strcmp(part->name, "other") != 0 &&
            strcmp(part->service.file[0], of->service.file[i]) == 0)
            each(part);
    }
}

/* A file that others include is judged where it is included: alone it may be half a stack. One that
 * has both auth and account is a service too, such as login, which swaylock includes. */
static void set_part(struct entry *e)
{
    e->is_part = (e->service.borrowed & (1U << BC_PAM_AUTH | 1U << BC_PAM_ACCOUNT)) != 0;
}

static void set_covered(struct entry *e)
{
    e->is_covered = 1;
}

static int lint_one(struct work *w, struct entry *e)
{
    struct bc_pam_finding *findings;
    size_t count;

    e->is_covered = 1;
    for_parts(w, e, set_covered);
    if (bc_pam_lint(&e->service, e->name, &findings, &count) != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    for (size_t i = 0; i < count; i++)
        bc_pam_findings_add(w->report, e->name, &findings[i]);
    free(findings);
    return 0;
}

/* Parts that only a circle of includes holds are judged alone. */
static int lint_all(struct work *w, int named)
{
    int code = 0;

    for (size_t i = 0; i < w->count && !code; i++)
        code = load_one(w, &w->entry[i]);
    for (size_t i = 0; i < w->count && !code && !named; i++)
        for_parts(w, &w->entry[i], set_part);
    for (size_t i = 0; i < w->count && !code; i++)
        if (!w->entry[i].is_part)
            code = lint_one(w, &w->entry[i]);
    for (size_t i = 0; i < w->count && !code; i++)
        if (!w->entry[i].is_covered)
            code = lint_one(w, &w->entry[i]);
    return code;
}

/* What reaches fprintd without PAM. */
static void add_fprintd_access(struct work *w)
{
    struct bc_pam_finding finding = {.id = BC_FINDING_FPRINTD_OPEN, .stage = BC_PAM_STAGES};
    struct bc_fprintd_access access;

    bc_fprintd_access_look(&access);
    if (access.state == BC_FPRINTD_ACCESS_IN_FORCE || access.state == BC_FPRINTD_ACCESS_NO_FPRINTD)
        return;
    if (access.state == BC_FPRINTD_ACCESS_UNKNOWN) {
        bc_message_print(
            "only root may read %s: whether polkit's rule for fprintd is in force was not checked",
            access.path);
        return;
    }
    if (access.state == BC_FPRINTD_ACCESS_NOT_ENTITLED)
        finding.id = BC_FINDING_FPRINTD_REFUSED;
    finding.other = (struct bc_pam_place){.file = access.path, .module = ""};
    bc_pam_findings_add(w->report, "fprintd", &finding);
}

static int tell(const struct work *w, int json)
{
    long found = bc_pam_findings_count(w->report);

    if (found < 0)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    if (json)
        bc_message_json(bc_pam_findings_json(w->report));
    else
        bc_pam_findings_print(w->report);
    if (!json)
        (void)printf("%zu service%s, %ld finding%s\n", w->count, w->count == 1 ? "" : "s", found,
                     found == 1 ? "" : "s");
    return found ? BC_EXIT_REFUSED : BC_EXIT_OK;
}

static void free_work(struct work *w)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->entry[i].loaded)
            bc_pam_stack_free(&w->entry[i].service);
        free(w->entry[i].name);
    }
    bc_pam_findings_free(w->report);
    free(w);
}

static int work_through(struct work *w, const struct bc_args *args, int json)
{
    static const char *const names[FOLDERS_MAX] = {"/etc/pam.d", "/usr/lib/pam.d"};
    const char *root = bc_args_value(args, BC_OPTION_ROOT, "");
    int code = 0;

    for (size_t i = 0; i < FOLDERS_MAX; i++) {
        if ((size_t)snprintf(w->folder[i], PATH_MAX, "%s%s", root, names[i]) >= PATH_MAX)
            return bc_message_fail(BC_EXIT_USAGE, "--root: the path is too long");
        w->folders[w->folder_count++] = w->folder[i];
    }
    for (size_t i = 0; i < args->operand_count && !code; i++)
        code = add_entry(w, args->operand[i]);
    if (!code && args->operand_count == 0)
        code = add_all(w);
    if (!code)
        code = lint_all(w, args->operand_count > 0);
    if (!code && args->operand_count == 0 && !root[0])
        add_fprintd_access(w);
    return code ? code : tell(w, json);
}

static int run_lint(struct bc_session *tool, const struct bc_args *args)
{
    int code;
    struct work *w;

    w = calloc(1, sizeof *w);
    if (w)
        w->report = bc_pam_findings_new();
    if (!w || !w->report) {
        free(w);
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    }
    code = work_through(w, args, tool->json);
    free_work(w);
    return code;
}

const struct bc_verb bc_verb_lint = {
    .name = "lint",
    .summary = "find biometrics that run without consent, and jumps that skip too much",
    .usage = {"[SERVICE ...] [--root DIR]"},
    .description =
        "Reads pam.d with its includes, substacks and jumps, follows every way through each stack, "
        "and reports where a biometric runs without consent, and where a refusal costs more than "
        "the biometric. Without SERVICE it reads every service; without --root it also reports "
        "whether polkit asks for consent before fprintd serves programs, which on some hosts only "
        "root can see. It reads /etc/pam.d, then /usr/lib/pam.d, and changes nothing.\n\nThe exit "
        "status is 0 if there is no finding, 1 if there are findings, and 3 if there is no such "
        "folder or service.",
    .examples = {"bioconsent lint", "bioconsent lint sudo gdm-fingerprint",
                 "bioconsent lint --root /mnt"},
    .operands_max = 8,
    .options = {BC_OPTION_ROOT, -1},
    .run = run_lint,
};
