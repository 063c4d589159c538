/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "laws.h"
#include "scope.h"

static const char help[] =
    "usage: bioconsent jurisdiction list\n"
    "       bioconsent jurisdiction show NAME [NAME ...]\n\n"
    "What the laws ask of a consent, each value with its clause. With several names: the strictest of\n"
    "them, value by value. Not legal advice; \"[check]\" marks what was not read in the statute.\n"
    "A file of the same name in " BC_SYSCONF_DIR "/jurisdictions replaces ours.\n\n"
    "Examples: bioconsent jurisdiction list\n"
    "          bioconsent jurisdiction show us-il eu\n";

static void list_one(const struct bc_jurisdiction *j, json_t *out, int64_t now)
{
    char when[BC_TIME_TEXT_BYTES];

    bc_time_format(j->in_force, when);
    if (out)
        json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", j->id, "name",
                                             j->name, "law", j->law, "kind", bc_kind_name(j->kind),
                                             "in_force", when));
    else
        (void)printf("%-12s %-16s %.10s%s  %s\n", j->id, bc_kind_name(j->kind), when,
                     j->in_force > now ? " (not yet)" : "          ", j->name);
}

static int list(struct bc_tool *tool)
{
    struct bc_preset_names *names = calloc(1, sizeof *names);
    json_t *out = tool->json ? json_array() : NULL;
    int worst = names ? 0 : bc_fail(BC_EXIT_REFUSED, "no memory");

    if (names)
        bc_preset_names(bc_law_folders, names);
    if (!out && names)
        (void)printf("%-12s %-16s %-20s  %s\n", "NAME", "CONSENT", "IN FORCE", "LAW");
    for (size_t i = 0; names && i < names->count; i++) {
        struct bc_words one = {.count = 1};
        struct bc_laws laws;
        int code;
        memcpy(one.word[0], names->name[i], sizeof one.word[0]);
        code = bc_laws_load(&one, &laws);
        if (!code) {
            list_one(&laws.list[0], out, tool->now);
            bc_laws_free(&laws);
        }
        worst = code ? code : worst;
    }
    if (out)
        bc_print_json(out);
    free(names);
    return worst;
}

static void show_value(const char *what, const char *value, const char *clause)
{
    (void)printf("  %-24s %-44s %s\n", what, value, clause);
}

static const char *giver(unsigned v)
{
    return bc_giver_name((enum bc_giver)v);
}

static const char *slot(unsigned v)
{
    return bc_slot_name((enum bc_slot)v);
}

static void show_deadline(const char *what, const struct bc_deadline *d)
{
    char text[BC_PERIOD_TEXT_BYTES];

    if (!d->given) {
        show_value(what, "not named", "");
        return;
    }
    bc_period_format(&d->period, text);
    show_value(what, text, d->clause.text);
}

static void show_one(const struct bc_jurisdiction *j)
{
    char when[BC_TIME_TEXT_BYTES], set[256];

    bc_time_format(j->in_force, when);
    when[10] = '\0';
    (void)printf("%s: %s (%s)\n", j->id, j->name, j->law);
    show_value("in force", when, j->in_force_clause.text);
    show_value("consent", bc_kind_name(j->kind), j->kind_clause.text);
    bc_set_text(j->givers, giver, set, sizeof set);
    show_value("given by", set, j->givers_clause.text);
    bc_set_text(j->slots, slot, set, sizeof set);
    show_value("the notice states", set, j->slots_clause.text);
    show_deadline("gone after withdrawal", &j->clock[BC_CLOCK_WITHDRAWAL]);
    show_deadline("gone after the purpose", &j->clock[BC_CLOCK_PURPOSE]);
    show_deadline("gone after the last use", &j->clock[BC_CLOCK_LAST_USE]);
    show_deadline("the proof is kept", &j->proof);
    for (size_t i = 0; i < j->exemption_count; i++)
        (void)printf("  exempt: %s: %s  %s\n", j->exemption[i].name, j->exemption[i].reason,
                     j->exemption[i].clause.text);
}

static json_t *deadline_json(const struct bc_deadline *d)
{
    char text[BC_PERIOD_TEXT_BYTES];

    if (!d->given)
        return json_null();
    bc_period_format(&d->period, text);
    return json_pack("{s:s, s:s}", "period", text, "clause", d->clause.text);
}

static json_t *exemptions_json(const struct bc_jurisdiction *j)
{
    json_t *out = json_array();

    for (size_t i = 0; i < j->exemption_count; i++)
        json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "name", j->exemption[i].name,
                                             "reason", j->exemption[i].reason, "clause",
                                             j->exemption[i].clause.text));
    return out;
}

