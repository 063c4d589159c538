/* SPDX-License-Identifier: BSD-2-Clause */
#include "event.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define FORMAT_VERSION 1

static const char *const type_names[BC_EVENT_TYPES] = {"notice", "grant", "withdraw", "revoke"};

typedef const char *(*name_fn)(unsigned value);

const char *bc_event_type_name(enum bc_event_type t)
{
    return (unsigned)t < BC_EVENT_TYPES ? type_names[t] : NULL;
}

int bc_subject_equal(const struct bc_subject *a, const struct bc_subject *b)
{
    return a->external == b->external && (a->external || a->uid == b->uid) &&
           strcmp(a->name, b->name) == 0;
}

const struct bc_subject *bc_event_subject(const struct bc_event *e)
{
    switch (e->type) {
    case BC_EVENT_GRANT:
        return &e->u.grant.subject;
    case BC_EVENT_WITHDRAW:
    case BC_EVENT_REVOKE:
        return &e->u.ending.subject;
    default:
        return NULL;
    }
}

int bc_words_has(const struct bc_words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->word[i], word) == 0)
            return 1;
    return 0;
}

static int words_within(const struct bc_words *part, const struct bc_words *whole)
{
    for (size_t i = 0; i < part->count; i++)
        if (!bc_words_has(whole, part->word[i]))
            return 0;
    return 1;
}

int bc_scope_within(const struct bc_scope *part, const struct bc_scope *whole)
{
    return (part->modalities & ~whole->modalities) == 0 &&
           (part->operations & ~whole->operations) == 0 &&
           words_within(&part->providers, &whole->providers) &&
           words_within(&part->purposes, &whole->purposes);
}

void bc_event_commit(const unsigned char salt[BC_SALT_BYTES], const void *payload, size_t len,
                     struct bc_hash *out)
{
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, salt, BC_SALT_BYTES);
    crypto_hash_sha256_update(&state, payload, len);
    crypto_hash_sha256_final(&state, out->b);
}

/* ---- writing ---- */

static const char *modality_name(unsigned v)
{
    return bc_modality_name((enum bc_modality)v);
}

static const char *operation_name(unsigned v)
{
    return bc_operation_name((enum bc_operation)v);
}

static json_t *json_set_names(unsigned set, name_fn name)
{
    json_t *list = json_array();

    for (unsigned v = 0; name(v); v++)
        if (set & (1U << v))
            json_array_append_new(list, json_string(name(v)));
    return list;
}

static json_t *json_words(const struct bc_words *words)
{
    json_t *list = json_array();

    for (size_t i = 0; i < words->count; i++)
        json_array_append_new(list, json_string(words->word[i]));
    return list;
}

static json_t *json_lines(const struct bc_lines *lines)
{
    json_t *list = json_array();

    for (size_t i = 0; i < lines->count; i++)
        json_array_append_new(list, json_string(lines->line[i]));
    return list;
}

static json_t *json_time(int64_t t)
{
    char text[BC_TIME_TEXT_BYTES];

    bc_time_format(t, text);
    return json_string(text);
}

static json_t *json_hash(const struct bc_hash *h)
{
    char hex[2 * BC_HASH_BYTES + 1];

    bc_hex_encode(h->b, BC_HASH_BYTES, hex);
    return json_string(hex);
}

static void put_scope(json_t *o, const struct bc_scope *s)
{
    json_object_set_new(o, "modalities", json_set_names(s->modalities, modality_name));
    json_object_set_new(o, "operations", json_set_names(s->operations, operation_name));
    json_object_set_new(o, "providers", json_words(&s->providers));
    json_object_set_new(o, "purposes", json_words(&s->purposes));
}

static void put_subject(json_t *o, const struct bc_subject *s)
{
    if (s->external) {
        json_object_set_new(o, "external", json_string(s->name));
    } else {
        json_object_set_new(o, "subject", json_string(s->name));
        json_object_set_new(o, "uid", json_integer((json_int_t)s->uid));
    }
}

