/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"

#define DOTS "..."
#define PATH_BYTES_MAX 4096

/* One "{name}" or "{name...}" of a template. */
struct slot {
    const char *name;
    size_t len;
    int many;
    size_t bytes; /* with its braces */
};

static int find_slot(const char *at, struct slot *out)
{
    size_t len = strcspn(at + 1, "{} "), dots = strlen(DOTS);

    if (at[1 + len] != '}' || len == 0)
        return 0;
    out->name = at + 1;
    out->many = len > dots && memcmp(out->name + len - dots, DOTS, dots) == 0;
    out->len = out->many ? len - dots : len;
    out->bytes = len + 2;
    return 1;
}

static int slot_is(const struct slot *s, const char *name)
{
    return !s->many && strlen(name) == s->len && memcmp(s->name, name, s->len) == 0;
}

/* ---- templates ---- */

static const char *find_slot_fault(const struct bc_identifier_rules *rules, const struct slot *s,
                                   int alone, int option, int enroll)
{
    const struct bc_identifier_rule *rule = bc_identifiers_rule(rules, s->name, s->len);

    if (slot_is(s, "account"))
        return NULL;
    if (slot_is(s, "file"))
        return enroll && !alone ? NULL : "{file} stands in an option of an enrolling command only";
    if (!rule)
        return "it names a handle that there is not";
    if (s->many != (rule->kind == BC_IDENTIFIER_MANY))
        return s->many ? "not a handle of the kind many" : "a handle of the kind many needs dots";
    if (s->many && !alone)
        return "{name...} must be a word by itself";
    if (rule->dash && !option)
        return "a handle that may begin with '-' must follow --name=";
    return NULL;
}

/* A word, or a whole text, up to end. */
static const char *find_part_fault(const struct bc_identifier_rules *rules, const char *word,
                                   size_t len, int words, int enroll)
{
    const char *eq = memchr(word, '=', len);

    for (const char *at = word; at < word + len; at++) {
        int option = !words || (word[0] == '-' && word[1] == '-' && eq && eq < at);
        struct slot s;
        const char *fault;
        if (*at == '}')
            return "a brace that closes nothing";
        if (*at != '{')
            continue;
        if (!find_slot(at, &s))
            return "a brace without a handle";
        fault = find_slot_fault(rules, &s, words && at == word && s.bytes == len, option, enroll);
        if (fault)
            return fault;
        at += s.bytes - 1;
    }
    return NULL;
}

const char *bc_command_fault(const struct bc_identifier_rules *rules, const char *text, int words,
                             int enroll)
{
    size_t count = 0;

    if (!words)
        return find_part_fault(rules, text, strlen(text), 0, 0);
    if (text[0] != '/' || text[strcspn(text, "{} ")] == '{')
        return "a command begins with an absolute path";
    for (const char *at = text; at; count++) {
        size_t len = strcspn(at, " ");
        const char *fault = len ? find_part_fault(rules, at, len, 1, enroll) : "two spaces";
        if (fault)
            return fault;
        at = at[len] ? at + len + 1 : NULL;
    }
    return count > BC_COMMAND_WORDS_MAX ? "too many words" : NULL;
}

int bc_command_takes_many(const char *text)
{
    return strstr(text, DOTS "}") != NULL;
}

/* ---- filling ---- */

static enum bc_result find_slot_value(const struct bc_identifier_rules *rules, const struct slot *s,
                                      const struct bc_filling *f, const char **out)
{
    const struct bc_identifier_rule *rule = bc_identifiers_rule(rules, s->name, s->len);
    const char *value;

    if (slot_is(s, "account")) {
        if (!f->account)
            return BC_ERR_NOT_FOUND;
        if (!bc_name_subject_valid(f->account) || strcmp(f->account, ".") == 0 ||
            strcmp(f->account, "..") == 0)
            return BC_ERR_INVALID;
        *out = f->account;
        return BC_OK;
    }
    if (slot_is(s, "file")) {
        if (!f->file)
            return BC_ERR_NOT_FOUND;
        if (f->file[0] != '/' || strlen(f->file) > PATH_BYTES_MAX ||
            !bc_text_clean(f->file, strlen(f->file), 0))
            return BC_ERR_INVALID;
        *out = f->file;
        return BC_OK;
    }
    value = rule && f->handles ? bc_identifiers_get(f->handles, rule->name) : NULL;
    if (!value)
        return BC_ERR_NOT_FOUND;
    if (!bc_identifiers_valid(rule, value, strlen(value)))
        return BC_ERR_INVALID;
    *out = value;
    return BC_OK;
}

/* What is being built: the words as bytes, each with its NUL. */
struct build {
    char *bytes;
    size_t len, cap, words;
};

