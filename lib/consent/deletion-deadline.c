/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/deletion-deadline.h"

#include <stddef.h>

/* How the consent ended, and what its clock counts from. */
static void find_ending(const struct bc_template_facts *f, int64_t now,
                        struct bc_deletion_deadline *o)
{
    o->why = f->ending != BC_CAUSE_NONE ? f->ending : BC_CAUSE_UNCOVERED;
    o->since = f->ending != BC_CAUSE_NONE ? f->ended : f->enrolled;
    o->clock = f->ending == BC_CAUSE_WITHDRAWN ? BC_CLOCK_WITHDRAWAL : BC_CLOCK_PURPOSE;
    /* A consent that had expired before it was ended was over then. */
    if (f->expires && f->expires <= now &&
        (o->why == BC_CAUSE_UNCOVERED || f->expires < o->since)) {
        o->why = BC_CAUSE_EXPIRED;
        o->since = f->expires;
        o->clock = BC_CLOCK_PURPOSE;
    }
}

static int64_t last_interaction(const struct bc_template_facts *f)
{
    if (f->last_use)
        return f->last_use;
    return f->granted ? f->granted : f->enrolled;
}

int64_t bc_deletion_deadline_of_last_use(const struct bc_template_facts *facts,
                                         const struct bc_jurisdiction *laws, size_t count, int *by)
{
    return bc_jurisdiction_due(laws, count, BC_CLOCK_LAST_USE, last_interaction(facts), by);
}

void bc_deletion_deadline_find(const struct bc_template_facts *facts,
                               const struct bc_jurisdiction *laws, size_t count, int64_t now,
                               struct bc_deletion_deadline *out)
{
    struct bc_deletion_deadline o = {.why = BC_CAUSE_NONE, .law = -1};
    int unused_by = -1;
    int64_t unused = bc_deletion_deadline_of_last_use(facts, laws, count, &unused_by);

    if (!facts->covered)
        find_ending(facts, now, &o);
    if (o.why > BC_CAUSE_UNCOVERED) {
        o.due = bc_jurisdiction_due(laws, count, o.clock, o.since, &o.law);
        if (o.law < 0)
            o.due = o.since;
    }
    if (unused_by >= 0 && ((o.due && unused < o.due) || (!o.due && unused <= now)))
        o = (struct bc_deletion_deadline){.why = o.due ? o.why : BC_CAUSE_UNUSED,
                                          .since = last_interaction(facts),
                                          .due = unused,
                                          .law = unused_by,
                                          .clock = BC_CLOCK_LAST_USE};
    *out = o;
}

const char *bc_deletion_deadline_clause(const struct bc_deletion_deadline *o,
                                        const struct bc_jurisdiction *laws)
{
    const struct bc_deadline *d;

    if (o->why == BC_CAUSE_NONE)
        return "";
    if (o->why == BC_CAUSE_UNCOVERED)
        return "to be decided: a consent, or its deletion";
    if (o->law < 0)
        return "own rule: at once";
    d = &laws[o->law].clock[o->clock];
    return d->given ? d->clause.text : laws[o->law].clock[BC_CLOCK_PURPOSE].clause.text;
}