static void put_notice(json_t *o, const struct bc_notice *n)
{
    json_object_set_new(o, "id", json_string(n->id));
    json_object_set_new(o, "version", json_string(n->version));
    json_object_set_new(o, "language", json_string(n->language));
    json_object_set_new(o, "text", json_hash(&n->text));
    json_object_set_new(o, "controller", json_string(n->controller));
    json_object_set_new(o, "service_providers", json_lines(&n->service_providers));
    put_scope(o, &n->scope);
    json_object_set_new(o, "retention", json_string(n->retention));
    json_object_set_new(o, "jurisdictions", json_words(&n->jurisdictions));
    json_object_set_new(o, "kind", json_string(bc_kind_name(n->kind)));
    json_object_set_new(o, "keeps_older", json_boolean(n->keeps_older));
}

static void put_grant(json_t *o, const struct bc_grant *g)
{
    put_subject(o, &g->subject);
    json_object_set_new(o, "notice_id", json_string(g->notice_id));
    json_object_set_new(o, "notice", json_hash(&g->notice));
    put_scope(o, &g->scope);
    json_object_set_new(o, "kind", json_string(bc_kind_name(g->kind)));
    json_object_set_new(o, "given_by", json_string(bc_giver_name(g->giver)));
    if (g->giver == BC_REPRESENTATIVE) {
        json_object_set_new(o, "representative", json_string(g->representative));
        json_object_set_new(o, "authority", json_string(g->authority));
    }
    json_object_set_new(o, "collected", json_string(g->collected));
    json_object_set_new(o, "recorded_by", json_string(g->recorded_by));
    if (g->has_paper)
        json_object_set_new(o, "paper", json_hash(&g->paper));
    json_object_set_new(o, "valid_from", json_time(g->valid_from));
    if (g->expires)
        json_object_set_new(o, "expires", json_time(g->expires));
    json_object_set_new(o, "jurisdictions", json_words(&g->jurisdictions));
}

static void put_ending(json_t *o, const struct bc_ending *e)
{
    json_t *grants = json_array();

    put_subject(o, &e->subject);
    for (size_t i = 0; i < e->grant_count; i++)
        json_array_append_new(grants, json_integer((json_int_t)e->grants[i]));
    json_object_set_new(o, "grants", grants);
    json_object_set_new(o, "how", json_string(e->how));
    json_object_set_new(o, "recorded_by", json_string(e->recorded_by));
}

static json_t *json_event(const struct bc_event *e)
{
    json_t *o = json_object();

    json_object_set_new(o, "v", json_integer(FORMAT_VERSION));
    json_object_set_new(o, "type", json_string(bc_event_type_name(e->type)));
    json_object_set_new(o, "time", json_time(e->time));
    if (e->type == BC_EVENT_NOTICE)
        put_notice(o, &e->u.notice);
    else if (e->type == BC_EVENT_GRANT)
        put_grant(o, &e->u.grant);
    else
        put_ending(o, &e->u.ending);
    return o;
}

enum bc_result bc_event_encode(const struct bc_event *e, char **json, size_t *len)
{
    struct bc_event *again = malloc(sizeof *again);
    json_t *o = (unsigned)e->type < BC_EVENT_TYPES ? json_event(e) : NULL;
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    enum bc_result r = BC_ERR_MEMORY;

    json_decref(o);
    if (text && again) {
        /* What cannot be read back must never be signed; jansson also drops a value it could
         * not allocate, which reading back finds. */
        r = bc_event_decode(text, strlen(text), again);
        if (r == BC_OK) {
            *len = strlen(text);
            *json = text;
            text = NULL;
        }
    }
    free(text);
    free(again);
    return r;
}

/* ---- reading: every member is taken off the object; what is left is unknown ---- */

struct reader {
    json_t *o;
    int failed;
};

static json_t *take(struct reader *in, const char *name, int wanted)
{
    json_t *v = json_object_get(in->o, name);

    if (!v) {
        in->failed |= wanted;
        return NULL;
    }
    json_incref(v);
    json_object_del(in->o, name);
    return v;
}

static int copy_text(json_t *v, char *out, size_t cap)
{
    size_t len = json_is_string(v) ? json_string_length(v) : cap;

    if (len >= cap || !bc_text_clean(json_string_value(v), len, 0))
        return 0;
    memcpy(out, json_string_value(v), len + 1);
    return 1;
}

