/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/statistics.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define DAY 86400
#define WEEK (7 * DAY)
#define MONDAY (4 * DAY) /* the first one after the epoch, which was a Thursday */

struct template
{
    uint64_t enroll;
    uint64_t grant;
    int64_t gone; /* confirmed; 0: not */
};

struct counting {
    struct bc_statistics *out;
    const struct bc_consent_statuses *outcomes;
    int64_t now;
    void (*each)(void *ctx, const struct bc_logged_event *past,
                 const struct bc_consent_status *outcome);
    void *ctx;
    uint64_t *people; /* hashes of those with a consent in force, some more than once */
    size_t people_count, people_room;
    struct template *templates; /* by enroll */
    size_t template_count, template_room;
};

/* ---- words ---- */

void bc_statistics_tally(struct bc_statistics_tallies *t, const char *word)
{
    size_t i = 0;

    while (i < t->count && strcmp(t->tally[i].word, word) != 0)
        i++;
    if (i == BC_TALLIES_MAX || strlen(word) > BC_WORD_MAX) {
        t->others++;
        return;
    }
    if (i == t->count) {
        memcpy(t->tally[i].word, word, strlen(word) + 1);
        t->count++;
    }
    t->tally[i].count++;
}

static void tally_all(struct bc_statistics_tallies *t, const struct bc_words *words)
{
    for (size_t w = 0; w < words->count; w++)
        bc_statistics_tally(t, words->word[w]);
}

static int by_count(const void *a, const void *b)
{
    const struct bc_statistics_tally *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->word, y->word);
}

void bc_statistics_sort(struct bc_statistics_tallies *t)
{
    qsort(t->tally, t->count, sizeof t->tally[0], by_count);
}

/* ---- consents ---- */

static void count_expiry(struct bc_statistics *s, int64_t expires, int64_t now)
{
    int64_t week = (expires - s->first_week) / WEEK;

    s->expire_soon += expires && expires - now <= 30 * DAY;
    if (!expires)
        s->expire_never++;
    else if (week < BC_STATISTICS_WEEKS)
        s->expire_in[week]++;
    else
        s->expire_later++;
}

static void count_in_force(struct bc_statistics *s, const struct bc_grant *g, int64_t now)
{
    for (unsigned m = 0; m < BC_MODALITIES; m++)
        s->by_modality[m] += g->scope.modalities >> m & 1;
    s->by_kind[g->kind]++;
    s->by_giver[g->given_by]++;
    tally_all(&s->providers, &g->scope.providers);
    tally_all(&s->jurisdictions, &g->jurisdictions);
    s->no_jurisdiction += g->jurisdictions.count == 0;
    count_expiry(s, g->expires, now);
}

static enum bc_result count_person(struct counting *c, const struct bc_subject *subject)
{
    unsigned char key[BC_LEAF_KEY_MAX];
    struct bc_leaf leaf;
    struct bc_hash hash;
    uint64_t *grown = bc_array_grow(c->people, c->people_count, &c->people_room, sizeof *grown);

    if (!grown)
        return BC_ERR_MEMORY;
    c->people = grown;
    bc_leaf_for_subject(subject, &leaf);
    bc_merkle_hash_bytes(key, bc_leaf_key(&leaf, key), &hash);
    memcpy(&c->people[c->people_count++], hash.b, sizeof *c->people);
    return BC_OK;
}

static enum bc_result count_grant(struct counting *c, const struct bc_logged_event *past)
{
    const struct bc_grant *g = &past->event->u.grant;
    struct bc_statistics *s = c->out;
    struct bc_consent_status o;

    bc_consent_status_of(c->outcomes, past->index, g, c->now, &o);
    s->consents++;
    s->active += bc_reason_allows(o.reason) != 0;
    s->by_reason[o.reason]++;
    s->withdrawn.consents += o.reason == BC_REASON_WITHDRAWN;
    s->ended.consents += o.reason == BC_REASON_REVOKED || o.reason == BC_REASON_PURPOSE_ENDED;
    if (c->each)
        c->each(c->ctx, past, &o);
    if (!bc_reason_allows(o.reason))
        return BC_OK;
    count_in_force(s, g, c->now);
    return count_person(c, &g->subject);
}

/* ---- templates ---- */

