/* SPDX-License-Identifier: BSD-2-Clause */
#include "html.h"

#include <string.h>
#include <time.h>

#include "base/datetime.h"

/* Returns how many bytes the Unicode control character or direction mark at s has; 0 for another
 * character. */
static size_t measure_unwanted(const char *s)
{
    static const char *const marks[] = {
        "\xD8\x9C",                     /* 061C */
        "\xE2\x80\x8E", "\xE2\x80\x8F", /* 200E 200F */
        "\xE2\x80\xA8", "\xE2\x80\xA9", /* 2028 2029 */
        "\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAC", "\xE2\x80\xAD", "\xE2\x80\xAE", /* 202A-E */
        "\xE2\x81\xA6", "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9",                 /* 2066-9 */
    };

    if ((unsigned char)s[0] < 0x20 || s[0] == 0x7f)
        return 1;
    if ((unsigned char)s[0] == 0xC2 && ((unsigned char)s[1] & 0xE0) == 0x80)
        return 2;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strncmp(s, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return 0;
}

void bc_html_text(FILE *to, const char *s)
{
    static const char *const entities[256] = {
        ['&'] = "&amp;",  ['<'] = "&lt;",   ['>'] = "&gt;",
        ['"'] = "&quot;", ['\''] = "&#39;", ['`'] = "&#96;",
    };

    while (*s) {
        size_t unwanted = measure_unwanted(s);
        const char *entity = unwanted ? "&#xFFFD;" : entities[(unsigned char)*s];
        if (entity)
            (void)fputs(entity, to);
        else
            (void)fputc(*s, to);
        s += unwanted ? unwanted : 1;
    }
}

struct bc_html bc_html_number(uint64_t n)
{
    struct bc_html out = {""};
    char digits[24], *p = out.text;
    size_t len = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);

    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *p++ = ',';
        *p++ = digits[i];
    }
    *p = '\0';
    return out;
}

struct bc_html bc_html_local(int64_t t, const char *form)
{
    struct bc_html out;
    char local[64];
    time_t when = (time_t)t;
    struct tm tm;

    if (!localtime_r(&when, &tm) || strftime(local, sizeof local, form, &tm) == 0)
        local[0] = '\0';
    /* %e puts a space before a single digit. */
    (void)snprintf(out.text, sizeof out.text, "%s", local + (local[0] == ' '));
    return out;
}

struct bc_html bc_html_time(int64_t t, const char *form)
{
    struct bc_html out;
    char utc[BC_TIME_TEXT_BYTES];

    bc_datetime_format(t, utc);
    (void)snprintf(out.text, sizeof out.text, "<time datetime=\"%s\">%.63s</time>", utc,
                   bc_html_local(t, form).text);
    return out;
}

struct bc_html bc_html_period(int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    struct bc_html out;
    size_t i = 0;
    int64_t whole, rest;
    int len;

    while (i < 3 && seconds < units[i].seconds)
        i++;
    whole = seconds / units[i].seconds;
    rest = i < 3 ? seconds % units[i].seconds / units[i + 1].seconds : 0;
    len = snprintf(out.text, sizeof out.text, "%lld %s%s", (long long)whole, units[i].name,
                   whole == 1 ? "" : "s");
    if (rest)
        (void)snprintf(out.text + len, sizeof out.text - (size_t)len, " %lld %s%s", (long long)rest,
                       units[i + 1].name, rest == 1 ? "" : "s");
    return out;
}
