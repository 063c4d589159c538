/* SPDX-License-Identifier: BSD-2-Clause */
#include "quorum.h"

#include <stdlib.h>
#include <string.h>

#include "cosignature.h"
#include "text.h"

#define WORDS_MAX (BC_QUORUM_NAMES_MAX + 3)
#define LINE_MAX_BYTES 4096

const struct bc_quorum bc_quorum_empty;

/* ---- reading ---- */

struct words {
    size_t count;
    char *word[WORDS_MAX];
};

/* Cuts the line at spaces, in place. */
static const char *split(char *line, struct words *w)
{
    char *rest = NULL;

    w->count = 0;
    for (char *at = strtok_r(line, " ", &rest); at; at = strtok_r(NULL, " ", &rest)) {
        if (w->count == WORDS_MAX)
            return "too many words";
        w->word[w->count++] = at;
    }
    return NULL;
}

static int find_name(const struct bc_quorum *q, const char *name, size_t *index)
{
    for (size_t i = 0; i < q->name_count; i++)
        if (strcmp(q->names[i].name, name) == 0) {
            *index = i;
            return 1;
        }
    return 0;
}

static const char *add_log(struct bc_quorum *q, const struct words *w)
{
    struct bc_vkey key;

    if (w->count < 2 || w->count > 3)
        return "a log line is: log VKEY [URL]";
    if (bc_vkey_parse(w->word[1], &key) != BC_OK)
        return "not a log's verifier key";
    for (size_t i = 0; i < q->log_count; i++)
        if (bc_vkey_same_key(&q->logs[i], &key))
            return "the same key twice";
    if (q->log_count == BC_QUORUM_LOGS_MAX)
        return "too many logs";
    q->logs[q->log_count++] = key;
    return NULL;
}

/* A new name, not counted yet. */
static const char *new_name(struct bc_quorum *q, const char *name, struct bc_quorum_name **out)
{
    size_t index;

    if (strcmp(name, "none") == 0)
        return "none is no name to give";
    if (strlen(name) > BC_KEY_NAME_MAX)
        return "the name is too long";
    if (find_name(q, name, &index))
        return "the same name twice";
    if (q->name_count == BC_QUORUM_NAMES_MAX)
        return "too many names";
    *out = &q->names[q->name_count];
    memset(*out, 0, sizeof **out);
    memcpy((*out)->name, name, strlen(name));
    return NULL;
}

static const char *add_witness(struct bc_quorum *q, const struct words *w)
{
    struct bc_quorum_name *n;
    const char *fault;

    if (w->count < 3 || w->count > 4)
        return "a witness line is: witness NAME VKEY [URL]";
    fault = new_name(q, w->word[1], &n);
    if (fault)
        return fault;
    if (bc_vkey_parse_type(w->word[2], BC_KEY_COSIGNATURE, &n->key) != BC_OK)
        return "not a witness's verifier key";
    for (size_t i = 0; i < q->name_count; i++)
        if (!q->names[i].group && bc_vkey_same_key(&q->names[i].key, &n->key))
            return "the same key twice";
    q->name_count++;
    return NULL;
}

static const char *add_member(struct bc_quorum *q, struct bc_quorum_name *group, const char *name)
{
    size_t index;

    if (!find_name(q, name, &index))
        return "a member that no line before names";
    if (q->names[index].member)
        return "a member of two groups, or twice of one";
    q->names[index].member = 1;
    group->members[group->count++] = (unsigned char)index;
    return NULL;
}

static const char *set_need(struct bc_quorum_name *group, const char *word)
{
    uint64_t k;

    if (strcmp(word, "any") == 0)
        k = 1;
    else if (strcmp(word, "all") == 0)
        k = group->count;
    else if (bc_number_parse(word, strlen(word), group->count, &k) != BC_OK || k == 0)
        return "not all, any, or a number from 1 to that of the members";
    group->need = (size_t)k;
    return NULL;
}

static const char *add_group(struct bc_quorum *q, const struct words *w)
{
    struct bc_quorum_name *n;
    const char *fault;

    if (w->count < 4)
        return "a group line is: group NAME all|any|K MEMBER ...";
    fault = new_name(q, w->word[1], &n);
    if (fault)
        return fault;
    n->group = 1;
    for (size_t i = 3; i < w->count; i++)
        if ((fault = add_member(q, n, w->word[i])))
            return fault;
    fault = set_need(n, w->word[2]);
    if (!fault)
        q->name_count++;
    return fault;
}

static const char *set_quorum(struct bc_quorum *q, const struct words *w)
{
    if (w->count != 2)
        return "a quorum line is: quorum NAME|none";
    if (q->given)
        return "a second quorum";
    q->given = 1;
    q->root = BC_QUORUM_NAMES_MAX;
    if (strcmp(w->word[1], "none") != 0 && !find_name(q, w->word[1], &q->root))
        return "a quorum that no line before names";
    return NULL;
}

