/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/name.h"
#include "base/text.h"
#include "provider/command.h"

#define LOOPBACK "http://127.0.0.1:"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The last ones are the steps, in the order of enum bc_step_id. */
static const char *const sections[] = {
    "provider", "environment", "identifiers", "places",  "by-hand",   "enroll", "list",
    "delete",   "delete-2",    "prove",       "prove-2", "inventory", NULL};
#define SECTIONS_BEFORE_STEPS 5

#define PROVIDER (1U << 0) /* sections as bits */
#define BY_HAND (1U << 4)
#define STEP(id) (1U << (SECTIONS_BEFORE_STEPS + (id)))
#define LIST STEP(BC_STEP_LIST)
#define INVENTORY STEP(BC_STEP_INVENTORY)
#define DELETES (STEP(BC_STEP_DELETE) | STEP(BC_STEP_DELETE_2))
#define PROVES (STEP(BC_STEP_PROVE) | STEP(BC_STEP_PROVE_2))
#define COLLECTS (STEP(BC_STEP_ENROLL) | LIST | INVENTORY)
#define AT(member) offsetof(struct bc_provider, member)
#define IN(member) offsetof(struct bc_step, member)

/* Settings that are text: the sections in which they make sense, and where they are kept. */
static const struct field {
    unsigned in;
    const char *key;
    size_t offset; /* in the provider, or in a step */
    enum { PLAIN, COMMAND, TEXT_WITH_HANDLES } kind;
} fields[] = {
    {PROVIDER, "name", AT(name), PLAIN},
    {PROVIDER, "legal-name", AT(legal_name), PLAIN},
    {PROVIDER, "ended.source", AT(ended_source), PLAIN},
    {PROVIDER, "endpoint", AT(endpoint), PLAIN},
    {PROVIDER, "retry", AT(retry), PLAIN},
    {BY_HAND, "advice", AT(advice[0]), PLAIN},
    {BY_HAND, "advice-2", AT(advice[1]), PLAIN},
    {BY_HAND, "advice-3", AT(advice[2]), PLAIN},
    {BY_HAND, "advice-4", AT(advice[3]), PLAIN},
    {COLLECTS | DELETES | PROVES, "command", IN(command), COMMAND},
    {COLLECTS, "collect", IN(collect), PLAIN},
    {DELETES, "only", IN(only), PLAIN},
    {DELETES | PROVES | LIST, "gone", IN(gone), PLAIN},
    {PROVES, "gone-empty", IN(gone_empty), PLAIN},
    {PROVES, "gone-equals", IN(gone_equals), PLAIN},
    {PROVES, "present", IN(present), TEXT_WITH_HANDLES},
    {PROVES, "expect", IN(expect), TEXT_WITH_HANDLES},
    {PROVES, "absent", IN(absent[0]), TEXT_WITH_HANDLES},
    {PROVES, "absent-2", IN(absent[1]), TEXT_WITH_HANDLES},
    {PROVES, "where", IN(where), PLAIN},
    {INVENTORY, "remove", IN(remove), TEXT_WITH_HANDLES},
    {INVENTORY, "pictures", IN(pictures), PLAIN},
};

const char *bc_provider_step_name(enum bc_step_id s)
{
    return (unsigned)s < BC_STEPS ? sections[SECTIONS_BEFORE_STEPS + s] : NULL;
}

static const char *add_variable(struct bc_provider *p, const char *key, const char *value)
{
    struct bc_setting *v = &p->environment[p->environment_count];

    if (p->environment_count == BC_ENVIRONMENT_MAX)
        return "too many variables";
    if (key[0] == '\0' || (key[0] >= '0' && key[0] <= '9') ||
        key[strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] != '\0')
        return "not a name of a variable";
    if (snprintf(v->text, sizeof v->text, "%s=%s", key, value) >= (int)sizeof v->text)
        return "the value is too long";
    p->environment_count++;
    return NULL;
}

static const char *add_identifier_rule(struct bc_provider *p, const char *key, const char *value)
{
    struct bc_identifier_rules *rules = &p->identifiers;

    if (rules->count == BC_IDENTIFIERS_MAX)
        return "too many identifiers";
    if (strcmp(key, "account") == 0 || strcmp(key, "file") == 0)
        return "this name has a meaning of its own";
    if (!bc_identifiers_parse_rule(key, value, &rules->rule[rules->count]))
        return "not a rule for an identifier";
    for (size_t i = 0; i < rules->count; i++)
        if (rules->rule[i].kind == BC_IDENTIFIER_MANY &&
            rules->rule[rules->count].kind == BC_IDENTIFIER_MANY)
            return "one identifier of the kind many is enough";
    rules->count++;
    return NULL;
}

