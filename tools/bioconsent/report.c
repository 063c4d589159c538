/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "common/output.h"
#include "report.h"
#include "template-list.h"

#define SOON (30 * 86400)

static void add_row(struct bc_report_rows *rows, const struct bc_report_row *row)
{
    if (rows->count == BC_REPORT_ROWS_MAX)
        rows->left_out++;
    else
        rows->row[rows->count++] = *row;
}

/* ---- what has to be deleted, as bioconsent audit lists it ---- */

static void count_due(struct bc_report *r, const struct bc_template *t)
{
    struct bc_duties *d = &r->duties;
    struct bc_report_row row = {.subject = t->subject, .when = t->obligation.due};
    int64_t due = t->obligation.due;

    d->all++;
    if (!due)
        d->undated++;
    else if (due - r->now > SOON)
        d->later++;
    else if (due >= r->now)
        d->soon++;
    else {
        d->overdue++;
        if (!d->oldest || due < d->oldest)
            d->oldest = due;
    }
    bc_statistics_tally(&d->why, bc_template_list_cause(t));
    bc_statistics_tally(&d->laws, t->law[0] ? t->law : "own rule");
    (void)snprintf(row.what, sizeof row.what, "%s at %s",
                   bc_vocabulary_name(BC_VOCABULARY_MODALITY, t->modality), t->provider);
    (void)snprintf(row.why, sizeof row.why, "%s", bc_template_list_cause(t));
    if (r->named)
        add_row(&r->due, &row);
}

static void count_duties(struct bc_session *session, struct bc_report *r)
{
    struct bc_duties *d = &r->duties;
    struct bc_templates templates = {NULL, 0, 0};

    bc_template_list_gather(session, NULL, &templates);
    for (size_t i = 0; i < templates.count; i++) {
        const struct bc_template *t = &templates.list[i];
        d->templates++;
        if (!t->facts.covered) {
            d->uncovered++;
            bc_statistics_tally(&d->providers, t->provider);
        }
        if (t->obligation.why != BC_CAUSE_NONE)
            count_due(r, t);
    }
    bc_template_list_free(&templates);
    bc_statistics_sort(&d->why);
    bc_statistics_sort(&d->laws);
    bc_statistics_sort(&d->providers);
}

/* ---- the log ---- */

static void name_expiring(struct bc_report *r, const struct bc_consent_statuses *statuses,
                          const struct bc_logged_event *past)
{
    const struct bc_grant *g = &past->event->u.grant;
    struct bc_report_row row = {.subject = g->subject, .when = g->expires};
    struct bc_consent_status status;

    if (!g->expires || g->expires - r->now > SOON)
        return;
    bc_consent_status_of(statuses, past->index, g, r->now, &status);
    if (!bc_reason_allows(status.reason))
        return;
    (void)snprintf(row.what, sizeof row.what, "%s", g->notice_id);
    (void)snprintf(row.why, sizeof row.why, "%s", bc_vocabulary_name(BC_VOCABULARY_KIND, g->kind));
    add_row(&r->expiring, &row);
}

static int by_when(const void *a, const void *b)
{
    const struct bc_report_row *x = a, *y = b;

    return (x->when > y->when) - (x->when < y->when);
}

static void count_events(struct bc_session *session, struct bc_snapshot *snapshot,
                         struct bc_report *report)
{
    struct bc_statistics_counter counter;
    struct bc_consent_statuses statuses;
    struct bc_log_reader reader;
    struct bc_logged_event past;
    uint64_t all = snapshot->checkpoint.log_size;
    enum bc_result r, ended;

    r = bc_consent_status_read(snapshot, &session->policy, session->spool, &statuses);
    if (r != BC_OK)
        bc_message_die_result(r, "log", "");
    bc_statistics_begin(&counter, &statuses, report->now, &report->statistics);
    bc_log_reader_begin(&reader, snapshot, &bc_statistics_wanted);
    while (r == BC_OK && bc_log_reader_next(&reader, &past)) {
        if (!session->json)
            bc_message_progress(past.index, all);
        if (report->named && past.event->type == BC_EVENT_GRANT)
            name_expiring(report, &statuses, &past);
        r = bc_statistics_add(&counter, &past);
    }
    ended = bc_log_reader_end(&reader);
    if (r == BC_OK)
        r = ended;
    ended = bc_statistics_end(&counter);
    if (r == BC_OK)
        r = ended;
    if (r != BC_OK)
        bc_message_die_result(r, "log", "");
    bc_consent_status_free(&statuses);
    if (!session->json)
        bc_message_progress(all, all);
    qsort(report->expiring.row, report->expiring.count, sizeof *report->expiring.row, by_when);
}

static int run_report(struct bc_session *session, const struct bc_args *args)
{
    static struct bc_report report;
    const char *path = bc_args_value(args, BC_OPTION_OUTPUT, NULL);
    struct bc_snapshot snapshot;
    struct bc_output out;
    int code = 0;

    bc_session_config(session);
    report.now = session->now;
    report.named = bc_args_given(args, BC_OPTION_NAMES);
    count_duties(session, &report);
    bc_session_snapshot(session, &snapshot, 1);
    report.checkpoint = snapshot.checkpoint;
    report.signer = session->policy.keys[snapshot.signer].name;
    count_events(session, &snapshot, &report);
    bc_store_close(snapshot.store);
    code = bc_output_begin(path, &out);
    if (code)
        return code;
    if (bc_report_write(out.to, &report, session->json) != 0)
        code = bc_message_fail(BC_EXIT_REFUSED, "the report could not be written");
    code = bc_output_end(&out, code);
    if (!code && out.path)
        (void)printf("The report is in %s.\n", path);
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
