/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "consent/notice.h"

/* What the laws miss in a notice. */

#define EVERY "every notice"

struct lint {
    const struct bc_notice_file *file;
    int64_t now;
    size_t found;
    void (*each)(void *ctx, const char *who, const char *what, const char *clause);
    void *ctx;
};

static void find(struct lint *l, const char *who, const char *what, const char *clause)
{
    l->found++;
    if (l->each)
        l->each(l->ctx, who, what, clause);
}

static const struct bc_exempt *exempt_from(const struct bc_notice_file *f, const char *law)
{
    for (size_t i = 0; i < f->exempt_count; i++)
        if (strcmp(f->exempt[i].law, law) == 0)
            return &f->exempt[i];
    return NULL;
}

/* Whether the law asks for anything here and now. */
static int applies(const struct bc_notice_file *f, const struct bc_jurisdiction *j, int64_t now)
{
    const struct bc_exempt *e = exempt_from(f, j->id);

    return j->in_force <= now && !(e && bc_jurisdiction_exemption(j, e->name));
}

static void find_slots(struct lint *l, const char *who, unsigned slots, const char *clause)
{
    for (int s = 0; s < BC_SLOTS; s++) {
        char what[96];
        if (!(slots & (1U << s)) || (l->file->stated & (1U << s)))
            continue;
        (void)snprintf(what, sizeof what, "the body does not state {%s}",
                       bc_vocabulary_name(BC_VOCABULARY_SLOT, (enum bc_slot)s));
        find(l, who, what, clause);
    }
}

/* What the header says and nobody would read. */
static unsigned unread(const struct bc_notice_file *f)
{
    unsigned set = 0;

    for (int s = 0; s < BC_SLOTS; s++)
        if (f->slot[s][0])
            set |= 1U << s;
    return set & ~f->stated;
}

static void find_law(struct lint *l, const struct bc_jurisdiction *j)
{
    const struct bc_exempt *e = exempt_from(l->file, j->id);
    char what[160];

    if (e && !bc_jurisdiction_exemption(j, e->name)) {
        (void)snprintf(what, sizeof what, "it has no exemption named %s", e->name);
        find(l, j->id, what, "");
    }
    if (!applies(l->file, j, l->now))
        return;
    if (l->file->notice.kind < j->kind) {
        (void)snprintf(what, sizeof what, "it asks for a %s consent; %s is not enough",
                       bc_vocabulary_name(BC_VOCABULARY_KIND, j->kind),
                       bc_vocabulary_name(BC_VOCABULARY_KIND, l->file->notice.kind));
        find(l, j->id, what, j->kind_clause.text);
    }
    find_slots(l, j->id, j->slots, j->slots_clause.text);
}

static void find_strangers(struct lint *l)
{
    const struct bc_notice_file *f = l->file;
    char what[160];

    for (size_t i = 0; i < f->exempt_count; i++)
        if (!bc_event_words_has(&f->notice.jurisdictions, f->exempt[i].law)) {
            (void)snprintf(what, sizeof what,
                           "is exempt from %s, which is not among its "
                           "jurisdictions",
                           f->exempt[i].law);
            find(l, EVERY, what, "");
        }
}

static unsigned givers(const struct bc_notice_file *f, const struct bc_jurisdiction *laws,
                       size_t count, int64_t now)
{
    unsigned set = (1U << BC_GIVEN_BYS) - 1;

    for (size_t i = 0; i < count; i++)
        if (applies(f, &laws[i], now))
            set &= laws[i].givers;
    return set;
}

size_t bc_notice_lint(const struct bc_notice_file *file, const struct bc_jurisdiction *laws,
                      size_t count, int64_t now,
                      void (*each)(void *ctx, const char *who, const char *what,
                                   const char *clause),
                      void *ctx)
{
    struct lint l = {.file = file, .now = now, .each = each, .ctx = ctx};
    unsigned asked = 0; /* slots, by laws */

    for (size_t i = 0; i < count; i++) {
        find_law(&l, &laws[i]);
        asked |= applies(file, &laws[i], now) ? laws[i].slots : 0;
    }
    find_slots(&l, EVERY, (((1U << BC_SLOTS_ALWAYS) - 1) | unread(file)) & ~asked, "");
    find_strangers(&l);
    if (givers(file, laws, count, now) == 0)
        find(&l, EVERY, "its jurisdictions agree on nobody who may give the consent", "");
    return l.found;
}

void bc_notice_apply(const struct bc_notice_file *file, const struct bc_jurisdiction *laws,
                     size_t count, int64_t now, struct bc_notice *out)
{
    *out = file->notice;
    out->givers = givers(file, laws, count, now);
    if (out->givers == (1U << BC_GIVEN_BYS) - 1)
        out->givers = 0;
    for (size_t i = 0; i < count; i++) {
        const struct bc_exempt *e = exempt_from(file, laws[i].id);
        const struct bc_exemption *x = e ? bc_jurisdiction_exemption(&laws[i], e->name) : NULL;
        char *line = out->exempt.line[out->exempt.count];
        if (!x)
            continue;
        if (snprintf(line, BC_LINE_MAX + 1, "%s, %s: %s", laws[i].id, x->clause.text, x->reason) >
            BC_LINE_MAX)
            (void)snprintf(line, BC_LINE_MAX + 1, "%s: %s", laws[i].id, x->reason);
        out->exempt.count++;
    }
}
