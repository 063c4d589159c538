/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/event.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/text.h"
#include "consent/event-fields.h"

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

static int get_index(const json_t *v, uint64_t max, uint64_t *out)
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

static int get_time(const json_t *v, int64_t *out)
{
    return json_is_string(v) &&
           bc_datetime_parse(json_string_value(v), json_string_length(v), out) == BC_OK;
}

static int get_set(const json_t *v, enum bc_vocabulary vocabulary, unsigned *out)
{
    unsigned set = 0, bit;

    for (size_t i = 0; i < json_array_size(v); i++) {
        if (!get_name(json_array_get(v, i), vocabulary, &bit) || (set & (1U << bit)))
            return 0;
        set |= 1U << bit;
    }
    *out = set;
    return set != 0;
}

static int get_list(const json_t *v, size_t *count, char *items, size_t each, int words)
{
    if (!json_is_array(v) || json_array_size(v) > BC_WORDS_MAX)
        return 0;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!get_text(json_array_get(v, i), items + i * each, each) ||
            (words && !bc_name_word_valid(items + i * each)))
            return 0;
    *count = json_array_size(v);
    return 1;
}

static int get_indexes(const json_t *v, uint64_t *list, size_t *count, size_t max)
{
    if (!json_is_array(v) || json_array_size(v) > max)
        return 0;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!get_index(json_array_get(v, i), INT64_MAX, &list[i]))
            return 0;
    *count = json_array_size(v);
    return 1;
}

static int get_identifiers(const json_t *v, struct bc_identifiers *out)
{
    char line[BC_WORD_MAX + BC_LINE_MAX + 2], *value;

    if (!json_is_array(v) || json_array_size(v) > BC_WORDS_MAX)
        return 0;
    for (size_t i = 0; i < json_array_size(v); i++) {
        struct bc_identifier *one = &out->item[i];
        if (!get_text(json_array_get(v, i), line, sizeof line) || !(value = strchr(line, '=')))
            return 0;
        *value++ = '\0';
        if (!bc_name_word_valid(line) || value[0] == '\0' || strlen(value) > BC_LINE_MAX)
            return 0;
        memcpy(one->name, line, strlen(line) + 1);
        memcpy(one->value, value, strlen(value) + 1);
    }
    out->count = json_array_size(v);
    return 1;
}

static int get_subject_name(const json_t *v, struct bc_subject *out)
{
    return get_text(v, out->name, sizeof out->name) && bc_name_subject_valid(out->name);
}

/* Reads one member into its field. Returns whether it has the form that the writer would give it.
 */
static int get_value(const json_t *v, const struct bc_event_field *f, struct bc_event *e)
{
    char *at = (char *)e + f->at;
    struct bc_subject *subject = (void *)at;
    struct bc_words *words = (void *)at;
    struct bc_lines *lines = (void *)at;
    uint64_t number;

    switch (f->kind) {
    case BC_FIELD_LINE:
        return get_text(v, at, BC_LINE_MAX + 1);
    case BC_FIELD_WORD:
        return get_word(v, at);
    case BC_FIELD_NAME:
        return get_name(v, f->vocabulary, (void *)at);
    case BC_FIELD_TYPE:
        return 1; /* read_event has read it: it chose this table */
    case BC_FIELD_SET:
        return get_set(v, f->vocabulary, (void *)at);
    case BC_FIELD_TIME:
        return get_time(v, (void *)at);
    case BC_FIELD_HASH:
        return json_is_string(v) &&
               bc_encoding_hex_decode(json_string_value(v), json_string_length(v), (void *)at,
                                      BC_HASH_BYTES) == BC_OK;
    case BC_FIELD_INDEX:
        return get_index(v, INT64_MAX, (void *)at);
    case BC_FIELD_BOOLEAN:
        *(int *)(void *)at = json_is_true(v);
        return json_is_boolean(v);
    case BC_FIELD_WORDS:
        return get_list(v, &words->count, words->word[0], sizeof words->word[0], 1);
    case BC_FIELD_LINES:
        return get_list(v, &lines->count, lines->line[0], sizeof lines->line[0], 0);
    case BC_FIELD_INDEXES:
        return get_indexes(v, (void *)at, (void *)((char *)e + f->flag), f->max);
    case BC_FIELD_IDENTIFIERS:
        return get_identifiers(v, (void *)at);
    case BC_FIELD_EXTERNAL:
        subject->external = 1;
        return get_subject_name(v, subject);
    case BC_FIELD_ACCOUNT:
        return !subject->external && get_subject_name(v, subject);
    case BC_FIELD_UID:
        if (subject->external || !get_index(v, UINT32_MAX - 1, &number))
            return 0;
        subject->uid = (uint32_t)number;
        return 1;
    case BC_FIELD_VERSION:
        return get_index(v, INT64_MAX, &number) && number == BC_EVENT_VERSION;
    }
    return 0;
}

