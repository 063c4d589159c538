/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/deletion-deadline.h"

#include <stddef.h>

static const char *const names[BC_DUTIES] = {"none",          "uncovered", "withdrawn", "revoked",
                                             "purpose-ended", "expired",   "unused"};

const char *bc_duty_name(enum bc_duty d)
{
    return (unsigned)d < BC_DUTIES ? names[d] : NULL;
}

/* How the consent ended, and what its clock counts from. */
static enum bc_duty ending(const struct bc_template_facts *f, int64_t now, int64_t *since,
                           enum bc_clock *clock)
{
    enum bc_duty why = BC_DUTY_UNCOVERED;

    *since = f->enrolled;
    *clock = BC_CLOCK_PURPOSE;
    if (f->ending != BC_DUTY_NONE) {
        why = f->ending;
        *since = f->ended;
        if (why == BC_DUTY_WITHDRAWN)
            *clock = BC_CLOCK_WITHDRAWAL;
    }
    /* A consent that had expired before it was ended was over then. */
    if (f->expires && f->expires <= now && (why == BC_DUTY_UNCOVERED || f->expires < *since)) {
        why = BC_DUTY_EXPIRED;
        *since = f->expires;
        *clock = BC_CLOCK_PURPOSE;
    }
    return why;
}

static int64_t last_interaction(const struct bc_template_facts *f)
{
    if (f->last_use)
        return f->last_use;
    return f->granted ? f->granted : f->enrolled;
}

int64_t bc_obligation_next(const struct bc_template_facts *facts,
                           const struct bc_jurisdiction *laws, size_t count, int *by)
{
    return bc_rule_due(laws, count, BC_CLOCK_LAST_USE, last_interaction(facts), by);
}

void bc_obligation_of(const struct bc_template_facts *facts, const struct bc_jurisdiction *laws,
                      size_t count, int64_t now, struct bc_obligation *out)
{
    struct bc_obligation o = {.why = BC_DUTY_NONE, .law = -1};
    int unused_by = -1;
    int64_t unused = bc_obligation_next(facts, laws, count, &unused_by);

    if (!facts->covered)
        o.why = ending(facts, now, &o.since, &o.clock);
    if (o.why > BC_DUTY_UNCOVERED) {
        o.due = bc_rule_due(laws, count, o.clock, o.since, &o.law);
        if (o.law < 0)
            o.due = o.since;
    }
    if (unused_by >= 0 && ((o.due && unused < o.due) || (!o.due && unused <= now)))
        o = (struct bc_obligation){.why = o.due ? o.why : BC_DUTY_UNUSED,
                                   .since = last_interaction(facts), .due = unused,
                                   .law = unused_by, .clock = BC_CLOCK_LAST_USE};
    *out = o;
}

const char *bc_obligation_clause(const struct bc_obligation *o, const struct bc_jurisdiction *laws)
{
    const struct bc_deadline *d;

    if (o->why == BC_DUTY_NONE)
        return "";
    if (o->why == BC_DUTY_UNCOVERED)
        return "to be decided: a consent, or its deletion";
    if (o->law < 0)
        return "own rule: at once";
    d = &laws[o->law].clock[o->clock];
    return d->given ? d->clause.text : laws[o->law].clock[BC_CLOCK_PURPOSE].clause.text;
}
