/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/notice.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAGIC "bioconsent-notice/1\n"
#define KEY_MAX 32

/* ---- reading ---- */

struct parse {
    struct bc_notice_file *f;
    unsigned given; /* bits of members */
};

static const char *const no_value = "not a value for it";

static const char *copy(char *out, size_t cap, const char *value)
{
    size_t len = strlen(value);

    if (len == 0 || len >= cap)
        return len ? "the value is too long" : no_value;
    memcpy(out, value, len + 1);
    return NULL;
}

static const char *copy_word(char out[BC_WORD_MAX + 1], const char *value)
{
    return bc_name_word_valid(value) ? copy(out, BC_WORD_MAX + 1, value) : no_value;
}

static const char *copy_words(struct bc_words *out, const char *value)
{
    char text[BC_SLOT_MAX + 1], *save;

    memcpy(text, value, strlen(value) + 1);
    for (const char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        if (!bc_name_word_valid(w) || bc_event_words_has(out, w) || out->count == BC_WORDS_MAX)
            return no_value;
        memcpy(out->word[out->count++], w, strlen(w) + 1);
    }
    return out->count ? NULL : no_value;
}

static const char *take_kind(struct bc_notice *n, const char *value)
{
    int kind = bc_vocabulary_value(BC_VOCABULARY_KIND, value);

    if (kind >= 0)
        n->kind = (enum bc_kind)kind;
    return kind >= 0 ? NULL : no_value;
}

static const char *take_service_provider(struct parse *p, const char *value)
{
    struct bc_lines *lines = &p->f->notice.service_providers;

    for (size_t i = 0; i < lines->count; i++)
        if (strcmp(lines->line[i], value) == 0)
            return "given twice";
    if (lines->count == BC_WORDS_MAX)
        return "too many of them";
    return copy(lines->line[lines->count++], sizeof lines->line[0], value);
}

/* "LAW EXEMPTION" */
static const char *take_exempt(struct parse *p, const char *value)
{
    struct bc_words two = {.count = 0};
    struct bc_exempt *e = &p->f->exempt[p->f->exempt_count];

    if (p->f->exempt_count == BC_EXEMPT_MAX)
        return "too many of them";
    if (copy_words(&two, value) || two.count != 2)
        return "write the jurisdiction and the name of its exemption";
    for (size_t i = 0; i < p->f->exempt_count; i++)
        if (strcmp(p->f->exempt[i].law, two.word[0]) == 0)
            return "given twice";
    memcpy(e->law, two.word[0], sizeof e->law);
    memcpy(e->name, two.word[1], sizeof e->name);
    p->f->exempt_count++;
    return NULL;
}

enum member_kind { WORD, WORDS, KIND, MODALITIES, OPERATIONS, SERVICE_PROVIDER, EXEMPT };

#define AT(member) offsetof(struct bc_notice, member)

static const struct member {
    const char *name;
    enum member_kind kind;
    size_t offset; /* of words */
    int required;
    int repeats;
} members[] = {
    {"id", WORD, AT(id), 1, 0},
    {"version", WORD, AT(version), 1, 0},
    {"language", WORD, AT(language), 1, 0},
    {"kind", KIND, 0, 1, 0},
    {"modalities", MODALITIES, 0, 1, 0},
    {"operations", OPERATIONS, 0, 1, 0},
    {"providers", WORDS, AT(scope.providers), 1, 0},
    {"purposes", WORDS, AT(scope.purposes), 1, 0},
    {"jurisdictions", WORDS, AT(jurisdictions), 0, 0},
    {"service_provider", SERVICE_PROVIDER, 0, 1, 1},
    {"exempt", EXEMPT, 0, 0, 1},
};

#define MEMBERS (sizeof members / sizeof members[0])

static const char *take_known(struct parse *p, const struct member *m, const char *value)
{
    struct bc_notice *n = &p->f->notice;
    void *field = (char *)n + m->offset;

    switch (m->kind) {
    case WORD:
        return copy_word(field, value);
    case WORDS:
        return copy_words(field, value);
    case KIND:
        return take_kind(n, value);
    case MODALITIES:
        return bc_ini_file_parse_set(value, BC_VOCABULARY_MODALITY, &n->scope.modalities)
                   ? NULL
                   : no_value;
    case OPERATIONS:
        return bc_ini_file_parse_set(value, BC_VOCABULARY_OPERATION, &n->scope.operations)
                   ? NULL
                   : no_value;
    case SERVICE_PROVIDER:
        return take_service_provider(p, value);
    default:
        return take_exempt(p, value);
    }
}

