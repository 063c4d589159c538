/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/command.h"

#include <stdio.h>
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

/* What is wrong with a word of len bytes, or where words is 0 with a whole text. */
static const char *find_part_fault(const struct bc_identifier_rules *rules, const char *word,
                                   size_t len, int words, int enroll)
{
    const char *eq = word[0] == '-' && word[1] == '-' ? memchr(word, '=', len) : NULL;
    const struct bc_identifier_rule *rule;
    struct slot s = {.bytes = 1};

    for (const char *at = word; at < word + len; at += *at == '{' ? s.bytes : 1) {
        int is_option = !words || (eq && eq < at), is_word;

        if (*at == '}')
            return "a brace that closes nothing";
        if (*at != '{')
            continue;
        if (!find_slot(at, &s))
            return "a brace without an identifier";
        is_word = words && at == word && s.bytes == len;
        rule = bc_identifiers_rule(rules, s.name, s.len);
        if (slot_is(&s, "account"))
            continue;
        if (slot_is(&s, "file") && enroll && !is_word)
            continue;
        if (slot_is(&s, "file"))
            return "{file} stands in an option of an enrolling command only";
        if (!rule)
            return "it names an identifier that there is not";
        if (s.many != (rule->kind == BC_IDENTIFIER_MANY))
            return s.many ? "not an identifier of the kind many"
                          : "an identifier of the kind many needs dots";
        if (s.many && !is_word)
            return "{name...} must be a word by itself";
        if (rule->dash && !is_option)
            return "an identifier that may begin with '-' must follow --name=";
    }
    return NULL;
}

const char *bc_command_fault(const struct bc_identifier_rules *rules, const char *text, int words,
                             int enroll)
{
    const char *fault;
    size_t count = 0, len;

    if (words && (text[0] != '/' || text[strcspn(text, "{} ")] == '{'))
        return "a command begins with an absolute path";
    for (const char *at = text; at; at = at[len] ? at + len + 1 : NULL) {
        len = words ? strcspn(at, " ") : strlen(at);
        fault = words && len == 0 ? "two spaces" : find_part_fault(rules, at, len, words, enroll);
        if (fault)
            return fault;
        count++;
    }
    return words && count > BC_COMMAND_WORDS_MAX ? "too many words" : NULL;
}

int bc_command_takes_many(const char *text)
{
    return strstr(text, DOTS "}") != NULL;
}

/* What is being filled in: words as bytes, each with its NUL. */
struct build {
    const struct bc_identifier_rules *rules;
    const struct bc_filling *filling;
    size_t from;
    char *bytes;
    size_t len, words;
    FILE *out; /* to bytes; its errors are found when it is closed */
};

static enum bc_result find_slot_value(const struct build *b, const struct slot *s, const char **out)
{
    const struct bc_identifier_rule *rule = bc_identifiers_rule(b->rules, s->name, s->len);
    const struct bc_filling *f = b->filling;
    const char *value = NULL;
    int valid;

    if (slot_is(s, "account")) {
        value = f->account;
        valid = value && bc_name_subject_valid(value) && strcmp(value, ".") != 0 &&
                strcmp(value, "..") != 0;
    } else if (slot_is(s, "file")) {
        value = f->file;
        valid = value && value[0] == '/' && strlen(value) <= PATH_BYTES_MAX &&
                bc_text_clean(value, strlen(value), 0);
    } else {
        value = rule && f->identifiers ? bc_identifiers_get(f->identifiers, rule->name) : NULL;
        valid = value && bc_identifiers_valid(rule, value, strlen(value));
    }
    if (!value)
        return BC_ERR_NOT_FOUND;
    if (!valid)
        return BC_ERR_INVALID;
    *out = value;
    return BC_OK;
}

static void end_word(struct build *b)
{
    (void)fputc('\0', b->out);
    b->words++;
}

/* Fills in one word that is no {name...}, or a whole text. */
static enum bc_result put_part(struct build *b, const char *part, size_t len)
{
    for (const char *at = part; at < part + len;) {
        struct slot s;
        const char *value;
        enum bc_result r;
        if (*at != '{') {
            (void)fputc(*at++, b->out);
            continue;
        }
        r = find_slot(at, &s) ? find_slot_value(b, &s, &value) : BC_ERR_INVALID;
        if (r != BC_OK)
            return r;
        (void)fputs(value, b->out);
        at += s.bytes;
    }
    end_word(b);
    return BC_OK;
}

/* Fills in {name...}: a word for each value. */
static enum bc_result put_many(struct build *b, const struct slot *s)
{
    const struct bc_identifier_rule *rule = bc_identifiers_rule(b->rules, s->name, s->len);
    const struct bc_filling *f = b->filling;
    const size_t before = b->words, own = f->identifiers ? f->identifiers->count : 0;
    const size_t from = f->many ? b->from : 0, count = f->many ? f->many_count : own;

    if (!rule)
        return BC_ERR_INVALID;
    for (size_t i = from; i < count && (!f->many || i - from < BC_COMMAND_BATCH); i++) {
        const char *value = f->many ? f->many[i] : f->identifiers->item[i].value;
        if (!f->many && strcmp(f->identifiers->item[i].name, rule->name) != 0)
            continue;
        if (!bc_identifiers_valid(rule, value, strlen(value)))
            return BC_ERR_INVALID;
        (void)fputs(value, b->out);
        end_word(b);
    }
    return b->words == before ? BC_ERR_NOT_FOUND : BC_OK;
}

enum bc_result bc_command_fill(const struct bc_identifier_rules *rules, const char *text,
                               const struct bc_filling *f, size_t from, struct bc_command *out)
{
    struct build b = {.rules = rules, .filling = f, .from = from};
    enum bc_result r = text[0] ? BC_OK : BC_ERR_NOT_FOUND;
    char **argv = NULL;

    b.out = open_memstream(&b.bytes, &b.len);
    if (!b.out)
        return BC_ERR_MEMORY;
    for (const char *at = text; at && r == BC_OK;) {
        size_t len = strcspn(at, " ");
        struct slot s;
        r = *at == '{' && find_slot(at, &s) && s.many ? put_many(&b, &s) : put_part(&b, at, len);
        at = at[len] ? at + len + 1 : NULL;
    }
    if (f->last) {
        (void)fputs(f->last, b.out);
        end_word(&b);
    }
    if (fclose(b.out) != 0 && r == BC_OK)
        r = BC_ERR_MEMORY;
    if (r == BC_OK && !(argv = calloc(b.words + 1, sizeof *argv)))
        r = BC_ERR_MEMORY;
    if (r != BC_OK) {
        free(b.bytes);
        return r;
    }
    for (size_t i = 0, at = 0; i < b.words; i++) {
        argv[i] = b.bytes + at;
        at += strlen(argv[i]) + 1;
    }
    *out = (struct bc_command){argv, b.words, b.bytes};
    return BC_OK;
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
    struct build b = {.rules = rules, .filling = f};
    enum bc_result r;

    b.out = open_memstream(&b.bytes, &b.len);
    if (!b.out)
        return BC_ERR_MEMORY;
    r = put_part(&b, text, strlen(text));
    if (fclose(b.out) != 0 && r == BC_OK)
        r = BC_ERR_MEMORY;
    if (r == BC_OK && b.len > cap)
        r = BC_ERR_TOO_LARGE;
    if (r == BC_OK)
        memcpy(out, b.bytes, b.len);
    free(b.bytes);
    return r;
}