static enum bc_result take_template(struct counting *c, const struct bc_logged_event *past)
{
    struct template *grown =
        bc_array_grow(c->templates, c->template_count, &c->template_room, sizeof *grown);

    if (!grown)
        return BC_ERR_MEMORY;
    c->templates = grown;
    c->templates[c->template_count++] =
        (struct template){.enroll = past->index, .grant = past->event->u.enrollment.grant};
    c->out->templates++;
    return BC_OK;
}

static int by_enroll(const void *a, const void *b)
{
    uint64_t x = ((const struct template *)a)->enroll, y = ((const struct template *)b)->enroll;

    return (x > y) - (x < y);
}

static void take_deletion(struct counting *c, const struct bc_logged_event *past)
{
    const struct bc_attempt *a = &past->event->u.attempt;
    const struct template key = {.enroll = a->enroll};
    struct template *t = c->template_count ? bsearch(&key, c->templates, c->template_count,
                                                     sizeof *c->templates, by_enroll)
                                           : NULL;

    if (t && !t->gone && a->state == BC_DELETION_CONFIRMED)
        t->gone = past->event->time;
}

static enum bc_result take(void *ctx, const struct bc_logged_event *past)
{
    if (past->event->type == BC_EVENT_GRANT)
        return count_grant(ctx, past);
    if (past->event->type == BC_EVENT_ENROLL)
        return take_template(ctx, past);
    take_deletion(ctx, past);
    return BC_OK;
}

/* ---- at the end ---- */

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void count_people(struct counting *c)
{
    if (c->people_count)
        qsort(c->people, c->people_count, sizeof *c->people, ascending);
    for (size_t i = 0; i < c->people_count; i++)
        c->out->people += i == 0 || c->people[i] != c->people[i - 1];
}

/* Seconds from the end of its consent to its deletion; UINT64_MAX where there is none of either in
 * this way. A template that was gone before took no time. */
static uint64_t took(const struct counting *c, const struct template *t, int withdrawn)
{
    const struct bc_ended *e = bc_consent_status_ended(c->outcomes, t->grant);

    if (!e || !t->gone || (e->type == BC_EVENT_WITHDRAW) != withdrawn)
        return UINT64_MAX;
    return t->gone > e->time ? (uint64_t)(t->gone - e->time) : 0;
}

static void measure(const struct counting *c, uint64_t *times, int withdrawn, struct bc_speed *out)
{
    size_t n = 0;

    for (size_t i = 0; i < c->template_count; i++) {
        times[n] = took(c, &c->templates[i], withdrawn);
        n += times[n] != UINT64_MAX;
    }
    out->deleted = n;
    if (n == 0)
        return;
    qsort(times, n, sizeof *times, ascending);
    out->median = (int64_t)(n % 2 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2);
    out->worst = (int64_t)times[n - 1];
}

static enum bc_result finish(struct counting *c)
{
    struct bc_statistics *s = c->out;
    uint64_t *times = calloc(c->template_count + 1, sizeof *times);

    if (!times)
        return BC_ERR_SYSTEM;
    count_people(c);
    measure(c, times, 1, &s->withdrawn);
    measure(c, times, 0, &s->ended);
    bc_statistics_sort(&s->providers);
    bc_statistics_sort(&s->jurisdictions);
    free(times);
    return BC_OK;
}

static int64_t monday_of(int64_t t)
{
    return t < MONDAY ? MONDAY - WEEK : t - (t - MONDAY) % WEEK;
}

enum bc_result bc_statistics_read(struct bc_snapshot *s, const struct bc_consent_statuses *outcomes,
                                  int64_t now,
                                  void (*each)(void *ctx, const struct bc_logged_event *past,
                                               const struct bc_consent_status *outcome),
                                  void *ctx, struct bc_statistics *out)
{
    struct bc_log_filter wanted = {.types = (1U << BC_EVENT_GRANT) | (1U << BC_EVENT_ENROLL) |
                                            (1U << BC_EVENT_DELETE)};
    struct counting c = {.out = out, .outcomes = outcomes, .now = now, .each = each, .ctx = ctx};
    enum bc_result result;

    memset(out, 0, sizeof *out);
    out->first_week = monday_of(now);
    result = bc_log_reader_each(s, &wanted, take, &c);
    if (result == BC_OK)
        result = finish(&c);
    free(c.people);
    free(c.templates);
    return result;
}
