/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "base/text.h"
#include "common/memory.h"
#include "provider-files.h"
#include "provider/response.h"
#include "provider/template-files.h"

/* One provider, whose folders and services are looked at. */
struct looking {
    struct bc_audit *audit;
    const struct bc_provider *provider;
};

/* What was seen there: a template, or something that must not be there. */
struct item {
    const char *fault;                /* NULL: a template, and what names it follows */
    char account[BC_SUBJECT_MAX + 1]; /* empty: not known */
    struct bc_identifiers identifiers;
    char where[512]; /* printable: a path or a place; for trouble also what was wrong */
    char fix[512];   /* the command that removes it; may be empty */
};

static void add_finding(const struct looking *l, const struct item *item, const char *why,
                        const char *fix)
{
    struct bc_audit *a = l->audit;
    struct bc_audit_finding *f;

    a->finding = bc_memory_grow(a->finding, a->finding_count, &a->finding_room, sizeof *f);
    f = &a->finding[a->finding_count++];
    (void)snprintf(f->provider, sizeof f->provider, "%s", l->provider->id);
    (void)snprintf(f->account, sizeof f->account, "%s", item->account);
    (void)snprintf(f->where, sizeof f->where, "%s", item->where);
    (void)snprintf(f->why, sizeof f->why, "%s", why);
    (void)snprintf(f->fix, sizeof f->fix, "%s", fix);
}

/* ---- what an item is ---- */

/* Whether the record is about what was seen: everything known of the one is in the other. */
static int is_about(const struct bc_template *t, const struct bc_provider *p,
                    const struct item *item)
{
    if (strcmp(t->provider, p->id) != 0)
        return 0;
    if (item->account[0] && (t->subject.external || strcmp(t->subject.name, item->account) != 0))
        return 0;
    for (size_t i = 0; i < item->identifiers.count; i++) {
        const struct bc_identifier *seen = &item->identifiers.item[i];
        size_t k = 0;
        while (k < t->identifier_count && (strcmp(t->identifiers[k].name, seen->name) != 0 ||
                                           strcmp(t->identifiers[k].value, seen->value) != 0))
            k++;
        if (k == t->identifier_count)
            return 0;
    }
    return 1;
}

/* Of several records the one that a consent covers. */
static const struct bc_template *find_record(const struct looking *l, const struct item *item)
{
    const struct bc_templates *recorded = &l->audit->recorded;
    const struct bc_template *found = NULL;

    for (size_t i = 0; i < recorded->count; i++) {
        const struct bc_template *t = &recorded->list[i];
        if ((!found || !found->facts.covered) && is_about(t, l->provider, item))
            found = t;
    }
    return found;
}

/* The list from the store says what is wrong with a record; here only where its template lies. */
static void judge_recorded(const struct looking *l, const struct item *item,
                           const struct bc_template *t)
{
    char *where = l->audit->where[t - l->audit->recorded.list];
    char fix[BC_AUDIT_FIX_MAX];
    struct bc_subject now;

    (void)snprintf(where, sizeof l->audit->where[0], "%s", item->where);
    if (item->account[0] &&
        (!bc_subject_args_account(item->account, &now) || now.uid != t->subject.uid)) {
        bc_audit_fix(t, fix);
        add_finding(l, item, "the account of this name is not the one that consented", fix);
    }
}

static void judge_unrecorded(const struct looking *l, const struct item *item)
{
    char why[256], fix[BC_AUDIT_FIX_MAX], operand[BC_SUBJECT_OPERAND_BYTES];
    struct bc_subject subject;
    enum bc_reason reason;

    if (!item->account[0]) {
        add_finding(l, item, "no record says whose it is", item->fix);
        return;
    }
    if (!bc_subject_args_account(item->account, &subject)) {
        add_finding(l, item, "there is no such account", item->fix);
        return;
    }
    reason = bc_template_list_coverage(l->audit->session, &subject, l->provider->id,
                                       l->provider->modality);
    if (bc_reason_allows(reason)) {
        bc_subject_args_operand(&subject, operand);
        (void)snprintf(fix, sizeof fix, "bioconsent enroll %s --provider %s --existing", operand,
                       l->provider->id);
        add_finding(l, item, "a consent covers it, but it is not on record", fix);
    } else {
        (void)snprintf(why, sizeof why, "no valid consent covers it: %s", bc_reason_id(reason));
        add_finding(l, item, why, item->fix);
    }
}

