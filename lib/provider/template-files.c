/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/template-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"

#define ACCOUNT "account"

/* ---- the pattern ---- */

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
           bc_identifiers_add(&out->identifiers, rule->name, value);
}

/* ---- the walk ---- */

/* Takes the descriptor over. */
static void push_folder(struct bc_template_files *t, int fd)
{
    DIR *dir = fdopendir(fd);

    if (!dir) {
        (void)close(fd);
        t->trouble = BC_ERR_MEMORY;
        return;
    }
    t->dir[t->open] = dir;
    t->len[t->open++] = strlen(t->path);
}

/* Opens the base; flags is 0, or O_NOFOLLOW where the base itself must not be a link. */
static void open_base(struct bc_template_files *t, const char *base, int flags)
{
    size_t len = strcmp(base, "/") == 0 ? 0 : strlen(base); /* no name begins with "//" */
    int fd;

    t->open = t->seen = 0;
    t->trouble = BC_OK;
    if (len >= sizeof t->path) {
        t->trouble = BC_ERR_TOO_LARGE;
        return;
    }
    memcpy(t->path, base, len);
    t->path[len] = '\0';
    fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (fd >= 0)
        push_folder(t, fd);
    else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
        t->trouble = BC_ERR_IO;
}

static void close_folders(struct bc_template_files *t)
{
    while (t->open > 0)
        (void)closedir(t->dir[--t->open]);
}

/* Moves to the next entry that is no folder. Returns 0 at the end. */
static int find_next(struct bc_template_files *t, struct stat *st)
{
    while (t->open > 0) {
        DIR *dir = t->dir[t->open - 1];
        size_t len = t->len[t->open - 1];
        const struct dirent *entry;
        int n, fd;

        errno = 0;
        entry = readdir(dir);
        if (!entry) {
            if (errno != 0)
                t->trouble = BC_ERR_IO;
            (void)closedir(dir);
            t->open--;
            continue;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (++t->seen > BC_TEMPLATE_FILES_MAX) {
            t->trouble = BC_ERR_TOO_LARGE;
            close_folders(t);
            return 0;
        }
        n = snprintf(t->path + len, sizeof t->path - len, "/%s", entry->d_name);
        if (n < 0 || len + (size_t)n >= sizeof t->path) {
            t->trouble = BC_ERR_TOO_LARGE;
            continue;
        }
        if (fstatat(dirfd(dir), entry->d_name, st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno != ENOENT)
                t->trouble = BC_ERR_IO;
            continue;
        }
        if (!S_ISDIR(st->st_mode))
            return 1;
        if (t->open > BC_TEMPLATE_DEPTH_MAX) {
            t->trouble = BC_ERR_TOO_LARGE;
            continue;
        }
        fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0)
            push_folder(t, fd);
        else
            t->trouble = BC_ERR_IO;
    }
    return 0;
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
        open_base(t, base, O_NOFOLLOW);
    } else {
        open_base(t, base, 0);
    }
    return BC_OK;
}

void bc_template_files_begin_folder(struct bc_template_files *t, const char *folder)
{
    t->pattern = NULL;
    open_base(t, folder, 0);
}

int bc_template_files_next(struct bc_template_files *t, struct stat *st, int *is_template,
                           struct bc_template_file *out)
{
    const char *pattern = t->pattern, *path = t->path;
    struct bc_template_file file = {.changed = 0};
    int matches;

    if (!find_next(t, st))
        return 0;
    matches = pattern && S_ISREG(st->st_mode);
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
    close_folders(t);
    return t->trouble;
}
