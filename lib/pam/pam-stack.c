/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-stack.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define ANY BC_PAM_STAGES

static const char *const stage_names[BC_PAM_STAGES] = {"auth", "account", "password", "session"};

const char *bc_pam_stack_stage_name(enum bc_pam_stage stage)
{
    return (unsigned)stage < BC_PAM_STAGES ? stage_names[stage] : "?";
}

/* The loading of one service. */
struct load {
    const char *const *folders;
    size_t folder_count;
    struct bc_pam_service *service;
    struct bc_pam_stack *stage; /* what lines are added to */
    size_t lines;
    int memory; /* 0 once there is none */
    unsigned depth;
    const char *open[BC_PAM_LEVELS]; /* the files that we are in */
};

/* The part of a file that is read: its lines of one stage or of any, at a level. */
struct part {
    enum bc_pam_stage stage;
    unsigned level;
};

static int read_file(struct load *l, const char *path, struct part part);

static void add_fault(struct load *l, enum bc_pam_fault_kind kind, const char *file,
                      unsigned number)
{
    struct bc_pam_service *s = l->service;
    struct bc_pam_fault *list = reallocarray(s->fault, s->fault_count + 1, sizeof *list);

    if (!list) {
        l->memory = 0;
        return;
    }
    s->fault = list;
    s->fault[s->fault_count++] = (struct bc_pam_fault){kind, file, number};
}

/* Adds a line with the arguments that stand in rest. line.text becomes the stack's, also on
 * failure. */
static void add_line(struct load *l, enum bc_pam_stage stage, struct bc_pam_line line, char *rest)
{
    struct bc_pam_stack *stack = &l->stage[stage];
    struct bc_pam_line *list = NULL;
    char *word;

    line.argv = calloc(rest ? strlen(rest) / 2 + 2 : 1, sizeof *line.argv);
    while (line.argv && (word = bc_pam_line_word(&rest)))
        line.argv[line.argc++] = word;
    if (line.argv && ++l->lines <= BC_PAM_LINES_MAX)
        list = reallocarray(stack->line, stack->count + 1, sizeof *list);
    if (!list) {
        if (l->lines <= BC_PAM_LINES_MAX)
            l->memory = 0;
        free(line.argv);
        free(line.text);
        return;
    }
    stack->line = list;
    stack->line[stack->count++] = line;
}

/* The path of a file that a line names, kept for as long as the service lives: in the first folder
 * that has it, if need be as a dangling link, or in the last. NULL if there were too many. */
static const char *find_file(struct load *l, const char *name)
{
    struct bc_pam_service *s = l->service;
    const char *folder = name[0] == '/' ? "" : NULL;
    char *path = NULL, tried[PATH_MAX];
    struct stat st;

    if (s->file_count == BC_PAM_FILES_MAX)
        return NULL;
    for (size_t i = 0; !folder && i < 2 * l->folder_count; i++) {
        const char *here = l->folders[i % l->folder_count];
        int flags = i < l->folder_count ? 0 : AT_SYMLINK_NOFOLLOW;
        int n = snprintf(tried, sizeof tried, "%s/%s", here, name);
        if (n > 0 && (size_t)n < sizeof tried && fstatat(AT_FDCWD, tried, &st, flags) == 0)
            folder = here;
    }
    if (!folder)
        folder = l->folders[l->folder_count - 1];
    if (asprintf(&path, "%s%s%s", folder, *folder ? "/" : "", name) < 0) {
        l->memory = 0;
        return NULL;
    }
    s->file[s->file_count++] = path;
    return path;
}

/* Reads the file that a line includes. If libpam cannot load all of it, a line that fails stands in
 * its place; returns 0 if there is no stage to put that in, and libpam cannot load the service. */
static int read_include(struct load *l, struct bc_pam_line line, const char *name, struct part part)
{
    const char *path = name ? find_file(l, name) : NULL;
    int fault = -1, good;
    struct stat st;

    if (!name)
        fault = BC_PAM_BAD_LINE;
    else if (!path || l->depth == BC_PAM_LEVELS || part.level == BC_PAM_LEVELS)
        fault = BC_PAM_TOO_MANY;
    for (unsigned i = 0; fault < 0 && i < l->depth; i++)
        if (strcmp(l->open[i], path) == 0)
            fault = BC_PAM_CYCLE;
    if (fault < 0 && stat(path, &st) != 0)
        fault = BC_PAM_MISSING;
    if (fault >= 0)
        add_fault(l, (enum bc_pam_fault_kind)fault, line.file, line.number);
    good = fault < 0 && read_file(l, path, part);
    if (good || part.stage == ANY) {
        free(line.text);
        return good;
    }
    line.kind = BC_PAM_BROKEN;
    add_line(l, part.stage, line, NULL);
    return 1;
}

