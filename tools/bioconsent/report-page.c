/* SPDX-License-Identifier: BSD-2-Clause */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "html.h"
#include "report-css.h"
#include "report-html.h"
#include "report.h"

#define HASH_TEXT_BYTES bc_encoding_base64_bytes(BC_HASH_BYTES)

/* One value of the report, in the one of its forms that is not NULL. */
struct value {
    const char *name; /* its place in the JSON; what begins with "page." is for the page alone */
    const uint64_t *number;
    const int64_t *time, *day; /* 0: none */
    const int64_t *seconds;    /* -1: none */
    const char *text;
    const char *markup; /* of ours, for the page alone */
    const struct bc_report_tallies *words;
    const uint64_t *wordless; /* with words: how many have no word */
    const uint64_t *counts;   /* one for each value of the vocabulary */
    enum bc_vocabulary vocabulary;
    const char *const *labels; /* what the page calls the values of the vocabulary */
    const struct bc_report_rows *people;
    void (*put)(FILE *to, const struct bc_report *r); /* writes it into the page */
    json_t *(*json)(const struct bc_report *r);
};

/* ---- the picture of the page ---- */

/* Widths in per cent and heights in pixels: the picture fits any screen, and its letters keep their
 * size. */
#define HEIGHT 150
#define TOP 22
#define LEFT 7.0
#define STEP ((100.0 - LEFT) / BC_REPORT_WEEKS)

/* Returns a time in the week of this number whose date is the week's Monday nearly everywhere. */
static int64_t start_week(const struct bc_report *r, int week)
{
    return r->consents.first_week + (int64_t)week * 7 * 86400 + 43200;
}

/* 1, 2, 4, 6, 8, 10, 20, 40 …: no less than n, and even where it is halved. */
static uint64_t round_up(uint64_t n)
{
    uint64_t unit = 1;

    if (n <= 2)
        return 2;
    while (n > 10 * unit)
        unit *= 10;
    for (uint64_t step = 2; step <= 10; step += 2)
        if (n <= step * unit)
            return step * unit;
    return 10 * unit;
}

static void draw_column(FILE *to, const struct bc_report *r, int week, uint64_t top)
{
    uint64_t n = r->consents.expire_in[week];
    double height = (double)n / (double)top * HEIGHT, x = LEFT + week * STEP, middle = x + STEP / 2;
    int last = week + 1 == BC_REPORT_WEEKS; /* its label would stand out on the right */

    if (n && height < 2)
        height = 2;
    if (n)
        (void)fprintf(to,
                      "<rect class=\"column\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" "
                      "height=\"%.1f\" rx=\"1\"/>\n"
                      "<text class=\"value\" x=\"%.2f%%\" y=\"%.1f\">%s</text>\n",
                      x + STEP * 0.15, STEP * 0.7, TOP + HEIGHT - height, height, middle,
                      TOP + HEIGHT - height - 4, bc_html_number(n).text);
    if (week % 5 == 0)
        (void)fprintf(to,
                      "<line class=\"tick\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>"
                      "<text class=\"%s\" x=\"%.2f%%\" y=\"%d\">%s</text>\n",
                      middle, middle, TOP + HEIGHT, TOP + HEIGHT + 5, last ? "last" : "week",
                      last ? 100.0 : middle, TOP + HEIGHT + 19,
                      bc_html_local(start_week(r, week), BC_HTML_SHORT_DAY).text);
}