static int may_be_missing(const struct bc_event_field *f, const struct bc_event *e)
{
    const struct bc_subject *subject = (const void *)((const char *)e + f->at);

    if (f->kind == BC_FIELD_EXTERNAL)
        return 1;
    if (f->kind == BC_FIELD_ACCOUNT || f->kind == BC_FIELD_UID)
        return subject->external;
    return f->presence != BC_FIELD_ALWAYS;
}

/* A subject who gives the consent has no representative; any other giver is named with the
 * authority. */
static int names_its_giver(const struct bc_grant *g)
{
    if (g->given_by == BC_SELF)
        return !g->representative[0] && !g->authority[0] && !g->has_evidence;
    return g->representative[0] && g->authority[0];
}

/* Reads every member of the object by the table. A line that is to be recorded (given is not NULL)
 * has no type, time or version, and may leave out what has a bit of its own. */
static int read_fields(json_t *o, const struct bc_event_field *fields, struct bc_event *e,
                       unsigned *given)
{
    size_t known = 0;

    for (const struct bc_event_field *f = fields; f->name; f++) {
        const json_t *v = json_object_get(o, f->name);
        int wanted = !may_be_missing(f, e);
        if (given) {
            if (f->kind == BC_FIELD_TYPE || f->kind == BC_FIELD_VERSION ||
                f->at == offsetof(struct bc_event, time))
                continue;
            wanted = wanted && !f->given;
            *given |= v ? f->given : 0;
        }
        if (!v && wanted)
            return 0;
        if (!v)
            continue;
        known++;
        if (!get_value(v, f, e))
            return 0;
        if (f->presence == BC_FIELD_IF_FLAG)
            *(int *)(void *)((char *)e + f->flag) = 1;
    }
    return known == json_object_size(o);
}

static int read_event(json_t *o, struct bc_event *e)
{
    const json_t *type = json_object_get(o, "type");
    int t = json_is_string(type) ? bc_event_type_from(json_string_value(type)) : -1;

    if (t < 0)
        return 0;
    e->type = (enum bc_event_type)t;
    return read_fields(o, bc_event_fields(e->type), e, NULL) &&
           (t != BC_EVENT_GRANT || names_its_giver(&e->u.grant)) && bc_event_fields_consistent(e);
}

/* jansson passes over a NUL behind a number (found by fuzz-event). */
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
    struct bc_event *e;
    json_t *o;
    enum bc_result r = BC_ERR_INVALID;

    if (len > BC_EVENT_MAX)
        return BC_ERR_TOO_LARGE;
    e = calloc(1, sizeof *e);
    if (!e)
        return BC_ERR_MEMORY;
    o = load_object(json, len);
    if (o && read_event(o, e)) {
        *out = *e;
        r = BC_OK;
    }
    json_decref(o);
    free(e);
    return r;
}

enum bc_result bc_event_decode_grant_line(const char *json, size_t len, struct bc_grant *out,
                                          unsigned *given)
{
    struct bc_event *e;
    unsigned members = 0;
    json_t *o;
    enum bc_result r = BC_ERR_INVALID;

    if (len > BC_EVENT_MAX)
        return BC_ERR_TOO_LARGE;
    e = calloc(1, sizeof *e);
    if (!e)
        return BC_ERR_MEMORY;
    e->type = BC_EVENT_GRANT;
    o = load_object(json, len);
    if (o && read_fields(o, bc_event_fields(BC_EVENT_GRANT), e, &members) &&
        names_its_giver(&e->u.grant)) {
        *out = e->u.grant;
        *given = members;
        r = BC_OK;
    }
    json_decref(o);
    free(e);
    return r;
}