static const char *take_words(struct bc_quorum *q, const struct words *w)
{
    static const struct {
        const char *word;
        const char *(*take)(struct bc_quorum *q, const struct words *w);
    } kinds[] = {
        {"log", add_log}, {"witness", add_witness}, {"group", add_group}, {"quorum", set_quorum}};

    if (w->count == 0)
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(w->word[0], kinds[i].word) == 0)
            return kinds[i].take(q, w);
    return "not log, witness, group or quorum";
}

static const char *take_line(struct bc_quorum *q, const struct bc_line *line)
{
    char text[LINE_MAX_BYTES];
    struct words w;
    const char *fault;

    if (line->len >= sizeof text || memchr(line->s, '\0', line->len))
        return "too long a line, or none of text";
    memcpy(text, line->s, line->len);
    text[line->len] = '\0';
    for (size_t i = 0; i < line->len; i++)
        if (text[i] == '\t')
            text[i] = ' ';
    if (!bc_text_clean(text, line->len, 0))
        return "not clean text";
    if (text[strspn(text, " ")] == '#')
        return NULL;
    fault = split(text, &w);
    return fault ? fault : take_words(q, &w);
}

static enum bc_result take_lines(const char *path, const char *text, size_t len,
                                 struct bc_quorum *q, struct bc_settings_error *err)
{
    const char *at = text, *end = text + len;
    struct bc_line line;
    int number = 0;

    memset(q, 0, sizeof *q);
    while (bc_line_next(&at, end, &line)) {
        const char *fault = take_line(q, &line);
        number++;
        if (fault)
            return bc_settings_fail(err, path, number, fault, "");
    }
    return at == end ? BC_OK : bc_settings_fail(err, path, number + 1, "a line without an end", "");
}

enum bc_result bc_quorum_parse(const char *path, const char *text, size_t len,
                               struct bc_quorum *out, struct bc_settings_error *err)
{
    struct bc_quorum q;
    enum bc_result r = take_lines(path, text, len, &q, err);

    if (r != BC_OK)
        return r;
    if (!q.given)
        return bc_settings_fail(err, path, 0, "has no quorum line", "");
    *out = q;
    return BC_OK;
}

enum bc_result bc_quorum_parse_logs(const char *path, const char *text, size_t len,
                                    struct bc_quorum *out, struct bc_settings_error *err)
{
    struct bc_quorum q;
    enum bc_result r = take_lines(path, text, len, &q, err);

    if (r != BC_OK)
        return r;
    if (q.log_count == 0 || q.name_count || q.given)
        return bc_settings_fail(err, path, 0, "has to hold log lines, and nothing else", "");
    *out = q;
    return BC_OK;
}

enum bc_result bc_quorum_load(const char *path, uid_t owner, int only_logs, struct bc_quorum *out,
                              struct bc_settings_error *err)
{
    char *text;
    size_t len;
    enum bc_result r = bc_settings_load(path, owner, &text, &len, err);

    if (r != BC_OK)
        return r;
    r = (only_logs ? bc_quorum_parse_logs : bc_quorum_parse)(path, text, len, out, err);
    free(text);
    return r;
}

/* ---- asking ---- */

int bc_quorum_has_log(const struct bc_quorum *q, const char *origin, const struct bc_vkey *key)
{
    for (size_t i = 0; i < q->log_count; i++)
        if (bc_vkey_same_key(&q->logs[i], key) && strcmp(q->logs[i].name, key->name) == 0)
            return strcmp(key->name, origin) == 0;
    return q->log_count == 0;
}

struct counting {
    const struct bc_quorum *q;
    const char *note;
    size_t len;
    const struct bc_quorum_time *time;
    enum bc_result error; /* of the first cosignature that is no way to be believed */
};

static int counts(struct counting *c, const struct bc_vkey *key)
{
    const struct bc_quorum_time *t = c->time;
    int64_t at;
    enum bc_result r = bc_cosignature_find(c->note, c->len, key, &at);

    if (r != BC_OK && r != BC_ERR_NOT_FOUND)
        c->error = r;
    return r == BC_OK && at - t->allowance <= t->now && (!t->max_age || t->now - at <= t->max_age);
}

/* Members were defined before their groups: so this ends. */
static int reached(struct counting *c, size_t index)
{
    const struct bc_quorum_name *n = &c->q->names[index];
    size_t have = 0;

    if (!n->group)
        return counts(c, &n->key);
    for (size_t i = 0; i < n->count && have < n->need && c->error == BC_OK; i++)
        have += (size_t)reached(c, n->members[i]);
    return have == n->need;
}

enum bc_result bc_quorum_check(const struct bc_quorum *q, const char *note, size_t len,
                               const struct bc_quorum_time *time)
{
    struct counting c = {.q = q, .note = note, .len = len, .time = time, .error = BC_OK};

    if (!q->given)
        return BC_ERR_NOT_FOUND;
    if (q->root == BC_QUORUM_NAMES_MAX)
        return BC_OK;
    if (reached(&c, q->root) && c.error == BC_OK)
        return BC_OK;
    return c.error != BC_OK ? c.error : BC_ERR_NOT_FOUND;
}
