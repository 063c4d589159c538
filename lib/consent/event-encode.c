/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/datetime.h"
#include "consent/event.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Writes the one form of an event: compact JSON, members sorted. What event-read.c would refuse is
 * not written: each field is checked on its way out. */

struct writer {
    char *at;
    size_t left;
    int failed;
};

typedef const char *(*name_fn)(unsigned value);

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

static void put_text(struct writer *w, const char *text)
{
    put(w, text, strlen(text));
}

/* RFC 8259, section 7. Control characters were refused before. */
static void put_string(struct writer *w, const char *text)
{
    const char *stop;

    put(w, "\"", 1);
    while (*(stop = text + strcspn(text, "\"\\"))) {
        put(w, text, (size_t)(stop - text));
        put(w, *stop == '"' ? "\\\"" : "\\\\", 2);
        text = stop + 1;
    }
    put_text(w, text);
    put(w, "\"", 1);
}

static void put_number(struct writer *w, uint64_t v)
{
    char digits[20];
    size_t i = sizeof digits;

    do
        digits[--i] = (char)('0' + v % 10);
    while (v /= 10);
    put(w, digits + i, sizeof digits - i);
}

static void member(struct writer *w, const char *name)
{
    put(w, w->at[-1] == '{' ? "\"" : ",\"", w->at[-1] == '{' ? 1 : 2);
    put_text(w, name);
    put(w, "\":", 2);
}

static void text_member(struct writer *w, const char *name, const char *text, size_t cap)
{
    size_t len = strnlen(text, cap);

    if (len == 0 || len >= cap || !bc_text_clean(text, len, 0)) {
        w->failed = 1;
        return;
    }
    member(w, name);
    put_string(w, text);
}

static void line_member(struct writer *w, const char *name, const char line[BC_LINE_MAX + 1])
{
    text_member(w, name, line, BC_LINE_MAX + 1);
}

static void word_member(struct writer *w, const char *name, const char *word)
{
    if (!bc_word_valid(word))
        w->failed = 1;
    else
        text_member(w, name, word, BC_WORD_MAX + 1);
}

static void name_member(struct writer *w, const char *name, const char *value)
{
    if (!value)
        w->failed = 1;
    else
        text_member(w, name, value, BC_WORD_MAX + 1);
}

static void time_member(struct writer *w, const char *name, int64_t t)
{
    char text[BC_TIME_TEXT_BYTES];
    int64_t again;

    bc_time_format(t, text);
    if (bc_time_parse(text, strlen(text), &again) != BC_OK || again != t)
        w->failed = 1;
    member(w, name);
    put_string(w, text);
}

static void hash_member(struct writer *w, const char *name, const struct bc_hash *h)
{
    char hex[2 * BC_HASH_BYTES + 1];

    bc_hex_encode(h->b, BC_HASH_BYTES, hex);
    member(w, name);
    put_string(w, hex);
}

static void number_member(struct writer *w, const char *name, uint64_t v)
{
    member(w, name);
    put_number(w, v);
}

static void set_member(struct writer *w, const char *name, unsigned set, name_fn value)
{
    int first = 1;
    unsigned v;

    member(w, name);
    put(w, "[", 1);
    for (v = 0; value(v); v++) {
        if (!(set & (1U << v)))
            continue;
        put(w, ",", first ? 0 : 1);
        put_string(w, value(v));
        first = 0;
    }
    put(w, "]", 1);
    if (first || set >> v)
        w->failed = 1;
}

static void list_member(struct writer *w, const char *name, size_t count, const char *items,
                        size_t each, int (*valid)(const char *))
{
    member(w, name);
    put(w, "[", 1);
    if (count > BC_WORDS_MAX)
        w->failed = 1;
    for (size_t i = 0; i < count && !w->failed; i++) {
        const char *item = items + i * each;
        size_t len = strnlen(item, each);
        if (len == 0 || len == each || !bc_text_clean(item, len, 0) || (valid && !valid(item)))
            w->failed = 1;
        put(w, ",", i ? 1 : 0);
        if (!w->failed)
            put_string(w, item);
    }
    put(w, "]", 1);
}

