/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "base/datetime.h"
#include "provider-files.h"

#define AHEAD (30 * 86400)

void bc_audit_fix(const struct bc_template *t, char out[BC_AUDIT_FIX_MAX])
{
    char operand[BC_SUBJECT_OPERAND_BYTES];
    int by_a_person =
        t->attempts && (t->state == BC_DELETION_UNVERIFIED || t->state == BC_DELETION_INSTRUCTED);

    bc_subject_args_operand(&t->subject, operand);
    (void)snprintf(out, BC_AUDIT_FIX_MAX, "bioconsent delete %s --%s %llu%s", operand,
                   by_a_person ? "confirm" : "template", (unsigned long long)t->index,
                   by_a_person ? " --reason TEXT" : "");
}

/* The day by which it must be gone; 0: no law names one. */
static int64_t due_day(const struct bc_template *t)
{
    return t->facts.covered && !t->obligation.due ? t->clock_end : t->obligation.due;
}

static int is_overdue(const struct bc_audit *a, const struct bc_template *t)
{
    return t->obligation.due && t->obligation.due < a->tool->now;
}

static int is_wanted(const struct bc_audit *a, const struct bc_template *t, int64_t within)
{
    int64_t due = due_day(t);

    if (a->only_provider && strcmp(a->only_provider, t->provider) != 0)
        return 0;
    if (!due)
        return t->obligation.why == BC_CAUSE_UNCOVERED;
    if (within >= 0)
        return due <= a->tool->now + within;
    return t->obligation.due || due <= a->tool->now + AHEAD;
}

static json_t *template_json(const struct bc_audit *a, size_t i)
{
    const struct bc_template *t = &a->recorded.list[i];
    char fix[BC_AUDIT_FIX_MAX];
    json_t *o;

    bc_audit_fix(t, fix);
    o = json_pack("{s:I, s:s, s:I, s:b, s:s, s:s, s:s, s:I, s:b, s:s, s:s, s:I, s:s}", "template",
                  (json_int_t)t->index, "subject", t->subject.name, "uid",
                  (json_int_t)t->subject.uid, "external", t->subject.external, "provider",
                  t->provider, "modality", bc_vocabulary_name(BC_VOCABULARY_MODALITY, t->modality),
                  "why", bc_template_list_cause(t), "due", (json_int_t)due_day(t), "overdue",
                  is_overdue(a, t), "law", t->law, "clause", t->clause, "attempts",
                  (json_int_t)t->attempts, "fix", fix);
    if (t->attempts)
        json_object_set_new(o, "last",
                            json_pack("{s:s, s:I, s:s}", "state",
                                      bc_vocabulary_name(BC_VOCABULARY_DELETION, t->state), "at",
                                      (json_int_t)t->attempted, "answer", t->answer));
    if (a->where && a->where[i][0])
        json_object_set_new(o, "where", json_string(a->where[i]));
    return o;
}

static void print_template(const struct bc_audit *a, size_t i)
{
    const struct bc_template *t = &a->recorded.list[i];
    char due[40], fix[BC_AUDIT_FIX_MAX];

    bc_message_time(due_day(t), due);
    bc_audit_fix(t, fix);
    (void)printf("%8llu  %-20s %-16s %-16s %s%s  %s%s%s\n", (unsigned long long)t->index,
                 t->subject.name, t->provider, bc_template_list_cause(t), due,
                 is_overdue(a, t) ? " OVERDUE" : "", t->law, t->law[0] ? ": " : "", t->clause);
    if (t->attempts)
        (void)printf("%8s  attempt %llu: %s: %s\n", "", (unsigned long long)t->attempts,
                     bc_vocabulary_name(BC_VOCABULARY_DELETION, t->state), t->answer);
    if (a->where && a->where[i][0])
        (void)printf("%8s  where: %s\n", "", a->where[i]);
    (void)printf("%8s  fix: %s\n", "", fix);
}