static void judge_item(const struct looking *l, const struct item *item)
{
    const struct bc_subject *s = l->audit->subject;
    const struct bc_template *t;

    /* Asked about one person, it leaves out what names another account, and judges what names none.
     */
    if (s && item->account[0] && (s->external || strcmp(s->name, item->account) != 0))
        return;
    l->audit->looked_at++;
    if (item->fault) {
        add_finding(l, item, item->fault, item->fix);
        return;
    }
    t = find_record(l, item);
    if (t)
        judge_recorded(l, item, t);
    else if (!s || item->account[0])
        judge_unrecorded(l, item);
}

/* Nothing is skipped silently: what could not be looked at is an item as well. */
static void judge_trouble(const struct looking *l, const char *where, const char *what)
{
    struct item item = {.fault = "it could not be looked at, or not wholly"};
    char text[sizeof item.where];

    (void)snprintf(text, sizeof text, "%.250s: %.250s", where, what);
    bc_text_sanitize(text, item.where, sizeof item.where);
    judge_item(l, &item);
}

/* Writes the first of the provider's commands that needs no more than is known. */
static void write_fix(const struct bc_provider *p, struct item *item)
{
    static const enum bc_step_id steps[] = {BC_STEP_DELETE, BC_STEP_DELETE_2};
    const struct bc_filling f = {.account = item->account[0] ? item->account : NULL,
                                 .handles = &item->identifiers};
    struct bc_command c;

    for (size_t s = 0; s < 2 && !item->fix[0]; s++) {
        size_t len = 0;
        if (bc_command_fill(&p->handles, p->step[steps[s]].command.text, &f, 0, &c) != BC_OK)
            continue;
        for (size_t i = 0; i < c.count && len < sizeof item->fix; i++)
            len += (size_t)snprintf(item->fix + len, sizeof item->fix - len, "%s%s", i ? " " : "",
                                    c.argv[i]);
        if (len >= sizeof item->fix)
            item->fix[0] = '\0';
        bc_command_free(&c);
    }
    if (!item->fix[0] && bc_command_text(&p->handles, p->step[BC_STEP_INVENTORY].remove.text, &f,
                                         item->fix, sizeof item->fix) != BC_OK)
        item->fix[0] = '\0';
}

/* ---- files ---- */

/* By its number: the name may hold anything. */
static void write_file_fix(const char *folder, const struct stat *st, struct item *item)
{
    (void)snprintf(item->fix, sizeof item->fix, "find %.300s -xdev -inum %llu -delete", folder,
                   (unsigned long long)st->st_ino);
}

static void look_at_templates(const struct looking *l, const char *pattern)
{
    const struct bc_provider *p = l->provider;
    struct bc_template_files files;
    struct bc_template_file file;
    struct stat st;
    char base[PATH_MAX], text[512];
    int is_template;
    enum bc_result r;

    bc_template_files_base(pattern, base);
    r = bc_template_files_begin(&files, &p->handles, pattern, NULL);
    if (r == BC_OK) {
        while (bc_template_files_next(&files, &st, &is_template, &file)) {
            struct item item = {.fault = NULL};
            (void)snprintf(text, sizeof text, "%.400s%s", files.walk.path,
                           is_template           ? ""
                           : S_ISLNK(st.st_mode) ? ": a link"
                           : S_ISREG(st.st_mode) ? ": a file that is nobody's by its path"
                                                 : ": neither a file nor a folder");
            bc_text_sanitize(text, item.where, sizeof item.where);
            if (is_template) {
                item.identifiers = file.handles;
                memcpy(item.account, file.account, sizeof item.account);
                write_fix(p, &item);
            } else {
                item.fault = "something that is no template lies where templates lie";
                write_file_fix(base, &st, &item);
            }
            judge_item(l, &item);
        }
        r = bc_template_files_end(&files);
    }
    if (r != BC_OK)
        judge_trouble(l, base, bc_result_text(r));
}

