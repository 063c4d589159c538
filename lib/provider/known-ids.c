/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/known-ids.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define NOTE_BYTES_MAX (4 * 1024 * 1024)
#define NAME_BYTES 40
#define HEAD_BYTES 40

static void note_name(uint64_t template, char out[NAME_BYTES])
{
    (void)snprintf(out, NAME_BYTES, "deletion-%" PRIu64, template);
}

/* Whoever may write the folder can rename what is in it, but not put anything in our place. */
static void note_head(uint64_t template, char out[HEAD_BYTES])
{
    (void)snprintf(out, HEAD_BYTES, "template %" PRIu64 "\n", template);
}

static int is_ours(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           !(st.st_mode & 077);
}

static int has(const struct bc_known_ids *f, const char *value)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->value[i], value) == 0)
            return 1;
    return 0;
}

enum bc_result bc_known_ids_add(struct bc_known_ids *f, const char *value)
{
    char *copy, **more;

    if (!f->rule || !bc_identifiers_valid(f->rule, value, strlen(value)))
        return BC_ERR_INVALID;
    if (has(f, value))
        return BC_OK;
    if (f->count == BC_FOUND_MAX)
        return BC_ERR_TOO_LARGE;
    if (f->count == f->cap) {
        more = realloc(f->value, (f->cap * 2 + 16) * sizeof *more);
        if (!more)
            return BC_ERR_MEMORY;
        f->value = more;
        f->cap = f->cap * 2 + 16;
    }
    copy = strdup(value);
    if (!copy)
        return BC_ERR_MEMORY;
    f->value[f->count++] = copy;
    return BC_OK;
}

/* A damaged note is a failure: values that it may have held are not to be lost. */
static int read_note(struct bc_known_ids *f, int state, uint64_t template)
{
    char name[NAME_BYTES], head[HEAD_BYTES], *text, *rest;
    size_t len;
    int fd, good;

    note_name(template, name);
    fd = openat(state, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT;
    good = is_ours(fd) && bc_file_read_open(fd, NOTE_BYTES_MAX, &text, &len) == BC_OK;
    (void)close(fd);
    if (!good)
        return 0;
    note_head(template, head);
    good = strlen(text) == len && strncmp(text, head, strlen(head)) == 0 && text[len - 1] == '\n';
    rest = good ? text + strlen(head) : text;
    for (char *line; good && (line = strsep(&rest, "\n")) && rest;)
        good = bc_known_ids_add(f, line) == BC_OK;
    free(text);
    return good;
}

int bc_known_ids_start(struct bc_known_ids *f, const struct bc_provider *p,
                       const struct bc_identifiers *handles, int state, uint64_t template)
{
    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < p->handles.count; i++)
        if (p->handles.rule[i].kind == BC_IDENTIFIER_MANY)
            f->rule = &p->handles.rule[i];
    if (!f->rule)
        return 1;
    for (size_t i = 0; i < handles->count; i++)
        if (strcmp(handles->item[i].name, f->rule->name) == 0 &&
            bc_known_ids_add(f, handles->item[i].value) != BC_OK)
            return 0;
    if (state >= 0 && !read_note(f, state, template))
        return 0;
    f->noted = f->count;
    return 1;
}

int bc_known_ids_keep(struct bc_known_ids *f, int state, uint64_t template)
{
    char name[NAME_BYTES], head[HEAD_BYTES], *text;
    size_t len, at;
    int good;

    if (f->count == f->noted || state < 0)
        return 1;
    note_head(template, head);
    len = at = strlen(head);
    for (size_t i = 0; i < f->count; i++)
        len += strlen(f->value[i]) + 1;
    text = malloc(len + 1);
    if (!text)
        return 0;
    memcpy(text, head, at + 1);
    for (size_t i = 0; i < f->count; i++)
        at += (size_t)snprintf(text + at, len + 1 - at, "%s\n", f->value[i]);
    note_name(template, name);
    good = bc_file_write(state, name, text, len, 0600, (uid_t)-1, (gid_t)-1) == BC_OK;
    if (good)
        f->noted = f->count;
    free(text);
    return good;
}

void bc_known_ids_forget(int state, uint64_t template)
{
    char name[NAME_BYTES];

    note_name(template, name);
    if (state >= 0)
        (void)unlinkat(state, name, 0);
}

void bc_known_ids_free(struct bc_known_ids *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->value[i]);
    free(f->value);
    memset(f, 0, sizeof *f);
}
