/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ini-file.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"

#define LINE_BYTES 190 /* inih cuts what is longer than its own 200 */

struct bc_ini_file_setting {
    int line;
    const char *section; /* one of the caller's */
    char key[LINE_BYTES + 1];
    char value[LINE_BYTES + 1];
};

struct parse {
    const char *const *sections;
    const char *at, *end; /* of the text that is not read yet */
    int line;             /* that was read last */
    struct bc_ini_file *file;
    const char *fault; /* NULL: none so far */
    int fault_line;
    char key[LINE_BYTES + 1]; /* of the setting with the fault */
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

/* Returns the section of this name, of len bytes; NULL if there is none. */
static const char *find_section(const char *const *sections, const char *name, size_t len)
{
    while (*sections && (strlen(*sections) != len || memcmp(*sections, name, len) != 0))
        sections++;
    return *sections;
}

/* inih continues after a fault, but read_line gives it no further line. */
static int keep_setting(void *user, const char *section, const char *key, const char *value)
{
    struct parse *p = user;
    struct bc_ini_file *f = p->file;
    struct bc_ini_file_setting *s = &f->settings[f->count];
    const char *known = find_section(p->sections, section, strlen(section));

    if (f->count == BC_INI_FILE_SETTINGS_MAX)
        p->fault = "too many settings";
    else if (!known && section[0])
        p->fault = "unknown section";
    else if (strlen(key) > LINE_BYTES || strlen(value) > LINE_BYTES)
        p->fault = "the line is too long";
    for (size_t i = 0; i < f->count && !p->fault; i++)
        if (strcmp(f->settings[i].section, section) == 0 && strcmp(f->settings[i].key, key) == 0)
            p->fault = "set twice";
    if (p->fault) {
        p->fault_line = p->line;
        (void)snprintf(p->key, sizeof p->key, "%s", key);
        return 0;
    }
    s->section = known ? known : "";
    memcpy(s->key, key, strlen(key) + 1);
    memcpy(s->value, value, strlen(value) + 1);
    s->line = p->line;
    f->count++;
    return 1;
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
        (line[len - 1] != ']' || !find_section(sections, line + 1, len - 2)))
        return "unknown section";
    return NULL;
}

/* Reads for inih like fgets(3), and counts the lines, which inih tells only of its own faults. Ends
 * the text at the first fault. */
static char *read_line(char *out, int cap, void *stream)
{
    struct parse *p = stream;
    const char *nl = memchr(p->at, '\n', (size_t)(p->end - p->at));
    size_t len = (size_t)((nl ? nl : p->end) - p->at), n = len + (nl != NULL);

    if (p->fault || n == 0)
        return NULL;
    p->line++;
    p->fault = n < (size_t)cap ? line_fault(p->sections, p->at, len) : "the line is too long";
    if (p->fault) {
        p->fault_line = p->line;
        return NULL;
    }
    memcpy(out, p->at, n);
    out[n] = '\0';
    p->at += n;
    return out;
}

enum bc_result bc_ini_file_open(const char *path, const char *text, size_t len,
                                const char *const *sections, struct bc_ini_file *out,
                                struct bc_ini_file_error *err)
{
    struct bc_ini_file f = {.count = 0};
    struct parse p = {.sections = sections, .at = text, .end = text + len, .file = &f};
    int line;

    if (len > BC_INI_FILE_MAX)
        return BC_ERR_TOO_LARGE;
    f.settings = calloc(BC_INI_FILE_SETTINGS_MAX, sizeof *f.settings);
    if (!f.settings)
        return BC_ERR_MEMORY;
    line = ini_parse_stream(read_line, &p, keep_setting, &p);
    if (line == 0 && !p.fault) {
        *out = f;
        return BC_OK;
    }
    free(f.settings);
    if (line < 0)
        return BC_ERR_MEMORY;
    if (p.fault && (line == 0 || line >= p.fault_line))
        return bc_ini_file_fail(err, path, p.fault_line, p.fault, p.key);
    return bc_ini_file_fail(err, path, line, "neither a section nor a setting", "");
}

int bc_ini_file_next(struct bc_ini_file *f)
{
    const struct bc_ini_file_setting *s = &f->settings[f->next];

    if (f->next == f->count)
        return 0;
    f->next++;
    f->line = s->line;
    f->section = s->section;
    f->key = s->key;
    f->value = s->value;
    return 1;
}

enum bc_result bc_ini_file_close(struct bc_ini_file *f, const char *path, const char *fault,
                                 struct bc_ini_file_error *err)
{
    enum bc_result r = fault ? bc_ini_file_fail(err, path, f->line, fault, f->key) : BC_OK;

    free(f->settings);
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
