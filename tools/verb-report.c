/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "output.h"
#include "report.h"
#include "tool.h"

static const char help[] =
    "usage: bioconsent report --html FILE [--names]\n"
    "       bioconsent report --json [--names]\n\n"
    "How many consents are in force, by modality, provider and jurisdiction; what expires when; how fast\n"
    "withdrawals led to deletion; which deletions are due; which templates no consent covers; and the\n"
    "signed checkpoint that all of it rests on. --html: one page without scripts, for the screen and for\n"
    "paper; FILE is whole or not there. It names people with --names only, at most 200 in each list.\n\n"
    "Examples: bioconsent report --html report.html\n"
    "          bioconsent report --json\n";

#define SOON (30 * 86400)

enum bc_result bc_report_add(struct bc_report_rows *rows, const struct bc_subject *subject,
                             const char *what, const char *why, int64_t when)
{
    struct bc_report_row *grown;

    if (rows->count == BC_REPORT_ROWS_MAX) {
        rows->left_out++;
        return BC_OK;
    }
    grown = bc_grow(rows->row, rows->count, &rows->room, sizeof *grown);
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

struct reading {
    struct bc_report *report;
    uint64_t all;
    int quiet;
    int failed;
};

static void look_at(void *ctx, const struct bc_past *past, const struct bc_outcome *outcome)
{
    struct reading *r = ctx;
    const struct bc_grant *g = &past->event->u.grant;

    if (!r->quiet)
        bc_progress(NULL, past->index, r->all);
    if (r->report->named && outcome->reason == BC_ALLOW && g->expires &&
        g->expires - r->report->now <= SOON)
        r->failed |= bc_report_add(&r->report->expiring, &g->subject, g->notice_id,
                                   bc_kind_name(g->kind), g->expires) != BC_OK;
}

static int by_when(const void *a, const void *b)
{
    int64_t x = ((const struct bc_report_row *)a)->when, y = ((const struct bc_report_row *)b)->when;

    return (x > y) - (x < y);
}

static int count(struct bc_tool *tool, struct bc_snapshot *snapshot, struct bc_report *report)
{
    struct reading r = {.report = report, .all = snapshot->checkpoint.log_size,
                        .quiet = tool->json};
    struct bc_outcomes outcomes;
    enum bc_reason reason = bc_outcomes_read(snapshot, &tool->policy, tool->spool, &outcomes);

    if (reason == BC_ALLOW) {
        reason = bc_statistics_read(snapshot, &outcomes, tool->now, look_at, &r,
                                    &report->statistics);
        bc_outcomes_free(&outcomes);
    }
    if (reason == BC_ALLOW && r.failed)
        reason = BC_SYSTEM;
    if (reason != BC_ALLOW)
        return bc_fail_reason(reason, "log", "");
    if (!r.quiet)
        bc_progress(NULL, r.all, r.all);
    if (report->expiring.count)
        qsort(report->expiring.row, report->expiring.count, sizeof *report->expiring.row, by_when);
    return 0;
}

static int write_page(const struct bc_report *report, const char *path)
{
    struct bc_output out;
    int code = bc_output_begin(path, &out);

    if (code)
        return code;
    bc_report_page(out.to, report);
    code = bc_output_end(&out, 0);
    if (!code && out.path)
        (void)printf("The report is in %s.\n", path);
    return code;
}

static int tell(struct bc_tool *tool, struct bc_report *report, const char *path)
{
    struct bc_snapshot snapshot;
    int code = bc_report_duties(tool, report);

    if (!code)
        code = bc_tool_snapshot(tool, &snapshot, 1);
    if (code)
        return code;
    report->checkpoint = snapshot.checkpoint;
    report->signer = tool->policy.keys[snapshot.signer].name;
    code = count(tool, &snapshot, report);
    bc_store_close(snapshot.store);
    if (!code && path)
        code = write_page(report, path);
    if (!code && tool->json)
        bc_print_json(bc_report_json(report));
    return code;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "html", .kind = BC_ARG_ONE},
                               {.name = "names", .kind = BC_ARG_FLAG},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct bc_report *report;
    const char *path;
    int code = bc_tool_args(tool, &bc_verb_report, &args, argc, argv, 0, 0);

    if (code >= 0)
        return code;
    path = bc_arg_value(&args, "html", NULL);
    if (!path == !tool->json)
        return bc_fail(BC_EXIT_USAGE, "report: --html FILE or --json");
    code = bc_tool_policy(tool);
    report = code ? NULL : calloc(1, sizeof *report);
    if (!report)
        return code ? code : bc_fail(BC_EXIT_REFUSED, "no memory");
    report->now = tool->now;
    report->named = bc_arg(&args, "names")->given;
    code = tell(tool, report, path);
    free(report->expiring.row);
    free(report->due.row);
    free(report);
    return code;
}

const struct bc_verb bc_verb_report = {"report", "the state of all consents on one page", help, run};
