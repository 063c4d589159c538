/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/bundle.h"

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
    const char *label;                   /* of the next line of a list */
    char shown[BC_BUNDLE_COLLECTED_MAX]; /* 1 for each event that stands below a consent */
};

static void put_label(struct page *p, const char *label, const char *value)
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

static void put_names(struct page *p, const char *before, enum bc_vocabulary v, unsigned set)
{
    for (unsigned i = 0; bc_vocabulary_name(v, i); i++) {
        if (!(set & (1U << i)))
            continue;
        (void)fprintf(p->out, "%s%s", before, bc_vocabulary_name(v, i));
        before = ", ";
    }
}

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

static void put_subject(struct page *p)
{
    const struct bc_checkpoint *c = &p->b->checkpoint;
    const struct bc_leaf *leaf = &p->b->leaves[0].leaf;
    struct bc_subject who;
    char time[BC_TIME_PLAIN_BYTES];

    (void)fputs("EVIDENCE OF CONSENT TO THE USE OF BIOMETRICS\n\n", p->out);
    bc_leaf_subject(leaf, &who);
    if (who.external)
        put_label(p, "Person:", who.name);
    else
        (void)fprintf(p->out, LABEL "%s, the account with the number %lu\n", "Person:", who.name,
                      (unsigned long)who.uid);
    bc_datetime_format_plain(c->signed_at, time);
    put_label(p, "Signed log:", c->origin);
    (void)fprintf(p->out, LABEL "%s, after %llu events\n", "As it was:", time, number(c->log_size));
    put_entries(p, "Consents in force:", leaf->active, leaf->active_count);
    put_entries(p, "Templates:", leaf->templates, leaf->template_count);
}

/* ---- what happened since ---- */

/* An event that is no consent, as the next line of a list. */
static void put_event(struct page *p, const struct bc_bundle_event *b)
{
    static const char *const endings[BC_EVENT_TYPES] = {
        [BC_EVENT_WITHDRAW] = "withdrawn by the person",
        [BC_EVENT_REVOKE] = "ended by the organisation",
        [BC_EVENT_PURPOSE_ENDED] = "the purpose ended",
    };
    static const char *const states[BC_DELETIONS] = {"instructed", "confirmed", "failed",
                                                     "not verified",
                                                     "over, the provider ended its service"};
    const struct bc_event *e = b->event;
    const struct bc_enrollment *enrollment = &e->u.enrollment;
    const struct bc_attempt *attempt = &e->u.attempt;
    const struct bc_notice *notice = &e->u.notice;
    char time[BC_TIME_PLAIN_BYTES];

    bc_datetime_format_plain(e->time, time);
    (void)fprintf(p->out, LABEL "%s (event %llu): ", p->label, time, number(b->index));
    p->label = "";
    switch (e->type) {
    case BC_EVENT_ENROLL:
        (void)fprintf(p->out, "template made at %s: %s", enrollment->provider,
                      bc_vocabulary_name(BC_VOCABULARY_MODALITY, enrollment->modality));
        for (size_t i = 0; i < enrollment->identifiers.count; i++)
            (void)fprintf(p->out, ", %s=%s", enrollment->identifiers.item[i].name,
                          enrollment->identifiers.item[i].value);
        (void)fprintf(p->out, "; recorded by %s\n", enrollment->recorded_by);
        return;
    case BC_EVENT_DELETE:
        (void)fprintf(p->out,
                      "deletion of the template of event %llu, attempt %llu, %s: %s; recorded by "
                      "%s\n",
                      number(attempt->enroll), number(attempt->attempt), states[attempt->state],
                      attempt->answer, attempt->recorded_by);
        return;
    case BC_EVENT_NOTICE:
        (void)fprintf(p->out, "version %s of the notice%s%s\n", notice->version,
                      notice->keeps_prior ? ", older ones stay current: "
                                          : " took the place of older ones",
                      notice->editorial);
        return;
    default:
        (void)fprintf(p->out, "%s: %s; recorded by %s\n", endings[e->type], e->u.ending.means,
                      e->u.ending.recorded_by);
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
    default:
        return bc_event_ends(e, grant);
    }
}

/* ---- each consent ---- */

/* Writes the notice of a consent, and sets *index to its event and *accepted to whether that
 * version was current when the log was signed. */
static void put_notice(struct page *p, const struct bc_grant *g, uint64_t *index, int *accepted)
{
    const struct bc_notice *n =
        bc_bundle_notice(p->b, g, p->b->checkpoint.signed_at, accepted, index);

    (void)fprintf(p->out, LABEL "%s, version %s, in language %s (event %llu)\n",
                  "By the notice:", n->id, n->version, n->language, number(*index));
    put_hash(p, "Its text:", &n->text);
    put_label(p, "On behalf of:", n->controller);
    for (size_t i = 0; i < n->service_providers.count; i++)
        put_label(p, i ? "" : "Service providers:", n->service_providers.line[i]);
    put_label(p, "Kept:", n->retention);
    for (size_t i = 0; i < n->exempt.count; i++)
        put_label(p, i ? "" : "Exempt:", n->exempt.line[i]);
}

