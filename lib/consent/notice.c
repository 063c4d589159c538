/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/notice.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAGIC "bioconsent-notice/1\n"
#define KEY_MAX 32

struct parse {
    struct bc_notice_file f;
    unsigned given; /* bits of members */
};

static const char *const no_value = "not a value for it";

static const char *set_text(char *out, size_t cap, const char *value)
{
    size_t len = strlen(value);

    if (len == 0 || len >= cap)
        return len ? "the value is too long" : no_value;
    memcpy(out, value, len + 1);
    return NULL;
}

static const char *add_words(struct bc_words *out, const char *value)
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

/* "LAW EXEMPTION" */
static const char *add_exempt(struct bc_notice_file *f, const char *value)
{
    struct bc_words two = {.count = 0};
    struct bc_exempt *e = &f->exempt[f->exempt_count];

    if (f->exempt_count == BC_EXEMPT_MAX)
        return "too many of them";
    if (add_words(&two, value) || two.count != 2)
        return "write the jurisdiction and the name of its exemption";
    for (size_t i = 0; i < f->exempt_count; i++)
        if (strcmp(f->exempt[i].law, two.word[0]) == 0)
            return "given twice";
    memcpy(e->law, two.word[0], sizeof e->law);
    memcpy(e->name, two.word[1], sizeof e->name);
    f->exempt_count++;
    return NULL;
}

enum member_kind { WORD, WORDS, LINE, KIND, SET, SERVICE_PROVIDER, EXEMPT };

#define AT(member) offsetof(struct bc_notice, member)

static const struct member {
    const char *name;
    enum member_kind kind;
    size_t offset; /* of words, lines and sets */
    enum bc_vocabulary vocabulary;
    int required;
    int repeats;
} members[] = {
    {"id", WORD, AT(id), 0, 1, 0},
    {"version", WORD, AT(version), 0, 1, 0},
    {"language", WORD, AT(language), 0, 1, 0},
    {"kind", KIND, 0, 0, 1, 0},
    {"modalities", SET, AT(scope.modalities), BC_VOCABULARY_MODALITY, 1, 0},
    {"operations", SET, AT(scope.operations), BC_VOCABULARY_OPERATION, 1, 0},
    {"providers", WORDS, AT(scope.providers), 0, 1, 0},
    {"purposes", WORDS, AT(scope.purposes), 0, 1, 0},
    {"jurisdictions", WORDS, AT(jurisdictions), 0, 0, 0},
    {"service_provider", SERVICE_PROVIDER, 0, 0, 1, 1},
    {"exempt", EXEMPT, 0, 0, 0, 1},
    {"controller", LINE, AT(controller), 0, 1, 0},
    {"retention", LINE, AT(retention), 0, 1, 0},
};

#define MEMBERS (sizeof members / sizeof members[0])

/* A sentence of its own. The service providers' slot is made of their members. */
static const char *set_slot(struct bc_notice_file *f, const char *name, const char *value)
{
    int slot = bc_vocabulary_value(BC_VOCABULARY_SLOT, name);

    if (slot < 0 || slot == BC_SLOT_SERVICE_PROVIDERS)
        return "unknown member";
    return f->slot[slot][0] ? "given twice" : set_text(f->slot[slot], BC_SLOT_MAX + 1, value);
}

static const char *set_member(struct parse *p, const char *name, const char *value)
{
    struct bc_notice *n = &p->f.notice;
    struct bc_lines *lines = &n->service_providers;
    const char *fault;
    size_t i = 0;
    void *field;

    while (i < MEMBERS && strcmp(members[i].name, name) != 0)
        i++;
    if (i == MEMBERS)
        return set_slot(&p->f, name, value);
    if ((p->given & (1U << i)) && !members[i].repeats)
        return "given twice";
    p->given |= 1U << i;
    field = (char *)n + members[i].offset;
    switch (members[i].kind) {
    case WORD:
        return bc_name_word_valid(value) ? set_text(field, BC_WORD_MAX + 1, value) : no_value;
    case WORDS:
        return add_words(field, value);
    case LINE: /* also the text of its slot */
        fault = set_text(field, BC_LINE_MAX + 1, value);
        return fault ? fault : set_slot(&p->f, name, value);
    case KIND:
        return bc_vocabulary_parse(BC_VOCABULARY_KIND, value, &n->kind) ? NULL : no_value;
    case SET:
        return bc_ini_file_parse_set(value, members[i].vocabulary, field) ? NULL : no_value;
    case SERVICE_PROVIDER:
        for (size_t l = 0; l < lines->count; l++)
            if (strcmp(lines->line[l], value) == 0)
                return "given twice";
        if (lines->count == BC_WORDS_MAX)
            return "too many of them";
        return set_text(lines->line[lines->count++], sizeof lines->line[0], value);
    default:
        return add_exempt(&p->f, value);
    }
}

/* Reads the member at *at with the lines that continue it (they begin with a space), and sets *at
 * to what follows. Returns the fault, or NULL; name is the member's as far as it is known. */
