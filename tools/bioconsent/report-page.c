/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/encoding.h"
#include "html.h"
#include "report-css.h"
#include "report.h"

static const char *const modality_names[BC_MODALITIES] = {"Fingerprint", "Face", "Voice", "Palm",
                                                          "Iris"};
static const char *const kind_names[BC_KINDS] = {"Notice only", "Affirmative", "Explicit",
                                                 "Written release"};
static const char *const giver_names[BC_GIVEN_BYS] = {"The person", "A representative",
                                                      "A guardian"};

static void put(FILE *to, const char *markup)
{
    (void)fputs(markup, to);
}

/* ---- tables: the only ones; captions and headings are markup of ours, names may be anybody's ----
 */

/* One number a row, under what is counted by and the unit that is counted. */
static void begin_table(FILE *to, const char *caption, const char *what, const char *unit)
{
    (void)fprintf(to,
                  "<table><caption>%s</caption>\n<thead><tr><th scope=\"col\">%s</th>"
                  "<th scope=\"col\" class=\"number\">%s</th></tr></thead>\n<tbody>\n",
                  caption, what, unit);
}

static void begin_row(FILE *to, const char *name, int alarm)
{
    put(to, alarm ? "<tr class=\"alarm\"><th scope=\"row\">" : "<tr><th scope=\"row\">");
    bc_html_text(to, name);
    put(to, "</th>");
}

static void put_row(FILE *to, const char *name, uint64_t n, int alarm)
{
    begin_row(to, name, alarm);
    put(to, "<td class=\"number\">");
    bc_html_number(to, n);
    put(to, "</td></tr>\n");
}

static void end_table(FILE *to, int rows)
{
    if (!rows)
        put(to, "<tr><td colspan=\"2\" class=\"none\">None.</td></tr>\n");
    put(to, "</tbody></table>\n");
}

/* Those of the names whose number is not 0. */
static void put_named_table(FILE *to, const char *caption, const char *what, size_t count,
                            const char *const *names, const uint64_t *numbers)
{
    int rows = 0;

    begin_table(to, caption, what, "Consents");
    for (size_t i = 0; i < count; i++)
        if (numbers[i]) {
            put_row(to, names[i], numbers[i], 0);
            rows++;
        }
    end_table(to, rows);
}

/* The words, and rest: those without any. */
static void put_words_table(FILE *to, const char *caption, const char *what, const char *unit,
                            const struct bc_statistics_tallies *t, uint64_t rest)
{
    begin_table(to, caption, what, unit);
    for (size_t i = 0; i < t->count; i++)
        put_row(to, t->tally[i].word, t->tally[i].count, 0);
    if (t->others)
        put_row(to, "Others", t->others, 0);
    if (rest)
        put_row(to, "None named", rest, 0);
    end_table(to, t->count || t->others || rest);
}

static void put_person(FILE *to, const struct bc_report_row *r)
{
    put(to, "<tr><th scope=\"row\"><bdi>");
    bc_html_text(to, r->subject.name);
    put(to, "</bdi>");
    if (!r->subject.external)
        (void)fprintf(to, " <span class=\"soft\">uid %u</span>", r->subject.uid);
    put(to, "</th><td class=\"when\">");
    if (r->when)
        bc_html_day(to, r->when);
    else
        put(to, "no date");
    put(to, "</td><td>");
    bc_html_text(to, r->what);
    put(to, "</td><td>");
    bc_html_text(to, r->why);
    put(to, "</td></tr>\n");
}

/* People by name, if there are any. */
static void put_people(FILE *to, const char *caption, const char *const head[3],
                       const struct bc_report_rows *rows)
{
    if (!rows->count)
        return;
    (void)fprintf(to,
                  "<div class=\"scroll\" role=\"region\" aria-label=\"%s\" tabindex=\"0\">"
                  "<table class=\"people\"><caption>%s</caption>\n<thead><tr>"
                  "<th scope=\"col\">Person</th><th scope=\"col\">%s</th>"
                  "<th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
                  caption, caption, head[0], head[1], head[2]);
    for (size_t i = 0; i < rows->count; i++)
        put_person(to, &rows->row[i]);
    put(to, "</tbody></table></div>\n");
    if (rows->left_out) {
        put(to, "<p class=\"soft\">And ");
        bc_html_number(to, rows->left_out);
        put(to, " more.</p>\n");
    }
}

