/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "report.h"

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *time_text(int64_t t)
{
    char text[BC_TIME_TEXT_BYTES];

    if (!t)
        return json_null();
    bc_datetime_format(t, text);
    return json_string(text);
}

static json_t *tallies(const struct bc_statistics_tallies *t)
{
    json_t *out = json_object();

    for (size_t i = 0; i < t->count; i++)
        json_object_set_new(out, t->tally[i].word, number(t->tally[i].count));
    if (t->others)
        json_object_set_new(out, "(others)", number(t->others));
    return out;
}

typedef const char *(*name_fn)(unsigned value);

static const char *modality(unsigned v)
{
    return bc_vocabulary_name(BC_VOCABULARY_MODALITY, (enum bc_modality)v);
}

static const char *kind(unsigned v)
{
    return bc_vocabulary_name(BC_VOCABULARY_KIND, (enum bc_kind)v);
}

static const char *giver(unsigned v)
{
    return bc_vocabulary_name(BC_VOCABULARY_GIVEN_BY, (enum bc_given_by)v);
}

static json_t *named(const uint64_t *numbers, name_fn name)
{
    json_t *out = json_object();

    for (unsigned v = 0; name(v); v++)
        if (numbers[v])
            json_object_set_new(out, name(v), number(numbers[v]));
    return out;
}

static json_t *reasons(const struct bc_statistics *s)
{
    json_t *out = json_object();

    for (unsigned v = 0; v < BC_REASONS; v++)
        if (s->by_reason[v] && !bc_reason_allows((enum bc_reason)v))
            json_object_set_new(out, bc_reason_id((enum bc_reason)v), number(s->by_reason[v]));
    return out;
}

static json_t *weeks(const struct bc_statistics *s)
{
    json_t *out = json_array();

    for (int i = 0; i < BC_STATISTICS_WEEKS; i++)
        json_array_append_new(out, json_pack("{s:o, s:o}", "week_of",
                                             time_text(s->first_week + (int64_t)i * 7 * 86400),
                                             "consents", number(s->expire_in[i])));
    return out;
}

/* Seconds, or null where nothing was deleted. */
static json_t *speed(const struct bc_speed *s)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "consents", number(s->consents), "templates_deleted",
                     number(s->deleted), "median_seconds",
                     s->deleted ? json_integer(s->median) : json_null(), "worst_seconds",
                     s->deleted ? json_integer(s->worst) : json_null());
}

static json_t *duties(const struct bc_duties *d)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "templates", number(d->templates),
        "without_consent", number(d->uncovered), "without_consent_by_provider",
        tallies(&d->providers), "overdue", number(d->overdue), "within_30_days", number(d->soon),
        "later", number(d->later), "undated", number(d->undated), "oldest_due",
        time_text(d->oldest), "by_cause", tallies(&d->why), "by_law", tallies(&d->laws));
}

static json_t *checkpoint(const struct bc_report *r)
{
    const struct bc_checkpoint *c = &r->checkpoint;
    char log[bc_encoding_base64_bytes(BC_HASH_BYTES)],
        registry[bc_encoding_base64_bytes(BC_HASH_BYTES)];

    bc_encoding_base64_encode(c->log_root.b, BC_HASH_BYTES, log);
    bc_encoding_base64_encode(c->register_root.b, BC_HASH_BYTES, registry);
    return json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:s}", "origin", c->origin, "log_size",
                     number(c->log_size), "log_root", log, "register_size",
                     number(c->register_size), "register_root", registry, "signed",
                     time_text(c->signed_at), "key", r->signer);
}

static json_t *rows(const struct bc_report_rows *list)
{
    json_t *out = json_array();

    for (size_t i = 0; i < list->count; i++) {
        const struct bc_report_row *r = &list->row[i];
        json_array_append_new(out, json_pack("{s:s, s:I, s:b, s:s, s:s, s:o}", "subject",
                                             r->subject.name, "uid", (json_int_t)r->subject.uid,
                                             "external", r->subject.external, "what", r->what,
                                             "why", r->why, "when", time_text(r->when)));
    }
    return out;
}

static json_t *in_force(const struct bc_statistics *s)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "consents", number(s->active),
                     "people", number(s->people), "by_modality", named(s->by_modality, modality),
                     "by_provider", tallies(&s->providers), "by_jurisdiction",
                     tallies(&s->jurisdictions), "no_jurisdiction", number(s->no_jurisdiction),
                     "by_kind", named(s->by_kind, kind), "by_giver", named(s->by_giver, giver));
}

json_t *bc_report_json(const struct bc_report *r)
{
    const struct bc_statistics *s = &r->statistics;
    json_t *out = json_pack(
        "{s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o}, s:{s:o, s:o}, s:o}", "as_of",
        time_text(r->now), "checkpoint", checkpoint(r), "in_force", in_force(s), "not_in_force",
        reasons(s), "expiry", "within_30_days", number(s->expire_soon), "weeks", weeks(s), "later",
        number(s->expire_later), "never", number(s->expire_never), "deletion", "withdrawn",
        speed(&s->withdrawn), "ended", speed(&s->ended), "templates", duties(&r->duties));

    if (out && r->named) {
        json_object_set_new(out, "expiring", rows(&r->expiring));
        json_object_set_new(out, "due", rows(&r->due));
    }
    return out;
}