static void look_at_pictures(const struct looking *l, const char *folder)
{
    struct bc_directory_walk walk;
    struct stat st;
    enum bc_result r;

    bc_directory_walk_begin(&walk, folder, 0);
    while (bc_directory_walk_next(&walk, &st)) {
        struct item item = {.fault = "a picture of a person whom it does not name"};
        char text[sizeof item.where];
        (void)snprintf(text, sizeof text, "%.400s", walk.path);
        bc_text_sanitize(text, item.where, sizeof item.where);
        write_file_fix(folder, &st, &item);
        judge_item(l, &item);
    }
    r = bc_directory_walk_end(&walk);
    if (r != BC_OK)
        judge_trouble(l, folder, bc_result_text(r));
}

/* ---- services ---- */

/* A template of which the service lists this value in this place. */
static void judge_listed(const struct looking *l, const struct bc_identifiers *place,
                         const char *value)
{
    const struct bc_provider *p = l->provider;
    const char *collect = p->step[BC_STEP_INVENTORY].collect.text;
    const struct bc_identifier_rule *rule =
        bc_identifiers_rule(&p->handles, collect, strcspn(collect, " "));
    struct item item = {.identifiers = *place};
    size_t len = 0;

    if (!rule || !bc_identifiers_valid(rule, value, strlen(value)) ||
        !bc_identifiers_add(&item.identifiers, rule->name, value)) {
        judge_trouble(l, p->id, "it lists something that is no identifier");
        return;
    }
    for (size_t i = 0; i < item.identifiers.count && len < sizeof item.where; i++)
        len += (size_t)snprintf(item.where + len, sizeof item.where - len, "%s%s=%s", i ? " " : "",
                                item.identifiers.item[i].name, item.identifiers.item[i].value);
    write_fix(p, &item);
    judge_item(l, &item);
}

/* Asks the service for the list of one place. */
static void look_at_place(const struct looking *l, const struct bc_identifiers *place)
{
    const struct bc_provider *p = l->provider;
    const struct bc_step *s = &p->step[BC_STEP_INVENTORY];
    const struct bc_filling f = {.handles = place};
    struct bc_response *list = NULL;
    struct bc_run_result run;
    const char *fault, *value;
    char text[200];

    if (bc_provider_files_run(p, s->command.text, &f, 0, 0, &run) != BC_OK) {
        judge_trouble(l, p->id, "a place lacks an identifier that the inventory needs");
        return;
    }
    bc_subprocess_text(&run, text, sizeof text);
    fault = bc_provider_files_succeeded(&run) ? bc_provider_files_collect(s, &run, &list) : text;
    bc_subprocess_free(&run);
    if (fault)
        judge_trouble(l, p->id, fault);
    for (size_t i = 0; !fault && (value = bc_response_string(list, i)); i++)
        judge_listed(l, place, value);
    bc_response_free(list);
}

/* ---- all of them ---- */

static void look_at_provider(struct bc_audit *a, const char *id)
{
    static struct bc_provider p;
    const struct looking l = {.audit = a, .provider = &p};
    const struct bc_step *inventory = &p.step[BC_STEP_INVENTORY];

    if (bc_provider_files_find(id, &p)) {
        (void)snprintf(p.id, sizeof p.id, "%s", id);
        add_finding(&l, &(struct item){.where = "its provider's file"},
                    "it could not be looked at, or not wholly", "");
        return;
    }
    for (size_t i = 0; i < BC_ABSENT_MAX; i++)
        if (p.step[BC_STEP_PROVE].absent[i].text[0])
            look_at_templates(&l, p.step[BC_STEP_PROVE].absent[i].text);
    if (inventory->pictures.text[0])
        look_at_pictures(&l, inventory->pictures.text);
    for (size_t i = 0; inventory->command.text[0] && i < p.place_count; i++)
        look_at_place(&l, &p.place[i]);
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