static int take_text(struct reader *in, const char *name, char *out, size_t cap, int wanted)
{
    json_t *v = take(in, name, wanted);
    int found = v != NULL;

    if (v && (!copy_text(v, out, cap) || out[0] == '\0'))
        in->failed = 1;
    json_decref(v);
    return found;
}

static void take_word(struct reader *in, const char *name, char out[BC_WORD_MAX + 1])
{
    if (take_text(in, name, out, BC_WORD_MAX + 1, 1) && !bc_word_valid(out))
        in->failed = 1;
}

static int take_name(struct reader *in, const char *name, int (*from)(const char *))
{
    char text[32] = "";
    int v = -1;

    take_text(in, name, text, sizeof text, 1);
    if (!in->failed)
        v = from(text);
    if (v < 0)
        in->failed = 1;
    return v < 0 ? 0 : v;
}

static int take_time(struct reader *in, const char *name, int64_t *out, int wanted)
{
    char text[BC_TIME_TEXT_BYTES + 1] = "";
    int found = take_text(in, name, text, sizeof text, wanted);

    if (found && bc_time_parse(text, strlen(text), out) != BC_OK)
        in->failed = 1;
    return found;
}

static int take_hash(struct reader *in, const char *name, struct bc_hash *out, int wanted)
{
    char text[2 * BC_HASH_BYTES + 1] = "";
    int found = take_text(in, name, text, sizeof text, wanted);

    if (found && bc_hex_decode(text, strlen(text), out->b, BC_HASH_BYTES) != BC_OK)
        in->failed = 1;
    return found;
}

static void take_integer(struct reader *in, const char *name, uint64_t max, uint64_t *out)
{
    json_t *v = take(in, name, 1);

    if (!json_is_integer(v) || json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) > max)
        in->failed = 1;
    else
        *out = (uint64_t)json_integer_value(v);
    json_decref(v);
}

static unsigned take_set(struct reader *in, const char *name, int (*from)(const char *))
{
    json_t *list = take(in, name, 1);
    unsigned set = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        int v = text ? from(text) : -1;
        if (v < 0 || (set & (1U << v)))
            in->failed = 1;
        else
            set |= 1U << v;
    }
    if (set == 0)
        in->failed = 1;
    json_decref(list);
    return set;
}

static void take_list(struct reader *in, const char *name, size_t *count, char *items, size_t each,
                      int (*valid)(const char *))
{
    json_t *list = take(in, name, 1);
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n > BC_WORDS_MAX)
        in->failed = 1;
    for (size_t i = 0; i < n && !in->failed; i++) {
        char *item = items + i * each;
        if (!copy_text(json_array_get(list, i), item, each) || !valid(item))
            in->failed = 1;
    }
    *count = in->failed ? 0 : n;
    json_decref(list);
}

static int not_empty(const char *s)
{
    return s[0] != '\0';
}

static void take_words(struct reader *in, const char *name, struct bc_words *out)
{
    take_list(in, name, &out->count, out->word[0], sizeof out->word[0], bc_word_valid);
}

static void take_lines(struct reader *in, const char *name, struct bc_lines *out)
{
    take_list(in, name, &out->count, out->line[0], sizeof out->line[0], not_empty);
}

static void take_scope(struct reader *in, struct bc_scope *s)
{
    s->modalities = take_set(in, "modalities", bc_modality_from);
    s->operations = take_set(in, "operations", bc_operation_from);
    take_words(in, "providers", &s->providers);
    take_words(in, "purposes", &s->purposes);
}

static void take_subject(struct reader *in, struct bc_subject *s)
{
    uint64_t uid = 0;

    s->external = take_text(in, "external", s->name, sizeof s->name, 0);
    if (!s->external) {
        take_text(in, "subject", s->name, sizeof s->name, 1);
        take_integer(in, "uid", UINT32_MAX - 1, &uid);
        s->uid = (uint32_t)uid;
    }
    if (!in->failed && !bc_subject_name_valid(s->name))
        in->failed = 1;
}

