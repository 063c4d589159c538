/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fprintd-access.h"
#include "pam/pam-lint.h"
#include "session.h"

#define FOLDERS_MAX 2
#define SERVICES_MAX 1024
#define PLACE_MAX 512

/* One service of the folders. */
struct entry {
    const char *name;
    struct bc_pam_service service;
    int is_part, is_covered;
};

struct work {
    char folder[FOLDERS_MAX][PATH_MAX];
    const char *folders[FOLDERS_MAX];
    struct dirent **list[FOLDERS_MAX]; /* kept: the entries point at its names */
    size_t count;
    struct entry entry[SERVICES_MAX];
    const char *now;  /* the service that findings are about */
    json_t *findings; /* each once: most lines of a pam.d folder are in files that all the others
                         include */
    json_t *services; /* of each finding, those that it is true of */
};

/* ---- findings ---- */

static json_t *need_json(json_t *value)
{
    if (!value)
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    return value;
}

static json_t *make_clean_string(const char *text)
{
    char out[PLACE_MAX];

    bc_text_sanitize(text, out, sizeof out);
    return need_json(json_string(out));
}

/* Returns NULL where the finding has no such place. */
static json_t *make_place(const struct bc_pam_place *place)
{
    if (!place->file)
        return NULL;
    return need_json(
        json_pack("{s:o, s:o*, s:o*}", "file", make_clean_string(place->file), "line",
                  place->number ? need_json(json_integer((json_int_t)place->number)) : NULL,
                  "module", place->module[0] ? make_clean_string(place->module) : NULL));
}

static json_t *make_finding(const struct bc_pam_finding *f)
{
    const struct bc_pam_lint_text *text = bc_pam_lint_text(f->id);

    return need_json(json_pack("{s:s, s:s, s:s, s:s*, s:o*, s:o*, s:o*, s:o*}", "finding",
                               text->name, "what", text->sentence, "remedy", text->remedy, "stage",
                               f->stage < BC_PAM_STAGES ? bc_pam_stack_stage_name(f->stage) : NULL,
                               "gate", make_place(&f->gate), "matcher", make_place(&f->matcher),
                               "line", make_place(&f->other), "detail",
                               f->detail ? make_clean_string(f->detail) : NULL));
}

/* Adds a finding about w->now: a new one, or that service to one that is there. */
static void add_finding(struct work *w, const struct bc_pam_finding *finding)
{
    json_t *o = make_finding(finding), *name = make_clean_string(w->now), *services;
    size_t i = 0;

    while (i < json_array_size(w->findings) && !json_equal(json_array_get(w->findings, i), o))
        i++;
    if (i == json_array_size(w->findings) &&
        (json_array_append(w->findings, o) || json_array_append_new(w->services, json_array())))
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    services = json_array_get(w->services, i);
    for (i = 0; i < json_array_size(services) && !json_equal(json_array_get(services, i), name);)
        i++;
    if (i == json_array_size(services) && json_array_append(services, name))
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    json_decref(o);
    json_decref(name);
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text ? text : "";
}

static void print_place(const json_t *o, const char *key)
{
    const json_t *place = json_object_get(o, key), *line = json_object_get(place, "line");
    const char *module = text_of(place, "module");

    if (!place)
        return;
    (void)printf("  %-8s %s", key, text_of(place, "file"));
    if (line)
        (void)printf(":%lld", (long long)json_integer_value(line));
    (void)printf("%s%s\n", module[0] ? "  " : "", module);
}

static void print_finding(const json_t *o)
{
    const json_t *services = json_object_get(o, "services");

    (void)printf("%s:", text_of(o, "finding"));
    if (text_of(o, "stage")[0])
        (void)printf(" %s of", text_of(o, "stage"));
    for (size_t i = 0; i < json_array_size(services); i++)
        (void)printf("%s %s", i ? "," : "", json_string_value(json_array_get(services, i)));
    (void)printf("\n  %s\n", text_of(o, "what"));
    print_place(o, "gate");
    print_place(o, "matcher");
    print_place(o, "line");
    if (text_of(o, "detail")[0])
        (void)printf("  %-8s %s\n", "option", text_of(o, "detail"));
    (void)printf("  %-8s %s\n\n", "to do", text_of(o, "remedy"));
}

/* ---- the services ---- */

/* Tells services from what packages and editors leave in the folder. */
static int is_service(const struct dirent *d)
{
    static const char *const left[] = {".*", "?*~", "?*.bak", "?*.orig", "*.dpkg-*", "*.rpm*"};
    int service = d->d_type != DT_DIR;

    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        service &= fnmatch(left[i], d->d_name, 0) != 0;
    return service;
}

static struct entry *find_entry(struct work *w, const char *name)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->entry[i].name, name) == 0)
            return &w->entry[i];
    return NULL;
}

/* name must live as long as w. */
static void add_entry(struct work *w, const char *name)
{
    if (find_entry(w, name))
        return;
    if (w->count == SERVICES_MAX)
        bc_message_die(BC_EXIT_REFUSED, "more than %d services: name those to read", SERVICES_MAX);
    w->entry[w->count++].name = name;
}

