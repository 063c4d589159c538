/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <sodium.h>
#include <string.h>

#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

enum bc_result bc_number_parse(const char *s, size_t len, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (len == 0 || len > 20 || (s[0] == '0' && len > 1))
        return BC_ERR_INVALID;
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = (uint64_t)(s[i] - '0');
        if (s[i] < '0' || s[i] > '9' || v > (UINT64_MAX - digit) / 10)
            return BC_ERR_INVALID;
        v = v * 10 + digit;
    }
    if (v > max)
        return BC_ERR_INVALID;
    *out = v;
    return BC_OK;
}

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

enum bc_result bc_time_parse(const char *s, size_t len, int64_t *out)
{
    int year, month, day, hour, minute, second;
    int64_t days;

    if (len != 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' ||
        s[19] != 'Z')
        return BC_ERR_INVALID;
    year = digits(s, 4);
    month = digits(s + 5, 2);
    day = digits(s + 8, 2);
    hour = digits(s + 11, 2);
    minute = digits(s + 14, 2);
    second = digits(s + 17, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return BC_ERR_INVALID;
    days = days_before(year) - days_before(1970) + day - 1;
    for (int m = 1; m < month; m++)
        days += days_in(year, m);
    *out = ((days * 24 + hour) * 60 + minute) * 60 + second;
    return BC_OK;
}

static void put_digits(char *at, int count, int v)
{
    for (int i = count - 1; i >= 0; i--, v /= 10)
        at[i] = (char)('0' + v % 10);
}

/* By itself: gmtime_r takes a lock and reads files of the time zone. */
void bc_time_format(int64_t t, char out[BC_TIME_TEXT_BYTES])
{
    int64_t when = t < 0 ? 0 : t > TIME_MAX ? TIME_MAX : t, days = when / 86400;
    int second = (int)(when % 86400), year = 1970 + (int)(days / 365), month = 1;

    while (days_before(year) - days_before(1970) > days)
        year--;
    days -= days_before(year) - days_before(1970);
    while (days >= days_in(year, month))
        days -= days_in(year, month++);
    memcpy(out, "0000-00-00T00:00:00Z", BC_TIME_TEXT_BYTES);
    put_digits(out, 4, year);
    put_digits(out + 5, 2, month);
    put_digits(out + 8, 2, (int)days + 1);
    put_digits(out + 11, 2, second / 3600);
    put_digits(out + 14, 2, second / 60 % 60);
    put_digits(out + 17, 2, second % 60);
}

enum bc_result bc_duration_parse(const char *s, size_t len, int64_t *out)
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
    if (len < 2 || bc_number_parse(s, len - 1, 36500, &v) != BC_OK)
        return BC_ERR_INVALID;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].unit == s[len - 1]) {
            *out = (int64_t)v * units[i].seconds;
            return BC_OK;
        }
    return BC_ERR_INVALID;
}

void bc_base64_encode(const unsigned char *data, size_t len, char *out)
{
    (void)sodium_bin2base64(out, bc_base64_bytes(len), data, len, sodium_base64_VARIANT_ORIGINAL);
}

enum bc_result bc_base64_decode(const char *s, size_t len, unsigned char *out, size_t out_len)
{
    unsigned char bytes[2048];
    char again[bc_base64_bytes(sizeof bytes)];
    size_t got;
    const char *end;

    if (out_len > sizeof bytes || len != bc_base64_bytes(out_len) - 1)
        return BC_ERR_INVALID;
    if (sodium_base642bin(bytes, sizeof bytes, s, len, NULL, &got, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got != out_len || end != s + len)
        return BC_ERR_INVALID;
    bc_base64_encode(bytes, got, again);
    if (memcmp(again, s, len) != 0)
        return BC_ERR_INVALID;
    memcpy(out, bytes, out_len);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(again, sizeof again);
    return BC_OK;
}

void bc_hex_encode(const unsigned char *data, size_t len, char *out)
{
    (void)sodium_bin2hex(out, 2 * len + 1, data, len);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum bc_result bc_hex_decode(const char *s, size_t len, unsigned char *out, size_t out_len)
{
    if (len != 2 * out_len)
        return BC_ERR_INVALID;
    for (size_t i = 0; i < len; i++)
        if (hex_digit(s[i]) < 0)
            return BC_ERR_INVALID;
    for (size_t i = 0; i < out_len; i++)
        out[i] = (unsigned char)((unsigned)hex_digit(s[2 * i]) << 4 |
                                 (unsigned)hex_digit(s[2 * i + 1]));
    return BC_OK;
}

/* The length of the UTF-8 sequence at s, and its code point; 0 if it is none (RFC 3629). */
static size_t utf8(const unsigned char *s, size_t left, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

    if (n == 0 || n > left)
        return 0;
    *point = n == 1 ? s[0] : s[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *point = *point << 6 | (s[i] & 0x3fU);
    }
    if (*point < least[n] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000))
        return 0;
    return n;
}

int bc_text_clean(const char *s, size_t len, int lines)
{
    const unsigned char *at = (const unsigned char *)s;
    uint32_t point;

    for (size_t i = 0, n; i < len; i += n) {
        n = utf8(at + i, len - i, &point);
        if (n == 0 || (point >= 0x7f && point < 0xa0))
            return 0;
        if (point < 0x20 && !(lines && point == '\n'))
            return 0;
    }
    return 1;
}

void bc_text_sanitize(const char *s, char *out, size_t cap)
{
    size_t i;

    if (cap == 0)
        return;
    for (i = 0; i + 1 < cap && s[i]; i++)
        out[i] = s[i] >= ' ' && s[i] <= '~' ? s[i] : '?';
    out[i] = '\0';
}