/* The rules may still be to come: checked when all is read. */
static const char *add_place(struct bc_provider *p, const char *key, const char *value)
{
    struct bc_identifiers *place = &p->place[p->place_count];
    char words[BC_SETTING_MAX + 1], *rest = words;

    if (p->place_count == BC_PLACES_MAX || !bc_name_word_valid(key) ||
        strlen(value) > BC_SETTING_MAX)
        return "too many places, or not a name for one";
    memcpy(words, value, strlen(value) + 1);
    for (char *word; (word = strsep(&rest, " "));) {
        char *eq = strchr(word, '=');
        if (!eq)
            return "a place is name=value words";
        *eq = '\0';
        if (!bc_identifiers_add(place, word, eq + 1))
            return "too many identifiers, or one too long";
    }
    p->place_count++;
    return NULL;
}

static const char *set_provider_setting(struct bc_provider *p, const char *key, const char *value)
{
    const size_t len = strlen(value);

    if (strcmp(key, "modality") == 0)
        return bc_vocabulary_parse(BC_VOCABULARY_MODALITY, value, &p->modality) ? NULL
                                                                                : "not a modality";
    if (strcmp(key, "ended") == 0)
        return bc_datetime_parse_day(value, len, &p->ended) == BC_OK ? NULL
                                                                     : "not a day: 2026-05-20";
    if (strcmp(key, "timeout") != 0)
        return "unknown setting";
    return bc_datetime_parse_duration(value, len, &p->timeout) == BC_OK && p->timeout > 0 &&
                   p->timeout <= BC_TIMEOUT_MAX
               ? NULL
               : "not a duration from 1s to 1h";
}

/* Sets one setting of the file. Returns what is wrong with it, or NULL. */
static const char *set_setting(struct bc_provider *p, const char *section, const char *key,
                               const char *value)
{
    int s = 0;

    while (sections[s] && strcmp(sections[s], section) != 0) /* NULL: before the first */
        s++;
    for (size_t i = 0; i < COUNT(fields); i++)
        if (fields[i].in & (1U << s) && strcmp(fields[i].key, key) == 0) {
            char *base =
                s < SECTIONS_BEFORE_STEPS ? (char *)p : (char *)&p->step[s - SECTIONS_BEFORE_STEPS];
            if (value[0] == '\0' || strlen(value) > BC_SETTING_MAX)
                return "not a value for it";
            memcpy(base + fields[i].offset, value, strlen(value) + 1);
            return NULL;
        }
    if (strcmp(section, "provider") == 0)
        return set_provider_setting(p, key, value);
    if (strcmp(section, "environment") == 0)
        return add_variable(p, key, value);
    if (strcmp(section, "identifiers") == 0)
        return add_identifier_rule(p, key, value);
    if (strcmp(section, "places") == 0)
        return add_place(p, key, value);
    return "unknown setting";
}

/* The rule of the identifier with which a setting of an identifier and words begins; NULL if it
 * does not. */
static const struct bc_identifier_rule *find_first_rule(const struct bc_provider *p,
                                                        const char *text)
{
    size_t len = strcspn(text, " ");

    return text[len] ? bc_identifiers_rule(&p->identifiers, text, len) : NULL;
}

/* Returns what is malformed in a step, or what it lacks to prove something; NULL. */
static const char *find_step_fault(const struct bc_provider *p, enum bc_step_id id)
{
    static const struct bc_step none;
    const struct bc_step *s = &p->step[id];
    const char *collect = s->collect.text, *pictures = s->pictures.text, *where = s->where.text;
    const struct bc_identifier_rule *collected = find_first_rule(p, collect);
    const int proves = (PROVES & STEP(id)) != 0, has_command = s->command.text[0] != '\0';
    const int reads_answer =
        s->gone.text[0] || s->gone_empty.text[0] || s->gone_equals.text[0] || s->present.text[0];

    if (memcmp(s, &none, sizeof none) == 0)
        return NULL;
    if (proves && !has_command && (!s->absent[0].text[0] || reads_answer))
        return "it needs a command, or absent";
    if (!proves && !has_command && (id != BC_STEP_INVENTORY || collect[0]))
        return "it needs a command";
    if (proves && has_command && !reads_answer)
        return "it does not say how gone is told from present";
    if ((id == BC_STEP_LIST || id == BC_STEP_INVENTORY) && has_command && !collect[0])
        return "it needs collect";
    for (size_t i = 0; i < COUNT(fields); i++) {
        const char *text = fields[i].kind == PLAIN ? "" : (const char *)s + fields[i].offset;
        const char *fault = text[0]
                                ? bc_command_fault(&p->identifiers, text, fields[i].kind == COMMAND,
                                                   id == BC_STEP_ENROLL)
                                : NULL;
        if (fault)
            return fault;
    }
    if (pictures[0] && pictures[0] != '/')
        return "pictures is an absolute path";
    for (size_t i = 0; i < BC_ABSENT_MAX; i++)
        if (s->absent[i].text[0] && s->absent[i].text[0] != '/')
            return "absent is an absolute path";
    if (collect[0] && !collected)
        return "collect is an identifier and a JSON member";
    if (id == BC_STEP_LIST && collect[0] && collected->kind != BC_IDENTIFIER_MANY)
        return "list collects values of an identifier of the kind many";
    if (s->gone_equals.text[0] && !strchr(s->gone_equals.text, ' '))
        return "gone-equals is a JSON member and a word";
    if (where[0] && !find_first_rule(p, where))
        return "where is an identifier and words";
    if (s->present.text[0] && !s->expect.text[0])
        return "present needs expect: an answer that is nonsense proves nothing";
    return NULL;
}

