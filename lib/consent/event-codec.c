/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/event.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/text.h"
#include "consent/event-fields.h"

/*
 * An event as JSON, by the tables of event-fields.h. As in XDR, one function for each kind of field
 * works in both directions: it reads the value *v into the field, or makes *v of the field if *v is
 * NULL. So the checks of a kind are the same for what is written and what is read. Each returns
 * whether the value is valid; *v is still NULL if there was no memory for it.
 */

/* A line: not empty, UTF-8 without control characters, shorter than cap. */
static int code_line(json_t **v, char *text, size_t cap)
{
    const char *s = *v ? json_string_value(*v) : text;
    size_t len = *v ? json_string_length(*v) : strnlen(text, cap);

    if (!s || len == 0 || len >= cap || !bc_text_clean(s, len, 0))
        return 0;
    if (*v)
        memcpy(text, s, len + 1);
    else
        *v = json_stringn(text, len);
    return 1;
}

static int code_word(json_t **v, char word[BC_WORD_MAX + 1])
{
    return code_line(v, word, BC_WORD_MAX + 1) && bc_name_word_valid(word);
}

static int code_number(json_t **v, uint64_t *n, uint64_t max)
{
    json_int_t number = *v ? json_integer_value(*v) : (json_int_t)*n;

    if ((*v && !json_is_integer(*v)) || number < 0 || (uint64_t)number > max)
        return 0;
    if (*v)
        *n = (uint64_t)number;
    else
        *v = json_integer(number);
    return 1;
}

static int code_name(json_t **v, enum bc_vocabulary vocabulary, unsigned *value)
{
    const char *name = *v ? json_string_value(*v) : bc_vocabulary_name(vocabulary, *value);
    int known = name ? bc_vocabulary_value(vocabulary, name) : -1;

    if (known < 0 || (*v && strlen(name) != json_string_length(*v)))
        return 0;
    if (*v)
        *value = (unsigned)known;
    else
        *v = json_string(name);
    return 1;
}

static int code_time(json_t **v, int64_t *t)
{
    char text[BC_TIME_TEXT_BYTES];
    const char *s = *v ? json_string_value(*v) : text;
    int64_t parsed;

    bc_datetime_format(*t, text);
    if (!s || bc_datetime_parse(s, *v ? json_string_length(*v) : strlen(s), &parsed) != BC_OK)
        return 0;
    if (*v)
        *t = parsed;
    else
        *v = json_string(text);
    return parsed == *t; /* a time out of range is formatted as another */
}

static int code_hash(json_t **v, struct bc_hash *h)
{
    char hex[2 * BC_HASH_BYTES + 1];

    if (*v)
        return json_is_string(*v) &&
               bc_encoding_hex_decode(json_string_value(*v), json_string_length(*v), h->b,
                                      BC_HASH_BYTES) == BC_OK;
    bc_encoding_hex_encode(h->b, BC_HASH_BYTES, hex);
    *v = json_string(hex);
    return 1;
}

/* "name=value" */
static int code_identifier(json_t **v, struct bc_identifier *one)
{
    char line[BC_WORD_MAX + BC_LINE_MAX + 2], *value;

    if (!*v) {
        if (!bc_name_word_valid(one->name) || strnlen(one->value, BC_LINE_MAX + 1) > BC_LINE_MAX)
            return 0;
        (void)snprintf(line, sizeof line, "%s=%s", one->name, one->value);
    }
    if (!code_line(v, line, sizeof line) || !(value = strchr(line, '=')))
        return 0;
    *value++ = '\0';
    if (!bc_name_word_valid(line) || value[0] == '\0' || strlen(value) > BC_LINE_MAX)
        return 0;
    memcpy(one->name, line, strlen(line) + 1);
    memcpy(one->value, value, strlen(value) + 1);
    return 1;
}

static int code_item(json_t **v, const struct bc_event_field *f, void *at, size_t i)
{
    struct bc_words *words = at;
    struct bc_lines *lines = at;
    struct bc_identifiers *identifiers = at;
    uint64_t *indexes = at;

    switch (f->kind) {
    case BC_FIELD_WORDS:
        return code_word(v, words->word[i]);
    case BC_FIELD_LINES:
        return code_line(v, lines->line[i], BC_LINE_MAX + 1);
    case BC_FIELD_INDEXES:
        return code_number(v, &indexes[i], INT64_MAX);
    default:
        return code_identifier(v, &identifiers->item[i]);
    }
}

