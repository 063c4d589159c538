/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
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
    return t->obligation.due && t->obligation.due < a->session->now;
}

static int is_wanted(const struct bc_audit *a, const struct bc_template *t, int64_t within)
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
static void print_template(const struct bc_audit *a, size_t i, json_t *out)
{
    const struct bc_template *t = &a->recorded.list[i];
    const char *state = bc_vocabulary_name(BC_VOCABULARY_DELETION, t->state);
    const char *where = a->where ? a->where[i] : "";
    char due[40], fix[BC_AUDIT_FIX_MAX];

    bc_message_time(due_day(t), due);
    bc_audit_fix(t, fix);
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

static void print_finding(const struct bc_audit_finding *f, json_t *out)
{
    if (out) {
        json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:s}", "provider", f->provider,
                                             "where", f->where, "subject", f->account, "why",
                                             f->why, "fix", f->fix));
        return;
    }
    (void)printf("%s: %s%s%s\n    %s\n", f->provider, f->where, f->account[0] ? ", of " : "",
                 f->account, f->why);
    if (f->fix[0])
        (void)printf("    fix: %s\n", f->fix);
}

/* Prints all of it. Returns how many of it must not be: overdue, without consent, or found by
 * looking. */
static size_t print_audit(const struct bc_audit *a, int64_t within, int look)
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
    for (size_t i = 0; i < a->finding_count; i++)
        print_finding(&a->finding[i], out);
    if (out)
        bc_message_json(out);
    else if (!shown)
        (void)puts("No template on record has to be deleted.");
    if (look && !out)
        (void)printf("%zu looked at, %zu to be fixed.\n", a->looked_at, shown + a->finding_count);
    return wrong;
}

/* A typing error must not look like a provider without templates. */
static int check_provider(const struct bc_audit *a)
{
    static struct bc_provider p;

    for (size_t i = 0; i < a->recorded.count; i++)
        if (strcmp(a->recorded.list[i].provider, a->only_provider) == 0)
            return 0;
    return bc_provider_files_find(a->only_provider, &p);
}

static int run_audit(struct bc_session *session, const struct bc_args *args)
{
    static const int for_a_user[] = {BC_OPTION_EXTERNAL, BC_OPTION_UID, -1};
    const char *period = bc_args_value(args, BC_OPTION_WITHIN, NULL);
    const int look = bc_args_given(args, BC_OPTION_LOOK);
    static struct bc_audit a;
    static struct bc_subject subject;
    int64_t within = -1;
    int code = args->operand_count ? 0 : bc_subject_args_alone(args, "audit", for_a_user);

    if (!code && period && bc_datetime_parse_duration(period, strlen(period), &within) != BC_OK)
        code = bc_message_fail(BC_EXIT_USAGE, "--within: a time such as 30d");
    if (!code && args->operand_count) {
        code = bc_subject_args_parse(args, &subject);
        a.subject = &subject;
    }
    if (code)
        return code;
    a.session = session;
    a.only_provider = bc_args_value(args, BC_OPTION_PROVIDER, NULL);
    bc_template_list_gather(session, a.subject, &a.recorded);
    if (look)
        bc_audit_look(&a);
    else if (a.only_provider)
        code = check_provider(&a);
    return code ? code : print_audit(&a, within, look) ? BC_EXIT_REFUSED : BC_EXIT_OK;
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
