/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/cover-page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/text.h"

#define LABEL "%-20s "
#define INDENT 21 /* what LABEL takes */
#define PAGE_WIDTH 98
#define number(v) ((unsigned long long)(v))

struct page {
    const struct bc_bundle *b;
    FILE *out;
    const char *label; /* of the next line of a list */
};

static void put(struct page *p, const char *label, const char *value)
{
    if (value[0])
        (void)fprintf(p->out, LABEL "%s\n", label, value);
}

static void put_hash(struct page *p, const char *label, const struct bc_hash *h)
{
    char hex[2 * BC_HASH_BYTES + 1];

    bc_encoding_hex_encode(h->b, BC_HASH_BYTES, hex);
    (void)fprintf(p->out, LABEL "SHA-256 %s\n", label, hex);
}

static void put_words(struct page *p, const char *label, const struct bc_words *words)
{
    if (words->count == 0)
        return;
    (void)fprintf(p->out, LABEL, label);
    for (size_t i = 0; i < words->count; i++)
        (void)fprintf(p->out, "%s%s", i ? ", " : "", words->word[i]);
    (void)fputc('\n', p->out);
}

static void put_lines(struct page *p, const char *label, const struct bc_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        put(p, i ? "" : label, lines->line[i]);
}

static void put_scope(struct page *p, const struct bc_scope *s)
{
    const char *between = "";

    (void)fprintf(p->out, LABEL, "Covers:");
    for (int m = 0; m < BC_MODALITIES; m++) {
        if (!(s->modalities & (1U << m)))
            continue;
        (void)fprintf(p->out, "%s%s", between,
                      bc_vocabulary_name(BC_VOCABULARY_MODALITY, (enum bc_modality)m));
        between = ", ";
    }
    between = ": to ";
    for (int o = 0; o < BC_OPERATIONS; o++) {
        if (!(s->operations & (1U << o)))
            continue;
        (void)fprintf(p->out, "%s%s", between,
                      bc_vocabulary_name(BC_VOCABULARY_OPERATION, (enum bc_operation)o));
        between = ", ";
    }
    (void)fputc('\n', p->out);
    put_words(p, "With:", &s->providers);
    put_words(p, "For:", &s->purposes);
}

/* ---- who ---- */

static void put_entries(struct page *p, const char *label, const struct bc_leaf_entry *list,
                        size_t count)
{
    size_t shown = 0;

    for (size_t i = 0; i < count; i++)
        shown += bc_bundle_event(p->b, list[i].index) != NULL;
    if (shown == count)
        (void)fprintf(p->out, LABEL "%zu%s\n", label, count, count ? ", shown below" : "");
    else
        (void)fprintf(p->out, LABEL "%zu, of which %zu shown below\n", label, count, shown);
}

static void put_person(struct page *p)
{
    struct bc_subject who;

    bc_bundle_subject(p->b, &who);
    if (who.external)
        put(p, "Person:", who.name);
    else
        (void)fprintf(p->out, LABEL "%s, the account with the number %lu\n", "Person:", who.name,
                      (unsigned long)who.uid);
}

static void put_subject(struct page *p)
{
    const struct bc_checkpoint *c = &p->b->checkpoint;
    const struct bc_leaf *leaf = &p->b->leaves[0].leaf;
    char time[BC_TIME_PLAIN_BYTES];

    (void)fputs("EVIDENCE OF CONSENT TO THE USE OF BIOMETRICS\n\n", p->out);
    put_person(p);
    bc_datetime_format_plain(c->signed_at, time);
    put(p, "Signed log:", c->origin);
    (void)fprintf(p->out, LABEL "%s, after %llu events\n", "As it was:", time, number(c->log_size));
    put_entries(p, "Consents in force:", leaf->active, leaf->active_count);
    put_entries(p, "Templates:", leaf->templates, leaf->template_count);
}

/* ---- what happened since ---- */

static const char *ending_words(enum bc_event_type type)
{
    if (type == BC_EVENT_WITHDRAW)
        return "withdrawn by the person";
    return type == BC_EVENT_REVOKE ? "ended by the organisation" : "the purpose ended";
}

static void put_dated(struct page *p, const struct bc_bundle_event *e)
{
    char time[BC_TIME_PLAIN_BYTES];

    bc_datetime_format_plain(e->event->time, time);
    (void)fprintf(p->out, LABEL "%s (event %llu): ", p->label, time, number(e->index));
    p->label = "";
}

