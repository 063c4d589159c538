/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/identifiers.h"

#include <string.h>

#include "base/text.h"

static const char *const kinds[] = {"required", "optional", "many"};

static int allowable(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._:#+=,~-", c));
}

/* The next word of the text, and what follows the space behind it; 0 at the end. */
static size_t next_word(const char **text, const char **word)
{
    size_t len = strcspn(*text, " ");

    *word = *text;
    *text += len + ((*text)[len] == ' ');
    return len;
}

static int is_word(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

static int parse_kind(const char *word, size_t len, enum bc_identifier_kind *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (is_word(word, len, kinds[i])) {
            *out = (enum bc_identifier_kind)i;
            return 1;
        }
    return 0;
}

static int parse_allowed(const char *word, size_t len, unsigned char allowed[256])
{
    for (size_t i = 0; i < len; i++) {
        unsigned char from = (unsigned char)word[i], to = from;
        if (i + 2 < len && word[i + 1] == '-') {
            to = (unsigned char)word[i + 2];
            i += 2;
        }
        for (unsigned c = from; c <= to; c++) {
            if (!allowable((unsigned char)c))
                return 0;
            allowed[c] = 1;
        }
        if (to < from)
            return 0;
    }
    return len > 0;
}

static int parse_length(const char *word, size_t len, struct bc_identifier_rule *out)
{
    const char *dash = memchr(word, '-', len);
    uint64_t min, max;

    if (!dash || bc_text_parse_number(word, (size_t)(dash - word), BC_LINE_MAX, &min) != BC_OK ||
        bc_text_parse_number(dash + 1, len - (size_t)(dash - word) - 1, BC_LINE_MAX, &max) != BC_OK)
        return 0;
    out->min = (size_t)min;
    out->max = (size_t)max;
    return min > 0 && min <= max;
}

int bc_identifiers_parse_rule(const char *name, const char *text, struct bc_identifier_rule *out)
{
    struct bc_identifier_rule rule = {.dash = 0};
    const char *word;
    size_t len = next_word(&text, &word);

    if (!bc_name_word_valid(name) || !parse_kind(word, len, &rule.kind))
        return 0;
    len = next_word(&text, &word);
    if (is_word(word, len, "dash")) {
        rule.dash = 1;
        len = next_word(&text, &word);
    }
    if (!parse_allowed(word, len, rule.allowed))
        return 0;
    len = next_word(&text, &word);
    if (!parse_length(word, len, &rule) || *text || (rule.dash && rule.kind == BC_IDENTIFIER_MANY))
        return 0;
    memcpy(rule.name, name, strlen(name) + 1);
    *out = rule;
    return 1;
}

int bc_identifiers_valid(const struct bc_identifier_rule *rule, const char *value, size_t len)
{
    if (len < rule->min || len > rule->max || (value[0] == '-' && !rule->dash) ||
        is_word(value, len, ".") || is_word(value, len, ".."))
        return 0;
    for (size_t i = 0; i < len; i++)
        if (!rule->allowed[(unsigned char)value[i]])
            return 0;
    return 1;
}

const struct bc_identifier_rule *bc_identifiers_rule(const struct bc_identifier_rules *rules,
                                                     const char *name, size_t len)
{
    for (size_t i = 0; i < rules->count; i++)
        if (is_word(name, len, rules->rule[i].name))
            return &rules->rule[i];
    return NULL;
}

const char *bc_identifiers_get(const struct bc_identifiers *handles, const char *name)
{
    for (size_t i = 0; i < handles->count; i++)
        if (strcmp(handles->item[i].name, name) == 0)
            return handles->item[i].value;
    return NULL;
}

static const char *one_fault(const struct bc_identifier_rules *rules,
                             const struct bc_identifiers *handles, const struct bc_identifier *h)
{
    const struct bc_identifier_rule *rule = bc_identifiers_rule(rules, h->name, strlen(h->name));

    if (!rule)
        return "there is no such handle";
    if (!bc_identifiers_valid(rule, h->value, strlen(h->value)))
        return "not a value for this handle";
    if (rule->kind != BC_IDENTIFIER_MANY && bc_identifiers_get(handles, h->name) != h->value)
        return "a handle given twice";
    return NULL;
}

const char *bc_identifiers_fault(const struct bc_identifier_rules *rules,
                                 const struct bc_identifiers *handles, const char **which)
{
    for (size_t i = 0; i < handles->count; i++) {
        const char *fault = one_fault(rules, handles, &handles->item[i]);
        *which = handles->item[i].name;
        if (fault)
            return fault;
    }
    for (size_t i = 0; i < rules->count; i++) {
        *which = rules->rule[i].name;
        if (rules->rule[i].kind == BC_IDENTIFIER_REQUIRED && !bc_identifiers_get(handles, *which))
            return "a handle is missing";
    }
    return NULL;
}

int bc_identifiers_add(struct bc_identifiers *handles, const char *name, const char *value)
{
    struct bc_identifier *h = &handles->item[handles->count];

    if (handles->count == BC_IDENTIFIERS_MAX || strlen(name) > BC_WORD_MAX ||
        strlen(value) > BC_LINE_MAX)
        return 0;
    memcpy(h->name, name, strlen(name) + 1);
    memcpy(h->value, value, strlen(value) + 1);
    handles->count++;
    return 1;
}

int bc_identifiers_equal(const struct bc_identifiers *a, const struct bc_identifiers *b)
{
    size_t same = 0;

    while (same < a->count && same < b->count &&
           strcmp(a->item[same].name, b->item[same].name) == 0 &&
           strcmp(a->item[same].value, b->item[same].value) == 0)
        same++;
    return same == a->count && same == b->count;
}