static void words_member(struct writer *w, const char *name, const struct bc_words *words)
{
    list_member(w, name, words->count, words->word[0], sizeof words->word[0], bc_word_valid);
}

static const char *modality(unsigned v)
{
    return bc_modality_name((enum bc_modality)v);
}

static const char *operation(unsigned v)
{
    return bc_operation_name((enum bc_operation)v);
}

static const char *giver(unsigned v)
{
    return bc_giver_name((enum bc_giver)v);
}

static void lines_member(struct writer *w, const char *name, const struct bc_lines *lines)
{
    list_member(w, name, lines->count, lines->line[0], sizeof lines->line[0], NULL);
}

static void check_subject(struct writer *w, const struct bc_subject *s)
{
    if (!bc_subject_name_valid(s->name) || (!s->external && s->uid == UINT32_MAX))
        w->failed = 1;
}

static void external_member(struct writer *w, const struct bc_subject *s)
{
    if (s->external)
        text_member(w, "external", s->name, sizeof s->name);
}

/* The members from "subject" to "v", which all events have in this order. */
static void common_members(struct writer *w, const struct bc_event *e)
{
    const struct bc_subject *s = bc_event_subject(e);
    int account = s && !s->external;

    if (account)
        text_member(w, "subject", s->name, sizeof s->name);
    time_member(w, "time", e->time);
    name_member(w, "type", bc_event_type_name(e->type));
    if (account)
        number_member(w, "uid", s->uid);
    number_member(w, "v", BC_EVENT_VERSION);
}

static void put_notice(struct writer *w, const struct bc_event *e)
{
    const struct bc_notice *n = &e->u.notice;

    line_member(w, "controller", n->controller);
    if (n->exempt.count)
        lines_member(w, "exempt", &n->exempt);
    if (n->givers)
        set_member(w, "given_by", n->givers, giver);
    word_member(w, "id", n->id);
    words_member(w, "jurisdictions", &n->jurisdictions);
    member(w, "keeps_older");
    put_text(w, n->keeps_older ? "true" : "false");
    name_member(w, "kind", bc_kind_name(n->kind));
    word_member(w, "language", n->language);
    if (n->mended[0])
        line_member(w, "mended", n->mended);
    set_member(w, "modalities", n->scope.modalities, modality);
    set_member(w, "operations", n->scope.operations, operation);
    words_member(w, "providers", &n->scope.providers);
    words_member(w, "purposes", &n->scope.purposes);
    line_member(w, "retention", n->retention);
    lines_member(w, "service_providers", &n->service_providers);
    hash_member(w, "text", &n->text);
    common_members(w, e);
    word_member(w, "version", n->version);
}

static void put_grant(struct writer *w, const struct bc_event *e)
{
    const struct bc_grant *g = &e->u.grant;
    int represented = g->giver != BC_SELF;

    check_subject(w, &g->subject);
    if (represented)
        line_member(w, "authority", g->authority);
    line_member(w, "collected", g->collected);
    if (represented && g->has_evidence)
        hash_member(w, "evidence", &g->evidence);
    if (g->expires)
        time_member(w, "expires", g->expires);
    if (g->expires && g->expires <= g->valid_from)
        w->failed = 1;
    external_member(w, &g->subject);
    name_member(w, "given_by", bc_giver_name(g->giver));
    words_member(w, "jurisdictions", &g->jurisdictions);
    name_member(w, "kind", bc_kind_name(g->kind));
    set_member(w, "modalities", g->scope.modalities, modality);
    hash_member(w, "notice", &g->notice);
    word_member(w, "notice_id", g->notice_id);
    set_member(w, "operations", g->scope.operations, operation);
    if (g->has_paper)
        hash_member(w, "paper", &g->paper);
    words_member(w, "providers", &g->scope.providers);
    words_member(w, "purposes", &g->scope.purposes);
    line_member(w, "recorded_by", g->recorded_by);
    if (represented)
        line_member(w, "representative", g->representative);
    common_members(w, e);
    time_member(w, "valid_from", g->valid_from);
}

