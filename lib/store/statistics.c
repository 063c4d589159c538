/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/statistics.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define DAY 86400
#define WEEK (7 * DAY)
#define MONDAY (4 * DAY) /* the first one after the epoch, which was a Thursday */

const struct bc_log_filter bc_statistics_wanted = {
    .types = (1U << BC_EVENT_GRANT) | (1U << BC_EVENT_ENROLL) | (1U << BC_EVENT_DELETE)};

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

static void count_in_force(struct bc_statistics *s, const struct bc_grant *g, int64_t now)
{
    int64_t week = (g->expires - s->first_week) / WEEK;

    for (unsigned m = 0; m < BC_MODALITIES; m++)
        s->by_modality[m] += g->scope.modalities >> m & 1;
    s->by_kind[g->kind]++;
    s->by_giver[g->given_by]++;
    tally_all(&s->providers, &g->scope.providers);
    tally_all(&s->jurisdictions, &g->jurisdictions);
    s->no_jurisdiction += g->jurisdictions.count == 0;
    s->expire_soon += g->expires && g->expires - now <= 30 * DAY;
    if (!g->expires)
        s->expire_never++;
    else if (week < BC_STATISTICS_WEEKS)
        s->expire_in[week]++;
    else
        s->expire_later++;
}

static enum bc_result count_person(struct bc_statistics_counter *c,
                                   const struct bc_subject *subject)
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

static enum bc_result count_grant(struct bc_statistics_counter *c,
                                  const struct bc_logged_event *past)
{
    const struct bc_grant *g = &past->event->u.grant;
    struct bc_statistics *s = c->out;
    struct bc_consent_status status;

    bc_consent_status_of(c->statuses, past->index, g, c->now, &status);
    s->consents++;
    s->by_reason[status.reason]++;
    s->withdrawn.consents += status.reason == BC_REASON_WITHDRAWN;
    s->ended.consents +=
        status.reason == BC_REASON_REVOKED || status.reason == BC_REASON_PURPOSE_ENDED;
    if (!bc_reason_allows(status.reason))
        return BC_OK;
    s->active++;
    count_in_force(s, g, c->now);
    return count_person(c, &g->subject);
}

/* ---- templates ---- */

static enum bc_result add_template(struct bc_statistics_counter *c,
                                   const struct bc_logged_event *past)
{
    struct bc_statistics_template *grown =
        bc_array_grow(c->templates, c->template_count, &c->template_room, sizeof *grown);

    if (!grown)
        return BC_ERR_MEMORY;
    c->templates = grown;
    c->templates[c->template_count++] = (struct bc_statistics_template){
        .enroll = past->index, .grant = past->event->u.enrollment.grant};
    return BC_OK;
}

static int by_enroll(const void *a, const void *b)
{
    const struct bc_statistics_template *x = a, *y = b;

    return (x->enroll > y->enroll) - (x->enroll < y->enroll);
}

static void note_deletion(struct bc_statistics_counter *c, const struct bc_event *e)
{
    const struct bc_statistics_template key = {.enroll = e->u.attempt.enroll};
    struct bc_statistics_template *t = NULL;

    if (c->template_count)
        t = bsearch(&key, c->templates, c->template_count, sizeof *t, by_enroll);
    if (t && !t->gone && e->u.attempt.state == BC_DELETION_CONFIRMED)
        t->gone = e->time;
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Measures how long templates outlived consents that the subject withdrew, or those that ended in
 * another way. times has room for every template. A template that was gone before took no time. */
static void measure(const struct bc_statistics_counter *c, int withdrawn, uint64_t *times,
                    struct bc_speed *out)
{
    size_t n = 0;

    for (size_t i = 0; i < c->template_count; i++) {
        const struct bc_statistics_template *t = &c->templates[i];
        const struct bc_ended *e = bc_consent_status_ended(c->statuses, t->grant);
        if (e && t->gone && (e->type == BC_EVENT_WITHDRAW) == withdrawn)
            times[n++] = t->gone > e->time ? (uint64_t)(t->gone - e->time) : 0;
    }
    out->deleted = n;
    out->median = out->worst = -1;
    if (n == 0)
        return;
    qsort(times, n, sizeof *times, ascending);
    out->median = (int64_t)(n % 2 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2);
    out->worst = (int64_t)times[n - 1];
}

/* ---- the walk ---- */

void bc_statistics_begin(struct bc_statistics_counter *c,
                         const struct bc_consent_statuses *statuses, int64_t now,
                         struct bc_statistics *out)
{
    *c = (struct bc_statistics_counter){.out = out, .statuses = statuses, .now = now};
    memset(out, 0, sizeof *out);
    out->first_week = now < MONDAY ? MONDAY - WEEK : now - (now - MONDAY) % WEEK;
}

enum bc_result bc_statistics_add(struct bc_statistics_counter *c,
                                 const struct bc_logged_event *past)
{
    if (past->event->type == BC_EVENT_GRANT)
        return count_grant(c, past);
    if (past->event->type == BC_EVENT_ENROLL)
        return add_template(c, past);
    note_deletion(c, past->event);
    return BC_OK;
}

enum bc_result bc_statistics_end(struct bc_statistics_counter *c)
{
    struct bc_statistics *s = c->out;
    uint64_t *times = calloc(c->template_count + 1, sizeof *times);

    if (times) {
        measure(c, 1, times, &s->withdrawn);
        measure(c, 0, times, &s->ended);
    }
    if (c->people_count)
        qsort(c->people, c->people_count, sizeof *c->people, ascending);
    for (size_t i = 0; i < c->people_count; i++)
        s->people += i == 0 || c->people[i] != c->people[i - 1];
    bc_statistics_sort(&s->providers);
    bc_statistics_sort(&s->jurisdictions);
    free(c->people);
    free(c->templates);
    free(times);
    return times ? BC_OK : BC_ERR_MEMORY;
}