static json_t *one_json(const struct bc_jurisdiction *j)
{
    char when[BC_TIME_TEXT_BYTES], givers[64], slots[256];

    bc_time_format(j->in_force, when);
    bc_set_text(j->givers, giver, givers, sizeof givers);
    bc_set_text(j->slots, slot, slots, sizeof slots);
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}, s:o, "
                     "s:o, s:o, s:o, s:o}",
                     "id", j->id, "name", j->name, "law", j->law, "in_force", "value", when,
                     "clause", j->in_force_clause.text, "kind", "value", bc_kind_name(j->kind),
                     "clause", j->kind_clause.text, "given_by", "value", givers, "clause",
                     j->givers_clause.text, "states", "value", slots, "clause",
                     j->slots_clause.text, "after_withdrawal",
                     deadline_json(&j->clock[BC_CLOCK_WITHDRAWAL]), "after_purpose",
                     deadline_json(&j->clock[BC_CLOCK_PURPOSE]), "after_last_use",
                     deadline_json(&j->clock[BC_CLOCK_LAST_USE]), "proof",
                     deadline_json(&j->proof), "exemptions", exemptions_json(j));
}

static void show_due(const struct bc_laws *laws, enum bc_clock clock, const char *what, int64_t now)
{
    char text[96] = "not named", when[40];
    int by;
    int64_t due = bc_rule_due(laws->list, laws->count, clock, now, &by);

    if (by >= 0) {
        char period[BC_PERIOD_TEXT_BYTES];
        const struct bc_jurisdiction *j = &laws->list[by];
        const struct bc_deadline *d = j->clock[clock].given ? &j->clock[clock]
                                                            : &j->clock[BC_CLOCK_PURPOSE];
        bc_period_format(&d->period, period);
        bc_print_time(due, when);
        (void)snprintf(text, sizeof text, "%s (counted from now: %s)", period, when);
    }
    (void)printf("  %-24s %-60s %s\n", what, text, by >= 0 ? laws->list[by].id : "");
}

static void show_proof(const struct bc_laws *laws, int64_t now)
{
    char period[BC_PERIOD_TEXT_BYTES] = "not named";
    int by;

    (void)bc_rule_proof(laws->list, laws->count, now, &by);
    if (by >= 0)
        bc_period_format(&laws->list[by].proof.period, period);
    (void)printf("  %-24s %-60s %s\n", "the proof is kept", period,
                 by >= 0 ? laws->list[by].id : "");
}

/* What holds for somebody who falls under all of them. */
static void show_strictest(const struct bc_laws *laws, int64_t now)
{
    char set[256];
    struct bc_rule rule;

    bc_rule_of(laws->list, laws->count, now, &rule);
    (void)puts("The strictest of them, of what is in force, and whose it is:");
    (void)printf("  %-24s %-60s %s\n", "consent", bc_kind_name(rule.kind),
                 rule.kind_by >= 0 ? laws->list[rule.kind_by].id : "");
    bc_set_text(rule.givers, giver, set, sizeof set);
    (void)printf("  %-24s %s\n", "given by", rule.givers ? set : "nobody: they exclude each other");
    bc_set_text(rule.slots, slot, set, sizeof set);
    (void)printf("  %-24s %s\n", "the notice states", set);
    show_due(laws, BC_CLOCK_WITHDRAWAL, "gone after withdrawal", now);
    show_due(laws, BC_CLOCK_PURPOSE, "gone after the purpose", now);
    show_due(laws, BC_CLOCK_LAST_USE, "gone after the last use", now);
    show_proof(laws, now);
}

static int show(struct bc_tool *tool, const struct bc_args *args)
{
    struct bc_words names = {.count = args->operand_count - 1};
    struct bc_laws laws;
    int code;

    for (size_t i = 0; i < names.count; i++) {
        if (!bc_word_valid(args->operands[i + 1]))
            return bc_fail(BC_EXIT_USAGE, "jurisdiction %s: use a-z 0-9 . _ -",
                           args->operands[i + 1]);
        memcpy(names.word[i], args->operands[i + 1], strlen(args->operands[i + 1]) + 1);
    }
    code = bc_laws_load(&names, &laws);
    if (code)
        return code;
    if (tool->json) {
        json_t *out = json_array();
        for (size_t i = 0; i < laws.count; i++)
            json_array_append_new(out, one_json(&laws.list[i]));
        bc_print_json(out);
    } else {
        for (size_t i = 0; i < laws.count; i++)
            show_one(&laws.list[i]);
        if (laws.count > 1)
            show_strictest(&laws, tool->now);
    }
    bc_laws_free(&laws);
    return BC_EXIT_OK;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "json", .kind = BC_ARG_FLAG}, {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_tool_args(tool, &bc_verb_jurisdiction, &args, argc, argv, 1, 8);

    if (code >= 0)
        return code;
    if (strcmp(args.operands[0], "list") == 0 && args.operand_count == 1)
        return list(tool);
    if (strcmp(args.operands[0], "show") == 0 && args.operand_count > 1)
        return show(tool, &args);
    return bc_fail(BC_EXIT_USAGE, "jurisdiction: list or show; see bioconsent jurisdiction --help");
}

const struct bc_verb bc_verb_jurisdiction = {"jurisdiction", "what the laws ask, with their clauses",
                                             help, run};
