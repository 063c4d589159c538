/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "common/output.h"
#include "report.h"
#include "template-list.h"

#define SOON (30 * 86400)

static enum bc_result add_row(struct bc_report_rows *rows, const struct bc_subject *subject,
                              const char *what, const char *why, int64_t when)
{
    struct bc_report_row *grown;

    if (rows->count == BC_REPORT_ROWS_MAX) {
        rows->left_out++;
        return BC_OK;
    }
    grown = bc_array_grow(rows->row, rows->count, &rows->room, sizeof *grown);
    if (!grown)
        return BC_ERR_MEMORY;
    rows->row = grown;
    grown = &rows->row[rows->count++];
    grown->subject = *subject;
    grown->when = when;
    (void)snprintf(grown->what, sizeof grown->what, "%s", what);
    (void)snprintf(grown->why, sizeof grown->why, "%s", why);
    return BC_OK;
}

/* ---- what has to be deleted, as bioconsent audit lists it ---- */

static enum bc_result name_it(struct bc_report_rows *rows, const struct bc_template *t)
{
    char what[2 * BC_WORD_MAX + 64];

    (void)snprintf(what, sizeof what, "%s at %s",
                   bc_vocabulary_name(BC_VOCABULARY_MODALITY, t->modality), t->provider);
    return add_row(rows, &t->subject, what, bc_template_list_cause(t), t->obligation.due);
}

static void count_due(struct bc_duties *d, const struct bc_template *t, int64_t now)
{
    int64_t due = t->obligation.due;

    if (!due) {
        d->undated++;
    } else if (due < now) {
        d->overdue++;
        if (!d->oldest || due < d->oldest)
            d->oldest = due;
    } else if (due - now <= SOON) {
        d->soon++;
    } else {
        d->later++;
    }
    bc_statistics_tally(&d->why, bc_template_list_cause(t));
    bc_statistics_tally(&d->laws, t->law[0] ? t->law : "own rule");
}

static enum bc_result count_one(struct bc_report *r, const struct bc_template *t)
{
    struct bc_duties *d = &r->duties;

    d->templates++;
    if (!t->facts.covered) {
        d->uncovered++;
        bc_statistics_tally(&d->providers, t->provider);
    }
    if (t->obligation.why == BC_CAUSE_NONE)
        return BC_OK;
    count_due(d, t, r->now);
    return r->named ? name_it(&r->due, t) : BC_OK;
}

static int count_duties(struct bc_session *tool, struct bc_report *r)
{
    struct bc_templates templates = {NULL, 0, 0};
    enum bc_result result = BC_OK;

    bc_template_list_gather(tool, NULL, &templates);
    for (size_t i = 0; i < templates.count && result == BC_OK; i++)
        result = count_one(r, &templates.list[i]);
    bc_template_list_free(&templates);
    bc_statistics_sort(&r->duties.why);
    bc_statistics_sort(&r->duties.laws);
    bc_statistics_sort(&r->duties.providers);
    return result == BC_OK ? 0 : bc_message_fail(BC_EXIT_REFUSED, "no memory");
}

/* ---- the log ---- */

struct reading {
    struct bc_report *report;
    uint64_t all;
    int quiet;
    int failed;
};

static void look_at(void *ctx, const struct bc_logged_event *past,
                    const struct bc_consent_status *outcome)
{
    struct reading *r = ctx;
    const struct bc_grant *g = &past->event->u.grant;

    if (!r->quiet)
        bc_message_progress(past->index, r->all);
    if (r->report->named && bc_reason_allows(outcome->reason) && g->expires &&
        g->expires - r->report->now <= SOON)
        r->failed |= add_row(&r->report->expiring, &g->subject, g->notice_id,
                             bc_vocabulary_name(BC_VOCABULARY_KIND, g->kind), g->expires) != BC_OK;
}

static int by_when(const void *a, const void *b)
{
    int64_t x = ((const struct bc_report_row *)a)->when,
            y = ((const struct bc_report_row *)b)->when;

    return (x > y) - (x < y);
}

static int count(struct bc_session *tool, struct bc_snapshot *snapshot, struct bc_report *report)
{
    struct reading r = {
        .report = report, .all = snapshot->checkpoint.log_size, .quiet = tool->json};
    struct bc_consent_statuses outcomes;
    enum bc_result result = bc_consent_status_read(snapshot, &tool->policy, tool->spool, &outcomes);

    if (result == BC_OK) {
        result =
            bc_statistics_read(snapshot, &outcomes, tool->now, look_at, &r, &report->statistics);
        bc_consent_status_free(&outcomes);
    }
    if (result == BC_OK && r.failed)
        result = BC_ERR_SYSTEM;
    if (result != BC_OK)
        return bc_message_fail_result(result, "log", "");
    if (!r.quiet)
        bc_message_progress(r.all, r.all);
    if (report->expiring.count)
        qsort(report->expiring.row, report->expiring.count, sizeof *report->expiring.row, by_when);
    return 0;
}

static int write_report(const struct bc_session *tool, const struct bc_report *report,
                        const char *path)
{
    struct bc_output out;
    json_t *numbers = NULL;
    int code = bc_output_begin(path, &out);

    if (code)
        return code;
    if (tool->json) {
        numbers = bc_report_json(report);
        if (!numbers ||
            json_dumpf(numbers, out.to, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_SORT_KEYS))
            code = bc_message_fail(BC_EXIT_REFUSED, "the report could not be written");
        (void)fputc('\n', out.to);
        json_decref(numbers);
    } else {
        bc_report_page(out.to, report);
    }
    code = bc_output_end(&out, code);
    if (!code && out.path)
        (void)printf("The report is in %s.\n", path);
    return code;
}

static int tell(struct bc_session *tool, struct bc_report *report, const char *path)
{
    struct bc_snapshot snapshot;
    int code = count_duties(tool, report);

    if (!code)
        code = bc_session_snapshot(tool, &snapshot, 1);
    if (code)
        return code;
    report->checkpoint = snapshot.checkpoint;
    report->signer = tool->policy.keys[snapshot.signer].name;
    code = count(tool, &snapshot, report);
    bc_store_close(snapshot.store);
    return code ? code : write_report(tool, report, path);
}

static int run_report(struct bc_session *tool, const struct bc_args *args)
{
    struct bc_report *report;
    const char *path;
    int code;

    path = bc_args_value(args, BC_OPTION_OUTPUT, NULL);
    code = bc_session_config(tool);
    report = code ? NULL : calloc(1, sizeof *report);
    if (!report)
        return code ? code : bc_message_fail(BC_EXIT_REFUSED, "no memory");
    report->now = tool->now;
    report->named = bc_args_given(args, BC_OPTION_NAMES);
    code = tell(tool, report, path);
    free(report->expiring.row);
    free(report->due.row);
    free(report);
    return code;
}

const struct bc_verb bc_verb_report = {
    .name = "report",
    .summary = "show the state of all consents on one page",
    .usage = {"[--output FILE] [--names]"},
    .description =
        "Shows how many consents are in force, by modality, provider and jurisdiction; which "
        "consents expire when; how fast withdrawals led to deletion; which deletions are due; "
        "which templates no consent covers; and the signed checkpoint that proves the numbers. It "
        "is one HTML page without scripts, for the screen and for paper; with --json the same "
        "numbers. It goes to standard output or to FILE. It names people only with --names, at "
        "most 200 in each list.",
    .examples = {"bioconsent report --output report.html", "bioconsent report --json"},
    .options = {BC_OPTION_OUTPUT, BC_OPTION_NAMES, -1},
    .run = run_report,
};
