/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "base/text.h"
#include "common/memory.h"
#include "provider-files.h"
#include "provider/response.h"
#include "provider/template-files.h"

#define TROUBLE "it could not be looked at, or not wholly"
#define FIX_MAX 512 /* bytes of a provider's command, with NUL */

static void add_finding(struct bc_audit *a, const struct bc_audit_finding *seen)
{
    a->finding = bc_memory_grow(a->finding, a->finding_count, &a->finding_room, sizeof *seen);
    a->finding[a->finding_count] = *seen;
    memcpy(a->finding[a->finding_count++].provider, a->provider->id, sizeof seen->provider);
}

/* ---- what was seen ---- */

/* Whether the record is about what was seen: everything known of the one is in the other. */
static int is_about(const struct bc_template *t, const char *account,
                    const struct bc_identifiers *identifiers)
{
    if (account[0] && (t->subject.external || strcmp(t->subject.name, account) != 0))
        return 0;
    for (size_t i = 0; i < identifiers->count; i++) {
        const struct bc_identifier *seen = &identifiers->item[i];
        size_t k = 0;
        while (k < t->identifier_count && (strcmp(t->identifiers[k].name, seen->name) != 0 ||
                                           strcmp(t->identifiers[k].value, seen->value) != 0))
            k++;
        if (k == t->identifier_count)
            return 0;
    }
    return 1;
}

static void judge_unrecorded(struct bc_audit *a, struct bc_audit_finding *seen)
{
    char operand[BC_SUBJECT_OPERAND_BYTES];
    const char *why = "", *what = "no record says whose it is";
    struct bc_subject subject;

    if (seen->account[0] && !bc_subject_args_account(seen->account, &subject)) {
        what = "there is no such account";
    } else if (seen->account[0]) {
        enum bc_reason reason =
            bc_template_list_coverage(a->session, &subject, a->provider->id, a->provider->modality);
        what = "no valid consent covers it: ";
        why = bc_reason_id(reason);
        if (bc_reason_allows(reason)) {
            what = "a consent covers it, but it is not on record";
            why = "";
            bc_subject_args_operand(&subject, operand);
            (void)snprintf(seen->fix, sizeof seen->fix,
                           "bioconsent enroll %s --provider %s --existing", operand,
                           a->provider->id);
        }
    }
    (void)snprintf(seen->why, sizeof seen->why, "%s%s", what, why);
    add_finding(a, seen);
}

/* Judges a template with these identifiers; NULL: it is none, and seen->why says what is wrong. */
static void judge(struct bc_audit *a, struct bc_audit_finding *seen,
                  const struct bc_identifiers *identifiers)
{
    const struct bc_templates *recorded = &a->recorded;
    const struct bc_subject *s = a->subject;
    const struct bc_template *found = NULL;
    struct bc_subject now;

    /* Asked about one person, it leaves out what names another account, and judges the rest. */
    if (s && seen->account[0] && (s->external || strcmp(s->name, seen->account) != 0))
        return;
    a->looked_at++;
    for (size_t i = 0; identifiers && i < recorded->count; i++) {
        const struct bc_template *t = &recorded->list[i];
        if (found && found->facts.covered) /* of several records the one that a consent covers */
            break;
        if (strcmp(t->provider, a->provider->id) == 0 && is_about(t, seen->account, identifiers))
            found = t;
    }
    if (!identifiers)
        add_finding(a, seen);
    else if (!found && (!s || seen->account[0]))
        judge_unrecorded(a, seen);
    if (!found)
        return;
    /* The list from the store says what is wrong with a record; this, where its template lies. */
    memcpy(a->where[found - recorded->list], seen->where, sizeof a->where[0]);
    if (seen->account[0] &&
        (!bc_subject_args_account(seen->account, &now) || now.uid != found->subject.uid)) {
        (void)snprintf(seen->why, sizeof seen->why,
                       "the account of this name is not the one that consented");
        bc_audit_fix(found, seen->fix);
        add_finding(a, seen);
    }
}

/* Nothing is skipped silently: what could not be looked at is a finding as well. */
static void judge_trouble(struct bc_audit *a, const char *where, const char *what)
{
    struct bc_audit_finding seen = {.why = TROUBLE};
    char text[sizeof seen.where];

    (void)snprintf(text, sizeof text, "%.250s: %.250s", where, what);
    bc_text_sanitize(text, seen.where, sizeof seen.where);
    judge(a, &seen, NULL);
}

/* Writes the first of the provider's commands that needs no more than is known. */
static void write_fix(const struct bc_provider *p, const struct bc_identifiers *identifiers,
                      struct bc_audit_finding *seen)
{
    const struct bc_filling f = {.account = seen->account[0] ? seen->account : NULL,
                                 .handles = identifiers};
    struct bc_command c;

    for (int s = BC_STEP_DELETE; s <= BC_STEP_DELETE_2 && !seen->fix[0]; s++) {
        size_t len = 0;
        if (bc_command_fill(&p->handles, p->step[s].command.text, &f, 0, &c) != BC_OK)
            continue;
        for (size_t i = 0; i < c.count && len < FIX_MAX; i++)
            len +=
                (size_t)snprintf(seen->fix + len, FIX_MAX - len, "%s%s", i ? " " : "", c.argv[i]);
        if (len >= FIX_MAX)
            seen->fix[0] = '\0';
        bc_command_free(&c);
    }
    if (!seen->fix[0] && bc_command_text(&p->handles, p->step[BC_STEP_INVENTORY].remove.text, &f,
                                         seen->fix, FIX_MAX) != BC_OK)
        seen->fix[0] = '\0';
}

