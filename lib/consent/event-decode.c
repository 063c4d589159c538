/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/datetime.h"
#include "consent/event.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Every member is taken off the object; what is left is unknown. A member that is not wanted may be
 * missing, and then leaves what it is read into as it was. */

struct reader {
    json_t *o;
    int failed;
};

/* jansson passes over a NUL behind a number (found by fuzz-event). */
static json_t *load_object(const char *json, size_t len)
{
    json_t *o = memchr(json, 0, len) ? NULL : json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);

    if (json_is_object(o))
        return o;
    json_decref(o);
    return NULL;
}

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

static void take_word(struct reader *in, const char *name, char out[BC_WORD_MAX + 1], int wanted)
{
    if (take_text(in, name, out, BC_WORD_MAX + 1, wanted) && !bc_word_valid(out))
        in->failed = 1;
}

/* The value of a name; 0 where it is missing. */
static int take_name(struct reader *in, const char *name, int (*from)(const char *), int wanted)
{
    char text[32] = "";
    int v = 0;

    if (take_text(in, name, text, sizeof text, wanted) && !in->failed)
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

static void take_integer(struct reader *in, const char *name, uint64_t max, uint64_t *out,
                         int wanted)
{
    json_t *v = take(in, name, wanted);

    if (!v)
        return;
    if (!json_is_integer(v) || json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) > max)
        in->failed = 1;
    else
        *out = (uint64_t)json_integer_value(v);
    json_decref(v);
}

