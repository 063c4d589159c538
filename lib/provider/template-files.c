/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/template-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/name.h"

#define DEPTH_MAX 32

struct walk {
    const struct bc_identifier_rules *rules;
    const char *account; /* NULL: any */
    enum bc_result (*each)(void *ctx, const struct bc_template_file *s);
    void *ctx;
    struct bc_template_file found;
};

/* One name of the pattern: fixed, or with a slot between what goes before and after it. */
struct part {
    const char *text;
    size_t len;
    const char *slot; /* NULL: none */
    size_t slot_len;
};

static int part_parse(const char *text, size_t len, struct part *out)
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

static int is_account(const struct part *p)
{
    return p->slot_len == strlen("account") && memcmp(p->slot, "account", p->slot_len) == 0;
}

/* What stands in the slot's place in this name; 0 if the name does not fit. */
static int middle(const struct part *p, const char *name, const char **value, size_t *len)
{
    size_t before = (size_t)(p->slot - 1 - p->text), after = p->len - before - p->slot_len - 2;
    size_t all = strlen(name);

    if (all <= before + after || memcmp(name, p->text, before) != 0 ||
        memcmp(name + all - after, p->text + p->len - after, after) != 0)
        return 0;
    *value = name + before;
    *len = all - before - after;
    return 1;
}

static int take_account(struct walk *w, const char *value, size_t len)
{
    char name[BC_SUBJECT_MAX + 1];

    if (len > BC_SUBJECT_MAX)
        return 0;
    memcpy(name, value, len);
    name[len] = '\0';
    if (!bc_name_subject_valid(name) || (w->account && strcmp(w->account, name) != 0))
        return 0;
    memcpy(w->found.account, name, len + 1);
    return 1;
}

/* Takes the name's value into what is found; 0 if it does not fit. */
static int take(struct walk *w, const struct part *p, const char *name)
{
    const struct bc_identifier_rule *rule;
    char value[BC_LINE_MAX + 1];
    const char *at;
    size_t len;

    if (!middle(p, name, &at, &len))
        return 0;
    if (is_account(p))
        return take_account(w, at, len);
    rule = bc_identifier_rule(w->rules, p->slot, p->slot_len);
    if (!rule || len > BC_LINE_MAX || !bc_identifiers_valid(rule, at, len))
        return 0;
    memcpy(value, at, len);
    value[len] = '\0';
    return bc_identifiers_add(&w->found.handles, rule->name, value);
}

static enum bc_result walk_from(struct walk *w, int folder, const char *rest, int depth);

/* The entry of this name: the file itself where nothing of the pattern is left, else a folder.
 * Links are followed (nofollow 0) where the pattern has the name itself, as in /lib. */
static enum bc_result enter(struct walk *w, int folder, const char *name, const char *rest,
                            int nofollow, int depth)
{
    struct stat st;
    enum bc_result r;
    int fd;

    if (!rest) {
        if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? BC_OK : BC_ERR_IO;
        w->found.dev = st.st_dev;
        w->found.ino = st.st_ino;
        w->found.changed = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        return S_ISREG(st.st_mode) ? w->each(w->ctx, &w->found) : BC_OK;
    }
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | nofollow);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? BC_OK : BC_ERR_IO;
    r = walk_from(w, fd, rest, depth + 1);
    close(fd);
    return r;
}

static enum bc_result walk_entries(struct walk *w, int folder, const struct part *p,
                                   const char *rest, int depth)
{
    const size_t handles = w->found.handles.count;
    enum bc_result r = BC_OK;
    const struct dirent *entry;
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return BC_ERR_IO;
    }
    while (r == BC_OK && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            take(w, p, entry->d_name))
            r = enter(w, folder, entry->d_name, rest, O_NOFOLLOW, depth);
        w->found.handles.count = handles;
    }
    closedir(dir);
    return r;
}

static enum bc_result walk_from(struct walk *w, int folder, const char *rest, int depth)
{
    size_t len = strcspn(rest, "/");
    const char *next = rest[len] ? rest + len + 1 : NULL;
    char name[NAME_MAX + 1];
    struct part p;

    if (depth > DEPTH_MAX || !part_parse(rest, len, &p))
        return BC_ERR_INVALID;
    if (p.slot)
        return walk_entries(w, folder, &p, next, depth);
    memcpy(name, rest, len);
    name[len] = '\0';
    return enter(w, folder, name, next, 0, depth);
}

enum bc_result bc_template_files_each(
    const struct bc_identifier_rules *rules, const char *pattern, const char *account,
    enum bc_result (*each)(void *ctx, const struct bc_template_file *s), void *ctx)
{
    struct walk w = {.rules = rules, .account = account, .each = each, .ctx = ctx};
    enum bc_result r;
    int root;

    if (pattern[0] != '/')
        return BC_ERR_INVALID;
    root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return BC_ERR_IO;
    r = walk_from(&w, root, pattern + 1, 0);
    close(root);
    return r;
}
