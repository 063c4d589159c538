/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/identifiers.h"

#include <string.h>

#include "base/text.h"

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

/* Bytes and ranges: letters, digits, and what no shell, path or terminal gives a meaning. */
static int parse_allowed(const char *word, size_t len, unsigned char allowed[256])
{
    static const char allowable[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789._:#+=,~-";

    for (size_t i = 0; i < len; i++) {
        unsigned char from = (unsigned char)word[i], to = from;
        if (i + 2 < len && word[i + 1] == '-') {
            to = (unsigned char)word[i + 2];
            i += 2;
        }
        if (to < from)
            return 0;
        for (unsigned c = from; c <= to; c++) {
            if (c == 0 || !strchr(allowable, (int)c))
                return 0;
            allowed[c] = 1;
        }
    }
    return len > 0;
}

int bc_identifiers_parse_rule(const char *name, const char *text, struct bc_identifier_rule *out)
{
    struct bc_identifier_rule rule = {.dash = 0};
    const char *word, *dash;
    size_t len = next_word(&text, &word);
    int kind = bc_text_find_word("required optional many", word, len);
    uint64_t min, max;

    if (!bc_name_word_valid(name) || kind < 0)
        return 0;
    rule.kind = (enum bc_identifier_kind)kind;
    len = next_word(&text, &word);
    if (is_word(word, len, "dash")) {
        rule.dash = 1;
        len = next_word(&text, &word);
    }
    if (!parse_allowed(word, len, rule.allowed))
        return 0;
    len = next_word(&text, &word);
    dash = memchr(word, '-', len);
    if (!dash || *text || (rule.dash && rule.kind == BC_IDENTIFIER_MANY) ||
        bc_text_parse_number(word, (size_t)(dash - word), BC_LINE_MAX, &min) != BC_OK ||
        bc_text_parse_number(dash + 1, len - (size_t)(dash - word) - 1, BC_LINE_MAX, &max) !=
            BC_OK ||
        min == 0 || min > max)
        return 0;
    rule.min = (size_t)min;
    rule.max = (size_t)max;
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

const char *bc_identifiers_get(const struct bc_identifiers *identifiers, const char *name)
{
    for (size_t i = 0; i < identifiers->count; i++)
        if (strcmp(identifiers->item[i].name, name) == 0)
            return identifiers->item[i].value;
    return NULL;
}

const char *bc_identifiers_fault(const struct bc_identifier_rules *rules,
                                 const struct bc_identifiers *identifiers, const char **which)
{
    for (size_t i = 0; i < identifiers->count; i++) {
        const char *name = identifiers->item[i].name, *value = identifiers->item[i].value;
        const struct bc_identifier_rule *rule = bc_identifiers_rule(rules, name, strlen(name));
        *which = name;
        if (!rule)
            return "there is no such identifier";
        if (!bc_identifiers_valid(rule, value, strlen(value)))
            return "not a value for this identifier";
        if (rule->kind != BC_IDENTIFIER_MANY && bc_identifiers_get(identifiers, name) != value)
            return "an identifier given twice";
    }
    for (size_t i = 0; i < rules->count; i++) {
        *which = rules->rule[i].name;
        if (rules->rule[i].kind == BC_IDENTIFIER_REQUIRED &&
            !bc_identifiers_get(identifiers, *which))
            return "an identifier is missing";
    }
    return NULL;
}

int bc_identifiers_add(struct bc_identifiers *identifiers, const char *name, const char *value)
{
    struct bc_identifier *h = &identifiers->item[identifiers->count];

    if (identifiers->count == BC_IDENTIFIERS_MAX || strlen(name) > BC_WORD_MAX ||
        strlen(value) > BC_LINE_MAX)
        return 0;
    memcpy(h->name, name, strlen(name) + 1);
    memcpy(h->value, value, strlen(value) + 1);
    identifiers->count++;
    return 1;
}

int bc_identifiers_equal(const struct bc_identifiers *a, const struct bc_identifiers *b)
{
    if (a->count != b->count)
        return 0;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->item[i].name, b->item[i].name) != 0 ||
            strcmp(a->item[i].value, b->item[i].value) != 0)
            return 0;
    return 1;
}