/* A list of at most max items. All lists but indexes begin with their count. */
static int code_list(json_t **v, const struct bc_event_field *f, struct bc_event *e)
{
    int indexes = f->kind == BC_FIELD_INDEXES;
    void *counter = (char *)e + (indexes ? f->flag : f->at);
    size_t *count = counter, max = indexes ? f->max : BC_WORDS_MAX;
    size_t n = *v ? json_array_size(*v) : *count;
    json_t *made = *v ? NULL : json_array();

    if ((*v && !json_is_array(*v)) || n > max) {
        json_decref(made);
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        json_t *item = json_array_get(*v, i);
        int good = code_item(&item, f, (char *)e + f->at, i);
        if (good && (*v || json_array_append_new(made, item) == 0))
            continue;
        if (!*v && !good)
            json_decref(item);
        json_decref(made);
        return good; /* no memory, if it was good */
    }
    *count = n;
    if (!*v)
        *v = made;
    return 1;
}

/* The names of the bits, in the order of the vocabulary when written; not empty. */
static int code_set(json_t **v, enum bc_vocabulary vocabulary, unsigned *set)
{
    unsigned found = 0, value = 0;
    json_t *made = *v ? NULL : json_array();

    for (size_t i = 0; i < json_array_size(*v); i++) {
        json_t *item = json_array_get(*v, i);
        if (!code_name(&item, vocabulary, &value) || (found & (1U << value)))
            return 0;
        found |= 1U << value;
    }
    for (value = 0; !*v && bc_vocabulary_name(vocabulary, value); value++) {
        if (!(*set & (1U << value)))
            continue;
        if (json_array_append_new(made, json_string(bc_vocabulary_name(vocabulary, value))) != 0) {
            json_decref(made);
            return 1; /* no memory */
        }
        found |= 1U << value;
    }
    if (*v)
        *set = found;
    else
        *v = made;
    return found != 0 && found == *set;
}

static int code_value(json_t **v, const struct bc_event_field *f, struct bc_event *e)
{
    void *at = (char *)e + f->at;
    struct bc_subject *subject = at;
    int *boolean = at;
    uint64_t number;

    switch (f->kind) {
    case BC_FIELD_LINE:
        return code_line(v, at, BC_LINE_MAX + 1);
    case BC_FIELD_WORD:
        return code_word(v, at);
    case BC_FIELD_NAME:
        return code_name(v, f->vocabulary, at);
    case BC_FIELD_TYPE:
        /* The reader has chosen by it. */
        *v = *v ? *v : json_string(bc_vocabulary_name(BC_VOCABULARY_EVENT, e->type));
        return 1;
    case BC_FIELD_SET:
        return code_set(v, f->vocabulary, at);
    case BC_FIELD_TIME:
        return code_time(v, at);
    case BC_FIELD_HASH:
        return code_hash(v, at);
    case BC_FIELD_INDEX:
        return code_number(v, at, INT64_MAX);
    case BC_FIELD_BOOLEAN:
        *v = *v ? *v : json_boolean(*boolean);
        *boolean = json_is_true(*v);
        return json_is_boolean(*v);
    case BC_FIELD_WORDS:
    case BC_FIELD_LINES:
    case BC_FIELD_INDEXES:
    case BC_FIELD_IDENTIFIERS:
        return code_list(v, f, e);
    case BC_FIELD_EXTERNAL:
        subject->external = 1;
        return code_line(v, subject->name, sizeof subject->name) &&
               bc_name_subject_valid(subject->name);
    case BC_FIELD_ACCOUNT:
        return !subject->external && code_line(v, subject->name, sizeof subject->name) &&
               bc_name_subject_valid(subject->name);
    case BC_FIELD_UID:
        number = subject->uid;
        if (subject->external || !code_number(v, &number, UINT32_MAX - 1))
            return 0;
        subject->uid = (uint32_t)number;
        return 1;
    case BC_FIELD_VERSION:
        number = BC_EVENT_VERSION;
        return code_number(v, &number, INT64_MAX) && number == BC_EVENT_VERSION;
    }
    return 0;
}

