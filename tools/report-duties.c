/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "report.h"
#include "templates.h"

#define SOON (30 * 86400)

/* The same obligations as bioconsent obligations has, counted. */

static enum bc_result name_it(struct bc_report_rows *rows, const struct bc_template *t)
{
    char what[2 * BC_WORD_MAX + 64];

    (void)snprintf(what, sizeof what, "%s at %s", bc_modality_name(t->modality), t->provider);
    return bc_report_add(rows, &t->subject, what, bc_template_why(t), t->obligation.due);
}

static void count_due(struct bc_duties *d, const struct bc_template *t, int64_t now)
{
    int64_t due = t->obligation.due;

    if (!due) {
        d->undated++;
    } else if (due < now) {
        d->overdue++;
        if (!d->oldest || due < d->oldest)
            d->oldest = due;
    } else if (due - now <= SOON) {
        d->soon++;
    } else {
        d->later++;
    }
    bc_tally(&d->why, bc_template_why(t));
    bc_tally(&d->laws, t->law[0] ? t->law : "own rule");
}

static enum bc_result count_one(struct bc_report *r, const struct bc_template *t)
{
    struct bc_duties *d = &r->duties;

    d->templates++;
    if (!t->facts.covered) {
        d->uncovered++;
        bc_tally(&d->providers, t->provider);
    }
    if (t->obligation.why == BC_DUTY_NONE)
        return BC_OK;
    count_due(d, t, r->now);
    return r->named ? name_it(&r->due, t) : BC_OK;
}

int bc_report_duties(struct bc_tool *tool, struct bc_report *r)
{
    struct bc_templates templates;
    enum bc_result result = BC_OK;
    int code = bc_templates_gather(tool, NULL, &templates);

    if (code)
        return code;
    for (size_t i = 0; i < templates.count && result == BC_OK; i++)
        result = count_one(r, &templates.list[i]);
    bc_templates_free(&templates);
    bc_tallies_sort(&r->duties.why);
    bc_tallies_sort(&r->duties.laws);
    bc_tallies_sort(&r->duties.providers);
    return result == BC_OK ? 0 : bc_fail(BC_EXIT_REFUSED, "no memory");
}
