/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/cosignature.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define TIME_BYTES 8
#define SIGNATURE_BYTES (TIME_BYTES + crypto_sign_BYTES)
#define HEAD_MAX 64 /* what stands before the text in the message */

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

/* Sets *found to the first line by key, and verifies it. The whole note must be of the form. */
static enum bc_result find_line(const char *note, size_t len, const struct bc_vkey *key,
                                struct bc_note_line *found, int64_t *time)
{
    unsigned char message[HEAD_MAX + BC_NOTE_MAX];
    struct bc_note_cursor c;
    struct bc_note_line line;
    size_t text_len, head;
    int64_t t;
    int more, is_found = 0;
    enum bc_result r = bc_note_begin(note, len, &c, &text_len);

    if (r != BC_OK)
        return r;
    while ((more = bc_note_next(&c, &line)) > 0)
        if (!is_found && key->type == BC_KEY_COSIGNATURE && bc_note_line_by(&line, key)) {
            *found = line;
            is_found = 1;
        }
    if (more < 0)
        return BC_ERR_INVALID;
    if (!is_found)
        return BC_ERR_NOT_FOUND;
    if (bc_cosignature_time(found, &t) != BC_OK)
        return BC_ERR_SIGNATURE;
    head = (size_t)snprintf((char *)message, HEAD_MAX, "cosignature/v1\ntime %lld\n", (long long)t);
    memcpy(message + head, note, text_len);
    if (crypto_sign_verify_detached(found->signature + TIME_BYTES, message, head + text_len,
                                    key->pk) != 0)
        return BC_ERR_SIGNATURE;
    *time = t;
    return BC_OK;
}

enum bc_result bc_cosignature_find(const char *note, size_t len, const struct bc_vkey *key,
                                   int64_t *time)
{
    struct bc_note_line line;

    return find_line(note, len, key, &line, time);
}

/* Appends bytes to a note. Returns whether they fit. */
static int append_bytes(char note[BC_NOTE_MAX], size_t *used, const char *bytes, size_t len)
{
    if (len > BC_NOTE_MAX - *used)
        return 0;
    memcpy(note + *used, bytes, len);
    *used += len;
    return 1;
}

enum bc_result bc_cosignature_attach(const char *note, size_t len, const char *lines,
                                     size_t lines_len, const struct bc_vkey *key,
                                     char out[BC_NOTE_MAX], size_t *out_len)
{
    char with[BC_NOTE_MAX];
    struct bc_note_cursor c;
    struct bc_note_line line, own;
    size_t text_len, used = 0, count = 1;
    const char *raw;
    int64_t time;
    int more;
    enum bc_result r = bc_note_begin(note, len, &c, &text_len);

    if (r != BC_OK)
        return r;
    /* The lines as they would stand on the note; an empty one would make another text of it. */
    if (lines_len == 0 || lines[0] == '\n' || memmem(lines, lines_len, "\n\n", 2))
        return BC_ERR_INVALID;
    if (!append_bytes(with, &used, note, text_len + 1) ||
        !append_bytes(with, &used, lines, lines_len))
        return BC_ERR_TOO_LARGE;
    r = find_line(with, used, key, &own, &time);
    if (r != BC_OK)
        return r;
    raw = lines + (own.raw - (with + text_len + 1));
    used = text_len + 1;
    while ((more = bc_note_next(&c, &line)) > 0)
        if (!bc_note_line_by(&line, key)) {
            if (!append_bytes(with, &used, line.raw, line.raw_len))
                return BC_ERR_TOO_LARGE;
            count++;
        }
    if (more < 0)
        return BC_ERR_INVALID;
    if (!append_bytes(with, &used, raw, own.raw_len) || count > BC_NOTE_SIGNATURES_MAX)
        return BC_ERR_TOO_LARGE;
    memcpy(out, with, used);
    *out_len = used;
    return BC_OK;
}
