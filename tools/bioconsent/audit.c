/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "base/text.h"
#include "common/memory.h"
#include "provider-files.h"
#include "provider/response.h"
#include "provider/template-files.h"
#include "template-list.h"

#define AHEAD (30 * 86400)
#define TROUBLE "it could not be read, or only in part"
#define FIX_BYTES (BC_SUBJECT_OPERAND_BYTES + 128) /* of a command, with NUL */
#define COMMAND_MAX 512                            /* bytes of a provider's command, with NUL */

/* Something that was found by looking and that the store's list does not say. */
struct finding {
    char provider[BC_WORD_MAX + 1];
    char account[BC_SUBJECT_MAX + 1]; /* empty: not known */
    char where[512];
    char why[256];
    char fix[FIX_BYTES]; /* the command that removes or records it; may be empty */
};

struct audit {
    struct bc_session *session;
    const struct bc_subject *subject;   /* NULL: all subjects */
    const char *only_provider;          /* NULL: all */
    struct bc_templates recorded;       /* of the subject, at any provider */
    const struct bc_provider *provider; /* the one that is looked at */
    char (*where)[512];                 /* of each recorded template: where it was seen, or "" */
    struct finding *finding;
    size_t finding_count, finding_room;
    size_t looked_at; /* items */
};

/* Writes the command by which the template is deleted, or its deletion confirmed. */
static void write_delete_command(const struct bc_template *t, char out[FIX_BYTES])
{
    char operand[BC_SUBJECT_OPERAND_BYTES];
    int by_a_person =
        t->attempts && (t->state == BC_DELETION_UNVERIFIED || t->state == BC_DELETION_INSTRUCTED);

    bc_subject_args_operand(&t->subject, operand);
    (void)snprintf(out, FIX_BYTES, "bioconsent delete %s --%s %llu%s", operand,
                   by_a_person ? "confirm" : "template", (unsigned long long)t->index,
                   by_a_person ? " --reason TEXT" : "");
}

/* ---- looking ---- */

static void add_finding(struct audit *a, const struct finding *seen)
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

static void judge_unrecorded(struct audit *a, struct finding *seen)
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
static void judge_template(struct audit *a, struct finding *seen,
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
        write_delete_command(found, seen->fix);
        add_finding(a, seen);
    }
}

/* Nothing is skipped silently: what could not be looked at is a finding as well. */
static void judge_trouble(struct audit *a, const char *where, const char *what)
{
    struct finding seen = {.why = TROUBLE};
    char text[sizeof seen.where];

    (void)snprintf(text, sizeof text, "%.250s: %.250s", where, what);
    bc_text_sanitize(text, seen.where, sizeof seen.where);
    judge_template(a, &seen, NULL);
}

/* Writes the first of the provider's commands that needs no more than is known. */
static void write_fix(const struct bc_provider *p, const struct bc_identifiers *identifiers,
                      struct finding *seen)
{
    const struct bc_filling f = {.account = seen->account[0] ? seen->account : NULL,
                                 .identifiers = identifiers};
    struct bc_command c;

    for (int s = BC_STEP_DELETE; s <= BC_STEP_DELETE_2 && !seen->fix[0]; s++) {
        size_t len = 0;
        if (bc_command_fill(&p->identifiers, p->step[s].command.text, &f, 0, &c) != BC_OK)
            continue;
        for (size_t i = 0; i < c.count && len < COMMAND_MAX; i++)
            len += (size_t)snprintf(seen->fix + len, COMMAND_MAX - len, "%s%s", i ? " " : "",
                                    c.argv[i]);
        if (len >= COMMAND_MAX)
            seen->fix[0] = '\0';
        bc_command_free(&c);
    }
    if (!seen->fix[0] && bc_command_text(&p->identifiers, p->step[BC_STEP_INVENTORY].remove.text,
                                         &f, seen->fix, COMMAND_MAX) != BC_OK)
        seen->fix[0] = '\0';
}

/* ---- files ---- */

/* Looks at the files of the pattern; where it is NULL, at every file of the folder as a picture. */
static void look_at_folder(struct audit *a, const char *folder, const char *pattern)
{
    const struct bc_provider *p = a->provider;
    struct bc_template_files files;
    struct bc_template_file file;
    enum bc_result r = BC_OK;
    int is_template;
    struct stat st;

    if (pattern)
        r = bc_template_files_begin(&files, &p->identifiers, pattern, NULL);
    else
        bc_template_files_begin_folder(&files, folder);
    while (r == BC_OK && bc_template_files_next(&files, &st, &is_template, &file)) {
        struct finding seen = {.why = ""};
        char text[sizeof seen.where];
        (void)snprintf(text, sizeof text, "%.400s%s", files.path,
                       is_template || !pattern ? ""
                       : S_ISLNK(st.st_mode)   ? ": a link"
                       : S_ISREG(st.st_mode)   ? ": a file whose path is not that of a template"
                                               : ": neither a file nor a folder");
        bc_text_sanitize(text, seen.where, sizeof seen.where);
        if (is_template) {
            memcpy(seen.account, file.account, sizeof seen.account);
            write_fix(p, &file.identifiers, &seen);
        } else { /* by its number: the name may hold anything */
            (void)snprintf(seen.fix, sizeof seen.fix, "find %.300s -xdev -inum %llu -delete",
                           folder, (unsigned long long)st.st_ino);
        }
        (void)snprintf(seen.why, sizeof seen.why, "%s",
                       pattern ? "something that is no template lies where templates lie"
                               : "a picture of a person whom it does not name");
        judge_template(a, &seen, is_template ? &file.identifiers : NULL);
    }
    if (r == BC_OK)
        r = bc_template_files_end(&files);
    if (r != BC_OK)
        judge_trouble(a, folder, bc_result_text(r));
}