static void print_finding(const struct bc_audit_finding *f)
{
    (void)printf("%s: %s%s%s\n    %s\n", f->provider, f->where, f->account[0] ? ", of " : "",
                 f->account, f->why);
    if (f->fix[0])
        (void)printf("    fix: %s\n", f->fix);
}

/* Prints all of it. Returns how many of it must not be: overdue, without consent, or found by
 * looking. */
static size_t print_all(const struct bc_audit *a, int64_t within, int look)
{
    json_t *out = a->tool->json ? json_array() : NULL;
    size_t shown = 0, wrong = a->finding_count;

    for (size_t i = 0; i < a->recorded.count; i++) {
        const struct bc_template *t = &a->recorded.list[i];
        if (!is_wanted(a, t, within))
            continue;
        wrong += !t->facts.covered || is_overdue(a, t);
        if (!shown++ && !out)
            (void)printf("%8s  %-20s %-16s %-16s %s\n", "TEMPLATE", "SUBJECT", "PROVIDER", "WHY",
                         "GONE BY, AND WHO SAYS SO");
        if (out)
            json_array_append_new(out, template_json(a, i));
        else
            print_template(a, i);
    }
    for (size_t i = 0; i < a->finding_count; i++) {
        const struct bc_audit_finding *f = &a->finding[i];
        if (out)
            json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:s}", "provider",
                                                 f->provider, "where", f->where, "subject",
                                                 f->account, "why", f->why, "fix", f->fix));
        else
            print_finding(f);
    }
    if (out) {
        bc_message_json(out);
        return wrong;
    }
    if (!shown)
        (void)puts("No template on record has to be deleted.");
    if (look)
        (void)printf("%zu looked at, %zu to be fixed.\n", a->looked_at, shown + a->finding_count);
    return wrong;
}

static int parse_within(const struct bc_args *args, int64_t *out)
{
    const char *text = bc_args_value(args, BC_OPTION_WITHIN, NULL);
    int64_t within;

    if (!text)
        return 0;
    if (bc_datetime_parse_duration(text, strlen(text), &within) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--within: a time such as 30d");
    *out = within;
    return 0;
}

/* A typing error must not look like a provider without templates. */
static int know_provider(const struct bc_audit *a)
{
    struct bc_provider *p;
    int code;

    for (size_t i = 0; i < a->recorded.count; i++)
        if (strcmp(a->recorded.list[i].provider, a->only_provider) == 0)
            return 0;
    p = calloc(1, sizeof *p);
    code = p ? bc_provider_files_find(a->only_provider, p)
             : bc_message_fail(BC_EXIT_REFUSED, "no memory");
    free(p);
    return code;
}

static int run_audit(struct bc_session *tool, const struct bc_args *args)
{
    static const int for_a_user[] = {BC_OPTION_EXTERNAL, BC_OPTION_UID, -1};
    struct bc_audit a = {.tool = tool};
    struct bc_subject subject;
    int64_t within = -1;
    size_t wrong = 0;
    int look, code;

    code = args->operand_count ? 0 : bc_subject_args_alone(args, "audit", for_a_user);
    if (!code)
        code = parse_within(args, &within);
    if (!code && args->operand_count) {
        code = bc_subject_args_parse(args, &subject);
        a.subject = &subject;
    }
    look = bc_args_given(args, BC_OPTION_LOOK);
    a.only_provider = bc_args_value(args, BC_OPTION_PROVIDER, NULL);
    if (!code)
        code = bc_template_list_gather(tool, a.subject, &a.recorded);
    if (!code && look)
        code = bc_audit_look(&a);
    else if (!code && a.only_provider)
        code = know_provider(&a);
    if (!code)
        wrong = print_all(&a, within, look);
    bc_template_list_free(&a.recorded);
    free(a.where);
    free(a.finding);
    return code ? code : wrong ? BC_EXIT_REFUSED : BC_EXIT_OK;
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