static void put_enrollment(struct page *p, const struct bc_bundle_event *e)
{
    const struct bc_enrollment *n = &e->event->u.enrollment;

    put_dated(p, e);
    (void)fprintf(p->out, "template made at %s: %s", n->provider,
                  bc_vocabulary_name(BC_VOCABULARY_MODALITY, n->modality));
    for (size_t i = 0; i < n->identifiers.count; i++)
        (void)fprintf(p->out, ", %s=%s", n->identifiers.item[i].name, n->identifiers.item[i].value);
    (void)fprintf(p->out, "; recorded by %s\n", n->recorded_by);
}

static const char *state_words(enum bc_deletion state)
{
    static const char *const words[BC_DELETIONS] = {"instructed", "confirmed", "failed",
                                                    "not verified",
                                                    "over, the provider ended its service"};

    return words[state];
}

static void put_attempt(struct page *p, const struct bc_bundle_event *e)
{
    const struct bc_attempt *n = &e->event->u.attempt;

    put_dated(p, e);
    (void)fprintf(
        p->out, "deletion of the template of event %llu, attempt %llu, %s: %s; recorded by %s\n",
        number(n->enroll), number(n->attempt), state_words(n->state), n->answer, n->recorded_by);
}

static void put_ending(struct page *p, const struct bc_bundle_event *e)
{
    const struct bc_ending *n = &e->event->u.ending;

    put_dated(p, e);
    (void)fprintf(p->out, "%s: %s; recorded by %s\n", ending_words(e->event->type), n->means,
                  n->recorded_by);
}

static void put_replacement(struct page *p, const struct bc_bundle_event *e)
{
    put_dated(p, e);
    (void)fprintf(p->out, "version %s of the notice%s%s\n", e->event->u.notice.version,
                  e->event->u.notice.keeps_prior ? ", older ones stay accepted: "
                                                 : " took the place of older ones",
                  e->event->u.notice.editorial);
}

static void put_other(struct page *p, const struct bc_bundle_event *e)
{
    switch (e->event->type) {
    case BC_EVENT_ENROLL:
        put_enrollment(p, e);
        return;
    case BC_EVENT_DELETE:
        put_attempt(p, e);
        return;
    case BC_EVENT_NOTICE:
        put_replacement(p, e);
        return;
    default:
        put_ending(p, e);
    }
}

/* Whether the event tells something about the grant, which stands in b, or its notice. */
static int is_about(const struct bc_bundle *b, const struct bc_event *e, uint64_t grant,
                    uint64_t notice)
{
    const struct bc_event *g = bc_bundle_event(b, grant);
    const struct bc_event *enroll;

    switch (e->type) {
    case BC_EVENT_ENROLL:
        return e->u.enrollment.grant == grant;
    case BC_EVENT_DELETE:
        enroll = bc_bundle_event(b, e->u.attempt.enroll);
        return enroll && enroll->u.enrollment.grant == grant;
    case BC_EVENT_NOTICE:
        return strcmp(e->u.notice.id, g->u.grant.notice_id) == 0 &&
               bc_bundle_event(b, notice) != e && e->time >= g->time;
    case BC_EVENT_GRANT:
        return 0;
    default:
        for (size_t i = 0; i < e->u.ending.grant_count; i++)
            if (e->u.ending.grants[i] == grant)
                return 1;
        return 0;
    }
}

/* ---- each consent ---- */

static void put_given_by(struct page *p, const struct bc_bundle_event *e)
{
    const struct bc_grant *g = &e->event->u.grant;
    char time[BC_TIME_PLAIN_BYTES];

    bc_datetime_format_plain(e->event->time, time);
    (void)fprintf(p->out, LABEL "%s, by the %s", "Given:", time,
                  g->given_by == BC_SELF       ? "person"
                  : g->given_by == BC_GUARDIAN ? "guardian"
                                               : "representative");
    if (g->given_by == BC_SELF)
        (void)fputc('\n', p->out);
    else
        (void)fprintf(p->out, " %s (%s)\n", g->representative, g->authority);
    if (g->has_evidence)
        put_hash(p, "Authority shown by:", &g->evidence);
}

static void put_notice(struct page *p, const struct bc_grant *g, uint64_t *index)
{
    int accepted;
    const struct bc_notice *n =
        bc_bundle_notice(p->b, g, p->b->checkpoint.signed_at, &accepted, index);

    (void)fprintf(p->out, LABEL "%s, version %s, in language %s (event %llu)\n",
                  "By the notice:", n->id, n->version, n->language, number(*index));
    put_hash(p, "Its text:", &n->text);
    put(p, "On behalf of:", n->controller);
    put_lines(p, "Service providers:", &n->service_providers);
    put(p, "Kept:", n->retention);
    put_lines(p, "Exempt:", &n->exempt);
}