/* A sentence of its own. The service providers' slot is made of their members. */
static const char *take_slot(struct parse *p, const char *name, const char *value)
{
    int slot = bc_vocabulary_value(BC_VOCABULARY_SLOT, name);
    const char *fault = NULL;

    if (slot < 0 || slot == BC_SLOT_SERVICE_PROVIDERS)
        return "unknown member";
    if (p->f->slot[slot][0])
        return "given twice";
    if (slot == BC_SLOT_CONTROLLER)
        fault = copy(p->f->notice.controller, BC_LINE_MAX + 1, value);
    if (slot == BC_SLOT_RETENTION)
        fault = copy(p->f->notice.retention, BC_LINE_MAX + 1, value);
    return fault ? fault : copy(p->f->slot[slot], BC_SLOT_MAX + 1, value);
}

static const char *take_member(struct parse *p, const char *name, const char *value)
{
    size_t i = 0;

    while (i < MEMBERS && strcmp(members[i].name, name) != 0)
        i++;
    if (i == MEMBERS)
        return take_slot(p, name, value);
    if ((p->given & (1U << i)) && !members[i].repeats)
        return "given twice";
    p->given |= 1U << i;
    return take_known(p, &members[i], value);
}

/* Adds a line to a value, with a space between. The error, or NULL. */
static const char *add_line(char value[BC_SLOT_MAX + 1], size_t *len, const char *line, size_t n)
{
    if (*len + n + 1 > BC_SLOT_MAX)
        return "the value is too long";
    if (*len)
        value[(*len)++] = ' ';
    memcpy(value + *len, line, n);
    *len += n;
    value[*len] = '\0';
    return NULL;
}

/* The value from `at` to the end of its last line; *next is what follows. */
static const char *take_value(const char *at, const char *end, char value[BC_SLOT_MAX + 1],
                              const char **next)
{
    size_t len = 0;
    int first = 1;

    value[0] = '\0';
    do {
        const char *nl = memchr(at, '\n', (size_t)(end - at)), *fault;
        if (!nl)
            return "the header has no end: leave an empty line before the body";
        while (*at == ' ')
            at++;
        if (at == nl && !first)
            return "a line of spaces only";
        fault = at == nl ? NULL : add_line(value, &len, at, (size_t)(nl - at));
        if (fault)
            return fault;
        at = nl + 1;
        first = 0;
    } while (at < end && *at == ' ');
    *next = at;
    return NULL;
}

/* One member with the lines that continue it (they begin with a space). */
static const char *take_lines(struct parse *p, const char *at, const char *end, const char **next,
                              char name[KEY_MAX])
{
    char value[BC_SLOT_MAX + 1];
    size_t left = (size_t)(end - at);
    const char *colon = memchr(at, ':', left < KEY_MAX ? left : KEY_MAX), *fault;
    size_t len = colon ? (size_t)(colon - at) : 0;

    name[0] = '\0';
    if (len == 0 || memchr(at, '\n', len))
        return "not a member: write NAME: VALUE";
    memcpy(name, at, len);
    name[len] = '\0';
    fault = take_value(colon + 1, end, value, next);
    if (!fault && strpbrk(value, "{}"))
        fault = "a brace in the value";
    return fault ? fault : take_member(p, name, value);
}

static const char *missing(const struct parse *p)
{
    for (size_t i = 0; i < MEMBERS; i++)
        if (members[i].required && !(p->given & (1U << i)))
            return members[i].name;
    if (!p->f->slot[BC_SLOT_CONTROLLER][0])
        return "controller";
    return p->f->slot[BC_SLOT_RETENTION][0] ? NULL : "retention";
}

/* Whether they fit. */
static int join_service_providers(struct bc_notice_file *f)
{
    char *out = f->slot[BC_SLOT_SERVICE_PROVIDERS];
    const struct bc_lines *lines = &f->notice.service_providers;
    size_t used = 0;

    for (size_t i = 0; i < lines->count && used <= BC_SLOT_MAX; i++)
        used += (size_t)snprintf(out + used, BC_SLOT_MAX + 1 - used, "%s%s", i ? "; " : "",
                                 lines->line[i]);
    return used <= BC_SLOT_MAX;
}

static enum bc_result read_header(struct parse *p, const char *path, const char *text, size_t len,
                                  struct bc_ini_file_error *err)
{
    const char *at = text + strlen(MAGIC), *end = text + len;
    int line = 2;