/* ---- head ---- */

static void head(FILE *to, const struct bc_report *r)
{
    char digest[bc_encoding_base64_bytes(BC_HASH_BYTES)];
    struct bc_hash hash;

    bc_merkle_hash_bytes(style, strlen(style), &hash);
    bc_encoding_base64_encode(hash.b, sizeof hash.b, digest);
    (void)fprintf(to,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n"
                  "<meta name=\"robots\" content=\"noindex\">\n<title>Biometric consents: ",
                  digest);
    bc_html_text(to, r->checkpoint.origin);
    (void)fprintf(to, "</title>\n<style>%s</style>\n</head>\n<body>\n", style);
}

static void figure(FILE *to, const char *name, uint64_t n, const char *note, int alarm)
{
    (void)fprintf(to, "<div%s><dt>%s</dt><dd>", alarm ? " class=\"alarm\"" : "", name);
    bc_html_number(to, n);
    (void)fprintf(to, "<span class=\"note\">%s%s</span></dd></div>\n",
                  alarm ? "<strong>Needs attention.</strong> " : "", note);
}

/* Where it is long it breaks behind a slash. */
static void origin(FILE *to, const char *s)
{
    char part[BC_KEY_NAME_MAX + 1];
    size_t len;

    for (; *s; s += len) {
        len = strcspn(s, "/");
        len += s[len] == '/';
        (void)snprintf(part, sizeof part, "%.*s", (int)len, s);
        bc_html_text(to, part);
        put(to, s[len] ? "<wbr>" : "");
    }
}

static void title(FILE *to, const struct bc_report *r)
{
    put(to, "<header>\n<p class=\"kicker\">Report on biometric consents</p>\n<h1><bdi>");
    origin(to, r->checkpoint.origin);
    put(to, "</bdi></h1>\n<p class=\"soft\">As of ");
    bc_html_time(to, r->now);
    put(to, "</p>\n");
    if (r->named)
        put(to, "<p class=\"confidential\"><strong>Confidential.</strong> This report names "
                "people.</p>\n");
    put(to, "</header>\n");
}

static void summary(FILE *to, const struct bc_report *r)
{
    const struct bc_statistics *s = &r->statistics;

    put(to, "<main>\n<section aria-labelledby=\"summary\">\n<h2 id=\"summary\" class=\"hidden\">"
            "In short</h2>\n<dl class=\"figures\">\n");
    figure(to, "Consents in force", s->active, "each proven against the signed log", 0);
    figure(to, "People with one", s->people, "who can be recognised with their consent", 0);
    figure(to, "Expire within 30 days", s->expire_soon, "to be asked for anew before that", 0);
    figure(to, "Templates without consent", r->duties.uncovered,
           r->duties.uncovered ? "to be deleted, or consented to" : "every template is covered",
           r->duties.uncovered > 0);
    figure(to, "Deletions overdue", r->duties.overdue,
           r->duties.overdue ? "the date of the law is past" : "nothing is late",
           r->duties.overdue > 0);
    put(to, "</dl>\n</section>\n");
}

/* ---- sections ---- */

static void section(FILE *to, const char *id, const char *heading)
{
    (void)fprintf(to, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id, heading);
}

static void in_force(FILE *to, const struct bc_statistics *s)
{
    section(to, "in-force", "Consents in force");
    put(to, "<p>Granted, and neither withdrawn, ended, expired nor replaced. A consent that covers "
            "several modalities, providers or jurisdictions counts in each.</p>\n"
            "<div class=\"tables\">\n");
    put_named_table(to, "By modality", "Modality", BC_MODALITIES, modality_names, s->by_modality);
    put_words_table(to, "By provider", "Provider", "Consents", &s->providers, 0);
    put_words_table(to, "By jurisdiction", "Jurisdiction", "Consents", &s->jurisdictions,
                    s->no_jurisdiction);
    put_named_table(to, "By form", "Form", BC_KINDS, kind_names, s->by_kind);
    put_named_table(to, "By who gave it", "Given by", BC_GIVEN_BYS, giver_names, s->by_giver);
    put(to, "</div>\n</section>\n");
}

