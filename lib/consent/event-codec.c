/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/event.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/text.h"
#include "consent/event-fields.h"

/*
 * An event as JSON, written and read by the tables of event-fields.h. What one kind of field is
 * written as and read from stands in put_value and get_value; for the items of a list, in put_item
 * and get_item.
 */

/* Where the count of a list is kept: all but indexes begin with their own. */
static size_t count_offset(const struct bc_event_field *f)
{
    return f->kind == BC_FIELD_INDEXES ? f->flag : f->at;
}

static size_t max_items(const struct bc_event_field *f)
{
    return f->kind == BC_FIELD_INDEXES ? f->max : BC_WORDS_MAX;
}

/* ---- writing ---- */

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

/* RFC 8259, section 7. The callers have refused control characters. A missing name fails. */
static void put_string(struct writer *w, const char *text)
{
    w->failed |= text == NULL;
    put(w, "\"", 1);
    for (; !w->failed && *text; text++) {
        put(w, "\\", *text == '"' || *text == '\\');
        put(w, text, 1);
    }
    put(w, "\"", 1);
}

/* Whether text in a field of cap bytes is a line: not empty, UTF-8 without control characters. */
static int is_line(const char *text, size_t cap)
{
    size_t len = strnlen(text, cap);

    return len > 0 && len < cap && bc_text_clean(text, len, 0);
}

static void put_line(struct writer *w, const char *text, size_t cap)
{
    w->failed |= !is_line(text, cap);
    put_string(w, text);
}

static void put_word(struct writer *w, const char word[BC_WORD_MAX + 1])
{
    w->failed |= !bc_name_word_valid(word);
    put_string(w, word);
}

static void put_number(struct writer *w, uint64_t v, uint64_t max)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, v);

    w->failed |= v > max;
    put(w, digits, (size_t)len);
}

static void put_set(struct writer *w, unsigned set, enum bc_vocabulary vocabulary)
{
    unsigned left = set;

    put(w, "[", 1);
    for (unsigned v = 0; bc_vocabulary_name(vocabulary, v); v++)
        if (set & (1U << v)) {
            put(w, ",", left != set);
            put_string(w, bc_vocabulary_name(vocabulary, v));
            left &= ~(1U << v);
        }
    put(w, "]", 1);
    w->failed |= set == 0 || left != 0;
}

static void put_item(struct writer *w, const struct bc_event_field *f, const void *at, size_t i)
{
    const struct bc_words *words = at;
    const struct bc_lines *lines = at;
    const struct bc_identifiers *identifiers = at;
    const uint64_t *indexes = at;
    char line[BC_WORD_MAX + BC_LINE_MAX + 2];

    switch (f->kind) {
    case BC_FIELD_WORDS:
        put_word(w, words->word[i]);
        break;
    case BC_FIELD_LINES:
        put_line(w, lines->line[i], BC_LINE_MAX + 1);
        break;
    case BC_FIELD_INDEXES:
        put_number(w, indexes[i], INT64_MAX);
        break;
    default:
        w->failed |= !bc_name_word_valid(identifiers->item[i].name) ||
                     !is_line(identifiers->item[i].value, BC_LINE_MAX + 1);
        if (!w->failed)
            (void)snprintf(line, sizeof line, "%s=%s", identifiers->item[i].name,
                           identifiers->item[i].value);
        put_string(w, line);
    }
}

static void put_list(struct writer *w, const struct bc_event_field *f, const struct bc_event *e)
{
    const void *counter = (const char *)e + count_offset(f);
    size_t count = *(const size_t *)counter;

    w->failed |= count > max_items(f);
    put(w, "[", 1);
    for (size_t i = 0; i < count && !w->failed; i++) {
        put(w, ",", i > 0);
        put_item(w, f, (const char *)e + f->at, i);
    }
    put(w, "]", 1);
}

static void put_value(struct writer *w, const struct bc_event_field *f, const struct bc_event *e)
{
    const void *at = (const char *)e + f->at;
    const struct bc_subject *subject = at;
    char text[2 * BC_HASH_BYTES + 1]; /* holds a time, too */
    int64_t time;

    switch (f->kind) {
    case BC_FIELD_LINE:
        put_line(w, at, BC_LINE_MAX + 1);
        break;
    case BC_FIELD_WORD:
        put_word(w, at);
        break;
    case BC_FIELD_NAME:
        put_string(w, bc_vocabulary_name(f->vocabulary, *(const unsigned *)at));
        break;
    case BC_FIELD_TYPE:
        put_string(w, bc_event_type_name(e->type));
        break;
    case BC_FIELD_SET:
        put_set(w, *(const unsigned *)at, f->vocabulary);
        break;
    case BC_FIELD_TIME:
        bc_datetime_format(*(const int64_t *)at, text);
        w->failed |= bc_datetime_parse(text, strlen(text), &time) != BC_OK ||
                     time != *(const int64_t *)at; /* out of range */
        put_string(w, text);
        break;
    case BC_FIELD_HASH:
        bc_encoding_hex_encode(at, BC_HASH_BYTES, text);
        put_string(w, text);
        break;
    case BC_FIELD_INDEX:
        put_number(w, *(const uint64_t *)at, INT64_MAX);
        break;
    case BC_FIELD_BOOLEAN:
        put(w, *(const int *)at ? "true" : "false", *(const int *)at ? 4 : 5);
        break;
    case BC_FIELD_WORDS:
    case BC_FIELD_LINES:
    case BC_FIELD_INDEXES:
    case BC_FIELD_IDENTIFIERS:
        put_list(w, f, e);
        break;
    case BC_FIELD_ACCOUNT:
    case BC_FIELD_EXTERNAL:
        put_line(w, subject->name, sizeof subject->name);
        w->failed |= !bc_name_subject_valid(subject->name);
        break;
    case BC_FIELD_UID:
        put_number(w, subject->uid, UINT32_MAX - 1);
        break;
    case BC_FIELD_VERSION:
        put_number(w, BC_EVENT_VERSION, BC_EVENT_VERSION);
        break;
    }
}