/* Reads one line of a file, and takes its text. Returns 0 if libpam cannot load the service. */
static int read_line(struct load *l, struct bc_pam_line line, struct part part)
{
    char *rest = line.text;
    const char *word = bc_pam_line_word(&rest), *name;
    int stage = 0, is_substack, is_include;

    line.level = part.level;
    line.module = "";
    (void)bc_pam_line_control("", line.action);    /* every answer fails */
    if (word && strcasecmp(word, "@include") == 0) /* Debian's: the stages that are asked for */
        return read_include(l, line, bc_pam_line_word(&rest), part);
    if (word && *word == '-') /* only keeps libpam from logging a missing module */
        word++;
    while (stage < BC_PAM_STAGES && (!word || strcasecmp(word, stage_names[stage]) != 0))
        stage++;
    if (stage == BC_PAM_STAGES) {
        add_fault(l, BC_PAM_BAD_LINE, line.file, line.number);
        line.kind = BC_PAM_BROKEN;
        stage = part.stage == ANY ? BC_PAM_AUTH : (int)part.stage;
    }
    if (part.stage != ANY && stage != (int)part.stage) {
        free(line.text);
        return 1;
    }
    part.stage = (enum bc_pam_stage)stage;
    word = bc_pam_line_word(&rest);
    is_substack = word && strcasecmp(word, "substack") == 0;
    is_include = word && strcasecmp(word, "include") == 0;
    if (!word)
        line.kind = BC_PAM_BROKEN;
    if (!word || (!is_substack && !is_include && !bc_pam_line_control(word, line.action)))
        add_fault(l, BC_PAM_BAD_LINE, line.file, line.number);
    name = bc_pam_line_word(&rest);
    if (is_substack) {
        struct bc_pam_line marker = line;
        marker.kind = BC_PAM_SUBSTACK;
        marker.text = strdup(name ? name : "");
        marker.module = marker.text ? marker.text : "";
        add_line(l, part.stage, marker, NULL);
        part.level++;
    }
    if (is_substack || is_include)
        return read_include(l, line, name, part);
    if (!name && line.kind != BC_PAM_BROKEN) {
        add_fault(l, BC_PAM_BAD_LINE, line.file, line.number);
        line.kind = BC_PAM_BROKEN;
    }
    line.module = line.kind == BC_PAM_MODULE ? name : "";
    add_line(l, part.stage, line, rest);
    return 1;
}

/* Reads a file of at most BC_PAM_FILE_MAX bytes of text. Links are followed, as libpam does; a
 * device is not even opened. */
static char *read_text(const char *path)
{
    struct stat st;
    char *data = NULL;
    size_t len = 0;
    int fd = -1;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    (void)bc_file_read_open(fd, BC_PAM_FILE_MAX, &data, &len); /* or data stays NULL */
    (void)close(fd);
    if (data && strlen(data) != len) {
        free(data);
        data = NULL;
    }
    return data;
}

/* Reads a part of a file. Returns 1 if libpam can load it. */
static int read_file(struct load *l, const char *path, struct part part)
{
    char *data = read_text(path), buffer[BC_PAM_TEXT_MAX + 1];
    struct bc_pam_text text = {.at = data};
    enum bc_pam_read r = BC_PAM_END;
    int fault = data ? -1 : BC_PAM_UNREADABLE, good = 1;

    l->open[l->depth++] = path;
    while (fault < 0 && good && l->memory && (r = bc_pam_line_read(&text, buffer)) == BC_PAM_LINE) {
        struct bc_pam_line line = {.file = path, .number = text.number, .text = strdup(buffer)};
        l->memory = line.text != NULL;
        good = line.text && read_line(l, line, part);
        if (l->lines > BC_PAM_LINES_MAX)
            fault = BC_PAM_TOO_MANY;
    }
    l->depth--;
    free(data);
    if (fault < 0 && good && l->memory && r != BC_PAM_END)
        fault = r == BC_PAM_TOO_LONG ? BC_PAM_LONG_LINE : BC_PAM_OPEN_END;
    if (fault >= 0)
        add_fault(l, (enum bc_pam_fault_kind)fault, path, text.number);
    return good && fault < 0;
}

static void free_stack(struct bc_pam_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++) {
        free(stack->line[i].argv);
        free(stack->line[i].text);
    }
    free(stack->line);
}

void bc_pam_stack_free(struct bc_pam_service *service)
{
    for (int i = 0; i < BC_PAM_STAGES; i++)
        free_stack(&service->stage[i]);
    for (size_t i = 0; i < service->file_count; i++)
        free(service->file[i]);
    free(service->fault);
    *service = (struct bc_pam_service){0};
}

enum bc_result bc_pam_stack_load(const char *const *folders, size_t count, const char *name,
                                 struct bc_pam_service *out)
{
    struct bc_pam_service service = {.fault_count = 0};
    struct bc_pam_stack other[BC_PAM_STAGES] = {{0}};
    struct load l = {folders, count, &service, service.stage, .memory = 1};
    const struct part all = {.stage = ANY};
    const char *path;
    struct stat st;
    int there;

    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return BC_ERR_INVALID;
    path = find_file(&l, name);
    there = path && lstat(path, &st) == 0;
    service.refused = there && !read_file(&l, path, all);
    if (there && !service.refused) {
        l.stage = other; /* has what this service leaves out */
        path = find_file(&l, "other");
        service.refused = path && stat(path, &st) == 0 && !read_file(&l, path, all);
        for (int i = 0; i < BC_PAM_STAGES; i++)
            if (service.stage[i].count == 0) {
                service.borrowed |= 1U << i;
                service.stage[i] = other[i];
            } else {
                free_stack(&other[i]);
            }
    }
    if (!there || !l.memory) {
        bc_pam_stack_free(&service);
        return l.memory ? BC_ERR_NOT_FOUND : BC_ERR_MEMORY;
    }
    *out = service;
    return BC_OK;
}
