/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/datetime.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DAY 86400

static int leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && leap(year) ? 29 : days[month - 1];
}

static int64_t days_before(int year)
{
    int64_t y = year - 1;

    return y * 365 + y / 4 - y / 100 + y / 400;
}

int bc_datetime_date_valid(const struct bc_date *d)
{
    return d->year >= 1970 && d->year <= 9999 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
           d->day <= days_in(d->year, d->month);
}

int64_t bc_datetime_of_date(const struct bc_date *d)
{
    int64_t days = days_before(d->year) - days_before(1970) + d->day - 1;

    for (int m = 1; m < d->month; m++)
        days += days_in(d->year, m);
    return days * DAY;
}

void bc_datetime_date(int64_t t, struct bc_date *out)
{
    int64_t days = t / DAY;
    int year = 1970 + (int)(days / 365), month = 1;

    while (days_before(year) - days_before(1970) > days)
        year--;
    days -= days_before(year) - days_before(1970);
    while (days >= days_in(year, month))
        days -= days_in(year, month++);
    *out = (struct bc_date){year, month, (int)days + 1};
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
    struct bc_date date;

    if (len != 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' ||
        s[19] != 'Z')
        return BC_ERR_INVALID;
    date = (struct bc_date){digits(s, 4), digits(s + 5, 2), digits(s + 8, 2)};
    hour = digits(s + 11, 2);
    minute = digits(s + 14, 2);
    second = digits(s + 17, 2);
    if (!bc_datetime_date_valid(&date) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return BC_ERR_INVALID;
    *out = bc_datetime_of_date(&date) + (hour * 60 + minute) * 60 + second;
    return BC_OK;
}

static void put_digits(char *at, int count, int v)
{
    for (int i = count - 1; i >= 0; i--, v /= 10)
        at[i] = (char)('0' + v % 10);
}

enum bc_result bc_datetime_parse_day(const char *s, size_t len, int64_t *out)
{
    char text[] = "yyyy-mm-ddT00:00:00Z";

    if (len != 10)
        return BC_ERR_INVALID;
    memcpy(text, s, len);
    return bc_datetime_parse(text, strlen(text), out);
}

/* Not by gmtime_r(3), which takes a lock and reads files of the time zone. */
void bc_datetime_format(int64_t t, char out[BC_TIME_TEXT_BYTES])
{
    int64_t when = t < 0 ? 0 : t > BC_TIME_MAX ? BC_TIME_MAX : t;
    int second = (int)(when % 86400);
    struct bc_date date;

    bc_datetime_date(when, &date);
    memcpy(out, "0000-00-00T00:00:00Z", BC_TIME_TEXT_BYTES);
    put_digits(out, 4, date.year);
    put_digits(out + 5, 2, date.month);
    put_digits(out + 8, 2, date.day);
    put_digits(out + 11, 2, second / 3600);
    put_digits(out + 14, 2, second / 60 % 60);
    put_digits(out + 17, 2, second % 60);
}

void bc_datetime_format_plain(int64_t t, char out[BC_TIME_PLAIN_BYTES])
{
    char text[BC_TIME_TEXT_BYTES];

    bc_datetime_format(t, text);
    (void)snprintf(out, BC_TIME_PLAIN_BYTES, "%.10s %.8s UTC", text, text + 11);
}

enum bc_result bc_datetime_parse_duration(const char *s, size_t len, int64_t *out)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    uint64_t v;

    if (len == 1 && s[0] == '0') {
        *out = 0;
        return BC_OK;
    }
    if (len < 2 || bc_text_parse_number(s, len - 1, 36500, &v) != BC_OK)
        return BC_ERR_INVALID;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].unit == s[len - 1]) {
            *out = (int64_t)v * units[i].seconds;
            return BC_OK;
        }
    return BC_ERR_INVALID;
}

enum bc_result bc_datetime_parse_period(const char *s, size_t len, struct bc_period *out)
{
    static const struct {
        char unit;
        uint64_t max;
        unsigned months, days;
    } units[] = {{'d', 36500, 0, 1}, {'m', 1200, 1, 0}, {'y', 100, 12, 0}};
    uint64_t v;

    for (size_t i = 0; len > 1 && i < sizeof units / sizeof units[0]; i++)
        if (units[i].unit == s[len - 1] &&
            bc_text_parse_number(s, len - 1, units[i].max, &v) == BC_OK) {
            *out = (struct bc_period){(unsigned)v * units[i].months, (unsigned)v * units[i].days};
            return BC_OK;
        }
    return BC_ERR_INVALID;
}

int64_t bc_datetime_after(int64_t t, const struct bc_period *p)
{
    int64_t from = t < 0 ? 0 : t > BC_TIME_MAX ? BC_TIME_MAX : t, sum;
    struct bc_date d;
    int months;

    bc_datetime_date(from, &d);
    months = d.month - 1 + (int)p->months;
    d.year += months / 12;
    d.month = months % 12 + 1;
    if (d.year > 9999)
        return BC_TIME_MAX;
    if (d.day > days_in(d.year, d.month))
        d.day = days_in(d.year, d.month);
    sum = bc_datetime_of_date(&d) + from % DAY + (int64_t)p->days * DAY;
    return sum > BC_TIME_MAX ? BC_TIME_MAX : sum;
}