static const char *read_member(struct parse *p, const char **at, const char *end,
                               char name[KEY_MAX])
{
    char value[BC_SLOT_MAX + 1] = "";
    const char *s = *at;
    size_t left = (size_t)(end - s), used = 0;
    const char *colon = memchr(s, ':', left < KEY_MAX ? left : KEY_MAX);
    size_t len = colon ? (size_t)(colon - s) : 0;
    struct bc_line line;

    name[0] = '\0';
    if (len == 0 || memchr(s, '\n', len))
        return "not a member: write NAME: VALUE";
    memcpy(name, s, len);
    name[len] = '\0';
    s = colon + 1;
    for (int first = 1; first || (s < end && *s == ' '); first = 0) {
        if (!bc_text_next_line(&s, end, &line))
            return "the header has no end: leave an empty line before the body";
        while (line.len && line.s[0] == ' ') {
            line.s++;
            line.len--;
        }
        if (line.len == 0 && !first)
            return "a line of spaces only";
        if (used + line.len + 1 > BC_SLOT_MAX)
            return "the value is too long";
        if (line.len && used)
            value[used++] = ' ';
        memcpy(value + used, line.s, line.len);
        used += line.len;
        value[used] = '\0';
    }
    if (strpbrk(value, "{}"))
        return "a brace in the value";
    *at = s;
    return set_member(p, name, value);
}

/* Returns the slot whose placeholder stands at s, with its length in *len; -1 if there is none. */
static int find_slot(const char *s, size_t left, size_t *len)
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
        slot = text[i] == '{' ? find_slot(text + i, len - i, &used) : -1;
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

enum bc_result bc_notice_parse(const char *path, const char *text, size_t len,
                               struct bc_notice_file *out, struct bc_ini_file_error *err)
{
    struct parse p = {.given = 0};
    struct bc_notice_file *f = &p.f;
    const struct bc_lines *providers = &f->notice.service_providers;
    char *joined = f->slot[BC_SLOT_SERVICE_PROVIDERS];
    const char *at, *end = text + len;
    size_t used = 0, i;
    int line = 2;
    enum bc_result r;

    if (len > BC_NOTICE_FILE_MAX)
        return BC_ERR_TOO_LARGE;
    if (!bc_text_clean(text, len, 1))
        return bc_ini_file_fail(err, path, 0, "must be UTF-8 text without control characters", "");
    if (len <= strlen(MAGIC) || memcmp(text, MAGIC, strlen(MAGIC)) != 0)
        return bc_ini_file_fail(err, path, 1, "a notice begins with the line bioconsent-notice/1",
                                "");
    at = text + strlen(MAGIC);
    while (at < end && *at != '\n') {
        char name[KEY_MAX];
        const char *from = at, *fault = read_member(&p, &at, end, name);
        if (fault)
            return bc_ini_file_fail(err, path, line, fault, name);
        for (; from < at; from++)
            line += *from == '\n';
    }
    for (i = 0; i < MEMBERS; i++)
        if (members[i].required && !(p.given & (1U << i)))
            return bc_ini_file_fail(err, path, 0, "missing member", members[i].name);
    for (i = 0; i < providers->count && used <= BC_SLOT_MAX; i++)
        used += (size_t)snprintf(joined + used, BC_SLOT_MAX + 1 - used, "%s%s", i ? "; " : "",
                                 providers->line[i]);
    if (used > BC_SLOT_MAX)
        return bc_ini_file_fail(err, path, 0, "together too long", "service_provider");
    f->body = at < end ? (size_t)(at + 1 - text) : len;
    for (i = f->body; i < len && (text[i] == ' ' || text[i] == '\n'); i++)
        ;
    if (i == len)
        return bc_ini_file_fail(err, path, 0, "the body is empty", "");
    bc_merkle_hash_bytes(text, len, &f->notice.text);
    r = read_body(f, path, text, len, err);
    if (r == BC_OK)
        *out = *f;
    return r;
}

enum bc_result bc_notice_render(const struct bc_notice_file *file, const char *text, size_t len,
                                char **out, size_t *out_len)
{
    char *shown = NULL;
    size_t shown_len = 0, used;
    FILE *stream = open_memstream(&shown, &shown_len);
    int failed;

    if (!stream)
        return BC_ERR_MEMORY;
    for (size_t i = file->body; i < len; i += used) {
        used = 1;
        if (text[i] == '{')
            (void)fputs(file->slot[find_slot(text + i, len - i, &used)], stream);
        else
            (void)fputc(text[i], stream);
    }
    failed = ferror(stream);
    if (fclose(stream) != 0 || failed) {
        free(shown);
        return BC_ERR_MEMORY;
    }
    *out = shown;
    *out_len = shown_len;
    return BC_OK;
}

/* The next character that counts, 0 at the end: words are parted by one space. */
static char next_letter(const char **at)
{
    const char *s = *at;
    char c = *s;

    if (c == ' ') {
        s += strspn(s, " ");
        *at = s;
        return *s ? ' ' : '\0';
    }
    if (c == '.' && s[1 + strspn(s + 1, " ")] == '\0')
        return '\0';
    if (c != '\0')
        *at = s + 1;
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int bc_notice_release_matches(const char *release, const char *typed)
{
    size_t count = 0;
    char a, b;

    release += strspn(release, " ");
    typed += strspn(typed, " ");
    while ((a = next_letter(&release)) == (b = next_letter(&typed)) && a != '\0')
        count++;
    return count > 0 && a == b;
}