static void take_notice(struct reader *in, struct bc_notice *n)
{
    json_t *keeps = take(in, "keeps_older", 1);

    take_word(in, "id", n->id);
    take_word(in, "version", n->version);
    take_word(in, "language", n->language);
    take_hash(in, "text", &n->text, 1);
    take_text(in, "controller", n->controller, sizeof n->controller, 1);
    take_lines(in, "service_providers", &n->service_providers);
    take_scope(in, &n->scope);
    take_text(in, "retention", n->retention, sizeof n->retention, 1);
    take_words(in, "jurisdictions", &n->jurisdictions);
    n->kind = (enum bc_kind)take_name(in, "kind", bc_kind_from);
    n->keeps_older = json_is_true(keeps);
    if (!json_is_boolean(keeps))
        in->failed = 1;
    json_decref(keeps);
}

static void take_grant(struct reader *in, struct bc_grant *g)
{
    take_subject(in, &g->subject);
    take_word(in, "notice_id", g->notice_id);
    take_hash(in, "notice", &g->notice, 1);
    take_scope(in, &g->scope);
    g->kind = (enum bc_kind)take_name(in, "kind", bc_kind_from);
    g->giver = (enum bc_giver)take_name(in, "given_by", bc_giver_from);
    if (g->giver == BC_REPRESENTATIVE) {
        take_text(in, "representative", g->representative, sizeof g->representative, 1);
        take_text(in, "authority", g->authority, sizeof g->authority, 1);
    }
    take_text(in, "collected", g->collected, sizeof g->collected, 1);
    take_text(in, "recorded_by", g->recorded_by, sizeof g->recorded_by, 1);
    g->has_paper = take_hash(in, "paper", &g->paper, 0);
    take_time(in, "valid_from", &g->valid_from, 1);
    if (take_time(in, "expires", &g->expires, 0) && g->expires <= g->valid_from)
        in->failed = 1;
    take_words(in, "jurisdictions", &g->jurisdictions);
}

static void take_ending(struct reader *in, struct bc_ending *e)
{
    json_t *grants = take(in, "grants", 1);
    size_t n = json_array_size(grants);

    take_subject(in, &e->subject);
    if (!json_is_array(grants) || n > BC_LIVE_MAX)
        in->failed = 1;
    for (size_t i = 0; i < n && !in->failed; i++) {
        json_t *v = json_array_get(grants, i);
        if (!json_is_integer(v) || json_integer_value(v) < 0)
            in->failed = 1;
        else
            e->grants[i] = (uint64_t)json_integer_value(v);
    }
    e->grant_count = in->failed ? 0 : n;
    take_text(in, "how", e->how, sizeof e->how, 1);
    take_text(in, "recorded_by", e->recorded_by, sizeof e->recorded_by, 1);
    json_decref(grants);
}

static int type_from(const char *name)
{
    for (int t = 0; t < BC_EVENT_TYPES; t++)
        if (strcmp(type_names[t], name) == 0)
            return t;
    return -1;
}

static int read_event(struct reader *in, struct bc_event *e)
{
    uint64_t version = 0;

    take_integer(in, "v", INT64_MAX, &version);
    e->type = (enum bc_event_type)take_name(in, "type", type_from);
    take_time(in, "time", &e->time, 1);
    if (in->failed || version != FORMAT_VERSION)
        return 0;
    if (e->type == BC_EVENT_NOTICE)
        take_notice(in, &e->u.notice);
    else if (e->type == BC_EVENT_GRANT)
        take_grant(in, &e->u.grant);
    else
        take_ending(in, &e->u.ending);
    return !in->failed && json_object_size(in->o) == 0;
}

enum bc_result bc_event_decode(const char *json, size_t len, struct bc_event *out)
{
    struct reader in = {.o = NULL};
    struct bc_event *e;
    enum bc_result r = BC_ERR_INVALID;

    if (len > BC_EVENT_MAX)
        return BC_ERR_TOO_LARGE;
    e = calloc(1, sizeof *e);
    if (!e)
        return BC_ERR_MEMORY;
    in.o = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(in.o) && read_event(&in, e)) {
        *out = *e;
        r = BC_OK;
    }
    json_decref(in.o);
    free(e);
    return r;
}