/* Writes what expires in which week, as a picture. */
static void put_chart(FILE *to, const struct bc_report *r)
{
    const uint64_t *weeks = r->consents.expire_in;
    uint64_t top, all = 0;
    int tallest = 0;

    for (int i = 0; i < BC_REPORT_WEEKS; i++) {
        all += weeks[i];
        if (weeks[i] > weeks[tallest])
            tallest = i;
    }
    top = round_up(weeks[tallest]);
    (void)fprintf(to,
                  "<svg class=\"chart\" width=\"100%%\" height=\"%d\" role=\"img\" "
                  "aria-labelledby=\"expiry-title expiry-description\">\n"
                  "<title id=\"expiry-title\">Consents that expire, by week</title>\n"
                  "<desc id=\"expiry-description\">%s consents expire in the %d weeks that are "
                  "shown",
                  TOP + HEIGHT + 26, bc_html_number(all).text, BC_REPORT_WEEKS);
    if (all)
        (void)fprintf(to, "; the most, %s, in the week of %s", bc_html_number(weeks[tallest]).text,
                      bc_html_local(start_week(r, tallest), BC_HTML_SHORT_DAY).text);
    (void)fputs(". The table that follows has the same numbers.</desc>\n", to);
    for (int part = 0; part <= 2; part++) {
        int y = TOP + HEIGHT - HEIGHT * part / 2;
        (void)fprintf(to,
                      "<line class=\"grid\" x1=\"%.1f%%\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>"
                      "<text class=\"scale\" x=\"%.1f%%\" y=\"%d\">%s</text>\n",
                      LEFT, y, y, LEFT - 1.0, y + 4, bc_html_number(top * (uint64_t)part / 2).text);
    }
    for (int i = 0; i < BC_REPORT_WEEKS; i++)
        draw_column(to, r, i, top);
    (void)fputs("</svg>\n", to);
}

/* ---- the page ---- */

/* Rows of a table with one number each. Returns 1, or 0 where n is 0 and there is no row. */
static int put_row(FILE *to, const char *name, uint64_t n)
{
    if (!n)
        return 0;
    (void)fputs("<tr><th scope=\"row\">", to);
    bc_html_text(to, name);
    (void)fprintf(to, "</th><td class=\"number\">%s</td></tr>\n", bc_html_number(n).text);
    return 1;
}

static void end_rows(FILE *to, int rows)
{
    if (rows == 0)
        (void)fputs("<tr><td colspan=\"2\" class=\"none\">None.</td></tr>\n", to);
}

static void put_words(FILE *to, const struct value *v)
{
    int rows = 0;

    for (size_t i = 0; i < v->words->count; i++)
        rows += put_row(to, v->words->tally[i].word, v->words->tally[i].count);
    rows += put_row(to, "Others", v->words->others);
    rows += put_row(to, "None named", v->wordless ? *v->wordless : 0);
    end_rows(to, rows);
}

static void put_counts(FILE *to, const struct value *v)
{
    int rows = 0;

    for (unsigned i = 0; bc_vocabulary_name(v->vocabulary, i); i++)
        rows += put_row(to, v->labels[i], v->counts[i]);
    end_rows(to, rows);
}

static void put_reasons(FILE *to, const struct bc_report *r)
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
    const struct bc_report_consents *s = &r->consents;
    uint64_t left = s->count - s->active;
    int rows = 0;

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        rows += put_row(to, states[i].name, s->by_reason[states[i].reason]);
        left -= s->by_reason[states[i].reason];
    }
    rows += put_row(to, "Other reasons", left);
    end_rows(to, rows);
}

/* The numbers of the picture, for those who do not see it. */
static void put_weeks(FILE *to, const struct bc_report *r)
{
    const struct bc_report_consents *s = &r->consents;
    int rows = 0;

    for (int i = 0; i < BC_REPORT_WEEKS; i++) {
        if (!s->expire_in[i])
            continue;
        (void)fprintf(
            to, "<tr><th scope=\"row\">Week of %s</th><td class=\"number\">%s</td></tr>\n",
            bc_html_time(start_week(r, i), BC_HTML_DAY).text, bc_html_number(s->expire_in[i]).text);
        rows++;
    }
    end_rows(to, rows);
}

