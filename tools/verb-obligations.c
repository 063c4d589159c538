/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "subject.h"
#include "templates.h"

static const char help[] =
    "usage: bioconsent obligations [SUBJECT] [--due] [--external-subject | --uid N]\n\n"
    "Which templates have to be deleted: whose, where, why, until when, by which clause, and what came of\n"
    "the attempts so far. Overdue ones stand first. --due: only those whose consent is over or whose\n"
    "clock has run out; without it also those about which somebody has to decide, and those whose last\n"
    "use will lie too far back within 30 days. A law names the last day; the deletion itself is never\n"
    "too early: bioconsent delete --due\n\n"
    "Examples: bioconsent obligations\n"
    "          bioconsent obligations alice --json\n";

#define SOON (30 * 86400)

static int wanted(const struct bc_tool *tool, const struct bc_template *t, int due_only)
{
    if (t->obligation.due)
        return 1;
    if (due_only)
        return 0;
    return t->obligation.why == BC_DUTY_UNCOVERED ||
           (t->clock_end && t->clock_end <= tool->now + SOON);
}

static json_t *one_json(const struct bc_tool *tool, const struct bc_template *t)
{
    json_t *o = json_pack("{s:I, s:s, s:I, s:b, s:s, s:s, s:s, s:I, s:b, s:s, s:s, s:I}", "template",
                          (json_int_t)t->index, "subject", t->subject.name, "uid",
                          (json_int_t)t->subject.uid, "external", t->subject.external, "provider",
                          t->provider, "modality", bc_modality_name(t->modality), "why",
                          bc_template_why(t), "due",
                          (json_int_t)(t->facts.covered && !t->obligation.due ? t->clock_end
                                                                              : t->obligation.due),
                          "overdue", t->obligation.due && t->obligation.due < tool->now, "law",
                          t->law, "clause", t->clause, "attempts", (json_int_t)t->attempts);

    if (t->attempts)
        json_object_set_new(o, "last",
                            json_pack("{s:s, s:I, s:s}", "state", bc_deletion_name(t->state), "at",
                                      (json_int_t)t->attempted, "answer", t->answer));
    return o;
}

static void print_one(const struct bc_tool *tool, const struct bc_template *t)
{
    const struct bc_obligation *o = &t->obligation;
    char due[40];

    bc_print_time(t->facts.covered && !o->due ? t->clock_end : o->due, due);
    (void)printf("%8llu  %-20s %-16s %-16s %s%s  %s%s%s\n", (unsigned long long)t->index,
                 t->subject.name, t->provider, bc_template_why(t), due,
                 o->due && o->due < tool->now ? " OVERDUE" : "", t->law, t->law[0] ? ": " : "",
                 t->clause);
    if (t->attempts)
        (void)printf("%8s  attempt %llu: %s: %s\n", "", (unsigned long long)t->attempts,
                     bc_deletion_name(t->state), t->answer);
}

static int list(struct bc_tool *tool, const struct bc_templates *t, int due_only)
{
    json_t *out = tool->json ? json_array() : NULL;
    size_t shown = 0;

    for (size_t i = 0; i < t->count; i++) {
        if (!wanted(tool, &t->list[i], due_only))
            continue;
        if (!shown++ && !out)
            (void)printf("%8s  %-20s %-16s %-16s %s\n", "TEMPLATE", "SUBJECT", "PROVIDER", "WHY",
                         "GONE BY, AND WHO SAYS SO");
        if (out)
            json_array_append_new(out, one_json(tool, &t->list[i]));
        else
            print_one(tool, &t->list[i]);
    }
    if (out)
        bc_print_json(out);
    else if (!shown)
        (void)puts("No template has to be deleted.");
    return BC_EXIT_OK;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {BC_SUBJECT_OPTIONS,
                               {.name = "due", .kind = BC_ARG_FLAG},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct bc_subject subject;
    struct bc_templates templates;
    int code = bc_tool_args(tool, &bc_verb_obligations, &args, argc, argv, 0, 1);

    if (code >= 0)
        return code;
    code = args.operand_count ? bc_subject_from_args(&args, &subject) : 0;
    if (!code)
        code = bc_templates_gather(tool, args.operand_count ? &subject : NULL, &templates);
    if (code)
        return code;
    code = list(tool, &templates, bc_arg(&args, "due")->given);
    bc_templates_free(&templates);
    return code;
}

const struct bc_verb bc_verb_obligations = {"obligations", "which templates have to be deleted", help,
                                            run};
