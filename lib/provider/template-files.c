/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/template-files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/name.h"

#define ACCOUNT "account"

/* One name of the pattern: fixed, or with a slot between a beginning and an end. */
struct part {
    const char *text;
    size_t len;
    const char *slot; /* NULL: none */
    size_t slot_len;
};

static int parse_part(const char *text, size_t len, struct part *out)
{
    const char *open = memchr(text, '{', len), *close = memchr(text, '}', len);

    *out = (struct part){.text = text, .len = len};
    if (len == 0 || len > NAME_MAX)
        return 0;
    if (!open && !close)
        return !(len <= 2 && memcmp(text, "..", len) == 0);
    if (!open || !close || close < open + 2 ||
        memchr(open + 1, '{', len - (size_t)(open + 1 - text)) ||
        memchr(close + 1, '}', len - (size_t)(close + 1 - text)))
        return 0;
    out->slot = open + 1;
    out->slot_len = (size_t)(close - open - 1);
    return 1;
}

/* Whether the name fits the part; what stands in the slot's place goes into out. */
static int match_part(const struct bc_template_files *t, const struct part *p, const char *name,
                      size_t len, struct bc_template_file *out)
{
    const struct bc_identifier_rule *rule;
    char value[NAME_MAX + 1];
    size_t before, after;

    if (!p->slot)
        return len == p->len && memcmp(name, p->text, len) == 0;
    before = (size_t)(p->slot - 1 - p->text);
    after = p->len - before - p->slot_len - 2;
    if (len <= before + after || len > NAME_MAX || memcmp(name, p->text, before) != 0 ||
        memcmp(name + len - after, p->text + p->len - after, after) != 0)
        return 0;
    len -= before + after;
    memcpy(value, name + before, len);
    value[len] = '\0';
    if (p->slot_len == strlen(ACCOUNT) && memcmp(p->slot, ACCOUNT, p->slot_len) == 0) {
        if (len > BC_SUBJECT_MAX || !bc_name_subject_valid(value) ||
            (t->account && strcmp(t->account, value) != 0))
            return 0;
        memcpy(out->account, value, len + 1);
        return 1;
    }
    rule = bc_identifiers_rule(t->rules, p->slot, p->slot_len);
    return rule && len <= BC_LINE_MAX && bc_identifiers_valid(rule, value, len) &&
           bc_identifiers_add(&out->handles, rule->name, value);
}

void bc_template_files_base(const char *pattern, char out[PATH_MAX])
{
    size_t len = strcspn(pattern, "{");

    while (len > 1 && pattern[len] != '/')
        len--;
    (void)snprintf(out, PATH_MAX, "%.*s", (int)len, pattern);
}

enum bc_result bc_template_files_begin(struct bc_template_files *t,
                                       const struct bc_identifier_rules *rules, const char *pattern,
                                       const char *account)
{
    const char *slot = strstr(pattern, "/{" ACCOUNT "}/");
    char base[PATH_MAX];
    struct part p;
    size_t len;

    if (pattern[0] != '/' || strlen(pattern) >= sizeof base)
        return BC_ERR_INVALID;
    for (const char *at = pattern; *at; at += len) {
        len = strcspn(++at, "/");
        if (!parse_part(at, len, &p))
            return BC_ERR_INVALID;
    }
    t->rules = rules;
    t->pattern = pattern;
    t->account = account;
    bc_template_files_base(pattern, base);
    len = strlen(base);
    /* The folder of one account is enough; it must not be a link to that of another account. */
    if (account && slot == pattern + len && bc_name_subject_valid(account) &&
        len + strlen(account) + 1 < sizeof base) {
        (void)snprintf(base + len, sizeof base - len, "/%s", account);
        bc_directory_walk_begin(&t->walk, base, O_NOFOLLOW);
    } else {
        bc_directory_walk_begin(&t->walk, base, 0);
    }
    return BC_OK;
}

int bc_template_files_next(struct bc_template_files *t, struct stat *st, int *is_template,
                           struct bc_template_file *out)
{
    const char *pattern = t->pattern, *path = t->walk.path;
    struct bc_template_file file = {.changed = 0};
    int matches;

    if (!bc_directory_walk_next(&t->walk, st))
        return 0;
    matches = S_ISREG(st->st_mode);
    while (matches && *pattern == '/' && *path == '/') {
        size_t part_len = strcspn(++pattern, "/"), len = strcspn(++path, "/");
        struct part p;
        matches = parse_part(pattern, part_len, &p) && match_part(t, &p, path, len, &file);
        pattern += part_len;
        path += len;
    }
    *is_template = matches && *pattern == '\0' && *path == '\0';
    if (*is_template) {
        file.dev = st->st_dev;
        file.ino = st->st_ino;
        file.changed = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
        *out = file;
    }
    return 1;
}

enum bc_result bc_template_files_end(struct bc_template_files *t)
{
    return bc_directory_walk_end(&t->walk);
}