/* ---- services ---- */

/* Asks the service for the list of one place. */
static void look_at_place(struct audit *a, const struct bc_identifiers *place)
{
    const struct bc_provider *p = a->provider;
    const struct bc_step *s = &p->step[BC_STEP_INVENTORY];
    const struct bc_filling f = {.identifiers = place};
    const struct bc_identifier_rule *rule =
        bc_identifiers_rule(&p->identifiers, s->collect.text, strcspn(s->collect.text, " "));
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
        struct finding seen = {.why = ""};
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
        judge_template(a, &seen, &all);
    }
    json_decref(list);
}

/* ---- all of them ---- */

static void look_at_provider(struct audit *a, const char *id)
{
    static struct bc_provider p;
    const struct bc_step *inventory = &p.step[BC_STEP_INVENTORY];
    char folder[PATH_MAX];

    a->provider = &p;
    if (bc_provider_files_find(id, &p)) {
        (void)snprintf(p.id, sizeof p.id, "%s", id);
        add_finding(a, &(struct finding){.where = "its provider's file", .why = TROUBLE});
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

/* Looks in the folders and at the services of the chosen providers; sets where and finding. What
 * cannot be looked at is a finding. */
static void look_at_all(struct audit *a)
{
    static struct bc_provider_names names;

    a->where = bc_memory_new(a->recorded.count, sizeof a->where[0]);
    if (a->only_provider)
        look_at_provider(a, a->only_provider);
    else
        bc_provider_files_names(&names);
    for (size_t i = 0; i < names.count; i++)
        look_at_provider(a, names.name[i]);
}

/* ---- the list ---- */

/* The day by which it must be gone; 0: no law names one. */
static int64_t due_day(const struct bc_template *t)
{
    return t->facts.covered && !t->obligation.due ? t->clock_end : t->obligation.due;
}

static int is_overdue(const struct audit *a, const struct bc_template *t)
{
    return t->obligation.due && t->obligation.due < a->session->now;
}

static int is_wanted(const struct audit *a, const struct bc_template *t, int64_t within)
{
    int64_t due = due_day(t);

    if (a->only_provider && strcmp(a->only_provider, t->provider) != 0)
        return 0;
    if (!due)
        return t->obligation.why == BC_CAUSE_UNCOVERED;
    if (within >= 0)
        return due <= a->session->now + within;
    return t->obligation.due || due <= a->session->now + AHEAD;
}

/* Prints a template on record, or adds it to out where that is not NULL. */
static void print_template(const struct audit *a, size_t i, json_t *out)
{
    const struct bc_template *t = &a->recorded.list[i];
    const char *state = bc_vocabulary_name(BC_VOCABULARY_DELETION, t->state);
    const char *where = a->where ? a->where[i] : "";
    char due[40], fix[FIX_BYTES];

    bc_message_time(due_day(t), due);
    write_delete_command(t, fix);
    if (out) {
        json_t *o = json_pack(
            "{s:I, s:s, s:I, s:b, s:s, s:s, s:s, s:I, s:b, s:s, s:s, s:I, s:s}", "template",
            (json_int_t)t->index, "subject", t->subject.name, "uid", (json_int_t)t->subject.uid,
            "external", t->subject.external, "provider", t->provider, "modality",
            bc_vocabulary_name(BC_VOCABULARY_MODALITY, t->modality), "why",
            bc_template_list_cause(t), "due", (json_int_t)due_day(t), "overdue", is_overdue(a, t),
            "law", t->law, "clause", t->clause, "attempts", (json_int_t)t->attempts, "fix", fix);
        if (t->attempts)
            json_object_set_new(o, "last",
                                json_pack("{s:s, s:I, s:s}", "state", state, "at",
                                          (json_int_t)t->attempted, "answer", t->answer));
        if (where[0])
            json_object_set_new(o, "where", json_string(where));
        json_array_append_new(out, o);
        return;
    }
    (void)printf("%8llu  %-20s %-16s %-16s %s%s  %s%s%s\n", (unsigned long long)t->index,
                 t->subject.name, t->provider, bc_template_list_cause(t), due,
                 is_overdue(a, t) ? " OVERDUE" : "", t->law, t->law[0] ? ": " : "", t->clause);
    if (t->attempts)
        (void)printf("%8s  attempt %llu: %s: %s\n", "", (unsigned long long)t->attempts, state,
                     t->answer);
    if (where[0])
        (void)printf("%8s  where: %s\n", "", where);
    (void)printf("%8s  fix: %s\n", "", fix);
}

/* Prints all of it. Returns how many of it must not be: overdue, without consent, or found by
 * looking. */
static size_t print_audit(const struct audit *a, int64_t within, int look)
{
    json_t *out = a->session->json ? json_array() : NULL;
    size_t shown = 0, wrong = a->finding_count;

    for (size_t i = 0; i < a->recorded.count; i++) {
        const struct bc_template *t = &a->recorded.list[i];
        if (!is_wanted(a, t, within))
            continue;
        wrong += !t->facts.covered || is_overdue(a, t);
        if (!shown++ && !out)
            (void)printf("%8s  %-20s %-16s %-16s %s\n", "TEMPLATE", "SUBJECT", "PROVIDER", "WHY",
                         "GONE BY, AND WHO SAYS SO");
        print_template(a, i, out);
    }
    for (size_t i = 0; i < a->finding_count; i++) {
        const struct finding *f = &a->finding[i];
        if (out)
            json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:s}", "provider",
                                                 f->provider, "where", f->where, "subject",
                                                 f->account, "why", f->why, "fix", f->fix));
        else
            (void)printf("%s: %s%s%s\n    %s\n%s%s%s", f->provider, f->where,
                         f->account[0] ? ", of " : "", f->account, f->why,
                         f->fix[0] ? "    fix: " : "", f->fix, f->fix[0] ? "\n" : "");
    }
    if (out)
        bc_message_json(out);
    else if (!shown)
        (void)puts("No template on record has to be deleted.");
    if (look && !out)
        (void)printf("%zu looked at, %zu to be fixed.\n", a->looked_at, shown + a->finding_count);
    return wrong;
}