static unsigned take_set(struct reader *in, const char *name, int (*from)(const char *), int wanted)
{
    json_t *list = take(in, name, wanted);
    unsigned set = 0;

    if (!list)
        return 0;
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
                      int (*valid)(const char *), int wanted)
{
    json_t *list = take(in, name, wanted);
    size_t n = json_array_size(list);

    if (!list)
        return;
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

static void take_words(struct reader *in, const char *name, struct bc_words *out, int wanted)
{
    take_list(in, name, &out->count, out->word[0], sizeof out->word[0], bc_word_valid, wanted);
}

static void take_lines(struct reader *in, const char *name, struct bc_lines *out, int wanted)
{
    take_list(in, name, &out->count, out->line[0], sizeof out->line[0], not_empty, wanted);
}

static void take_scope(struct reader *in, struct bc_scope *s, int wanted)
{
    s->modalities = take_set(in, "modalities", bc_modality_from, wanted);
    s->operations = take_set(in, "operations", bc_operation_from, wanted);
    take_words(in, "providers", &s->providers, wanted);
    take_words(in, "purposes", &s->purposes, wanted);
}

/* An account's uid may be left to the accounts. */
static void take_subject(struct reader *in, struct bc_subject *s, int uid_wanted)
{
    uint64_t uid = 0;

    s->external = take_text(in, "external", s->name, sizeof s->name, 0);
    if (!s->external) {
        take_text(in, "subject", s->name, sizeof s->name, 1);
        take_integer(in, "uid", UINT32_MAX - 1, &uid, uid_wanted);
        s->uid = (uint32_t)uid;
    }
    if (!in->failed && !bc_subject_name_valid(s->name))
        in->failed = 1;
}

static void take_notice(struct reader *in, struct bc_event *e)
{
    struct bc_notice *n = &e->u.notice;
    json_t *keeps = take(in, "keeps_older", 1);

    take_word(in, "id", n->id, 1);
    take_word(in, "version", n->version, 1);
    take_word(in, "language", n->language, 1);
    take_hash(in, "text", &n->text, 1);
    take_text(in, "controller", n->controller, sizeof n->controller, 1);
    take_lines(in, "service_providers", &n->service_providers, 1);
    take_lines(in, "exempt", &n->exempt, 0);
    n->givers = take_set(in, "given_by", bc_giver_from, 0);
    take_scope(in, &n->scope, 1);
    take_text(in, "retention", n->retention, sizeof n->retention, 1);
    take_words(in, "jurisdictions", &n->jurisdictions, 1);
    n->kind = (enum bc_kind)take_name(in, "kind", bc_kind_from, 1);
    take_text(in, "mended", n->mended, sizeof n->mended, 0);
    n->keeps_older = json_is_true(keeps);
    if (!json_is_boolean(keeps))
        in->failed = 1;
    json_decref(keeps);
}

/* A whole one as an event has it, or one to be recorded, which the notice and the tool complete. */
static void take_grant(struct reader *in, struct bc_grant *g, int whole)
{
    take_subject(in, &g->subject, whole);
    take_word(in, "notice_id", g->notice_id, whole);
    take_hash(in, "notice", &g->notice, whole);
    take_scope(in, &g->scope, whole);
    g->kind = (enum bc_kind)take_name(in, "kind", bc_kind_from, whole);
    g->giver = (enum bc_giver)take_name(in, "given_by", bc_giver_from, whole);
    if (g->giver != BC_SELF) {
        take_text(in, "representative", g->representative, sizeof g->representative, 1);
        take_text(in, "authority", g->authority, sizeof g->authority, 1);
        g->has_evidence = take_hash(in, "evidence", &g->evidence, 0);
    }
    take_text(in, "collected", g->collected, sizeof g->collected, whole);
    take_text(in, "recorded_by", g->recorded_by, sizeof g->recorded_by, whole);
    g->has_paper = take_hash(in, "paper", &g->paper, 0);
    take_time(in, "valid_from", &g->valid_from, whole);
    if (take_time(in, "expires", &g->expires, 0) && whole && g->expires <= g->valid_from)
        in->failed = 1;
    take_words(in, "jurisdictions", &g->jurisdictions, whole);
}

static size_t take_indexes(struct reader *in, const char *name, uint64_t *list, size_t max)
{
    json_t *array = take(in, name, 1);
    size_t n = json_array_size(array);

    if (!json_is_array(array) || n > max)
        in->failed = 1;
    for (size_t i = 0; i < n && !in->failed; i++) {
        json_t *v = json_array_get(array, i);
        if (!json_is_integer(v) || json_integer_value(v) < 0)
            in->failed = 1;
        else
            list[i] = (uint64_t)json_integer_value(v);
    }
    json_decref(array);
    return in->failed ? 0 : n;
}

static void take_ending(struct reader *in, struct bc_event *e)
{
    struct bc_ending *n = &e->u.ending;

    take_subject(in, &n->subject, 1);
    n->grant_count = take_indexes(in, "grants", n->grants, BC_LIVE_MAX);
    take_text(in, "how", n->how, sizeof n->how, 1);
    take_text(in, "recorded_by", n->recorded_by, sizeof n->recorded_by, 1);
}

static int take_handle(json_t *v, struct bc_handle *out)
{
    char line[BC_WORD_MAX + BC_LINE_MAX + 2], *value;

    if (!copy_text(v, line, sizeof line) || !(value = strchr(line, '=')))
        return 0;
    *value++ = '\0';
    if (!bc_word_valid(line) || value[0] == '\0' || strlen(value) > BC_LINE_MAX)
        return 0;
    memcpy(out->name, line, strlen(line) + 1);
    memcpy(out->value, value, strlen(value) + 1);
    return 1;
}

static void take_handles(struct reader *in, struct bc_handles *out)
{
    json_t *list = take(in, "handles", 1);
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n > BC_WORDS_MAX)
        in->failed = 1;
    for (size_t i = 0; i < n && !in->failed; i++)
        in->failed = !take_handle(json_array_get(list, i), &out->handle[i]);
    out->count = in->failed ? 0 : n;
    json_decref(list);
}

static void take_enrollment(struct reader *in, struct bc_event *e)
{
    struct bc_enrollment *n = &e->u.enrollment;

    take_subject(in, &n->subject, 1);
    take_integer(in, "grant", INT64_MAX, &n->grant, 1);
    take_word(in, "provider", n->provider, 1);
    n->modality = (enum bc_modality)take_name(in, "modality", bc_modality_from, 1);
    take_handles(in, &n->handles);
    take_text(in, "recorded_by", n->recorded_by, sizeof n->recorded_by, 1);
}