/* ---- files ---- */

/* Looks at the files of the pattern; where it is NULL, at every file of the folder as a picture. */
static void look_at_folder(struct bc_audit *a, const char *folder, const char *pattern)
{
    const struct bc_provider *p = a->provider;
    struct bc_template_files files;
    struct bc_template_file file;
    enum bc_result r = BC_OK;
    int is_template;
    struct stat st;

    if (pattern)
        r = bc_template_files_begin(&files, &p->handles, pattern, NULL);
    else
        bc_template_files_begin_folder(&files, folder);
    while (r == BC_OK && bc_template_files_next(&files, &st, &is_template, &file)) {
        struct bc_audit_finding seen = {.why = ""};
        char text[sizeof seen.where];
        (void)snprintf(text, sizeof text, "%.400s%s", files.path,
                       is_template || !pattern ? ""
                       : S_ISLNK(st.st_mode)   ? ": a link"
                       : S_ISREG(st.st_mode)   ? ": a file whose path is not that of a template"
                                               : ": neither a file nor a folder");
        bc_text_sanitize(text, seen.where, sizeof seen.where);
        if (is_template) {
            memcpy(seen.account, file.account, sizeof seen.account);
            write_fix(p, &file.handles, &seen);
        } else { /* by its number: the name may hold anything */
            (void)snprintf(seen.fix, sizeof seen.fix, "find %.300s -xdev -inum %llu -delete",
                           folder, (unsigned long long)st.st_ino);
        }
        (void)snprintf(seen.why, sizeof seen.why, "%s",
                       pattern ? "something that is no template lies where templates lie"
                               : "a picture of a person whom it does not name");
        judge(a, &seen, is_template ? &file.handles : NULL);
    }
    if (r == BC_OK)
        r = bc_template_files_end(&files);
    if (r != BC_OK)
        judge_trouble(a, folder, bc_result_text(r));
}

/* ---- services ---- */

/* Asks the service for the list of one place. */
static void look_at_place(struct bc_audit *a, const struct bc_identifiers *place)
{
    const struct bc_provider *p = a->provider;
    const struct bc_step *s = &p->step[BC_STEP_INVENTORY];
    const struct bc_filling f = {.handles = place};
    const struct bc_identifier_rule *rule =
        bc_identifiers_rule(&p->handles, s->collect.text, strcspn(s->collect.text, " "));
    json_t *list = NULL;
    struct bc_run_result run;
    const char *fault, *value;
    char text[200];

    if (bc_provider_files_run(p, s->command.text, &f, 0, 0, &run) != BC_OK) {
        judge_trouble(a, p->id, "a place lacks an identifier that the inventory needs");
        return;
    }
    bc_subprocess_text(&run, text, sizeof text);
    fault = bc_provider_files_succeeded(&run) ? bc_provider_files_collect(s, &run, &list) : text;
    bc_subprocess_free(&run);
    if (fault)
        judge_trouble(a, p->id, fault);
    for (size_t i = 0; !fault && (value = json_string_value(json_array_get(list, i))); i++) {
        struct bc_audit_finding seen = {.why = ""};
        struct bc_identifiers all = *place;
        size_t len = 0;
        if (!rule || !bc_identifiers_valid(rule, value, strlen(value)) ||
            !bc_identifiers_add(&all, rule->name, value)) {
            judge_trouble(a, p->id, "it lists something that is no identifier");
            continue;
        }
        for (size_t k = 0; k < all.count && len < sizeof seen.where; k++)
            len += (size_t)snprintf(seen.where + len, sizeof seen.where - len, "%s%s=%s",
                                    k ? " " : "", all.item[k].name, all.item[k].value);
        write_fix(p, &all, &seen);
        judge(a, &seen, &all);
    }
    json_decref(list);
}

/* ---- all of them ---- */

static void look_at_provider(struct bc_audit *a, const char *id)
{
    static struct bc_provider p;
    const struct bc_step *inventory = &p.step[BC_STEP_INVENTORY];
    char folder[PATH_MAX];

    a->provider = &p;
    if (bc_provider_files_find(id, &p)) {
        (void)snprintf(p.id, sizeof p.id, "%s", id);
        add_finding(a, &(struct bc_audit_finding){.where = "its provider's file", .why = TROUBLE});
        return;
    }
    for (size_t i = 0; i < BC_ABSENT_MAX; i++) {
        const char *pattern = p.step[BC_STEP_PROVE].absent[i].text;
        if (!pattern[0])
            continue;
        bc_template_files_base(pattern, folder);
        look_at_folder(a, folder, pattern);
    }
    if (inventory->pictures.text[0])
        look_at_folder(a, inventory->pictures.text, NULL);
    for (size_t i = 0; inventory->command.text[0] && i < p.place_count; i++)
        look_at_place(a, &p.place[i]);
}

void bc_audit_look(struct bc_audit *a)
{
    static struct bc_provider_names names;

    a->where = bc_memory_new(a->recorded.count, sizeof a->where[0]);
    if (a->only_provider) {
        look_at_provider(a, a->only_provider);
        return;
    }
    bc_provider_files_names(&names);
    for (size_t i = 0; i < names.count; i++)
        look_at_provider(a, names.name[i]);
}
