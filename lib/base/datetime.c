/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/datetime.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DAY 86400

/* A date of the Gregorian calendar, 1970-01-01 to 9999-12-31. */
struct date {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* The days between 1970-01-01 and the first day of the year. */
static int64_t days_before(int year)
{
    int64_t y = year - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

/* POSIX seconds of the first moment of the date. */
static int64_t time_of_date(const struct date *d)
{
    int64_t days = days_before(d->year) + d->day - 1;

    for (int m = 1; m < d->month; m++)
        days += days_in(d->year, m);
    return days * DAY;
}

/* The date of a time from 0 to BC_TIME_MAX. Not by gmtime_r(3), which takes a lock and reads files
 * of the time zone. */
static struct date date_of_time(int64_t t)
{
    int64_t days = t / DAY;
    int year = 1970 + (int)(days / 365), month = 1;

    while (days_before(year) > days)
        year--;
    days -= days_before(year);
    while (days >= days_in(year, month))
        days -= days_in(year, month++);
    return (struct date){year, month, (int)days + 1};
}

/* A number of exactly count digits at s, which may begin with zeros; -1 if it is none. */
static int digits(const char *s, int count)
{
    int v = 0;

    for (int i = 0; i < count; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        v = v * 10 + (s[i] - '0');
    }
    return v;
}

enum bc_result bc_datetime_parse(const char *s, size_t len, int64_t *out)
{
    int hour, minute, second;
    struct date d;

    if (len != 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' ||
        s[19] != 'Z')
        return BC_ERR_INVALID;
    d = (struct date){digits(s, 4), digits(s + 5, 2), digits(s + 8, 2)};
    hour = digits(s + 11, 2);
    minute = digits(s + 14, 2);
    second = digits(s + 17, 2);
    if (d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1 ||
        d.day > days_in(d.year, d.month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return BC_ERR_INVALID;
    *out = time_of_date(&d) + (hour * 60 + minute) * 60 + second;
    return BC_OK;
}

enum bc_result bc_datetime_parse_day(const char *s, size_t len, int64_t *out)
{
    char text[] = "yyyy-mm-ddT00:00:00Z";

    if (len != 10)
        return BC_ERR_INVALID;
    memcpy(text, s, len);
    return bc_datetime_parse(text, strlen(text), out);
}

static int64_t clamp(int64_t t)
{
    return t < 0 ? 0 : t > BC_TIME_MAX ? BC_TIME_MAX : t;
}

void bc_datetime_format(int64_t t, char out[BC_TIME_TEXT_BYTES])
{
    int64_t when = clamp(t);
    int second = (int)(when % DAY);
    struct date d = date_of_time(when);
    char text[64]; /* room for any int, which the compiler cannot exclude */

    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day,
                   second / 3600, second / 60 % 60, second % 60);
    memcpy(out, text, BC_TIME_TEXT_BYTES);
}

void bc_datetime_format_plain(int64_t t, char out[BC_TIME_PLAIN_BYTES])
{
    char text[BC_TIME_TEXT_BYTES];

    bc_datetime_format(t, text);
    (void)snprintf(out, BC_TIME_PLAIN_BYTES, "%.10s %.8s UTC", text, text + 11);
}

/* Reads a number and one of the letters. Returns which letter, or -1. */
static int parse_amount(const char *s, size_t len, const char *letters, uint64_t *amount)
{
    const char *letter = len > 1 ? memchr(letters, s[len - 1], strlen(letters)) : NULL;

    if (!letter || bc_text_parse_number(s, len - 1, 36500, amount) != BC_OK)
        return -1;
    return (int)(letter - letters);
}

enum bc_result bc_datetime_parse_duration(const char *s, size_t len, int64_t *out)
{
    static const int64_t seconds[] = {1, 60, 3600, DAY};
    uint64_t amount = 0;
    int unit = len == 1 && s[0] == '0' ? 0 : parse_amount(s, len, "smhd", &amount);

    if (unit < 0)
        return BC_ERR_INVALID;
    *out = (int64_t)amount * seconds[unit];
    return BC_OK;
}

enum bc_result bc_datetime_parse_period(const char *s, size_t len, struct bc_period *out)
{
    static const struct bc_period units[] = {{.days = 1}, {.months = 1}, {.months = 12}};
    static const uint64_t max[] = {36500, 1200, 100};
    uint64_t amount;
    int unit = parse_amount(s, len, "dmy", &amount);

    if (unit < 0 || amount > max[unit])
        return BC_ERR_INVALID;
    *out = (struct bc_period){(unsigned)amount * units[unit].months,
                              (unsigned)amount * units[unit].days};
    return BC_OK;
}

int64_t bc_datetime_after(int64_t t, const struct bc_period *p)
{
    int64_t from = clamp(t);
    struct date d = date_of_time(from);
    int months = d.month - 1 + (int)p->months;

    d.year += months / 12;
    d.month = months % 12 + 1;
    if (d.year > 9999)
        return BC_TIME_MAX;
    if (d.day > days_in(d.year, d.month))
        d.day = days_in(d.year, d.month);
    return clamp(time_of_date(&d) + from % DAY + (int64_t)p->days * DAY);
}
