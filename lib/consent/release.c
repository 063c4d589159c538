/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/release.h"

#include <stddef.h>
#include <string.h>

/* The next character that counts, 0 at the end: words are parted by one space. */
static char next(const char **at)
{
    const char *s = *at;
    char c = *s;

    if (c == ' ') {
        s += strspn(s, " ");
        *at = s;
        return *s ? ' ' : '\0';
    }
    if (c == '.' && s[1 + strspn(s + 1, " ")] == '\0')
        return '\0';
    if (c != '\0')
        *at = s + 1;
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int bc_release_matches(const char *release, const char *typed)
{
    size_t count = 0;
    char a, b;

    release += strspn(release, " ");
    typed += strspn(typed, " ");
    while ((a = next(&release)) == (b = next(&typed)) && a != '\0')
        count++;
    return count > 0 && a == b;
}
