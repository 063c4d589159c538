/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_IDENTIFIERS_H
#define BC_IDENTIFIERS_H

#include <stddef.h>

#include "consent/event.h"

/* The identifiers that name one template at a provider ([identifiers] in its description). They
 * become arguments of commands, so each is checked against its own list of allowed bytes before it
 * is kept, and again before it is used. */

#define BC_IDENTIFIERS_MAX BC_WORDS_MAX /* of one template */

enum bc_identifier_kind { BC_IDENTIFIER_REQUIRED, BC_IDENTIFIER_OPTIONAL, BC_IDENTIFIER_MANY };

struct bc_identifier_rule {
    char name[BC_WORD_MAX + 1];
    enum bc_identifier_kind kind;
    int dash;                   /* may begin with '-': only as --name=value */
    unsigned char allowed[256]; /* 1 for each byte that it may hold */
    size_t min;
    size_t max; /* bytes; at most BC_LINE_MAX */
};

struct bc_identifier_rules {
    size_t count;
    struct bc_identifier_rule rule[BC_IDENTIFIERS_MAX];
};

/* Reads "required a-z0-9- 1-32": the kind, optionally "dash", the bytes allowed, the length. The
 * bytes are letters, digits and those of "._:#+=,~-"; "a-c" is a range, "-" alone stands last. So
 * no rule lets pass a space, a quote, '/', '@' or a control character. name is copied. 1, or 0 with
 * *out untouched. */
int bc_identifiers_parse_rule(const char *name, const char *text, struct bc_identifier_rule *out);

/* The rule of the identifier whose name is these len bytes; NULL if there is none. */
const struct bc_identifier_rule *bc_identifiers_rule(const struct bc_identifier_rules *rules,
                                                     const char *name, size_t len);

/* Whether a value of len bytes obeys the rule. Never "." or "..". */
int bc_identifiers_valid(const struct bc_identifier_rule *rule, const char *value, size_t len);

/* The first value of this name; NULL if there is none. */
const char *bc_identifiers_get(const struct bc_identifiers *identifiers, const char *name);

/* Whether a template can be found by these: each obeys its rule, only those of the kind "many"
 * occur more than once, and none that is required is missing. Returns NULL, or what is wrong, with
 * the identifier's name in *which. */
const char *bc_identifiers_fault(const struct bc_identifier_rules *rules,
                                 const struct bc_identifiers *identifiers, const char **which);

/* Whether both contain the same in the same order. */
int bc_identifiers_equal(const struct bc_identifiers *a, const struct bc_identifiers *b);

/* Adds one. 1, or 0 where there is no room, or name or value are too long. */
int bc_identifiers_add(struct bc_identifiers *identifiers, const char *name, const char *value);

#endif
