/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/csv.h"

#include <string.h>

int bc_csv_whole(const char *text, size_t len)
{
    int quoted = 0;

    for (size_t i = 0; i < len; i++)
        quoted ^= text[i] == '"';
    return !quoted;
}

void bc_csv_begin(struct bc_csv *c, char *text, size_t len)
{
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    c->at = text;
    c->end = text + len;
}

/* A quoted cell is moved over the quotes that it loses, so it needs no room of its own. */
int bc_csv_next(struct bc_csv *c, struct bc_line *out)
{
    char *start = c->at, *stop;
    size_t len = 0;

    if (!start)
        return 0;
    if (start < c->end && *start == '"') {
        char *to = start;
        stop = NULL;
        for (char *at = start + 1; at < c->end; at++) {
            if (*at == '"' && (at + 1 == c->end || at[1] != '"')) {
                stop = at + 1;
                break;
            }
            at += *at == '"';
            *to++ = *at;
        }
        len = (size_t)(to - start);
    } else {
        stop = memchr(start, ',', (size_t)(c->end - start));
        if (!stop)
            stop = c->end;
        len = (size_t)(stop - start);
        if (memchr(start, '"', len))
            stop = NULL;
    }
    if (!stop || (stop < c->end && *stop != ',')) {
        c->at = NULL;
        return -1;
    }
    c->at = stop < c->end ? stop + 1 : NULL;
    start[len] = '\0';
    out->s = start;
    out->len = len;
    return 1;
}