static void over(FILE *to, const struct bc_statistics *s)
{
    static const struct {
        enum bc_reason reason;
        const char *name;
    } states[] = {{BC_REASON_WITHDRAWN, "Withdrawn by the person"},
                  {BC_REASON_WITHDRAWAL_PENDING, "Withdrawn, not yet signed"},
                  {BC_REASON_REVOKED, "Ended by the organisation"},
                  {BC_REASON_PURPOSE_ENDED, "Purpose ended"},
                  {BC_REASON_EXPIRED, "Expired"},
                  {BC_REASON_SUPERSEDED, "Notice replaced"},
                  {BC_REASON_NOT_YET_VALID, "Not yet valid"},
                  {BC_REASON_KIND, "Form not sufficient here"},
                  {BC_REASON_GIVEN_BY, "Giver not allowed here"}};
    uint64_t all = s->consents - s->active, left = all;
    int rows = 0;

    section(to, "over", "Consents not in force");
    put(to, "<p>On record, and refused by the gate.</p>\n<div class=\"tables\">\n");
    begin_table(to, "By reason", "Reason", "Consents");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        uint64_t n = s->by_reason[states[i].reason];
        left -= n;
        rows += n > 0;
        if (n)
            put_row(to, states[i].name, n, 0);
    }
    if (left)
        put_row(to, "Other reasons", left, 0);
    end_table(to, rows || left);
    put(to, "</div>\n</section>\n");
}

/* The numbers of the picture, for those who do not see it. */
static void put_weeks(FILE *to, const struct bc_statistics *s)
{
    int rows = 0;

    put(to, "<details><summary>The picture as a table</summary>\n");
    begin_table(to, "Consents that expire, by week; weeks without any are left out", "When",
                "Consents");
    for (int i = 0; i < BC_STATISTICS_WEEKS; i++) {
        if (!s->expire_in[i])
            continue;
        put(to, "<tr><th scope=\"row\">Week of ");
        bc_html_day(to, s->first_week + (int64_t)i * 7 * 86400 + 43200);
        put(to, "</th><td class=\"number\">");
        bc_html_number(to, s->expire_in[i]);
        put(to, "</td></tr>\n");
        rows++;
    }
    end_table(to, rows);
    put(to, "</details>\n");
}

static void later(FILE *to, const struct bc_statistics *s)
{
    put(to, "<dl class=\"rest\"><div><dt>Later</dt><dd>");
    bc_html_number(to, s->expire_later);
    put(to, "</dd></div><div><dt>No date of expiry</dt><dd>");
    bc_html_number(to, s->expire_never);
    put(to, "</dd></div></dl>\n");
}

static void expiry(FILE *to, const struct bc_report *r)
{
    section(to, "expiry", "What expires when");
    (void)fprintf(to,
                  "<figure>\n<figcaption>Consents that expire in each of the next %d weeks, which "
                  "begin on Mondays</figcaption>\n",
                  BC_STATISTICS_WEEKS);
    bc_report_chart(to, &r->statistics);
    put(to, "</figure>\n");
    later(to, &r->statistics);
    put_weeks(to, &r->statistics);
    put_people(to, "Whose consent expires within 30 days",
               (const char *const[]){"Expires", "Notice", "Form"}, &r->expiring);
    put(to, "</section>\n");
}

static void put_period_row(FILE *to, const char *name, const struct bc_speed *s, int64_t seconds)
{
    char text[48] = "–";

    if (s->deleted)
        bc_html_period(seconds, text);
    begin_row(to, name, 0);
    (void)fprintf(to, "<td class=\"number\">%s</td></tr>\n", text);
}

static void put_speed(FILE *to, const char *caption, const struct bc_speed *s)
{
    begin_table(to, caption, "What was counted", "Result");
    put_row(to, "Consents that ended", s->consents, 0);
    put_row(to, "Templates deleted since", s->deleted, 0);
    put_period_row(to, "Median time", s, s->median);
    put_period_row(to, "Slowest", s, s->worst);
    end_table(to, 1);
}

static void deletion(FILE *to, const struct bc_statistics *s)
{
    section(to, "deletion", "From the end of consent to deletion");
    put(to, "<p>The time from the signed end of a consent until its provider confirmed that the "
            "template which rested on it is gone.</p>\n<div class=\"tables\">\n");
    put_speed(to, "Withdrawn by the person", &s->withdrawn);
    put_speed(to, "Ended by the organisation, or with the purpose", &s->ended);
    put(to, "</div>\n</section>\n");
}