static void put_grant(struct page *p, const struct bc_bundle_event *e)
{
    const struct bc_grant *g = &e->event->u.grant;
    int64_t then = p->b->checkpoint.signed_at;
    char given[BC_TIME_PLAIN_BYTES], from[BC_TIME_PLAIN_BYTES], until[BC_TIME_PLAIN_BYTES];
    uint64_t notice = 0;
    int accepted;

    bc_datetime_format_plain(e->event->time, given);
    bc_datetime_format_plain(g->valid_from, from);
    bc_datetime_format_plain(g->expires, until);
    (void)fprintf(p->out, "\nCONSENT, event %llu\n\n", number(e->index));
    if (g->given_by == BC_SELF)
        (void)fprintf(p->out, LABEL "%s, by the person\n", "Given:", given);
    else
        (void)fprintf(p->out, LABEL "%s, by the %s %s (%s)\n", "Given:", given,
                      bc_vocabulary_name(BC_VOCABULARY_GIVEN_BY, g->given_by), g->representative,
                      g->authority);
    if (g->has_evidence)
        put_hash(p, "Authority shown by:", &g->evidence);
    (void)fprintf(p->out, LABEL, "Covers:");
    put_names(p, "", BC_VOCABULARY_MODALITY, g->scope.modalities);
    put_names(p, ": to ", BC_VOCABULARY_OPERATION, g->scope.operations);
    (void)fputc('\n', p->out);
    put_words(p, "With:", &g->scope.providers);
    put_words(p, "For:", &g->scope.purposes);
    put_notice(p, g, &notice, &accepted);
    put_label(p, "Kind of consent:", bc_vocabulary_name(BC_VOCABULARY_KIND, g->kind));
    (void)fprintf(p->out, LABEL "from %s %s%s\n", "Valid:", from,
                  g->expires ? "until " : "without end", g->expires ? until : "");
    put_words(p, "Laws:", &g->jurisdictions);
    put_label(p, "Collected:", g->collected);
    if (g->has_paper)
        put_hash(p, "Signed paper:", &g->paper);
    put_label(p, "Recorded by:", g->recorded_by);
    p->label = "Since then:";
    for (size_t i = 0; i < p->b->event_count; i++) {
        const struct bc_bundle_event *since = &p->b->events[i];
        if (!since->event || !is_about(p->b, since->event, e->index, notice))
            continue;
        put_event(p, since);
        p->shown[i] = 1;
    }
    if (bc_bundle_ending(p->b, e->index, then))
        put_label(p, "Status:", "no longer in force");
    else if (g->expires && g->expires <= then)
        put_label(p, "Status:", "expired");
    else
        put_label(p, "Status:",
                  accepted ? "in force" : "in force, but its notice was replaced: not sufficient");
}

/* ---- what belongs to no consent that is shown ---- */

static void put_others(struct page *p)
{
    size_t withheld = 0;

    p->label = "Also:";
    for (size_t i = 0; i < p->b->event_count; i++) {
        const struct bc_bundle_event *e = &p->b->events[i];
        withheld += e->event == NULL;
        if (!e->event || p->shown[i] || e->event->type == BC_EVENT_GRANT ||
            e->event->type == BC_EVENT_NOTICE)
            continue;
        if (p->label[0])
            (void)fputc('\n', p->out);
        put_event(p, e);
    }
    if (withheld)
        (void)fprintf(
            p->out,
            "\n%zu events are here by their commitments alone: what they say is not shown.\n",
            withheld);
}

/* ---- the page ---- */

/* Closes a file in memory. Returns whether everything was written to it. */
static int close_whole(FILE *out)
{
    int failed = ferror(out);

    return fclose(out) == 0 && !failed;
}

enum bc_result bc_bundle_cover_page(const struct bc_bundle *b, char **text, size_t *len)
{
    char *raw = NULL, *folded = NULL;
    size_t raw_len = 0, folded_len = 0;
    struct page p = {.b = b, .out = open_memstream(&raw, &raw_len), .label = ""};
    struct bc_line line;
    const char *at;
    int done = 0;

    if (!p.out)
        return BC_ERR_MEMORY;
    put_subject(&p);
    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].event && b->events[i].event->type == BC_EVENT_GRANT)
            put_grant(&p, &b->events[i]);
    put_others(&p);
    p.out = close_whole(p.out) ? open_memstream(&folded, &folded_len) : NULL;
    if (p.out) {
        /* So that it fits on paper: lines of at most PAGE_WIDTH bytes, unless a word is longer. */
        at = raw;
        while (bc_text_next_line(&at, raw + raw_len, &line))
            bc_text_fold(p.out, line.s, line.len, PAGE_WIDTH, INDENT);
        done = close_whole(p.out);
    }
    free(raw);
    if (!done) {
        free(folded);
        return BC_ERR_MEMORY;
    }
    *text = folded;
    *len = folded_len;
    return BC_OK;
}
