/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "consent/notice.h"

/* What the laws require and a notice lacks. */

#define EVERY "every notice"

struct lint {
    const struct bc_notice_file *file;
    struct bc_notice_finding *found;
    size_t count;
};

__attribute__((format(printf, 4, 5))) static void
add_finding(struct lint *l, const char *who, const char *clause, const char *format, ...)
{
    struct bc_notice_finding *f = &l->found[l->count];
    va_list args;

    if (l->count == BC_NOTICE_FINDINGS_MAX)
        return;
    va_start(args, format);
    (void)vsnprintf(f->what, sizeof f->what, format, args);
    va_end(args);
    f->who = who;
    f->clause = clause;
    l->count++;
}

static const struct bc_exempt *find_exempt(const struct bc_notice_file *f, const char *law)
{
    for (size_t i = 0; i < f->exempt_count; i++)
        if (strcmp(f->exempt[i].law, law) == 0)
            return &f->exempt[i];
    return NULL;
}

/* Whether the law asks for anything here and now. */
static int applies(const struct bc_notice_file *f, const struct bc_jurisdiction *j, int64_t now)
{
    const struct bc_exempt *e = find_exempt(f, j->id);

    return j->in_force <= now && !(e && bc_jurisdiction_exemption(j, e->name));
}

static void add_slots(struct lint *l, const char *who, unsigned slots, const char *clause)
{
    for (unsigned s = 0; s < BC_SLOTS; s++)
        if (slots & ~l->file->stated & (1U << s))
            add_finding(l, who, clause, "the body does not state {%s}",
                        bc_vocabulary_name(BC_VOCABULARY_SLOT, s));
}

static unsigned common_givers(const struct bc_notice_file *f, const struct bc_jurisdiction *laws,
                              size_t count, int64_t now)
{
    unsigned set = (1U << BC_GIVEN_BYS) - 1;

    for (size_t i = 0; i < count; i++)
        if (applies(f, &laws[i], now))
            set &= laws[i].givers;
    return set;
}

size_t bc_notice_lint(const struct bc_notice_file *file, const struct bc_jurisdiction *laws,
                      size_t count, int64_t now, struct bc_notice_finding *out)
{
    struct lint l = {.file = file, .found = out};
    unsigned asked = 0; /* slots, by laws */
    unsigned wanted = (1U << BC_SLOTS_ALWAYS) - 1;

    for (size_t i = 0; i < count; i++) {
        const struct bc_jurisdiction *j = &laws[i];
        const struct bc_exempt *e = find_exempt(file, j->id);
        if (e && !bc_jurisdiction_exemption(j, e->name))
            add_finding(&l, j->id, "", "it has no exemption named %s", e->name);
        if (!applies(file, j, now))
            continue;
        if (file->notice.kind < j->kind)
            add_finding(&l, j->id, j->kind_clause.text,
                        "it asks for a %s consent; %s is not enough",
                        bc_vocabulary_name(BC_VOCABULARY_KIND, j->kind),
                        bc_vocabulary_name(BC_VOCABULARY_KIND, file->notice.kind));
        add_slots(&l, j->id, j->slots, j->slots_clause.text);
        asked |= j->slots;
    }
    /* What the header says must also be read by the person. */
    for (int s = 0; s < BC_SLOTS; s++)
        if (file->slot[s][0])
            wanted |= 1U << s;
    add_slots(&l, EVERY, wanted & ~asked, "");
    for (size_t i = 0; i < file->exempt_count; i++)
        if (!bc_event_words_has(&file->notice.jurisdictions, file->exempt[i].law))
            add_finding(&l, EVERY, "", "is exempt from %s, which is not among its jurisdictions",
                        file->exempt[i].law);
    if (common_givers(file, laws, count, now) == 0)
        add_finding(&l, EVERY, "", "under its jurisdictions together, no one may give the consent");
    return l.count;
}

void bc_notice_apply(const struct bc_notice_file *file, const struct bc_jurisdiction *laws,
                     size_t count, int64_t now, struct bc_notice *out)
{
    *out = file->notice;
    out->givers = common_givers(file, laws, count, now);
    if (out->givers == (1U << BC_GIVEN_BYS) - 1)
        out->givers = 0;
    for (size_t i = 0; i < count; i++) {
        const struct bc_exempt *e = find_exempt(file, laws[i].id);
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
