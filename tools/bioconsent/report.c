/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/output.h"
#include "store/consent-status.h"
#include "template-list.h"

#define DAY 86400
#define WEEK (7 * DAY)
#define MONDAY (4 * DAY) /* the first one after the epoch, which was a Thursday */
#define SOON (30 * DAY)

/* What is kept while the log is read: 8 bytes a consent in force, 24 a template. */
struct counter {
    uint64_t *people; /* hashes of those with a consent in force, some more than once */
    size_t people_count, people_room;
    struct lifetime {
        uint64_t enroll;
        uint64_t grant;
        int64_t gone; /* confirmed; 0: not */
    } * templates;    /* by enroll */
    size_t template_count, template_room;
};

static void add_row(struct bc_report_rows *rows, const struct bc_report_row *row)
{
    if (rows->count == BC_REPORT_ROWS_MAX)
        rows->left_out++;
    else
        rows->row[rows->count++] = *row;
}

/* Counts a word once more. */
static void count_word(struct bc_report_tallies *t, const char *word)
{
    size_t i = 0;

    while (i < t->count && strcmp(t->tally[i].word, word) != 0)
        i++;
    if (i == BC_REPORT_WORDS_MAX || strlen(word) > BC_WORD_MAX) {
        t->others++;
        return;
    }
    if (i == t->count) {
        memcpy(t->tally[i].word, word, strlen(word) + 1);
        t->count++;
    }
    t->tally[i].count++;
}

static void tally_all(struct bc_report_tallies *t, const struct bc_words *words)
{
    for (size_t w = 0; w < words->count; w++)
        count_word(t, words->word[w]);
}

static int by_count(const void *a, const void *b)
{
    const struct bc_report_tally *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->word, y->word);
}

static void sort_tallies(struct bc_report_tallies *t)
{
    qsort(t->tally, t->count, sizeof t->tally[0], by_count);
}

/* ---- templates that exist, and what has to be deleted, as bioconsent audit lists it ---- */

static void count_templates(struct bc_session *session, struct bc_report *r)
{
    struct bc_report_templates *d = &r->templates;
    struct bc_templates templates = {NULL, 0, 0};

    bc_template_list_gather(session, NULL, &templates);
    d->count = templates.count;
    for (size_t i = 0; i < templates.count; i++) {
        const struct bc_template *t = &templates.list[i];
        const int64_t due = t->obligation.due;
        struct bc_report_row row = {
            .subject = t->subject, .why = bc_template_list_cause(t), .when = due};
        if (!t->facts.covered) {
            d->uncovered++;
            count_word(&d->providers, t->provider);
        }
        if (t->obligation.why == BC_CAUSE_NONE)
            continue;
        d->due++;
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
        count_word(&d->why, row.why);
        count_word(&d->laws, t->law[0] ? t->law : "own rule");
        (void)snprintf(row.what, sizeof row.what, "%s at %s",
                       bc_vocabulary_name(BC_VOCABULARY_MODALITY, t->modality), t->provider);
        if (r->named)
            add_row(&r->due, &row);
    }
    bc_template_list_free(&templates);
    sort_tallies(&d->why);
    sort_tallies(&d->laws);
    sort_tallies(&d->providers);
}

/* ---- the log ---- */

static void count_grant(struct counter *c, struct bc_report *r, const struct bc_grant *g,
                        enum bc_reason reason)
{
    struct bc_report_consents *s = &r->consents;
    struct bc_report_row row = {.subject = g->subject, .when = g->expires};
    int64_t week = (g->expires - s->first_week) / WEEK;
    unsigned char key[BC_LEAF_KEY_MAX];
    struct bc_leaf leaf;
    struct bc_hash person;

    s->count++;
    s->by_reason[reason]++;
    s->withdrawn.consents += reason == BC_REASON_WITHDRAWN;
    s->ended.consents += reason == BC_REASON_REVOKED || reason == BC_REASON_PURPOSE_ENDED;
    if (!bc_reason_allows(reason))
        return;
    s->active++;
    bc_leaf_for_subject(&g->subject, &leaf);
    bc_merkle_hash_bytes(key, bc_leaf_key(&leaf, key), &person);
    c->people = bc_memory_grow(c->people, c->people_count, &c->people_room, sizeof *c->people);
    memcpy(&c->people[c->people_count++], person.b, sizeof *c->people);
    for (unsigned m = 0; m < BC_MODALITIES; m++)
        s->by_modality[m] += g->scope.modalities >> m & 1;
    s->by_kind[g->kind]++;
    s->by_giver[g->given_by]++;
    tally_all(&s->providers, &g->scope.providers);
    tally_all(&s->jurisdictions, &g->jurisdictions);
    s->no_jurisdiction += g->jurisdictions.count == 0;
    if (!g->expires)
        s->expire_never++;
    else if (week < BC_REPORT_WEEKS)
        s->expire_in[week]++;
    else
        s->expire_later++;
    if (!g->expires || g->expires - r->now > SOON)
        return;
    s->expire_soon++;
    (void)snprintf(row.what, sizeof row.what, "%s", g->notice_id);
    row.why = bc_vocabulary_name(BC_VOCABULARY_KIND, g->kind);
    if (r->named)
        add_row(&r->expiring, &row);
}

