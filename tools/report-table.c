/* SPDX-License-Identifier: BSD-2-Clause */
#include "report-table.h"

#include "html.h"

static void put(FILE *to, const char *markup)
{
    (void)fputs(markup, to);
}

void bc_table_begin(FILE *to, const char *caption, const char *what, const char *unit)
{
    (void)fprintf(to, "<table class=\"counts\"><caption>%s</caption>\n<thead><tr>"
                      "<th scope=\"col\">%s</th><th scope=\"col\" class=\"number\">%s</th>"
                      "</tr></thead>\n<tbody>\n",
                  caption, what, unit);
}

/* The bar repeats the number, so readers aloud skip it. */
void bc_table_row(FILE *to, const char *name, uint64_t n, uint64_t of)
{
    put(to, "<tr><th scope=\"row\">");
    bc_html_text(to, name);
    (void)fprintf(to, "<svg class=\"bar\" width=\"100%%\" height=\"4\" aria-hidden=\"true\">"
                      "<rect class=\"track\" width=\"100%%\" height=\"4\" rx=\"2\"/>");
    if (n)
        (void)fprintf(to, "<rect width=\"%.1f%%\" height=\"4\" rx=\"2\"/>",
                      of ? 100.0 * (double)n / (double)of : 0.0);
    put(to, "</svg></th><td class=\"number\">");
    bc_html_number(to, n);
    put(to, "</td></tr>\n");
}

void bc_table_end(FILE *to, int rows)
{
    if (!rows)
        put(to, "<tr><td colspan=\"2\" class=\"none\">None.</td></tr>\n");
    put(to, "</tbody></table>\n");
}

void bc_table_fixed(FILE *to, const char *caption, const char *what, size_t count,
                    const char *const *names, const uint64_t *numbers, uint64_t of)
{
    int rows = 0;

    bc_table_begin(to, caption, what, "Consents");
    for (size_t i = 0; i < count; i++)
        if (numbers[i]) {
            bc_table_row(to, names[i], numbers[i], of);
            rows++;
        }
    bc_table_end(to, rows);
}

void bc_table_words(FILE *to, const char *caption, const char *what, const char *unit,
                    const struct bc_tallies *t, uint64_t rest, uint64_t of)
{
    bc_table_begin(to, caption, what, unit);
    for (size_t i = 0; i < t->count; i++)
        bc_table_row(to, t->tally[i].word, t->tally[i].count, of);
    if (t->others)
        bc_table_row(to, "Others", t->others, of);
    if (rest)
        bc_table_row(to, "None named", rest, of);
    bc_table_end(to, t->count || t->others || rest);
}

static void person(FILE *to, const struct bc_report_row *r)
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

void bc_table_people(FILE *to, const char *caption, const char *when, const char *what,
                     const char *why, const struct bc_report_rows *rows)
{
    if (!rows->count)
        return;
    (void)fprintf(to, "<div class=\"scroll\" role=\"region\" aria-label=\"%s\" tabindex=\"0\">"
                      "<table class=\"people\"><caption>%s</caption>\n<thead><tr>"
                      "<th scope=\"col\">Person</th><th scope=\"col\">%s</th>"
                      "<th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
                  caption, caption, when, what, why);
    for (size_t i = 0; i < rows->count; i++)
        person(to, &rows->row[i]);
    put(to, "</tbody></table></div>\n");
    if (rows->left_out) {
        put(to, "<p class=\"soft\">And ");
        bc_html_number(to, rows->left_out);
        put(to, " more.</p>\n");
    }
}