static int is_written(const struct bc_event_field *f, const struct bc_event *e)
{
    const void *at = (const char *)e + f->at;
    const void *flag = (const char *)e + f->flag;
    const struct bc_subject *subject = at;

    if (f->kind == BC_FIELD_EXTERNAL)
        return subject->external;
    if (f->kind == BC_FIELD_ACCOUNT || f->kind == BC_FIELD_UID)
        return !subject->external;
    switch (f->presence) {
    case BC_FIELD_IF_SET:
        return f->kind == BC_FIELD_TIME    ? *(const int64_t *)at != 0
               : f->kind == BC_FIELD_SET   ? *(const unsigned *)at != 0
               : f->kind == BC_FIELD_LINES ? *(const size_t *)at != 0
                                           : *(const char *)at != '\0';
    case BC_FIELD_IF_FLAG:
        return *(const int *)flag != 0;
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
        put(&w, ",", w.at[-1] != '{');
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

/* ---- reading ---- */

/* Copies a string that a field has room for. Returns whether it is one. */
static int get_text(const json_t *v, char *out, size_t cap)
{
    size_t len = json_is_string(v) ? json_string_length(v) : cap;

    if (len == 0 || len >= cap || !bc_text_clean(json_string_value(v), len, 0))
        return 0;
    memcpy(out, json_string_value(v), len + 1);
    return 1;
}

static int get_word(const json_t *v, char out[BC_WORD_MAX + 1])
{
    return get_text(v, out, BC_WORD_MAX + 1) && bc_name_word_valid(out);
}

static int get_number(const json_t *v, uint64_t max, uint64_t *out)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) > max)
        return 0;
    *out = (uint64_t)json_integer_value(v);
    return 1;
}

static int get_name(const json_t *v, enum bc_vocabulary vocabulary, unsigned *out)
{
    int value = json_is_string(v) ? bc_vocabulary_value(vocabulary, json_string_value(v)) : -1;

    if (value < 0 || strlen(json_string_value(v)) != json_string_length(v))
        return 0;
    *out = (unsigned)value;
    return 1;
}

static int get_set(const json_t *v, enum bc_vocabulary vocabulary, unsigned *out)
{
    unsigned set = 0, value;

    for (size_t i = 0; i < json_array_size(v); i++) {
        if (!get_name(json_array_get(v, i), vocabulary, &value) || (set & (1U << value)))
            return 0;
        set |= 1U << value;
    }
    *out = set;
    return set != 0;
}

static int get_item(const json_t *v, const struct bc_event_field *f, void *at, size_t i)
{
    struct bc_words *words = at;
    struct bc_lines *lines = at;
    struct bc_identifiers *identifiers = at;
    uint64_t *indexes = at;
    char line[BC_WORD_MAX + BC_LINE_MAX + 2], *value;

    switch (f->kind) {
    case BC_FIELD_WORDS:
        return get_word(v, words->word[i]);
    case BC_FIELD_LINES:
        return get_text(v, lines->line[i], BC_LINE_MAX + 1);
    case BC_FIELD_INDEXES:
        return get_number(v, INT64_MAX, &indexes[i]);
    default:
        if (!get_text(v, line, sizeof line) || !(value = strchr(line, '=')))
            return 0;
        *value++ = '\0';
        if (!bc_name_word_valid(line) || !is_line(value, BC_LINE_MAX + 1))
            return 0;
        memcpy(identifiers->item[i].name, line, strlen(line) + 1);
        memcpy(identifiers->item[i].value, value, strlen(value) + 1);
        return 1;
    }
}

static int get_list(const json_t *v, const struct bc_event_field *f, struct bc_event *e)
{
    void *counter = (char *)e + count_offset(f);

    if (!json_is_array(v) || json_array_size(v) > max_items(f))
        return 0;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!get_item(json_array_get(v, i), f, (char *)e + f->at, i))
            return 0;
    *(size_t *)counter = json_array_size(v);
    return 1;
}

/* Reads one member into its field. Returns whether it has the form that the writer would give it.
 */