static void put_people(FILE *to, const struct bc_report_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct bc_report_row *row = &rows->row[i];
        (void)fputs("<tr><th scope=\"row\"><bdi>", to);
        bc_html_text(to, row->subject.name);
        (void)fputs("</bdi>", to);
        if (!row->subject.external)
            (void)fprintf(to, " <span class=\"soft\">uid %u</span>", row->subject.uid);
        (void)fprintf(to, "</th><td class=\"when\">%s</td><td>",
                      row->when ? bc_html_time(row->when, BC_HTML_DAY).text : "no date");
        bc_html_text(to, row->what);
        (void)fputs("</td><td>", to);
        bc_html_text(to, row->why);
        (void)fputs("</td></tr>\n", to);
    }
}

/* The page's name for the store. Where it is long it breaks behind a slash. */
static void put_origin(FILE *to, const struct bc_report *r)
{
    char part[BC_KEY_NAME_MAX + 1];
    size_t len;

    for (const char *s = r->checkpoint.origin; *s; s += len) {
        len = strcspn(s, "/");
        len += s[len] == '/';
        (void)snprintf(part, sizeof part, "%.*s", (int)len, s);
        bc_html_text(to, part);
        (void)fputs(s[len] ? "<wbr>" : "", to);
    }
}

static void put_value(FILE *to, const struct bc_report *r, const struct value *v)
{
    if (v->number)
        (void)fputs(bc_html_number(*v->number).text, to);
    else if (v->time)
        (void)fputs(bc_html_time(*v->time, BC_HTML_MINUTE).text, to);
    else if (v->day)
        (void)fputs(bc_html_time(*v->day, BC_HTML_DAY).text, to);
    else if (v->seconds)
        (void)fputs(*v->seconds < 0 ? "–" : bc_html_period(*v->seconds).text, to);
    else if (v->text)
        bc_html_text(to, v->text);
    else if (v->markup)
        (void)fputs(v->markup, to);
    else if (v->words)
        put_words(to, v);
    else if (v->counts)
        put_counts(to, v);
    else if (v->people)
        put_people(to, v->people);
    else
        v->put(to, r);
}

static int is_set(const struct value *v)
{
    return (v->number && *v->number) || (v->day && *v->day) || (v->people && v->people->count);
}

/* A name that is not there is a mistake in report.html, which the first report shows: names are
 * looked up in the parts that are left out, too. */
static const struct value *find_value(const struct value *v, const char *name, size_t len)
{
    while (v->name && (strncmp(v->name, name, len) != 0 || v->name[len]))
        v++;
    if (!v->name)
        abort();
    return v;
}

/* Writes report.html: {NAME} stands for a value, {?NAME}A{:}B{/} for A where the value is a number
 * or day other than 0 or a list that is not empty, else for B. */
static void write_page(FILE *to, const struct bc_report *r, const struct value *values)
{
    int left_out = 0;

    for (const char *at = page; *at;) {
        size_t len = strcspn(at, "{");
        if (!left_out)
            (void)fwrite(at, 1, len, to);
        at += len;
        if (!*at)
            break;
        len = strcspn(++at, "}");
        if (*at == '?')
            left_out = !is_set(find_value(values, at + 1, len - 1));
        else if (*at == ':')
            left_out = !left_out;
        else if (*at == '/')
            left_out = 0;
        else {
            const struct value *v = find_value(values, at, len);
            if (!left_out)
                put_value(to, r, v);
        }
        at += len + 1;
    }
}

/* ---- the JSON ---- */

static json_t *make_number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *make_time(int64_t t)
{
    char text[BC_TIME_TEXT_BYTES];

    bc_datetime_format(t, text);
    return t ? json_string(text) : json_null();
}

static json_t *make_words(const struct bc_report_tallies *t)
{
    json_t *out = json_object();

    for (size_t i = 0; i < t->count; i++)
        json_object_set_new(out, t->tally[i].word, make_number(t->tally[i].count));
    if (t->others)
        json_object_set_new(out, "(others)", make_number(t->others));
    return out;
}

