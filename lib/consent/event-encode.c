/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/event.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/text.h"
#include "consent/event-fields.h"

struct writer {
    char *at;
    size_t left;
    int failed;
};

static void put(struct writer *w, const char *text, size_t len)
{
    if (w->failed || len > w->left) {
        w->failed = 1;
        return;
    }
    memcpy(w->at, text, len);
    w->at += len;
    w->left -= len;
}

/* RFC 8259, section 7. The callers have refused control characters. */
static void put_string(struct writer *w, const char *text)
{
    const char *stop;

    put(w, "\"", 1);
    while (*(stop = text + strcspn(text, "\"\\"))) {
        put(w, text, (size_t)(stop - text));
        put(w, *stop == '"' ? "\\\"" : "\\\\", 2);
        text = stop + 1;
    }
    put(w, text, strlen(text));
    put(w, "\"", 1);
}

static void put_checked(struct writer *w, const char *text, size_t cap)
{
    if (bc_event_fields_line(text, cap))
        put_string(w, text);
    else
        w->failed = 1;
}

static void put_number(struct writer *w, uint64_t v)
{
    char digits[20];
    size_t i = sizeof digits;

    w->failed |= v > INT64_MAX;
    do
        digits[--i] = (char)('0' + v % 10);
    while (v /= 10);
    put(w, digits + i, sizeof digits - i);
}

static void put_name(struct writer *w, const char *name)
{
    if (name)
        put_string(w, name);
    else
        w->failed = 1;
}

static void put_time(struct writer *w, int64_t t)
{
    char text[BC_TIME_TEXT_BYTES];
    int64_t again;

    bc_datetime_format(t, text);
    w->failed |= bc_datetime_parse(text, strlen(text), &again) != BC_OK || again != t;
    put_string(w, text);
}

static void put_hash(struct writer *w, const struct bc_hash *h)
{
    char hex[2 * BC_HASH_BYTES + 1];

    bc_encoding_hex_encode(h->b, BC_HASH_BYTES, hex);
    put_string(w, hex);
}

static void put_set(struct writer *w, unsigned set, enum bc_vocabulary vocabulary)
{
    unsigned v = 0, left = set;

    put(w, "[", 1);
    for (; bc_vocabulary_name(vocabulary, v); v++)
        if (set & (1U << v)) {
            put(w, ",", left == set ? 0 : 1);
            put_string(w, bc_vocabulary_name(vocabulary, v));
            left &= ~(1U << v);
        }
    put(w, "]", 1);
    w->failed |= set == 0 || left != 0;
}

static void put_list(struct writer *w, size_t count, const char *items, size_t each, int words)
{
    put(w, "[", 1);
    w->failed |= count > BC_WORDS_MAX;
    for (size_t i = 0; i < count && !w->failed; i++) {
        put(w, ",", i ? 1 : 0);
        put_checked(w, items + i * each, each);
        w->failed |= words && !bc_name_word_valid(items + i * each);
    }
    put(w, "]", 1);
}

static void put_indexes(struct writer *w, const uint64_t *list, size_t count, size_t max)
{
    put(w, "[", 1);
    w->failed |= count > max;
    for (size_t i = 0; i < count && !w->failed; i++) {
        put(w, ",", i ? 1 : 0);
        put_number(w, list[i]);
    }
    put(w, "]", 1);
}

static void put_identifiers(struct writer *w, const struct bc_identifiers *h)
{
    char line[BC_WORD_MAX + BC_LINE_MAX + 2];

    put(w, "[", 1);
    w->failed |= h->count > BC_WORDS_MAX;
    for (size_t i = 0; i < h->count && !w->failed; i++) {
        const struct bc_identifier *one = &h->item[i];
        if (!bc_name_word_valid(one->name) ||
            !bc_event_fields_line(one->value, sizeof one->value)) {
            w->failed = 1;
            return;
        }
        (void)snprintf(line, sizeof line, "%s=%s", one->name, one->value);
        put(w, ",", i ? 1 : 0);
        put_string(w, line);
    }
    put(w, "]", 1);
}