static int run_audit(struct bc_session *session, const struct bc_args *args)
{
    static const int for_a_user[] = {BC_OPTION_EXTERNAL, BC_OPTION_UID, -1};
    const char *period = bc_args_value(args, BC_OPTION_WITHIN, NULL);
    const int look = bc_args_given(args, BC_OPTION_LOOK);
    static struct bc_subject subject;
    static struct bc_provider p;
    static struct audit a;
    int64_t within = -1;
    size_t i = 0;
    int code;

    if (!args->operand_count)
        bc_subject_args_alone(args, "audit", for_a_user);
    if (period && bc_datetime_parse_duration(period, strlen(period), &within) != BC_OK)
        bc_message_die(BC_EXIT_USAGE, "--within: a time such as 30d");
    if (args->operand_count) {
        bc_subject_args_parse(args, &subject);
        a.subject = &subject;
    }
    a.session = session;
    a.only_provider = bc_args_value(args, BC_OPTION_PROVIDER, NULL);
    bc_template_list_gather(session, a.subject, &a.recorded);
    /* A typing error must not look like a provider without templates. */
    while (a.only_provider && i < a.recorded.count &&
           strcmp(a.recorded.list[i].provider, a.only_provider) != 0)
        i++;
    if (look)
        look_at_all(&a);
    else if (a.only_provider && i == a.recorded.count &&
             (code = bc_provider_files_find(a.only_provider, &p)) != 0)
        return code;
    return print_audit(&a, within, look) ? BC_EXIT_REFUSED : BC_EXIT_OK;
}

const struct bc_verb bc_verb_audit = {
    .name = "audit",
    .summary = "list the templates that must be deleted, by when, by which clause",
    .usage = {"[USER] [--look] [--within PERIOD] [--provider P] [--external | --uid NUMBER]"},
    .description =
        "Lists the templates that must be deleted: the person, the place, the reason, the last "
        "day, the clause, the results of the attempts so far, and the command that fixes it. "
        "Overdue templates are first. A law names the last day; a deletion is never too early: "
        "bioconsent delete --due.\n\n--look also looks for templates in the folders of this host's "
        "matchers and at the services, in the places that the provider's file names; see "
        "bioconsent-provider(5). Without --within, all templates whose deletion is due, or will be "
        "due within 30 days.\n\nThe exit status is 0 if a consent covers every template and no "
        "deletion is overdue. It is 1 otherwise, and if --look found something or was not "
        "possible: it is fit for monitoring.",
    .examples = {"bioconsent audit --within 30d", "bioconsent audit alice --json",
                 "bioconsent audit --look --provider fprintd"},
    .operands_max = 1,
    .options = {BC_OPTION_LOOK, BC_OPTION_WITHIN, BC_OPTION_PROVIDER, BC_OPTION_EXTERNAL,
                BC_OPTION_UID, -1},
    .run = run_audit,
};