static int get_value(const json_t *v, const struct bc_event_field *f, struct bc_event *e)
{
    void *at = (char *)e + f->at;
    struct bc_subject *subject = at;
    uint64_t number;

    switch (f->kind) {
    case BC_FIELD_LINE:
        return get_text(v, at, BC_LINE_MAX + 1);
    case BC_FIELD_WORD:
        return get_word(v, at);
    case BC_FIELD_NAME:
        return get_name(v, f->vocabulary, at);
    case BC_FIELD_TYPE:
        return 1; /* bc_event_decode has read it: it chose this table */
    case BC_FIELD_SET:
        return get_set(v, f->vocabulary, at);
    case BC_FIELD_TIME:
        return json_is_string(v) &&
               bc_datetime_parse(json_string_value(v), json_string_length(v), at) == BC_OK;
    case BC_FIELD_HASH:
        return json_is_string(v) &&
               bc_encoding_hex_decode(json_string_value(v), json_string_length(v), at,
                                      BC_HASH_BYTES) == BC_OK;
    case BC_FIELD_INDEX:
        return get_number(v, INT64_MAX, at);
    case BC_FIELD_BOOLEAN:
        *(int *)at = json_is_true(v);
        return json_is_boolean(v);
    case BC_FIELD_WORDS:
    case BC_FIELD_LINES:
    case BC_FIELD_INDEXES:
    case BC_FIELD_IDENTIFIERS:
        return get_list(v, f, e);
    case BC_FIELD_EXTERNAL:
    case BC_FIELD_ACCOUNT:
        if (f->kind == BC_FIELD_ACCOUNT && subject->external)
            return 0;
        subject->external = f->kind == BC_FIELD_EXTERNAL;
        return get_text(v, subject->name, sizeof subject->name) &&
               bc_name_subject_valid(subject->name);
    case BC_FIELD_UID:
        if (subject->external || !get_number(v, UINT32_MAX - 1, &number))
            return 0;
        subject->uid = (uint32_t)number;
        return 1;
    case BC_FIELD_VERSION:
        return get_number(v, INT64_MAX, &number) && number == BC_EVENT_VERSION;
    }
    return 0;
}

/* Whether a line that is to be recorded may not have the member, since the program sets it. */
static int is_unset(const struct bc_event_field *f, const unsigned *given)
{
    return given && (f->kind == BC_FIELD_TYPE || f->kind == BC_FIELD_VERSION ||
                     f->at == offsetof(struct bc_event, time));
}

/* Reads every member of the object by the table of its type: it has those that the writer would
 * write for what was read, and no other. A line that is to be recorded (given is not NULL) has no
 * time, type and version, and may lack what has a bit of its own. */
static int read_fields(const json_t *o, struct bc_event *e, unsigned *given)
{
    const struct bc_event_field *fields = bc_event_fields(e->type), *f;
    size_t known = 0;

    for (f = fields; f->name; f++) {
        const json_t *v = is_unset(f, given) ? NULL : json_object_get(o, f->name);
        void *flag = (char *)e + f->flag;
        if (!v)
            continue;
        known++;
        if (!get_value(v, f, e))
            return 0;
        if (f->presence == BC_FIELD_IF_FLAG)
            *(int *)flag = 1;
        if (given)
            *given |= f->given;
    }
    for (f = fields; f->name; f++) {
        int present = json_object_get(o, f->name) != NULL;
        if (!is_unset(f, given) && present != is_written(f, e) && !(given && f->given && !present))
            return 0;
    }
    /* Evidence shows the authority of another giver. */
    if (e->type == BC_EVENT_GRANT && e->u.grant.given_by == BC_SELF && e->u.grant.has_evidence)
        return 0;
    return known == json_object_size(o);
}

static enum bc_result decode(const char *json, size_t len, struct bc_event *e, unsigned *given)
{
    const json_t *type;
    json_t *o = NULL;
    int t = BC_EVENT_GRANT, good;

    if (len > BC_EVENT_MAX)
        return BC_ERR_TOO_LARGE;
    memset(e, 0, sizeof *e);
    /* jansson passes over a NUL behind a number (found by fuzz-event). */
    if (!memchr(json, 0, len))
        o = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    type = json_object_get(o, "type");
    if (!given)
        t = json_is_string(type) ? bc_event_type_from(json_string_value(type)) : -1;
    e->type = (enum bc_event_type)(t < 0 ? 0 : t);
    good = json_is_object(o) && t >= 0 && read_fields(o, e, given) &&
           (given || bc_event_fields_consistent(e));
    json_decref(o);
    return good ? BC_OK : BC_ERR_INVALID;
}

enum bc_result bc_event_decode(const char *json, size_t len, struct bc_event *out)
{
    struct bc_event e;
    enum bc_result r = decode(json, len, &e, NULL);

    if (r == BC_OK)
        *out = e;
    return r;
}

enum bc_result bc_event_decode_grant_line(const char *json, size_t len, struct bc_grant *out,
                                          unsigned *given)
{
    struct bc_event e;
    unsigned members = 0;
    enum bc_result r = decode(json, len, &e, &members);

    if (r == BC_OK) {
        *out = e.u.grant;
        *given = members;
    }
    return r;
}