static json_t *make_counts(const struct value *v)
{
    json_t *out = json_object();
    const char *name;

    for (unsigned i = 0; (name = bc_vocabulary_name(v->vocabulary, i)); i++)
        if (v->counts[i])
            json_object_set_new(out, name, make_number(v->counts[i]));
    return out;
}

static json_t *make_reasons(const struct bc_report *r)
{
    json_t *out = json_object();

    for (unsigned v = 0; v < BC_REASONS; v++)
        if (r->consents.by_reason[v] && !bc_reason_allows((enum bc_reason)v))
            json_object_set_new(out, bc_reason_id((enum bc_reason)v),
                                make_number(r->consents.by_reason[v]));
    return out;
}

static json_t *make_weeks(const struct bc_report *r)
{
    const struct bc_report_consents *s = &r->consents;
    json_t *out = json_array();

    for (int i = 0; i < BC_REPORT_WEEKS; i++)
        json_array_append_new(out, json_pack("{s:o, s:o}", "week_of",
                                             make_time(s->first_week + (int64_t)i * 7 * 86400),
                                             "consents", make_number(s->expire_in[i])));
    return out;
}

static json_t *make_people(const struct bc_report_rows *list)
{
    json_t *out = json_array();

    for (size_t i = 0; i < list->count; i++) {
        const struct bc_report_row *r = &list->row[i];
        json_array_append_new(out, json_pack("{s:s, s:I, s:b, s:s, s:s, s:o}", "subject",
                                             r->subject.name, "uid", (json_int_t)r->subject.uid,
                                             "external", r->subject.external, "what", r->what,
                                             "why", r->why, "when", make_time(r->when)));
    }
    return out;
}

static json_t *make_value(const struct bc_report *r, const struct value *v)
{
    if (v->number)
        return make_number(*v->number);
    if (v->time || v->day)
        return make_time(v->time ? *v->time : *v->day);
    if (v->seconds)
        return *v->seconds < 0 ? json_null() : json_integer(*v->seconds);
    if (v->text)
        return json_string(v->text);
    if (v->words)
        return make_words(v->words);
    if (v->counts)
        return make_counts(v);
    if (v->people)
        return make_people(v->people);
    return v->json ? v->json(r) : json_null();
}