static int endpoint_allowed(const char *url)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/-";
    size_t loopback = strlen(LOOPBACK);

    return url[0] == '\0' || ((strncmp(url, "https://", 8) == 0 ||
                               (strncmp(url, LOOPBACK, loopback) == 0 &&
                                strspn(url + loopback, "0123456789") == strlen(url + loopback))) &&
                              strspn(url, safe) == strlen(url));
}

/* Returns what is wrong with the whole, or NULL; *which is the identifier or step with the fault.
 */
static const char *find_provider_fault(const struct bc_provider *p, const char **which)
{
    if (!p->name.text[0] || !p->legal_name.text[0])
        return "name and legal-name are missing";
    if ((int)p->modality < 0)
        return "modality is missing";
    if (!p->timeout)
        return "timeout is missing";
    if (!p->ended != !p->ended_source.text[0])
        return "ended and ended.source go together";
    if (!p->step[BC_STEP_DELETE].command.text[0] == !p->advice[0].text[0])
        return "either a command deletes, or a person by advice";
    if (!endpoint_allowed(p->endpoint.text))
        return "endpoint must be https, or " LOOPBACK "PORT";
    for (size_t i = 0; i < p->place_count; i++)
        for (size_t h = 0; h < p->place[i].count; h++) {
            const struct bc_identifier *identifier = &p->place[i].item[h];
            const struct bc_identifier_rule *rule =
                bc_identifiers_rule(&p->identifiers, identifier->name, strlen(identifier->name));
            *which = identifier->name;
            if (!rule || !bc_identifiers_valid(rule, identifier->value, strlen(identifier->value)))
                return "in a place, not a value for this identifier";
        }
    for (int i = 0; i < BC_STEPS; i++) {
        const char *fault = find_step_fault(p, (enum bc_step_id)i);
        *which = sections[SECTIONS_BEFORE_STEPS + i];
        if (fault)
            return fault;
    }
    return NULL;
}

enum bc_result bc_provider_parse(const char *id, const char *path, const char *text, size_t len,
                                 struct bc_provider *out, struct bc_ini_file_error *err)
{
    struct bc_provider *p = bc_name_word_valid(id) ? calloc(1, sizeof *p) : NULL;
    const char *fault = NULL, *which = "";
    struct bc_ini_file file;
    enum bc_result r;

    if (!p)
        return bc_name_word_valid(id) ? BC_ERR_MEMORY
                                      : bc_ini_file_fail(err, path, 0, "not a name for it", id);
    memcpy(p->id, id, strlen(id) + 1);
    p->modality = (enum bc_modality) - 1;
    r = bc_ini_file_open(path, text, len, sections, &file, err);
    if (r == BC_OK) {
        while (!fault && bc_ini_file_next(&file))
            fault = set_setting(p, file.section, file.key, file.value);
        r = bc_ini_file_close(&file, path, fault, err);
    }
    if (r == BC_OK && (fault = find_provider_fault(p, &which)))
        r = bc_ini_file_fail(err, path, 0, fault, which);
    if (r == BC_OK)
        *out = *p;
    free(p);
    return r;
}

enum bc_result bc_provider_load(const char *const *folders, size_t count, const char *id,
                                uid_t owner, struct bc_provider *out, struct bc_ini_file_error *err)
{
    char path[PATH_MAX], *text;
    size_t len;
    enum bc_result r =
        bc_ini_file_find(folders, count, id, BC_PROVIDER_SUFFIX, owner, path, &text, &len, err);

    if (r != BC_OK)
        return r;
    r = bc_provider_parse(id, path, text, len, out, err);
    free(text);
    return r;
}
