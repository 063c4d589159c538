/* SPDX-License-Identifier: BSD-2-Clause */
#include "sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH "hash "
#define RELEASE "release "
#define LINE "line "
#define PART "part "
#define PIECE_TEXT (BC_PIECE_MAX - sizeof LINE)

/* How much of the line goes into one piece: no UTF-8 sequence is cut. */
static size_t piece_length(const char *line, size_t len)
{
    size_t n = len < PIECE_TEXT ? len : PIECE_TEXT;

    while (n < len && n > PIECE_TEXT - 4 && ((unsigned char)line[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static void give_line(const char *line, size_t len, void (*step)(void *, const char *), void *ctx)
{
    char piece[BC_PIECE_MAX + 1];
    size_t n;

    do {
        n = piece_length(line, len);
        (void)snprintf(piece, sizeof piece, "%s%.*s", n < len ? PART : LINE, (int)n, line);
        step(ctx, piece);
        line += n;
        len -= n;
    } while (len > 0);
}

void bc_sheet_give(const char *text, size_t len, void (*step)(void *ctx, const char *piece),
                   void *ctx)
{
    const char *end = text + len;

    while (text < end) {
        const char *nl = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((nl ? nl : end) - text);
        give_line(text, n, step, ctx);
        text += n + 1;
    }
}

static int begins(const char *step, size_t len, const char *word)
{
    return len >= strlen(word) && memcmp(step, word, strlen(word)) == 0;
}

static int take_once(char *out, size_t cap, const char *value, size_t len)
{
    if (out[0] || len == 0 || len >= cap)
        return 0;
    memcpy(out, value, len);
    out[len] = '\0';
    return 1;
}

/* A C1 control character in two pieces. */
static int split_control(const struct bc_sheet *sheet, const char *value, size_t len)
{
    return sheet->len && len && (unsigned char)sheet->text[sheet->len - 1] == 0xc2 &&
           (unsigned char)value[0] >= 0x80 && (unsigned char)value[0] < 0xa0;
}

static int append(struct bc_sheet *sheet, const char *value, size_t len, int newline)
{
    size_t more = len + (newline ? 1 : 0);
    char *text;

    if (sheet->len + more > BC_SHEET_MAX || split_control(sheet, value, len))
        return 0;
    text = realloc(sheet->text, sheet->len + more + 1);
    if (!text)
        return 0;
    sheet->text = text;
    memcpy(text + sheet->len, value, len);
    if (newline)
        text[sheet->len + len] = '\n';
    sheet->len += more;
    text[sheet->len] = '\0';
    return 1;
}

int bc_sheet_take(struct bc_sheet *sheet, const char *step, size_t len)
{
    if (len > BC_PIECE_MAX || !bc_line_clean(step, len))
        return 0;
    if (begins(step, len, HASH))
        return len == strlen(HASH) + BC_WORD_MAX &&
               take_once(sheet->hash, sizeof sheet->hash, step + strlen(HASH), len - strlen(HASH));
    if (begins(step, len, RELEASE))
        return take_once(sheet->release, sizeof sheet->release, step + strlen(RELEASE),
                         len - strlen(RELEASE));
    if (begins(step, len, LINE))
        return append(sheet, step + strlen(LINE), len - strlen(LINE), 1);
    return begins(step, len, PART) &&
           append(sheet, step + strlen(PART), len - strlen(PART), 0);
}

void bc_sheet_free(struct bc_sheet *sheet)
{
    free(sheet->text);
    memset(sheet, 0, sizeof *sheet);
}
