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
                      bc_html_local(bc_report_week(r, week), BC_HTML_SHORT_DAY).text);
}

void bc_report_chart(FILE *to, const struct bc_report *r)
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
                      bc_html_local(bc_report_week(r, tallest), BC_HTML_SHORT_DAY).text);
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