static void duties(FILE *to, const struct bc_report *r)
{
    const struct bc_duties *d = &r->duties;
    uint64_t all = d->overdue + d->soon + d->later + d->undated;

    section(to, "duties", "Deletions due");
    put(to,
        "<p>Templates that have to be deleted, by the earliest date that a law of their consent "
        "names.");
    if (d->oldest) {
        put(to, " The one that is longest overdue was due on ");
        bc_html_day(to, d->oldest);
        put(to, ".");
    }
    put(to, "</p>\n<div class=\"tables\">\n");
    begin_table(to, "By date", "Due", "Templates");
    put_row(to, "Overdue", d->overdue, d->overdue > 0);
    put_row(to, "Within 30 days", d->soon, 0);
    put_row(to, "Later", d->later, 0);
    put_row(to, "No date: a person must decide", d->undated, d->undated > 0);
    end_table(to, 1);
    if (all) {
        put_words_table(to, "By cause", "Cause", "Templates", &d->why, 0);
        put_words_table(to, "By law", "Law", "Templates", &d->laws, 0);
    }
    put(to, "</div>\n");
    put_people(to, "Whose template has to be deleted", (const char *const[]){"Due", "Where", "Why"},
               &r->due);
    put(to, "</section>\n");
}

static void uncovered(FILE *to, const struct bc_report *r)
{
    const struct bc_duties *d = &r->duties;

    section(to, "uncovered", "Templates without consent");
    put(to, "<p>Of ");
    bc_html_number(to, d->templates);
    put(to, " templates that are on record and not known to be gone, ");
    bc_html_number(to, d->uncovered);
    (void)fprintf(
        to,
        " %s covered by no consent in force; what is to be done about %s stands among the "
        "deletions due. Templates that were never recorded are found by <code>bioconsent "
        "audit --look</code>, on the host and at the services themselves.</p>\n",
        d->uncovered == 1 ? "is" : "are", d->uncovered == 1 ? "it" : "them");
    if (d->uncovered) {
        put(to, "<div class=\"tables\">\n");
        put_words_table(to, "By provider", "Provider", "Templates", &d->providers, 0);
        put(to, "</div>\n");
    }
    put(to, "</section>\n");
}

/* ---- foot ---- */

static void root(FILE *to, const char *name, const struct bc_hash *hash, uint64_t size)
{
    char text[bc_encoding_base64_bytes(BC_HASH_BYTES)];

    bc_encoding_base64_encode(hash->b, BC_HASH_BYTES, text);
    (void)fprintf(to, "<div><dt>%s</dt><dd>", name);
    bc_html_number(to, size);
    (void)fprintf(to, " entries, root <code>%s</code></dd></div>\n", text);
}

static void basis(FILE *to, const struct bc_report *r)
{
    const struct bc_checkpoint *c = &r->checkpoint;

    section(to, "basis", "What this rests on");
    put(to,
        "<p>All numbers were counted from the signed store, every consent proven to stand in the "
        "log that this checkpoint signs. Somebody who holds the same checkpoint can count "
        "again.</p>\n<dl class=\"basis\">\n<div><dt>Origin</dt><dd><code>");
    bc_html_text(to, c->origin);
    put(to, "</code></dd></div>\n<div><dt>Signed</dt><dd>");
    bc_html_time(to, c->signed_at);
    put(to, "</dd></div>\n<div><dt>Key</dt><dd><code>");
    bc_html_text(to, r->signer);
    put(to, "</code></dd></div>\n");
    root(to, "Log", &c->log_root, c->log_size);
    root(to, "Register", &c->register_root, c->register_size);
    put(to, "</dl>\n</section>\n</main>\n<footer><p>Made by bioconsent " BC_VERSION ". ");
    put(to, r->named ? "It names people: keep it like the store itself."
                     : "It names nobody; <code>--names</code> would.");
    put(to, "</p></footer>\n</body>\n</html>\n");
}

void bc_report_page(FILE *to, const struct bc_report *r)
{
    head(to, r);
    title(to, r);
    summary(to, r);
    in_force(to, &r->statistics);
    expiry(to, r);
    over(to, &r->statistics);
    deletion(to, &r->statistics);
    duties(to, r);
    uncovered(to, r);
    basis(to, r);
}
