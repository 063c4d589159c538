/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/jurisdiction.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define CLAUSE ".clause"
#define NO_CLAUSE ((size_t)-1)
#define AT(member) offsetof(struct bc_jurisdiction, member)

enum value_kind { TEXT, DATE, KIND, GIVERS, SLOTS, DEADLINE };

static const char *const sections[] = {"jurisdiction", "consent",    "notice", "deletion",
                                       "proof",        "exemptions", NULL};

static const struct value {
    const char *section;
    const char *key;
    enum value_kind kind;
    int required;
    size_t offset;
    size_t clause; /* of a deadline it lies within */
} values[] = {
    {"jurisdiction", "name", TEXT, 1, AT(name), NO_CLAUSE},
    {"jurisdiction", "law", TEXT, 1, AT(law), NO_CLAUSE},
    {"jurisdiction", "in-force", DATE, 1, AT(in_force), AT(in_force_clause)},
    {"consent", "kind", KIND, 1, AT(kind), AT(kind_clause)},
    {"consent", "given-by", GIVERS, 1, AT(givers), AT(givers_clause)},
    {"notice", "states", SLOTS, 1, AT(slots), AT(slots_clause)},
    {"deletion", "after-withdrawal", DEADLINE, 0, AT(clock[BC_CLOCK_WITHDRAWAL]),
     AT(clock[BC_CLOCK_WITHDRAWAL].clause)},
    {"deletion", "after-purpose", DEADLINE, 0, AT(clock[BC_CLOCK_PURPOSE]),
     AT(clock[BC_CLOCK_PURPOSE].clause)},
    {"deletion", "after-last-use", DEADLINE, 0, AT(clock[BC_CLOCK_LAST_USE]),
     AT(clock[BC_CLOCK_LAST_USE].clause)},
    {"proof", "keep", DEADLINE, 0, AT(clock[BC_CLOCK_PROOF]), AT(clock[BC_CLOCK_PROOF].clause)},
};

#define VALUES (sizeof values / sizeof values[0])

struct parse {
    struct bc_jurisdiction j;
    unsigned given;   /* bits of values */
    unsigned clauses; /* of those with a clause */
};

static int set_text(char *out, const char *value)
{
    if (value[0] == '\0' || strlen(value) > BC_CLAUSE_MAX)
        return 0;
    memcpy(out, value, strlen(value) + 1);
    return 1;
}

static int set_value(struct bc_jurisdiction *j, const struct value *v, const char *value)
{
    void *field = (char *)j + v->offset;
    struct bc_deadline *deadline = field;

    switch (v->kind) {
    case TEXT:
        return set_text(field, value);
    case DATE:
        return bc_datetime_parse_day(value, strlen(value), field) == BC_OK;
    case KIND:
        return bc_vocabulary_parse(BC_VOCABULARY_KIND, value, field);
    case GIVERS:
        return bc_ini_file_parse_set(value, BC_VOCABULARY_GIVEN_BY, field);
    case SLOTS:
        return bc_ini_file_parse_set(value, BC_VOCABULARY_SLOT, field);
    default:
        deadline->given =
            bc_datetime_parse_period(value, strlen(value), &deadline->period) == BC_OK;
        return deadline->given;
    }
}

/* Sets the reason, or the clause, of the exemption whose name is the first len bytes of key. */
static const char *set_exemption(struct bc_jurisdiction *j, const char *key, size_t len,
                                 const char *value, int clause)
{
    struct bc_exemption *e = j->exemption;

    while (e < j->exemption + j->exemption_count &&
           (strncmp(e->name, key, len) != 0 || e->name[len] != '\0'))
        e++;
    if (e == j->exemption + BC_EXEMPTIONS_MAX || len > BC_WORD_MAX)
        return "too many exemptions, or a name too long";
    if (e == j->exemption + j->exemption_count) {
        memcpy(e->name, key, len);
        j->exemption_count++;
    }
    if (!bc_name_word_valid(e->name))
        return "not a name for an exemption";
    return set_text(clause ? e->clause.text : e->reason, value) ? NULL : "not a value for it";
}

