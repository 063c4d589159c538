/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"

#include <string.h>

enum bc_result bc_text_parse_number(const char *s, size_t len, uint64_t max, uint64_t *out)
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

int bc_text_next_line(const char **at, const char *end, struct bc_line *out)
{
    const char *nl = memchr(*at, '\n', (size_t)(end - *at));

    if (!nl)
        return 0;
    *out = (struct bc_line){*at, (size_t)(nl - *at)};
    *at = nl + 1;
    return 1;
}

int bc_text_take_label(struct bc_line *line, const char *label)
{
    size_t len = strlen(label);

    if (line->len <= len || memcmp(line->s, label, len) != 0)
        return 0;
    line->s += len;
    line->len -= len;
    return 1;
}

/* The length of the UTF-8 sequence at s, and its code point; 0 if it is none (RFC 3629). */
static size_t utf8(const unsigned char *s, size_t left, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80                   ? 1
               : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
               : (s[0] & 0xf0) == 0xe0       ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;

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

int bc_text_find_word(const char *words, const char *word, size_t len)
{
    for (int i = 0; *words; i++) {
        size_t n = strcspn(words, " ");
        if (n == len && memcmp(words, word, len) == 0)
            return i;
        words += n + (words[n] == ' ');
    }
    return -1;
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

/* How much of the line fits: to its last space that does, else to its first. */
static size_t fitting(const char *line, size_t len, size_t width)
{
    size_t n = width;

    if (len <= width)
        return len;
    while (n > 0 && line[n] != ' ')
        n--;
    if (n == 0)
        while (n < len && line[n] != ' ')
            n++;
    return n;
}

void bc_text_fold(FILE *out, const char *line, size_t len, size_t width, int indent)
{
    /* A label stands at the start, which is no place to break. */
    size_t at = len < (size_t)indent ? len : (size_t)indent;
    size_t n = at + fitting(line + at, len - at, width - (size_t)indent);

    (void)fprintf(out, "%.*s\n", (int)n, line);
    while (n < len) {
        size_t start = n + 1, more = fitting(line + start, len - start, width - (size_t)indent);
        if (more)
            (void)fprintf(out, "%*s%.*s\n", indent, "", (int)more, line + start);
        n = start + more;
    }
}
