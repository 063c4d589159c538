/* SPDX-License-Identifier: BSD-2-Clause */
#include "html.h"
#include "report.h"

/* Widths in per cent and heights in pixels: the picture fits any screen, and its letters keep their
 * size. */
#define HEIGHT 150
#define TOP 22
#define LEFT 7.0
#define STEP ((100.0 - LEFT) / BC_STATISTICS_WEEKS)
#define WEEK (7 * 86400)
#define NOON 43200 /* the same date nearly everywhere */

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

static uint64_t find_tallest_week(const struct bc_statistics *s, int *week, uint64_t *all)
{
    uint64_t most = 0;

    *week = 0;
    *all = 0;
    for (int i = 0; i < BC_STATISTICS_WEEKS; i++) {
        *all += s->expire_in[i];
        if (s->expire_in[i] > most) {
            most = s->expire_in[i];
            *week = i;
        }
    }
    return most;
}

static void draw_grid_line(FILE *to, uint64_t top, int part)
{
    int y = TOP + HEIGHT - HEIGHT * part / 2;

    (void)fprintf(to,
                  "<line class=\"grid\" x1=\"%.1f%%\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>"
                  "<text class=\"scale\" x=\"%.1f%%\" y=\"%d\">",
                  LEFT, y, y, LEFT - 1.0, y + 4);
    bc_html_number(to, top * (uint64_t)part / 2);
    (void)fputs("</text>\n", to);
}

/* The last one would stand out on the right. */
static void draw_week_label(FILE *to, const struct bc_statistics *s, int week)
{
    double x = LEFT + week * STEP + STEP / 2;
    int last = week + 1 == BC_STATISTICS_WEEKS;

    (void)fprintf(to,
                  "<line class=\"tick\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>"
                  "<text class=\"%s\" x=\"%.2f%%\" y=\"%d\">",
                  x, x, TOP + HEIGHT, TOP + HEIGHT + 5, last ? "last" : "week", last ? 100.0 : x,
                  TOP + HEIGHT + 19);
    bc_html_short_day(to, s->first_week + (int64_t)week * WEEK + NOON);
    (void)fputs("</text>\n", to);
}

static void draw_bar(FILE *to, const struct bc_statistics *s, int week, uint64_t top)
{
    uint64_t n = s->expire_in[week];
    double height = (double)n / (double)top * HEIGHT;
    double x = LEFT + week * STEP;

    if (n && height < 2)
        height = 2;
    if (n)
        (void)fprintf(to,
                      "<rect class=\"column\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" "
                      "height=\"%.1f\" rx=\"1\"/>\n",
                      x + STEP * 0.15, STEP * 0.7, TOP + HEIGHT - height, height);
    if (n) {
        (void)fprintf(to, "<text class=\"value\" x=\"%.2f%%\" y=\"%.1f\">", x + STEP / 2,
                      TOP + HEIGHT - height - 4);
        bc_html_number(to, n);
        (void)fputs("</text>\n", to);
    }
    if (week % 5 == 0)
        draw_week_label(to, s, week);
}

static void write_description(FILE *to, const struct bc_statistics *s, uint64_t all, uint64_t most,
                              int week)
{
    (void)fputs("<title id=\"expiry-title\">Consents that expire, by week</title>\n"
                "<desc id=\"expiry-description\">",
                to);
    bc_html_number(to, all);
    (void)fprintf(to, " consents expire in the %d weeks that are shown", BC_STATISTICS_WEEKS);
    if (most) {
        (void)fputs("; the most, ", to);
        bc_html_number(to, most);
        (void)fputs(", in the week of ", to);
        bc_html_short_day(to, s->first_week + (int64_t)week * WEEK + NOON);
    }
    (void)fputs(". The table that follows has the same numbers.</desc>\n", to);
}

void bc_report_chart(FILE *to, const struct bc_statistics *s)
{
    uint64_t all, most, top;
    int week;

    most = find_tallest_week(s, &week, &all);
    top = round_up(most);
    (void)fprintf(to,
                  "<svg class=\"chart\" width=\"100%%\" height=\"%d\" role=\"img\" "
                  "aria-labelledby=\"expiry-title expiry-description\">\n",
                  TOP + HEIGHT + 26);
    write_description(to, s, all, most, week);
    for (int part = 0; part <= 2; part++)
        draw_grid_line(to, top, part);
    for (int i = 0; i < BC_STATISTICS_WEEKS; i++)
        draw_bar(to, s, i, top);
    (void)fputs("</svg>\n", to);
}