static const char *set_setting(struct parse *p, const char *section, const char *key,
                               const char *value)
{
    size_t len = strlen(key), suffix = strlen(CLAUSE), i = 0;
    int clause = len > suffix && strcmp(key + len - suffix, CLAUSE) == 0, good;

    len -= clause ? suffix : 0;
    if (strcmp(section, "exemptions") == 0)
        return set_exemption(&p->j, key, len, value, clause);
    while (i < VALUES && (strcmp(values[i].section, section) != 0 ||
                          strncmp(values[i].key, key, len) != 0 || values[i].key[len] != '\0'))
        i++;
    if (i == VALUES || (clause && values[i].clause == NO_CLAUSE))
        return "unknown setting";
    good = clause ? set_text((char *)&p->j + values[i].clause, value)
                  : set_value(&p->j, &values[i], value);
    *(clause ? &p->clauses : &p->given) |= 1U << i;
    return good ? NULL : "not a value for it";
}

enum bc_result bc_jurisdiction_parse(const char *id, const char *path, const char *text, size_t len,
                                     struct bc_jurisdiction *out, struct bc_ini_file_error *err)
{
    struct parse p;
    const char *fault = NULL;
    struct bc_ini_file file;
    enum bc_result r;

    if (!bc_name_word_valid(id))
        return bc_ini_file_fail(err, path, 0, "not a name for it", id);
    r = bc_ini_file_open(path, text, len, sections, &file, err);
    if (r != BC_OK)
        return r;
    memset(&p, 0, sizeof p);
    memcpy(p.j.id, id, strlen(id) + 1);
    while (!fault && bc_ini_file_next(&file))
        fault = set_setting(&p, file.section, file.key, file.value);
    r = bc_ini_file_close(&file, path, fault, err);
    for (size_t i = 0; i < VALUES && r == BC_OK; i++) {
        int given = (p.given >> i) & 1, clause = (p.clauses >> i) & 1;
        if (values[i].required && !given)
            r = bc_ini_file_fail(err, path, 0, "missing setting", values[i].key);
        else if (values[i].clause != NO_CLAUSE && given != clause)
            r = bc_ini_file_fail(
                err, path, 0, given ? "a value without its clause" : "a clause without its value",
                values[i].key);
    }
    for (size_t i = 0; i < p.j.exemption_count && r == BC_OK; i++)
        if (!p.j.exemption[i].reason[0] || !p.j.exemption[i].clause.text[0])
            r = bc_ini_file_fail(err, path, 0, "an exemption needs a reason and a clause",
                                 p.j.exemption[i].name);
    if (r == BC_OK)
        *out = p.j;
    return r;
}

enum bc_result bc_jurisdiction_load(const char *const *folders, size_t count, const char *id,
                                    uid_t owner, struct bc_jurisdiction *out,
                                    struct bc_ini_file_error *err)
{
    char path[PATH_MAX], *text;
    size_t len;
    enum bc_result r =
        bc_ini_file_find(folders, count, id, BC_JURISDICTION_SUFFIX, owner, path, &text, &len, err);

    if (r != BC_OK)
        return r;
    r = bc_jurisdiction_parse(id, path, text, len, out, err);
    free(text);
    return r;
}

const struct bc_exemption *bc_jurisdiction_exemption(const struct bc_jurisdiction *j,
                                                     const char *name)
{
    for (size_t i = 0; i < j->exemption_count; i++)
        if (strcmp(j->exemption[i].name, name) == 0)
            return &j->exemption[i];
    return NULL;
}

int64_t bc_jurisdiction_due(const struct bc_jurisdiction *list, size_t count, enum bc_clock clock,
                            int64_t from, int *by)
{
    int64_t due = 0;
    int latest = clock == BC_CLOCK_PROOF;

    *by = -1;
    for (size_t i = 0; i < count; i++) {
        const struct bc_deadline *d = &list[i].clock[clock];
        int64_t t;
        if (clock == BC_CLOCK_WITHDRAWAL && !d->given)
            d = &list[i].clock[BC_CLOCK_PURPOSE];
        t = bc_datetime_after(from, &d->period);
        if (d->given && list[i].in_force <= t && (*by < 0 || (latest ? t > due : t < due))) {
            due = t;
            *by = (int)i;
        }
    }
    return due;
}