static enum bc_result put_bytes(struct build *b, const char *data, size_t len)
{
    if (!b->bytes || b->len + len > b->cap) {
        size_t cap = (b->len + len) * 2 + 256;
        char *more = realloc(b->bytes, cap);
        if (!more)
            return BC_ERR_MEMORY;
        b->bytes = more;
        b->cap = cap;
    }
    memcpy(b->bytes + b->len, data, len);
    b->len += len;
    return BC_OK;
}

static enum bc_result end_word(struct build *b)
{
    b->words++;
    return put_bytes(b, "", 1);
}

static enum bc_result put_part(const struct bc_identifier_rules *rules, const char *part,
                               size_t len, const struct bc_filling *f, struct build *b)
{
    enum bc_result r = BC_OK;

    for (const char *at = part; at < part + len && r == BC_OK;) {
        struct slot s;
        const char *value;
        if (*at != '{') {
            r = put_bytes(b, at++, 1);
            continue;
        }
        if (!find_slot(at, &s))
            return BC_ERR_INVALID;
        r = find_slot_value(rules, &s, f, &value);
        if (r == BC_OK)
            r = put_bytes(b, value, strlen(value));
        at += s.bytes;
    }
    return r;
}

static enum bc_result put_value(const struct bc_identifier_rule *rule, const char *value,
                                struct build *b)
{
    enum bc_result r = bc_identifiers_valid(rule, value, strlen(value))
                           ? put_bytes(b, value, strlen(value))
                           : BC_ERR_INVALID;

    return r == BC_OK ? end_word(b) : r;
}

static enum bc_result put_many(const struct bc_identifier_rule *rule, const struct bc_filling *f,
                               size_t from, struct build *b)
{
    size_t before = b->words;
    enum bc_result r = BC_OK;

    for (size_t i = from; f->many && r == BC_OK && i < f->many_count && i - from < BC_COMMAND_BATCH;
         i++)
        r = put_value(rule, f->many[i], b);
    for (size_t i = 0; !f->many && f->handles && r == BC_OK && i < f->handles->count; i++)
        if (strcmp(f->handles->item[i].name, rule->name) == 0)
            r = put_value(rule, f->handles->item[i].value, b);
    return r == BC_OK && b->words == before ? BC_ERR_NOT_FOUND : r;
}

static enum bc_result put_word(const struct bc_identifier_rules *rules, const char *word,
                               size_t len, const struct bc_filling *f, size_t from, struct build *b)
{
    struct slot s = {.many = 0};
    enum bc_result r;

    if (word[0] == '{' && find_slot(word, &s) && s.many) {
        const struct bc_identifier_rule *rule = bc_identifiers_rule(rules, s.name, s.len);
        return rule ? put_many(rule, f, from, b) : BC_ERR_INVALID;
    }
    r = put_part(rules, word, len, f, b);
    return r == BC_OK ? end_word(b) : r;
}

static enum bc_result finish_command(struct build *b, struct bc_command *out)
{
    struct bc_command c = {.argv = calloc(b->words + 1, sizeof *c.argv), .count = b->words};

    if (!c.argv)
        return BC_ERR_MEMORY;
    for (size_t i = 0, at = 0; i < b->words; i++) {
        c.argv[i] = b->bytes + at;
        at += strlen(c.argv[i]) + 1;
    }
    c.bytes = b->bytes;
    b->bytes = NULL;
    *out = c;
    return BC_OK;
}

enum bc_result bc_command_fill(const struct bc_identifier_rules *rules, const char *text,
                               const struct bc_filling *f, size_t from, struct bc_command *out)
{
    struct build b = {.words = 0};
    enum bc_result r = text[0] ? BC_OK : BC_ERR_NOT_FOUND;

    for (const char *at = text; at && r == BC_OK;) {
        size_t len = strcspn(at, " ");
        r = put_word(rules, at, len, f, from, &b);
        at = at[len] ? at + len + 1 : NULL;
    }
    if (r == BC_OK && f->last)
        r = put_bytes(&b, f->last, strlen(f->last));
    if (r == BC_OK && f->last)
        r = end_word(&b);
    if (r == BC_OK)
        r = finish_command(&b, out);
    free(b.bytes);
    return r;
}

void bc_command_free(struct bc_command *c)
{
    free(c->argv);
    free(c->bytes);
    *c = (struct bc_command){NULL, 0, NULL};
}

enum bc_result bc_command_text(const struct bc_identifier_rules *rules, const char *text,
                               const struct bc_filling *f, char *out, size_t cap)
{
    struct build b = {.words = 0};
    enum bc_result r = put_part(rules, text, strlen(text), f, &b);

    if (r == BC_OK)
        r = end_word(&b);
    if (r == BC_OK && b.len > cap)
        r = BC_ERR_TOO_LARGE;
    if (r == BC_OK)
        memcpy(out, b.bytes, b.len);
    free(b.bytes);
    return r;
}