static int write_json(FILE *to, const struct bc_report *r, const struct value *v)
{
    json_t *all = json_object();
    int failed = 0;

    for (; v->name; v++) {
        const char *name = v->name, *dot;
        json_t *group = all;
        if (strncmp(name, "page.", 5) == 0 || (v->people && !r->named))
            continue;
        while ((dot = strchr(name, '.'))) {
            char key[32];
            (void)snprintf(key, sizeof key, "%.*s", (int)(dot - name), name);
            if (!json_object_get(group, key))
                failed |= json_object_set_new(group, key, json_object());
            group = json_object_get(group, key);
            name = dot + 1;
        }
        failed |= json_object_set_new(group, name, make_value(r, v));
    }
    failed |= json_dumpf(all, to, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    json_decref(all);
    return failed || fputc('\n', to) == EOF ? -1 : 0;
}

/* ---- both ---- */

int bc_report_write(FILE *to, const struct bc_report *r, int json)
{
    static const char *const modalities[BC_MODALITIES] = {"Fingerprint", "Face", "Voice", "Palm",
                                                          "Iris"};
    static const char *const kinds[BC_KINDS] = {"Notice only", "Affirmative", "Explicit",
                                                "Written release"};
    static const char *const givers[BC_GIVEN_BYS] = {"The person", "A representative",
                                                     "A guardian"};
    const struct bc_report_consents *s = &r->consents;
    const struct bc_report_templates *d = &r->templates;
    const struct bc_checkpoint *c = &r->checkpoint;
    const uint64_t named = r->named != 0, week_count = BC_REPORT_WEEKS;
    char style_digest[HASH_TEXT_BYTES], log_root[HASH_TEXT_BYTES], register_root[HASH_TEXT_BYTES];
    struct bc_hash hash;
    const struct value values[] = {
        {"as_of", .time = &r->now},
        {"checkpoint.origin", .text = c->origin},
        {"checkpoint.signed", .time = &c->signed_at},
        {"checkpoint.key", .text = r->signer},
        {"checkpoint.log_size", .number = &c->log_size},
        {"checkpoint.log_root", .text = log_root},
        {"checkpoint.register_size", .number = &c->register_size},
        {"checkpoint.register_root", .text = register_root},
        {"in_force.consents", .number = &s->active},
        {"in_force.people", .number = &s->people},
        {"in_force.by_modality", .counts = s->by_modality, .vocabulary = BC_VOCABULARY_MODALITY,
         .labels = modalities},
        {"in_force.by_provider", .words = &s->providers},
        {"in_force.by_jurisdiction", .words = &s->jurisdictions, .wordless = &s->no_jurisdiction},
        {"in_force.no_jurisdiction", .number = &s->no_jurisdiction},
        {"in_force.by_kind", .counts = s->by_kind, .vocabulary = BC_VOCABULARY_KIND,
         .labels = kinds},
        {"in_force.by_giver", .counts = s->by_giver, .vocabulary = BC_VOCABULARY_GIVEN_BY,
         .labels = givers},
        {"not_in_force", .put = put_reasons, .json = make_reasons},
        {"expiry.within_30_days", .number = &s->expire_soon},
        {"expiry.weeks", .put = put_weeks, .json = make_weeks},
        {"expiry.later", .number = &s->expire_later},
        {"expiry.never", .number = &s->expire_never},
        {"deletion.withdrawn.consents", .number = &s->withdrawn.consents},
        {"deletion.withdrawn.templates_deleted", .number = &s->withdrawn.deleted},
        {"deletion.withdrawn.median_seconds", .seconds = &s->withdrawn.median},
        {"deletion.withdrawn.worst_seconds", .seconds = &s->withdrawn.worst},
        {"deletion.ended.consents", .number = &s->ended.consents},
        {"deletion.ended.templates_deleted", .number = &s->ended.deleted},
        {"deletion.ended.median_seconds", .seconds = &s->ended.median},
        {"deletion.ended.worst_seconds", .seconds = &s->ended.worst},
        {"templates.templates", .number = &d->count},
        {"templates.without_consent", .number = &d->uncovered},
        {"templates.without_consent_by_provider", .words = &d->providers},
        {"templates.overdue", .number = &d->overdue},
        {"templates.within_30_days", .number = &d->soon},
        {"templates.later", .number = &d->later},
        {"templates.undated", .number = &d->undated},
        {"templates.oldest_due", .day = &d->oldest},
        {"templates.by_cause", .words = &d->why},
        {"templates.by_law", .words = &d->laws},
        {"expiring", .people = &r->expiring},
        {"due", .people = &r->due},
        {"page.style_digest", .text = style_digest},
        {"page.style", .markup = style},
        {"page.origin", .put = put_origin},
        {"page.named", .number = &named},
        {"page.week_count", .number = &week_count},
        {"page.chart", .put = put_chart},
        {"page.expiring_more", .number = &r->expiring.left_out},
        {"page.duties", .number = &d->due},
        {"page.due_more", .number = &r->due.left_out},
        {"page.is", .text = d->uncovered == 1 ? "is" : "are"},
        {"page.it", .text = d->uncovered == 1 ? "it" : "them"},
        {"page.version", .text = BC_VERSION},
        {.name = NULL},
    };

    bc_merkle_hash_bytes(style, strlen(style), &hash);
    bc_encoding_base64_encode(hash.b, BC_HASH_BYTES, style_digest);
    bc_encoding_base64_encode(c->log_root.b, BC_HASH_BYTES, log_root);
    bc_encoding_base64_encode(c->register_root.b, BC_HASH_BYTES, register_root);
    if (json)
        return write_json(to, r, values);
    write_page(to, r, values);
    return 0;
}
