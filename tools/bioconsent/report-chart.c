/* SPDX-License-Identifier: BSD-2-Clause */
#include "html.h"
#include "report.h"

/* Widths in per cent and heights in pixels: the picture fits any screen, and its letters keep their
 * size. */
#define HEIGHT 150
#define TOP 22
#define LEFT 7.0
#define STEP ((100.0 - LEFT) / BC_REPORT_WEEKS)

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

static void write_description(FILE *to, const struct bc_report *r, int tallest)
{
    const struct bc_report_consents *s = &r->consents;
    uint64_t all = 0;

    for (int i = 0; i < BC_REPORT_WEEKS; i++)
        all += s->expire_in[i];
    (void)fputs("<title id=\"expiry-title\">Consents that expire, by week</title>\n"
                "<desc id=\"expiry-description\">",
                to);
    bc_html_number(to, all);
    (void)fprintf(to, " consents expire in the %d weeks that are shown", BC_REPORT_WEEKS);
    if (all) {
        (void)fputs("; the most, ", to);
        bc_html_number(to, s->expire_in[tallest]);
        (void)fputs(", in the week of ", to);
        bc_html_local(to, bc_report_week(r, tallest), BC_HTML_SHORT_DAY);
    }
    (void)fputs(". The table that follows has the same numbers.</desc>\n", to);
}

static void draw_column(FILE *to, const struct bc_report *r, int week, uint64_t top)
{
    uint64_t n = r->consents.expire_in[week];
    double height = (double)n / (double)top * HEIGHT, x = LEFT + week * STEP, middle = x + STEP / 2;
    int last = week + 1 == BC_REPORT_WEEKS; /* its label would stand out on the right */

    if (n) {
        if (height < 2)
            height = 2;
        (void)fprintf(to,
                      "<rect class=\"column\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" "
                      "height=\"%.1f\" rx=\"1\"/>\n"
                      "<text class=\"value\" x=\"%.2f%%\" y=\"%.1f\">",
                      x + STEP * 0.15, STEP * 0.7, TOP + HEIGHT - height, height, middle,
                      TOP + HEIGHT - height - 4);
        bc_html_number(to, n);
        (void)fputs("</text>\n", to);
    }
    if (week % 5)
        return;
    (void)fprintf(to,
                  "<line class=\"tick\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>"
                  "<text class=\"%s\" x=\"%.2f%%\" y=\"%d\">",
                  middle, middle, TOP + HEIGHT, TOP + HEIGHT + 5, last ? "last" : "week",
                  last ? 100.0 : middle, TOP + HEIGHT + 19);
    bc_html_local(to, bc_report_week(r, week), BC_HTML_SHORT_DAY);
    (void)fputs("</text>\n", to);
}

void bc_report_chart(FILE *to, const struct bc_report *r)
{
    const struct bc_report_consents *s = &r->consents;
    uint64_t top;
    int tallest = 0;

    for (int i = 0; i < BC_REPORT_WEEKS; i++)
        if (s->expire_in[i] > s->expire_in[tallest])
            tallest = i;
    top = round_up(s->expire_in[tallest]);
    (void)fprintf(to,
                  "<svg class=\"chart\" width=\"100%%\" height=\"%d\" role=\"img\" "
                  "aria-labelledby=\"expiry-title expiry-description\">\n",
                  TOP + HEIGHT + 26);
    write_description(to, r, tallest);
    for (int part = 0; part <= 2; part++) {
        int y = TOP + HEIGHT - HEIGHT * part / 2;
        (void)fprintf(to,
                      "<line class=\"grid\" x1=\"%.1f%%\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>"
                      "<text class=\"scale\" x=\"%.1f%%\" y=\"%d\">",
                      LEFT, y, y, LEFT - 1.0, y + 4);
        bc_html_number(to, top * (uint64_t)part / 2);
        (void)fputs("</text>\n", to);
    }
    for (int i = 0; i < BC_REPORT_WEEKS; i++)
        draw_column(to, r, i, top);
    (void)fputs("</svg>\n", to);
}