static void put_value(struct writer *w, const struct bc_event_field *f, const struct bc_event *e)
{
    const char *at = (const char *)e + f->at;
    const struct bc_subject *subject = (const void *)at;
    const struct bc_words *words = (const void *)at;
    const struct bc_lines *lines = (const void *)at;

    switch (f->kind) {
    case BC_FIELD_LINE:
        put_checked(w, at, BC_LINE_MAX + 1);
        break;
    case BC_FIELD_WORD:
        put_checked(w, at, BC_WORD_MAX + 1);
        w->failed |= !bc_name_word_valid(at);
        break;
    case BC_FIELD_NAME:
        put_name(w, bc_vocabulary_name(f->vocabulary, *(const unsigned *)(const void *)at));
        break;
    case BC_FIELD_TYPE:
        put_name(w, bc_event_type_name(e->type));
        break;
    case BC_FIELD_SET:
        put_set(w, *(const unsigned *)(const void *)at, f->vocabulary);
        break;
    case BC_FIELD_TIME:
        put_time(w, *(const int64_t *)(const void *)at);
        break;
    case BC_FIELD_HASH:
        put_hash(w, (const void *)at);
        break;
    case BC_FIELD_INDEX:
        put_number(w, *(const uint64_t *)(const void *)at);
        break;
    case BC_FIELD_BOOLEAN:
        put(w, *(const int *)(const void *)at ? "true" : "false",
            *(const int *)(const void *)at ? 4 : 5);
        break;
    case BC_FIELD_WORDS:
        put_list(w, words->count, words->word[0], sizeof words->word[0], 1);
        break;
    case BC_FIELD_LINES:
        put_list(w, lines->count, lines->line[0], sizeof lines->line[0], 0);
        break;
    case BC_FIELD_INDEXES:
        put_indexes(w, (const void *)at, *(const size_t *)(const void *)((const char *)e + f->flag),
                    f->max);
        break;
    case BC_FIELD_IDENTIFIERS:
        put_identifiers(w, (const void *)at);
        break;
    case BC_FIELD_ACCOUNT:
    case BC_FIELD_EXTERNAL:
        put_checked(w, subject->name, sizeof subject->name);
        w->failed |= !bc_name_subject_valid(subject->name);
        break;
    case BC_FIELD_UID:
        put_number(w, subject->uid);
        w->failed |= subject->uid == UINT32_MAX;
        break;
    case BC_FIELD_VERSION:
        put_number(w, BC_EVENT_VERSION);
        break;
    }
}

static int is_written(const struct bc_event_field *f, const struct bc_event *e)
{
    const char *at = (const char *)e + f->at;
    const struct bc_subject *subject = (const void *)at;

    if (f->kind == BC_FIELD_EXTERNAL)
        return subject->external;
    if (f->kind == BC_FIELD_ACCOUNT || f->kind == BC_FIELD_UID)
        return !subject->external;
    switch (f->presence) {
    case BC_FIELD_IF_SET:
        return f->kind == BC_FIELD_TIME    ? *(const int64_t *)(const void *)at != 0
               : f->kind == BC_FIELD_SET   ? *(const unsigned *)(const void *)at != 0
               : f->kind == BC_FIELD_LINES ? ((const struct bc_lines *)(const void *)at)->count != 0
                                           : at[0] != '\0';
    case BC_FIELD_IF_FLAG:
        return *(const int *)(const void *)((const char *)e + f->flag) != 0;
    case BC_FIELD_IF_REPRESENTED:
        return e->u.grant.given_by != BC_SELF;
    default:
        return 1;
    }
}

enum bc_result bc_event_encode(const struct bc_event *e, char json[BC_EVENT_MAX], size_t *len)
{
    struct writer w = {.at = json, .left = BC_EVENT_MAX};

    if ((unsigned)e->type >= BC_EVENT_TYPES)
        return BC_ERR_INVALID;
    put(&w, "{", 1);
    for (const struct bc_event_field *f = bc_event_fields(e->type); f->name; f++) {
        if (!is_written(f, e))
            continue;
        if (w.at[-1] != '{')
            put(&w, ",", 1);
        put_string(&w, f->name);
        put(&w, ":", 1);
        put_value(&w, f, e);
    }
    put(&w, "}", 1);
    if (w.failed || !bc_event_fields_consistent(e))
        return BC_ERR_INVALID;
    *len = (size_t)(w.at - json);
    return BC_OK;
}

enum bc_result bc_event_seal(const struct bc_event *e, struct bc_sealed *out)
{
    enum bc_result r = bc_event_encode(e, out->json, &out->len);

    if (r != BC_OK)
        return r;
    randombytes_buf(out->salt, sizeof out->salt);
    bc_event_commit(out->salt, out->json, out->len, &out->commitment);
    return BC_OK;
}