static void indexes_member(struct writer *w, const char *name, const uint64_t *list, size_t count,
                           size_t max)
{
    member(w, name);
    put(w, "[", 1);
    w->failed |= count > max;
    for (size_t i = 0; i < count && !w->failed; i++) {
        put(w, ",", i ? 1 : 0);
        put_number(w, list[i]);
        w->failed |= list[i] > INT64_MAX;
    }
    put(w, "]", 1);
}

static void put_ending(struct writer *w, const struct bc_event *e)
{
    const struct bc_ending *n = &e->u.ending;

    check_subject(w, &n->subject);
    external_member(w, &n->subject);
    indexes_member(w, "grants", n->grants, n->grant_count, BC_LIVE_MAX);
    line_member(w, "how", n->how);
    line_member(w, "recorded_by", n->recorded_by);
    common_members(w, e);
}

/* Each as "name=value". */
static void handles_member(struct writer *w, const struct bc_handles *h)
{
    char line[BC_WORD_MAX + BC_LINE_MAX + 2];

    member(w, "handles");
    put(w, "[", 1);
    w->failed |= h->count > BC_WORDS_MAX;
    for (size_t i = 0; i < h->count && !w->failed; i++) {
        const struct bc_handle *one = &h->handle[i];
        size_t len = strnlen(one->value, sizeof one->value);
        if (!bc_word_valid(one->name) || len == 0 || len == sizeof one->value ||
            !bc_text_clean(one->value, len, 0)) {
            w->failed = 1;
            return;
        }
        (void)snprintf(line, sizeof line, "%s=%s", one->name, one->value);
        put(w, ",", i ? 1 : 0);
        put_string(w, line);
    }
    put(w, "]", 1);
}

static void index_member(struct writer *w, const char *name, uint64_t v)
{
    w->failed |= v > INT64_MAX;
    number_member(w, name, v);
}

static void put_enrollment(struct writer *w, const struct bc_event *e)
{
    const struct bc_enrollment *n = &e->u.enrollment;

    check_subject(w, &n->subject);
    external_member(w, &n->subject);
    index_member(w, "grant", n->grant);
    handles_member(w, &n->handles);
    name_member(w, "modality", bc_modality_name(n->modality));
    word_member(w, "provider", n->provider);
    line_member(w, "recorded_by", n->recorded_by);
    common_members(w, e);
}

static void put_attempt(struct writer *w, const struct bc_event *e)
{
    const struct bc_attempt *n = &e->u.attempt;

    check_subject(w, &n->subject);
    line_member(w, "answer", n->answer);
    index_member(w, "attempt", n->attempt);
    w->failed |= n->attempt == 0;
    index_member(w, "enroll", n->enroll);
    external_member(w, &n->subject);
    line_member(w, "recorded_by", n->recorded_by);
    name_member(w, "state", bc_deletion_name(n->state));
    common_members(w, e);
}

static void put_erasure(struct writer *w, const struct bc_event *e)
{
    const struct bc_erasure *n = &e->u.erasure;

    indexes_member(w, "events", n->events, n->event_count, BC_ERASED_MAX);
    for (size_t i = 1; i < n->event_count && i < BC_ERASED_MAX; i++)
        w->failed |= n->events[i] <= n->events[i - 1];
    w->failed |= n->event_count == 0;
    line_member(w, "reason", n->reason);
    line_member(w, "recorded_by", n->recorded_by);
    index_member(w, "slot", n->slot);
    common_members(w, e);
}

static void (*const put_type[BC_EVENT_TYPES])(struct writer *, const struct bc_event *) = {
    put_notice, put_grant,      put_ending,  put_ending,
    put_ending, put_enrollment, put_attempt, put_erasure,
};

enum bc_result bc_event_encode(const struct bc_event *e, char json[BC_EVENT_MAX], size_t *len)
{
    struct writer w = {.at = json, .left = BC_EVENT_MAX};

    if ((unsigned)e->type >= BC_EVENT_TYPES)
        return BC_ERR_INVALID;
    put(&w, "{", 1);
    put_type[e->type](&w, e);
    put(&w, "}", 1);
    if (w.failed)
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