static void take_attempt(struct reader *in, struct bc_event *e)
{
    struct bc_attempt *n = &e->u.attempt;

    take_subject(in, &n->subject, 1);
    take_integer(in, "enroll", INT64_MAX, &n->enroll, 1);
    take_integer(in, "attempt", INT64_MAX, &n->attempt, 1);
    n->state = (enum bc_deletion)take_name(in, "state", bc_deletion_from, 1);
    take_text(in, "answer", n->answer, sizeof n->answer, 1);
    take_text(in, "recorded_by", n->recorded_by, sizeof n->recorded_by, 1);
    in->failed |= n->attempt == 0;
}

static void take_erasure(struct reader *in, struct bc_event *e)
{
    struct bc_erasure *n = &e->u.erasure;

    n->event_count = take_indexes(in, "events", n->events, BC_ERASED_MAX);
    for (size_t i = 1; i < n->event_count; i++)
        in->failed |= n->events[i] <= n->events[i - 1];
    take_integer(in, "slot", INT64_MAX, &n->slot, 1);
    take_text(in, "reason", n->reason, sizeof n->reason, 1);
    take_text(in, "recorded_by", n->recorded_by, sizeof n->recorded_by, 1);
    in->failed |= n->event_count == 0;
}

static void take_whole_grant(struct reader *in, struct bc_event *e)
{
    take_grant(in, &e->u.grant, 1);
}

static void (*const take_type[BC_EVENT_TYPES])(struct reader *, struct bc_event *) = {
    take_notice, take_whole_grant, take_ending,  take_ending,
    take_ending, take_enrollment,  take_attempt, take_erasure,
};

static int read_event(struct reader *in, struct bc_event *e)
{
    uint64_t version = 0;

    take_integer(in, "v", INT64_MAX, &version, 1);
    e->type = (enum bc_event_type)take_name(in, "type", bc_event_type_from, 1);
    take_time(in, "time", &e->time, 1);
    if (in->failed || version != BC_EVENT_VERSION)
        return 0;
    take_type[e->type](in, e);
    return !in->failed && json_object_size(in->o) == 0;
}

/* The members that a line has of those it may leave out. */
static unsigned given_members(const struct reader *in)
{
    static const struct {
        const char *name;
        unsigned bit;
    } members[] = {{"uid", BC_HAS_UID},
                   {"notice_id", BC_HAS_NOTICE_ID},
                   {"notice", BC_HAS_NOTICE},
                   {"modalities", BC_HAS_MODALITIES},
                   {"operations", BC_HAS_OPERATIONS},
                   {"providers", BC_HAS_PROVIDERS},
                   {"purposes", BC_HAS_PURPOSES},
                   {"kind", BC_HAS_KIND},
                   {"collected", BC_HAS_COLLECTED},
                   {"recorded_by", BC_HAS_RECORDED_BY},
                   {"valid_from", BC_HAS_VALID_FROM},
                   {"jurisdictions", BC_HAS_JURISDICTIONS}};
    unsigned given = 0;

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (json_object_get(in->o, members[i].name))
            given |= members[i].bit;
    return given;
}

enum bc_result bc_grant_read(const char *json, size_t len, struct bc_grant *out, unsigned *given)
{
    struct reader in = {.o = NULL};

    if (len > BC_EVENT_MAX)
        return BC_ERR_TOO_LARGE;
    in.o = load_object(json, len);
    if (!in.o)
        return BC_ERR_INVALID;
    memset(out, 0, sizeof *out);
    *given = given_members(&in);
    take_grant(&in, out, 0);
    in.failed |= json_object_size(in.o) != 0;
    json_decref(in.o);
    return in.failed ? BC_ERR_INVALID : BC_OK;
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
    in.o = load_object(json, len);
    if (in.o && read_event(&in, e)) {
        *out = *e;
        r = BC_OK;
    }
    json_decref(in.o);
    free(e);
    return r;
}
