/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/cosignature.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define TIME_BYTES 8
#define SIGNATURE_BYTES (TIME_BYTES + crypto_sign_BYTES)
#define HEAD_MAX 64 /* what stands before the text in the message */

struct message {
    size_t len;
    unsigned char bytes[HEAD_MAX + BC_NOTE_MAX];
};

static enum bc_result make_message(int64_t time, const char *text, size_t len, struct message *m)
{
    int n = snprintf((char *)m->bytes, HEAD_MAX, "cosignature/v1\ntime %lld\n", (long long)time);

    if (len > BC_NOTE_MAX)
        return BC_ERR_TOO_LARGE;
    if (time < 0 || len == 0 || text[len - 1] != '\n' || n < 0)
        return BC_ERR_INVALID;
    memcpy(m->bytes + n, text, len);
    m->len = (size_t)n + len;
    return BC_OK;
}

struct search {
    const struct bc_vkey *key;
    int found;
    struct bc_note_line line;
};

static enum bc_result keep_first(void *ctx, const struct bc_note_line *line)
{
    struct search *s = ctx;

    if (!s->found && s->key->type == BC_KEY_COSIGNATURE && bc_note_line_by(line, s->key)) {
        s->line = *line;
        s->found = 1;
    }
    return BC_OK;
}

enum bc_result bc_cosignature_time(const struct bc_note_line *line, int64_t *time)
{
    uint64_t t = 0;

    for (int i = 0; i < TIME_BYTES; i++)
        t = t << 8 | line->signature[i];
    if (line->len != SIGNATURE_BYTES || t > INT64_MAX)
        return BC_ERR_INVALID;
    *time = (int64_t)t;
    return BC_OK;
}

static enum bc_result verify(const struct search *s, const char *text, size_t len, int64_t *time)
{
    struct message m;
    int64_t t;

    if (bc_cosignature_time(&s->line, &t) != BC_OK || make_message(t, text, len, &m) != BC_OK ||
        crypto_sign_verify_detached(s->line.signature + TIME_BYTES, m.bytes, m.len, s->key->pk) !=
            0)
        return BC_ERR_SIGNATURE;
    *time = t;
    return BC_OK;
}

static enum bc_result find(const char *note, size_t len, struct search *s, int64_t *time)
{
    size_t text_len;
    enum bc_result r = bc_note_lines(note, len, &text_len, keep_first, s);

    if (r != BC_OK)
        return r;
    return s->found ? verify(s, note, text_len, time) : BC_ERR_NOT_FOUND;
}

enum bc_result bc_cosignature_find(const char *note, size_t len, const struct bc_vkey *key,
                                   int64_t *time)
{
    struct search s = {.key = key};

    return find(note, len, &s, time);
}

/* A note that is written anew without the lines of one key. */
struct rewrite {
    const struct bc_vkey *key;
    char note[BC_NOTE_MAX];
    size_t len;
};

static enum bc_result add(struct rewrite *w, const char *bytes, size_t len)
{
    if (len > sizeof w->note - w->len)
        return BC_ERR_TOO_LARGE;
    memcpy(w->note + w->len, bytes, len);
    w->len += len;
    return BC_OK;
}

static enum bc_result add_other(void *ctx, const struct bc_note_line *line)
{
    struct rewrite *w = ctx;

    return bc_note_line_by(line, w->key) ? BC_OK : add(w, line->raw, line->raw_len);
}

static enum bc_result ignore(void *ctx, const struct bc_note_line *line)
{
    (void)ctx;
    (void)line;
    return BC_OK;
}

enum bc_result bc_cosignature_attach(const char *note, size_t len, const char *lines,
                                     size_t lines_len, const struct bc_vkey *key,
                                     char out[BC_NOTE_MAX], size_t *out_len)
{
    struct search s = {.key = key};
    struct rewrite w = {.key = key};
    size_t text_len;
    int64_t time;
    enum bc_result r = bc_note_lines(note, len, &text_len, ignore, NULL);

    /* The lines as they would stand on the note; an empty one would make another text of it. */
    if (r == BC_OK && (lines_len == 0 || lines[0] == '\n' || memmem(lines, lines_len, "\n\n", 2)))
        r = BC_ERR_INVALID;
    if (r == BC_OK)
        r = add(&w, note, text_len + 1);
    if (r == BC_OK)
        r = add(&w, lines, lines_len);
    if (r == BC_OK)
        r = find(w.note, w.len, &s, &time);
    if (r != BC_OK)
        return r;
    s.line.raw = lines + (s.line.raw - (w.note + text_len + 1));
    w.len = text_len + 1;
    r = bc_note_lines(note, len, &text_len, add_other, &w);
    if (r == BC_OK)
        r = add(&w, s.line.raw, s.line.raw_len);
    if (r == BC_OK)
        r = bc_note_lines(w.note, w.len, &text_len, ignore, NULL);
    if (r != BC_OK)
        return r == BC_ERR_INVALID ? BC_ERR_TOO_LARGE : r; /* one line too many */
    memcpy(out, w.note, w.len);
    *out_len = w.len;
    return BC_OK;
}
