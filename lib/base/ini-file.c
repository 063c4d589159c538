/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ini-file.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"

#define LINE_BYTES 190 /* inih cuts what is longer than its own 200 */

struct parse {
    const struct bc_ini_file_reader *reader;
    struct bc_ini_file_error *err;
    int failed;
    size_t count;
    char seen[BC_INI_FILE_SETTINGS_MAX][LINE_BYTES];
};

enum bc_result bc_ini_file_fail(struct bc_ini_file_error *err, const char *path, int line,
                                const char *what, const char *which)
{
    char clean[64];

    bc_text_sanitize(which, clean, sizeof clean);
    (void)snprintf(err->where.path, sizeof err->where.path, "%s", path);
    (void)snprintf(err->what, sizeof err->what, "%s%s%s", what, which[0] ? ": " : "", clean);
    err->line = line;
    return BC_ERR_INVALID;
}

static int set_before(struct parse *p, const char *section, const char *key)
{
    char name[LINE_BYTES];

    (void)snprintf(name, sizeof name, "%s]%s", section, key);
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->seen[i], name) == 0)
            return 1;
    memcpy(p->seen[p->count++], name, sizeof name);
    return 0;
}

/* inih stops at nothing that we refuse, so the first fault is kept. It names no line for a fault of
 * ours; the return value 0 makes ini_parse_string return the line. */
static int handle(void *user, const char *section, const char *key, const char *value)
{
    struct parse *p = user;
    const char *fault;

    if (p->failed)
        return 0;
    if (p->count == BC_INI_FILE_SETTINGS_MAX)
        fault = "too many settings";
    else if (set_before(p, section, key))
        fault = "set twice";
    else
        fault = p->reader->set(p->reader->ctx, section, key, value);
    if (fault)
        (void)bc_ini_file_fail(p->err, "", 0, fault, key);
    p->failed = fault != NULL;
    return !p->failed;
}

static int known_section(const char *const *sections, const char *name, size_t len)
{
    for (; *sections; sections++)
        if (strlen(*sections) == len && memcmp(*sections, name, len) == 0)
            return 1;
    return 0;
}

/* What inih would let pass: long lines cut, continued lines, unknown empty sections. */
static const char *line_fault(const char *const *sections, const char *line, size_t len)
{
    if (len > LINE_BYTES)
        return "the line is too long";
    if (!bc_text_clean(line, len, 0))
        return "not UTF-8 text, or a control character";
    if (len > 0 && line[0] == ' ')
        return "a line may not begin with a space";
    if (len > 1 && line[0] == '[' &&
        (line[len - 1] != ']' || !known_section(sections, line + 1, len - 2)))
        return "unknown section";
    return NULL;
}

static enum bc_result check_lines(const char *path, const char *text, size_t len,
                                  const char *const *sections, struct bc_ini_file_error *err)
{
    const char *end = text + len;
    int line = 1;

    for (const char *at = text; at < end; line++) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        size_t n = nl ? (size_t)(nl - at) : (size_t)(end - at);
        const char *fault = line_fault(sections, at, n);
        if (fault)
            return bc_ini_file_fail(err, path, line, fault, "");
        at += n + 1;
    }
    return BC_OK;
}

static enum bc_result parse(const char *path, const char *text, struct parse *p)
{
    int line = ini_parse_string(text, handle, p);

    if (line < 0)
        return BC_ERR_MEMORY;
    if (line > 0 && !p->failed)
        return bc_ini_file_fail(p->err, path, line, "neither a section nor a setting", "");
    if (!p->failed)
        return BC_OK;
    (void)snprintf(p->err->where.path, sizeof p->err->where.path, "%s", path);
    p->err->line = line;
    return BC_ERR_INVALID;
}

enum bc_result bc_ini_file_parse(const char *path, const char *text, size_t len,
                                 const struct bc_ini_file_reader *reader,
                                 struct bc_ini_file_error *err)
{
    struct parse *p;
    enum bc_result r;

    if (len > BC_INI_FILE_MAX)
        return BC_ERR_TOO_LARGE;
    r = check_lines(path, text, len, reader->sections, err);
    if (r != BC_OK)
        return r;
    p = calloc(1, sizeof *p);
    if (!p)
        return BC_ERR_MEMORY;
    p->reader = reader;
    p->err = err;
    r = parse(path, text, p);
    free(p);
    return r;
}

enum bc_result bc_ini_file_load(const char *path, uid_t owner, char **text, size_t *len,
                                struct bc_ini_file_error *err)
{
    enum bc_result r = bc_file_read(path, owner, 0, BC_INI_FILE_MAX, text, len, &err->where);

    err->line = 0;
    if (r != BC_OK)
        (void)snprintf(err->what, sizeof err->what, "%s", bc_result_text(r));
    return r;
}

enum bc_result bc_ini_file_find(const char *const *folders, size_t count, const char *name,
                                const char *suffix, uid_t owner, char path[PATH_MAX], char **text,
                                size_t *len, struct bc_ini_file_error *err)
{
    enum bc_result r = BC_ERR_NOT_FOUND;

    if (!bc_name_word_valid(name))
        return bc_ini_file_fail(err, "", 0, "not a name for it", name);
    for (size_t i = 0; i < count && r == BC_ERR_NOT_FOUND; i++)
        if (snprintf(path, PATH_MAX, "%s/%s%s", folders[i], name, suffix) < PATH_MAX)
            r = bc_ini_file_load(path, owner, text, len, err);
    return r;
}

int bc_ini_file_parse_set(const char *value, enum bc_vocabulary vocabulary, unsigned *out)
{
    char copy[LINE_BYTES + 1], *save;
    unsigned bits = 0;

    if (strlen(value) >= sizeof copy)
        return 0;
    memcpy(copy, value, strlen(value) + 1);
    for (const char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        int v = bc_vocabulary_value(vocabulary, w);
        if (v < 0 || (bits & (1U << v)))
            return 0;
        bits |= 1U << v;
    }
    if (bits)
        *out = bits;
    return bits != 0;
}