static void put_validity(struct page *p, const struct bc_grant *g)
{
    char from[BC_TIME_PLAIN_BYTES], until[BC_TIME_PLAIN_BYTES];

    bc_datetime_format_plain(g->valid_from, from);
    bc_datetime_format_plain(g->expires, until);
    (void)fprintf(p->out, LABEL "from %s %s%s\n", "Valid:", from,
                  g->expires ? "until " : "without end", g->expires ? until : "");
}

static void put_status(struct page *p, const struct bc_bundle_event *e)
{
    const struct bc_grant *g = &e->event->u.grant;
    int64_t then = p->b->checkpoint.signed_at;
    int accepted;

    (void)bc_bundle_notice(p->b, g, then, &accepted, NULL);
    if (bc_bundle_ending(p->b, e->index, then, NULL))
        put(p, "Status:", "no longer in force");
    else if (g->expires && g->expires <= then)
        put(p, "Status:", "expired");
    else
        put(p, "Status:",
            accepted ? "in force" : "in force, but its notice was replaced: not sufficient");
}

static void put_grant(struct page *p, const struct bc_bundle_event *e)
{
    const struct bc_grant *g = &e->event->u.grant;
    uint64_t notice = 0;

    (void)fprintf(p->out, "\nCONSENT, event %llu\n\n", number(e->index));
    put_given_by(p, e);
    put_scope(p, &g->scope);
    put_notice(p, g, &notice);
    put(p, "Kind of consent:", bc_vocabulary_name(BC_VOCABULARY_KIND, g->kind));
    put_validity(p, g);
    put_words(p, "Laws:", &g->jurisdictions);
    put(p, "Collected:", g->collected);
    if (g->has_paper)
        put_hash(p, "Signed paper:", &g->paper);
    put(p, "Recorded by:", g->recorded_by);
    p->label = "Since then:";
    for (size_t i = 0; i < p->b->event_count; i++) {
        const struct bc_bundle_event *since = &p->b->events[i];
        if (since->event && is_about(p->b, since->event, e->index, notice))
            put_other(p, since);
    }
    put_status(p, e);
}

/* ---- what belongs to no consent that is shown ---- */

static int is_shown(const struct bc_bundle *b, const struct bc_event *e)
{
    if (e->type == BC_EVENT_GRANT || e->type == BC_EVENT_NOTICE)
        return 1;
    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_event *g = b->events[i].event;
        if (g && g->type == BC_EVENT_GRANT && is_about(b, e, b->events[i].index, 0))
            return 1;
    }
    return 0;
}

static void put_others(struct page *p)
{
    size_t withheld = 0;

    p->label = "Also:";
    for (size_t i = 0; i < p->b->event_count; i++) {
        const struct bc_bundle_event *e = &p->b->events[i];
        withheld += e->event == NULL;
        if (!e->event || is_shown(p->b, e->event))
            continue;
        if (p->label[0])
            (void)fputc('\n', p->out);
        put_other(p, e);
    }
    if (withheld)
        (void)fprintf(
            p->out,
            "\n%zu events are here by their commitments alone: what they say is not shown.\n",
            withheld);
}

static void write_page(struct page *p)
{
    const struct bc_bundle *b = p->b;

    put_subject(p);
    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].event && b->events[i].event->type == BC_EVENT_GRANT)
            put_grant(p, &b->events[i]);
    put_others(p);
}

/* A page that fits on paper: lines of at most PAGE_WIDTH bytes, unless a word is longer. */
static void fold_page(const char *text, size_t len, FILE *out)
{
    const char *at = text;
    struct bc_line line;

    while (bc_text_next_line(&at, text + len, &line))
        bc_text_fold(out, line.s, line.len, PAGE_WIDTH, INDENT);
}

/* Writes the page, or folds the raw page, into memory that the caller frees. */
static int write_to_memory(struct page *p, const char *raw, size_t raw_len, char **text,
                           size_t *len)
{
    char *data = NULL;
    size_t n = 0;
    int failed;

    p->out = open_memstream(&data, &n);
    if (!p->out)
        return 0;
    if (raw)
        fold_page(raw, raw_len, p->out);
    else
        write_page(p);
    failed = ferror(p->out);
    failed |= fclose(p->out) != 0;
    if (failed) {
        free(data);
        return 0;
    }
    *text = data;
    *len = n;
    return 1;
}

enum bc_result bc_cover_page_write(const struct bc_bundle *b, char **text, size_t *len)
{
    struct page p = {.b = b, .label = ""};
    char *raw;
    size_t raw_len;
    int done;

    if (!write_to_memory(&p, NULL, 0, &raw, &raw_len))
        return BC_ERR_MEMORY;
    done = write_to_memory(&p, raw, raw_len, text, len);
    free(raw);
    return done ? BC_OK : BC_ERR_MEMORY;
}