    while (at < end && *at != '\n') {
        char name[KEY_MAX];
        const char *next = at;
        const char *fault = take_lines(p, at, end, &next, name);
        if (fault)
            return bc_ini_file_fail(err, path, line, fault, name);
        for (; at < next; at++)
            line += *at == '\n';
    }
    if (missing(p))
        return bc_ini_file_fail(err, path, 0, "missing member", missing(p));
    p->f->body = at < end ? (size_t)(at + 1 - text) : len;
    return join_service_providers(p->f)
               ? BC_OK
               : bc_ini_file_fail(err, path, 0, "together too long", "service_provider");
}

/* The slot whose placeholder stands at s; -1 if there is none. *len: of the placeholder. */
static int placeholder(const char *s, size_t left, size_t *len)
{
    char name[KEY_MAX];
    const char *close = memchr(s, '}', left);

    if (!close || close - s > KEY_MAX)
        return -1;
    *len = (size_t)(close - s) + 1;
    memcpy(name, s + 1, *len - 2);
    name[*len - 2] = '\0';
    return bc_vocabulary_value(BC_VOCABULARY_SLOT, name);
}

static enum bc_result read_body(struct bc_notice_file *f, const char *path, const char *text,
                                size_t len, struct bc_ini_file_error *err)
{
    int line = 1;

    for (size_t i = 0; i < len; i++) {
        size_t used;
        int slot;
        line += text[i] == '\n';
        if (i < f->body || (text[i] != '{' && text[i] != '}'))
            continue;
        slot = text[i] == '{' ? placeholder(text + i, len - i, &used) : -1;
        if (slot < 0)
            return bc_ini_file_fail(err, path, line, "a brace that is no placeholder of a slot",
                                    "");
        if (!f->slot[slot][0])
            return bc_ini_file_fail(err, path, line, "the header has no value for",
                                    bc_vocabulary_name(BC_VOCABULARY_SLOT, (enum bc_slot)slot));
        f->stated |= 1U << slot;
        i += used - 1;
    }
    return BC_OK;
}

static int blank(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] != ' ' && s[i] != '\n')
            return 0;
    return 1;
}

static enum bc_result parse(const char *path, const char *text, size_t len,
                            struct bc_notice_file *f, struct bc_ini_file_error *err)
{
    struct parse p = {.f = f};
    enum bc_result r;

    if (!bc_text_clean(text, len, 1))
        return bc_ini_file_fail(err, path, 0, "must be UTF-8 text without control characters", "");
    if (len <= strlen(MAGIC) || memcmp(text, MAGIC, strlen(MAGIC)) != 0)
        return bc_ini_file_fail(err, path, 1, "a notice begins with the line bioconsent-notice/1",
                                "");
    r = read_header(&p, path, text, len, err);
    if (r != BC_OK)
        return r;
    if (blank(text + f->body, len - f->body))
        return bc_ini_file_fail(err, path, 0, "the body is empty", "");
    bc_merkle_hash_bytes(text, len, &f->notice.text);
    return read_body(f, path, text, len, err);
}

enum bc_result bc_notice_parse(const char *path, const char *text, size_t len,
                               struct bc_notice_file *out, struct bc_ini_file_error *err)
{
    struct bc_notice_file *f;
    enum bc_result r;

    if (len > BC_NOTICE_FILE_MAX)
        return BC_ERR_TOO_LARGE;
    f = calloc(1, sizeof *f);
    if (!f)
        return BC_ERR_MEMORY;
    r = parse(path, text, len, f, err);
    if (r == BC_OK)
        *out = *f;
    free(f);
    return r;
}

/* ---- showing ---- */

static size_t render(const struct bc_notice_file *f, const char *text, size_t len, char *out)
{
    size_t at = 0;

    for (size_t i = f->body; i < len; i++) {
        size_t used = 1, n = 1;
        const char *from = text + i;
        if (text[i] == '{') {
            from = f->slot[placeholder(text + i, len - i, &used)];
            n = strlen(from);
        }
        if (out)
            memcpy(out + at, from, n);
        at += n;
        i += used - 1;
    }
    return at;
}

enum bc_result bc_notice_render(const struct bc_notice_file *file, const char *text, size_t len,
                                char **out, size_t *out_len)
{
    size_t n = render(file, text, len, NULL);
    char *shown = malloc(n + 1);

    if (!shown)
        return BC_ERR_MEMORY;
    (void)render(file, text, len, shown);
    shown[n] = '\0';
    *out = shown;
    *out_len = n;
    return BC_OK;
}