/* Whether the canonical form of the event has this member. */
static int has_member(const struct bc_event_field *f, const struct bc_event *e)
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

/* Whether the members agree with each other. */
static int is_consistent(const struct bc_event *e)
{
    const struct bc_grant *g = &e->u.grant;
    const struct bc_erasure *n = &e->u.erasure;

    switch (e->type) {
    case BC_EVENT_GRANT:
        return !g->expires || g->expires > g->valid_from;
    case BC_EVENT_DELETE:
        return e->u.attempt.attempt > 0;
    case BC_EVENT_ERASE:
        for (size_t i = 1; i < n->event_count; i++)
            if (n->events[i] <= n->events[i - 1])
                return 0;
        return n->event_count > 0;
    default:
        return 1;
    }
}

enum bc_result bc_event_encode(const struct bc_event *event, char json[BC_EVENT_MAX], size_t *len)
{
    struct bc_event e = *event;
    enum bc_result r = BC_OK;
    json_t *o;
    size_t n;

    if ((unsigned)e.type >= BC_EVENT_TYPES)
        return BC_ERR_INVALID;
    o = json_object();
    for (const struct bc_event_field *f = bc_event_fields(e.type); f->name && r == BC_OK; f++) {
        json_t *v = NULL;
        if (!has_member(f, &e))
            continue;
        if (!code_value(&v, f, &e)) {
            json_decref(v);
            r = BC_ERR_INVALID;
        } else if (json_object_set_new(o, f->name, v) != 0)
            r = BC_ERR_MEMORY;
    }
    if (r == BC_OK && !is_consistent(&e))
        r = BC_ERR_INVALID;
    n = r == BC_OK ? json_dumpb(o, json, BC_EVENT_MAX, JSON_COMPACT) : 0;
    json_decref(o);
    if (r != BC_OK)
        return r;
    if (n == 0 || n > BC_EVENT_MAX)
        return n == 0 ? BC_ERR_MEMORY : BC_ERR_INVALID;
    *len = n;
    return BC_OK;
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
        json_t *v = is_unset(f, given) ? NULL : json_object_get(o, f->name);
        void *flag = (char *)e + f->flag;
        if (!v)
            continue;
        known++;
        if (!code_value(&v, f, e))
            return 0;
        if (f->presence == BC_FIELD_IF_FLAG)
            *(int *)flag = 1;
        if (given)
            *given |= f->given;
    }
    for (f = fields; f->name; f++) {
        int present = json_object_get(o, f->name) != NULL;
        if (!is_unset(f, given) && present != has_member(f, e) && !(given && f->given && !present))
            return 0;
    }
    /* Evidence shows the authority of another giver. */
    if (e->type == BC_EVENT_GRANT && e->u.grant.given_by == BC_SELF && e->u.grant.has_evidence)
        return 0;
    return known == json_object_size(o);
}

static enum bc_result decode_object(const char *json, size_t len, struct bc_event *out,
                                    unsigned *given)
{
    struct bc_event e;
    const json_t *type;
    json_t *o = NULL;
    int good;

    if (len > BC_EVENT_MAX)
        return BC_ERR_TOO_LARGE;
    memset(&e, 0, sizeof e);
    e.type = BC_EVENT_GRANT;
    /* jansson passes over a NUL behind a number (found by fuzz-event). */
    if (!memchr(json, 0, len))
        o = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    type = json_object_get(o, "type");
    good = json_is_object(o) &&
           (given || (json_is_string(type) &&
                      bc_vocabulary_parse(BC_VOCABULARY_EVENT, json_string_value(type), &e.type)));
    good = good && read_fields(o, &e, given) && (given || is_consistent(&e));
    json_decref(o);
    if (!good)
        return BC_ERR_INVALID;
    *out = e;
    return BC_OK;
}

enum bc_result bc_event_decode(const char *json, size_t len, struct bc_event *out)
{
    return decode_object(json, len, out, NULL);
}

enum bc_result bc_event_decode_grant_line(const char *json, size_t len, struct bc_grant *out,
                                          unsigned *given)
{
    struct bc_event e;
    unsigned members = 0;
    enum bc_result r = decode_object(json, len, &e, &members);

    if (r == BC_OK) {
        *out = e.u.grant;
        *given = members;
    }
    return r;
}
