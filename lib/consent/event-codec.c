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

static void put_identifier(struct writer *w, const struct bc_identifier *one)
{
    char line[BC_WORD_MAX + BC_LINE_MAX + 2];

    w->failed |= !bc_name_word_valid(one->name) || !is_line(one->value, sizeof one->value);
    if (!w->failed)
        (void)snprintf(line, sizeof line, "%s=%s", one->name, one->value);
    put_string(w, line);
}

static void put_item(struct writer *w, const struct bc_event_field *f, const void *at, size_t i)
{
    if (f->kind == BC_FIELD_WORDS)
        put_word(w, ((const struct bc_words *)at)->word[i]);
    else if (f->kind == BC_FIELD_LINES)
        put_line(w, ((const struct bc_lines *)at)->line[i], BC_LINE_MAX + 1);
    else if (f->kind == BC_FIELD_INDEXES)
        put_number(w, ((const uint64_t *)at)[i], INT64_MAX);
    else
        put_identifier(w, &((const struct bc_identifiers *)at)->item[i]);
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
        put_time(w, *(const int64_t *)at);
        break;
    case BC_FIELD_HASH:
        put_hash(w, at);
        break;
    case BC_FIELD_INDEX:
        put_number(w, *(const uint64_t *)at, INT64_MAX);
        break;
    case BC_FIELD_BOOLEAN:
        if (*(const int *)at)
            put(w, "true", 4);
        else
            put(w, "false", 5);
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

static int get_identifier(const json_t *v, struct bc_identifier *out)
{
    char line[BC_WORD_MAX + BC_LINE_MAX + 2], *value;

    if (!get_text(v, line, sizeof line) || !(value = strchr(line, '=')))
        return 0;
    *value++ = '\0';
    if (!bc_name_word_valid(line) || !is_line(value, sizeof out->value))
        return 0;
    memcpy(out->name, line, strlen(line) + 1);
    memcpy(out->value, value, strlen(value) + 1);
    return 1;
}

static int get_item(const json_t *v, const struct bc_event_field *f, void *at, size_t i)
{
    if (f->kind == BC_FIELD_WORDS)
        return get_word(v, ((struct bc_words *)at)->word[i]);
    if (f->kind == BC_FIELD_LINES)
        return get_text(v, ((struct bc_lines *)at)->line[i], BC_LINE_MAX + 1);
    if (f->kind == BC_FIELD_INDEXES)
        return get_number(v, INT64_MAX, &((uint64_t *)at)[i]);
    return get_identifier(v, &((struct bc_identifiers *)at)->item[i]);
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

static int may_be_missing(const struct bc_event_field *f, const struct bc_event *e)
{
    const void *at = (const char *)e + f->at;
    const struct bc_subject *subject = at;

    if (f->kind == BC_FIELD_EXTERNAL)
        return 1;
    if (f->kind == BC_FIELD_ACCOUNT || f->kind == BC_FIELD_UID)
        return subject->external;
    return f->presence != BC_FIELD_ALWAYS;
}

/* Whether a line that is to be recorded may not have this member: the program sets it. */
static int is_set_on_recording(const struct bc_event_field *f)
{
    return f->kind == BC_FIELD_TYPE || f->kind == BC_FIELD_VERSION ||
           f->at == offsetof(struct bc_event, time);
}

/* Reads every member of the object by the table of its type. In a line that is to be recorded
 * (given is not NULL), members that have a bit of their own may be missing. */
static int read_fields(const json_t *o, struct bc_event *e, unsigned *given)
{
    const struct bc_grant *g = &e->u.grant;
    size_t known = 0;

    for (const struct bc_event_field *f = bc_event_fields(e->type); f->name; f++) {
        const json_t *v = json_object_get(o, f->name);
        void *flag = (char *)e + f->flag;
        if (given && is_set_on_recording(f))
            continue;
        if (!v && !may_be_missing(f, e) && !(given && f->given))
            return 0;
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
    if (known != json_object_size(o))
        return 0;
    /* A subject who gives the consent has no representative; any other giver is named with the
     * authority. */
    if (e->type == BC_EVENT_GRANT && g->given_by == BC_SELF)
        return !g->representative[0] && !g->authority[0] && !g->has_evidence;
    return e->type != BC_EVENT_GRANT || (g->representative[0] && g->authority[0]);
}

/* Returns the object that these bytes are, which the caller frees, or NULL. jansson passes over a
 * NUL behind a number (found by fuzz-event). */
static json_t *load_object(const char *json, size_t len)
{
    json_t *o = memchr(json, 0, len) ? NULL : json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);

    if (json_is_object(o))
        return o;
    json_decref(o);
    return NULL;
}

enum bc_result bc_event_decode(const char *json, size_t len, struct bc_event *out)
{
    struct bc_event e;
    json_t *o;
    const json_t *type;
    int t, good = 0;

    if (len > BC_EVENT_MAX)
        return BC_ERR_TOO_LARGE;
    memset(&e, 0, sizeof e);
    o = load_object(json, len);
    type = json_object_get(o, "type");
    t = json_is_string(type) ? bc_event_type_from(json_string_value(type)) : -1;
    if (t >= 0) {
        e.type = (enum bc_event_type)t;
        good = read_fields(o, &e, NULL) && bc_event_fields_consistent(&e);
    }
    json_decref(o);
    if (!good)
        return BC_ERR_INVALID;
    *out = e;
    return BC_OK;
}

enum bc_result bc_event_decode_grant_line(const char *json, size_t len, struct bc_grant *out,
                                          unsigned *given)
{
    struct bc_event e;
    unsigned members = 0;
    json_t *o;
    int good;

    if (len > BC_EVENT_MAX)
        return BC_ERR_TOO_LARGE;
    memset(&e, 0, sizeof e);
    e.type = BC_EVENT_GRANT;
    o = load_object(json, len);
    good = o && read_fields(o, &e, &members);
    json_decref(o);
    if (!good)
        return BC_ERR_INVALID;
    *out = e.u.grant;
    *given = members;
    return BC_OK;
}