static void add_all(struct work *w)
{
    size_t missing = 0;

    for (size_t i = 0; i < FOLDERS_MAX; i++) {
        int n = scandir(w->folders[i], &w->list[i], is_service, alphasort);
        missing += n < 0;
        for (int k = 0; k < n; k++)
            add_entry(w, w->list[i][k]->d_name);
    }
    if (missing == FOLDERS_MAX)
        bc_message_die(BC_EXIT_NOT_FOUND,
                       "%s cannot be read; name the root of another system with --root",
                       w->folders[0]);
    if (w->count == 0)
        bc_message_die(BC_EXIT_NOT_FOUND, "%s holds no service", w->folders[0]);
}

/* Returns the entry whose own file is file i of another service; NULL if there is none. */
static struct entry *find_part(struct work *w, const struct entry *of, size_t i)
{
    const char *file = of->service.file[i], *slash = strrchr(file, '/');
    struct entry *part = find_entry(w, slash ? slash + 1 : file);

    if (!part || part == of || strcmp(part->name, "other") == 0 ||
        strcmp(part->service.file[0], file) != 0)
        return NULL;
    return part;
}

/* A file that others include is judged where it is included: alone it may be half a stack. One that
 * has both auth and account is a service too, such as login, which swaylock includes. */
static void mark_parts(struct work *w)
{
    for (size_t i = 0; i < w->count; i++)
        for (size_t k = 1; k < w->entry[i].service.file_count; k++) {
            struct entry *part = find_part(w, &w->entry[i], k);
            if (part)
                part->is_part =
                    (part->service.borrowed & (1U << BC_PAM_AUTH | 1U << BC_PAM_ACCOUNT)) != 0;
        }
}

static void lint_entry(struct work *w, struct entry *e)
{
    struct bc_pam_finding *findings = NULL;
    size_t count = 0;

    w->now = e->name;
    e->is_covered = 1;
    for (size_t k = 1; k < e->service.file_count; k++) {
        struct entry *part = find_part(w, e, k);
        if (part)
            part->is_covered = 1;
    }
    if (bc_pam_lint(&e->service, e->name, &findings, &count) != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    for (size_t i = 0; i < count; i++)
        add_finding(w, &findings[i]);
    free(findings);
}

/* Reports what reaches fprintd without PAM. */
static void lint_fprintd_access(struct work *w)
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
    w->now = "fprintd";
    add_finding(w, &finding);
}

static int run_lint(struct bc_session *session, const struct bc_args *args)
{
    static const char *const names[FOLDERS_MAX] = {"/etc/pam.d", "/usr/lib/pam.d"};
    static struct work w;
    const char *root = bc_args_value(args, BC_OPTION_ROOT, "");
    size_t found;

    w.findings = need_json(json_array());
    w.services = need_json(json_array());
    for (size_t i = 0; i < FOLDERS_MAX; i++) {
        if ((size_t)snprintf(w.folder[i], PATH_MAX, "%s%s", root, names[i]) >= PATH_MAX)
            bc_message_die(BC_EXIT_USAGE, "--root: the path is too long");
        w.folders[i] = w.folder[i];
    }
    for (size_t i = 0; i < args->operand_count; i++)
        add_entry(&w, args->operand[i]);
    if (args->operand_count == 0)
        add_all(&w);
    for (size_t i = 0; i < w.count; i++) {
        struct entry *e = &w.entry[i];
        enum bc_result r = bc_pam_stack_load(w.folders, FOLDERS_MAX, e->name, &e->service);
        if (r != BC_OK)
            bc_message_die(r == BC_ERR_MEMORY    ? BC_EXIT_REFUSED
                           : r == BC_ERR_INVALID ? BC_EXIT_USAGE
                                                 : BC_EXIT_NOT_FOUND,
                           "service %s: %s", e->name, bc_result_text(r));
    }
    if (args->operand_count == 0)
        mark_parts(&w);
    for (size_t i = 0; i < w.count; i++)
        if (!w.entry[i].is_part)
            lint_entry(&w, &w.entry[i]);
    for (size_t i = 0; i < w.count; i++) /* parts that only a circle of includes holds */
        if (!w.entry[i].is_covered)
            lint_entry(&w, &w.entry[i]);
    if (args->operand_count == 0 && !root[0])
        lint_fprintd_access(&w);
    found = json_array_size(w.findings);
    for (size_t i = 0; i < found; i++) {
        json_t *finding = json_array_get(w.findings, i);
        if (json_object_set(finding, "services", json_array_get(w.services, i)))
            bc_message_die(BC_EXIT_REFUSED, "no memory");
        if (!session->json)
            print_finding(finding);
    }
    if (session->json)
        bc_message_json(w.findings);
    else
        (void)printf("%zu service%s, %zu finding%s\n", w.count, w.count == 1 ? "" : "s", found,
                     found == 1 ? "" : "s");
    return found ? BC_EXIT_REFUSED : BC_EXIT_OK;
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