static int by_enroll(const void *a, const void *b)
{
    const struct lifetime *x = a, *y = b;

    return (x->enroll > y->enroll) - (x->enroll < y->enroll);
}

static void note_deletion(struct counter *c, const struct bc_event *e)
{
    const struct lifetime key = {.enroll = e->u.attempt.enroll};
    struct lifetime *t = NULL;

    if (c->template_count)
        t = bsearch(&key, c->templates, c->template_count, sizeof *t, by_enroll);
    if (t && !t->gone && e->u.attempt.state == BC_DELETION_CONFIRMED)
        t->gone = e->time;
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Measures how long templates outlived consents that the subject withdrew, or those that ended in
 * another way. A template that was gone before took no time. */
static void measure_deletions(const struct counter *c, const struct bc_consent_statuses *statuses,
                              int withdrawn, struct bc_report_speed *out)
{
    uint64_t *times = bc_memory_new(c->template_count + 1, sizeof *times);
    size_t n = 0;

    for (size_t i = 0; i < c->template_count; i++) {
        const struct lifetime *t = &c->templates[i];
        const struct bc_ended *e = bc_consent_status_ended(statuses, t->grant);
        if (e && t->gone && (e->type == BC_EVENT_WITHDRAW) == withdrawn)
            times[n++] = t->gone > e->time ? (uint64_t)(t->gone - e->time) : 0;
    }
    qsort(times, n, sizeof *times, ascending);
    out->deleted = n;
    out->median = out->worst = -1;
    if (n > 0) {
        out->median = (int64_t)(n % 2 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2);
        out->worst = (int64_t)times[n - 1];
    }
    free(times);
}

static int by_when(const void *a, const void *b)
{
    const struct bc_report_row *x = a, *y = b;

    return (x->when > y->when) - (x->when < y->when);
}

static void count_events(struct bc_session *session, struct bc_snapshot *snapshot,
                         struct bc_report *report)
{
    const struct bc_log_filter wanted = {.types = (1U << BC_EVENT_GRANT) | (1U << BC_EVENT_ENROLL) |
                                                  (1U << BC_EVENT_DELETE)};
    const int64_t now = report->now;
    struct bc_report_consents *s = &report->consents;
    struct bc_consent_statuses statuses;
    struct bc_consent_status status;
    struct bc_log_reader reader;
    struct bc_logged_event past;
    struct counter c = {.people = NULL};
    uint64_t all = snapshot->checkpoint.log_size;
    enum bc_result r;

    s->first_week = now < MONDAY ? MONDAY - WEEK : now - (now - MONDAY) % WEEK;
    r = bc_consent_status_read(snapshot, &session->config, session->spool, &statuses);
    if (r != BC_OK)
        bc_message_die_result(r, "log", "");
    bc_log_reader_begin(&reader, snapshot, &wanted);
    while (bc_log_reader_next(&reader, &past)) {
        const struct bc_event *e = past.event;
        if (!session->json)
            bc_message_progress(past.index, all);
        if (e->type == BC_EVENT_GRANT) {
            bc_consent_status_of(&statuses, past.index, &e->u.grant, now, &status);
            count_grant(&c, report, &e->u.grant, status.reason);
        } else if (e->type == BC_EVENT_ENROLL) {
            c.templates = bc_memory_grow(c.templates, c.template_count, &c.template_room,
                                         sizeof *c.templates);
            c.templates[c.template_count++] =
                (struct lifetime){.enroll = past.index, .grant = e->u.enrollment.grant};
        } else
            note_deletion(&c, e);
    }
    r = bc_log_reader_end(&reader);
    if (r != BC_OK)
        bc_message_die_result(r, "log", "");
    measure_deletions(&c, &statuses, 1, &s->withdrawn);
    measure_deletions(&c, &statuses, 0, &s->ended);
    bc_consent_status_free(&statuses);
    if (c.people_count)
        qsort(c.people, c.people_count, sizeof *c.people, ascending);
    for (size_t i = 0; i < c.people_count; i++)
        s->people += i == 0 || c.people[i] != c.people[i - 1];
    free(c.people);
    free(c.templates);
    sort_tallies(&s->providers);
    sort_tallies(&s->jurisdictions);
    if (!session->json)
        bc_message_progress(all, all);
    qsort(report->expiring.row, report->expiring.count, sizeof *report->expiring.row, by_when);
}

static int run_report(struct bc_session *session, const struct bc_args *args)
{
    static struct bc_report report;
    const char *path = bc_args_value(args, BC_OPTION_OUTPUT, NULL);
    static struct bc_snapshot snapshot;
    struct bc_output out;
    int code = 0;

    bc_session_config(session);
    report.now = session->now;
    report.named = bc_args_given(args, BC_OPTION_NAMES);
    count_templates(session, &report);
    bc_session_snapshot(session, &snapshot, 1);
    report.checkpoint = snapshot.checkpoint;
    report.signer = session->config.keys[snapshot.signer].name;
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
