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

#include "base/array.h"
#include "base/file.h"

#define NOTE_BYTES_MAX (4 * 1024 * 1024)
#define NAME_BYTES 40
#define HEAD_BYTES 40

/* A note repeats its template: a user who may write the folder can rename what is in it, though not
 * write a file that belongs to us. */
#define HEAD "template %" PRIu64 "\n"

static void note_name(uint64_t template, char out[NAME_BYTES])
{
    (void)snprintf(out, NAME_BYTES, "deletion-%" PRIu64, template);
}

enum bc_result bc_known_ids_add(struct bc_known_ids *f, const char *value)
{
    char **more;

    if (!f->rule || !bc_identifiers_valid(f->rule, value, strlen(value)))
        return BC_ERR_INVALID;
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->value[i], value) == 0)
            return BC_OK;
    if (f->count == BC_FOUND_MAX)
        return BC_ERR_TOO_LARGE;
    more = bc_array_grow(f->value, f->count, &f->cap, sizeof *more);
    if (!more)
        return BC_ERR_MEMORY;
    f->value = more;
    f->value[f->count] = strdup(value);
    if (!f->value[f->count])
        return BC_ERR_MEMORY;
    f->count++;
    return BC_OK;
}

/* A damaged note is a failure: values that it may have held are not to be lost. */
static int read_note(struct bc_known_ids *f, int state, uint64_t template)
{
    char name[NAME_BYTES], head[HEAD_BYTES], *text, *rest;
    struct stat st;
    size_t len;
    int fd, good;

    note_name(template, name);
    fd = openat(state, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT;
    good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           !(st.st_mode & 077) && bc_file_read_open(fd, NOTE_BYTES_MAX, &text, &len) == BC_OK;
    (void)close(fd);
    if (!good)
        return 0;
    (void)snprintf(head, sizeof head, HEAD, template);
    good = strlen(text) == len && strncmp(text, head, strlen(head)) == 0 && text[len - 1] == '\n';
    rest = good ? text + strlen(head) : text;
    for (char *line; good && (line = strsep(&rest, "\n")) && rest;)
        good = bc_known_ids_add(f, line) == BC_OK;
    free(text);
    return good;
}

int bc_known_ids_start(struct bc_known_ids *f, const struct bc_provider *p,
                       const struct bc_identifiers *identifiers, int state, uint64_t template)
{
    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < p->identifiers.count; i++)
        if (p->identifiers.rule[i].kind == BC_IDENTIFIER_MANY)
            f->rule = &p->identifiers.rule[i];
    if (!f->rule)
        return 1;
    for (size_t i = 0; i < identifiers->count; i++)
        if (strcmp(identifiers->item[i].name, f->rule->name) == 0 &&
            bc_known_ids_add(f, identifiers->item[i].value) != BC_OK)
            return 0;
    if (state >= 0 && !read_note(f, state, template))
        return 0;
    f->noted = f->count;
    return 1;
}

int bc_known_ids_keep(struct bc_known_ids *f, int state, uint64_t template)
{
    char name[NAME_BYTES], *text = NULL;
    size_t len = 0;
    FILE *out;
    int good;

    if (f->count == f->noted || state < 0)
        return 1;
    out = open_memstream(&text, &len);
    if (!out)
        return 0;
    (void)fprintf(out, HEAD, template);
    for (size_t i = 0; i < f->count; i++)
        (void)fprintf(out, "%s\n", f->value[i]);
    note_name(template, name);
    good = fclose(out) == 0 &&
           bc_file_write(state, name, text, len, 0600, (uid_t)-1, (gid_t)-1) == BC_OK;
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
