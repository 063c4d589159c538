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

/* One loading: where from, what into, and what is open now. */
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

/* What is asked of a file: its lines of one stage or of any, at a level. */
struct part {
    enum bc_pam_stage stage;
    unsigned level;
};

static int read_file(struct load *l, const char *path, struct part part);

static void *grow(struct load *l, void *list, size_t count, size_t size)
{
    void *more = reallocarray(list, count + 1, size);

    if (!more)
        l->memory = 0;
    return more;
}

static void add_fault(struct load *l, enum bc_pam_fault_kind kind, const char *file,
                      unsigned number)
{
    struct bc_pam_service *s = l->service;
    struct bc_pam_fault *list = grow(l, s->fault, s->fault_count, sizeof *list);

    if (!list)
        return;
    s->fault = list;
    s->fault[s->fault_count++] = (struct bc_pam_fault){kind, file, number};
}

/* Cuts what is left of a line into arguments. */
static int set_arguments(struct bc_pam_line *line, char *rest)
{
    size_t max = rest ? strlen(rest) / 2 + 1 : 0;
    char *word;

    line->argv = calloc(max + 1, sizeof *line->argv);
    while (line->argv && (word = bc_pam_line_word(&rest)))
        line->argv[line->argc++] = word;
    return line->argv != NULL;
}

/* Adds a line; text becomes the stack's, also on failure. */
static void add_line(struct load *l, enum bc_pam_stage stage, struct bc_pam_line line, char *rest)
{
    struct bc_pam_stack *stack = &l->stage[stage];
    struct bc_pam_line *list = NULL;

    if (!set_arguments(&line, rest))
        l->memory = 0;
    else if (++l->lines <= BC_PAM_LINES_MAX)
        list = grow(l, stack->line, stack->count, sizeof *list);
    if (!list) {
        free(line.argv);
        free(line.text);
        return;
    }
    stack->line = list;
    stack->line[stack->count++] = line;
}

static int stage_of(const char *word)
{
    word += *word == '-' ? 1 : 0; /* only says that a missing module is not to be logged */
    for (int i = 0; i < BC_PAM_STAGES; i++)
        if (strcasecmp(word, stage_names[i]) == 0)
            return i;
    return -1;
}

/* Remembers a path for as long as the service lives. */
static const char *keep_path(struct load *l, const char *folder, const char *name)
{
    struct bc_pam_service *s = l->service;
    char *path = NULL;

    if (s->file_count == BC_PAM_FILES_MAX)
        return NULL;
    if (asprintf(&path, "%s%s%s", folder, *folder ? "/" : "", name) < 0) {
        l->memory = 0;
        return NULL;
    }
    s->file[s->file_count++] = path;
    return path;
}

/* The first folder that has a file of this name, a link that leads nowhere if need be, or the last.
 */
static const char *folder_of(const struct load *l, const char *name)
{
    for (int links = 0; links < 2; links++)
        for (size_t i = 0; i < l->folder_count; i++) {
            char path[PATH_MAX];
            struct stat st;
            int n = snprintf(path, sizeof path, "%s/%s", l->folders[i], name);
            if (n > 0 && (size_t)n < sizeof path &&
                fstatat(AT_FDCWD, path, &st, links ? AT_SYMLINK_NOFOLLOW : 0) == 0)
                return l->folders[i];
        }
    return l->folders[l->folder_count - 1];
}

/* The path of a file that is named in a line. NULL if there were too many. */
static const char *find_file(struct load *l, const char *name)
{
    return keep_path(l, name[0] == '/' ? "" : folder_of(l, name), name);
}

static int is_open(const struct load *l, const char *path)
{
    for (unsigned i = 0; i < l->depth; i++)
        if (strcmp(l->open[i], path) == 0)
            return 1;
    return 0;
}

/* Reads what a line includes. Returns 1 if libpam can load all of it. */
static int include(struct load *l, const char *file, unsigned number, const char *name,
                   struct part part)
{
    struct stat st;
    const char *path;

    if (!name) {
        add_fault(l, BC_PAM_BAD_LINE, file, number);
        return 0;
    }
    path = find_file(l, name);
    if (!path || l->depth == BC_PAM_LEVELS || part.level == BC_PAM_LEVELS) {
        add_fault(l, BC_PAM_TOO_MANY, file, number);
        return 0;
    }
    if (is_open(l, path)) {
        add_fault(l, BC_PAM_CYCLE, file, number);
        return 0;
    }
    if (stat(path, &st) != 0) {
        add_fault(l, BC_PAM_MISSING, file, number);
        return 0;
    }
    return read_file(l, path, part);
}

/* What one line says, as far as it was read. */
struct parsed {
    struct bc_pam_line line;
    int stage;
    int include; /* 1: include, 2: substack */
    char *rest;
};

/* Debian's @include takes what its file has of the stages that are asked for. A file that can't be
 * loaded voids the service, since there is no stage to put the failure in. */
static int at_include(struct load *l, struct parsed *p, struct part part)
{
    int good = include(l, p->line.file, p->line.number, bc_pam_line_word(&p->rest), part);

    free(p->line.text);
    if (!good && part.stage != ANY) {
        p->line.text = NULL;
        add_line(l, part.stage, p->line, NULL);
        return 1;
    }
    return good;
}

static void parse_control(struct load *l, struct parsed *p)
{
    const char *word = bc_pam_line_word(&p->rest);

    p->include = word && strcasecmp(word, "include") == 0    ? 1
                 : word && strcasecmp(word, "substack") == 0 ? 2
                                                             : 0;
    if (!bc_pam_line_control(word && !p->include ? word : "", p->line.action) || !word)
        add_fault(l, BC_PAM_BAD_LINE, p->line.file, p->line.number);
    if (!word)
        p->line.kind = BC_PAM_BROKEN;
}

static void add_include(struct load *l, struct parsed *p, struct part part)
{
    const char *name = bc_pam_line_word(&p->rest);
    struct part inner = {(enum bc_pam_stage)p->stage, part.level + (p->include == 2 ? 1 : 0)};

    if (p->include == 2) {
        struct bc_pam_line marker = p->line;
        marker.kind = BC_PAM_SUBSTACK;
        marker.text = strdup(name ? name : "");
        marker.module = marker.text ? marker.text : "";
        add_line(l, inner.stage, marker, NULL);
    }
    if (!include(l, p->line.file, p->line.number, name, inner)) {
        p->line.kind = BC_PAM_BROKEN;
        add_line(l, inner.stage, p->line, NULL);
    } else {
        free(p->line.text);
    }
}

static void add_module(struct load *l, struct parsed *p)
{
    const char *module = bc_pam_line_word(&p->rest);

    if (!module && p->line.kind != BC_PAM_BROKEN)
        add_fault(l, BC_PAM_BAD_LINE, p->line.file, p->line.number);
    if (!module)
        p->line.kind = BC_PAM_BROKEN;
    p->line.module = module && p->line.kind == BC_PAM_MODULE ? module : "";
    add_line(l, (enum bc_pam_stage)p->stage, p->line, p->rest);
}

/* Takes one line of a file; text is the line's to keep. Returns 0 if the service can't be loaded.
 */
static int take_line(struct load *l, char *text, struct bc_pam_line line, struct part part)
{
    struct parsed p = {.line = line, .rest = text};
    const char *word = bc_pam_line_word(&p.rest);

    p.line.text = text;
    p.line.level = part.level;
    p.line.module = "";
    if (word && strcasecmp(word, "@include") == 0)
        return at_include(l, &p, part);
    p.stage = word ? stage_of(word) : -1;
    if (p.stage < 0) {
        add_fault(l, BC_PAM_BAD_LINE, p.line.file, p.line.number);
        p.line.kind = BC_PAM_BROKEN;
        p.stage = part.stage == ANY ? BC_PAM_AUTH : (int)part.stage;
    }
    if (part.stage != ANY && p.stage != (int)part.stage) {
        free(text);
        return 1;
    }
    parse_control(l, &p);
    if (p.include)
        add_include(l, &p, part);
    else
        add_module(l, &p);
    return 1;
}

/* Reads a file of at most BC_PAM_FILE_MAX bytes of text. Links are followed, as libpam does; a
 * device is not even opened. */
static char *slurp(const char *path)
{
    struct stat st;
    char *data = NULL;
    size_t len = 0;
    int fd = -1;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        bc_file_read_open(fd, BC_PAM_FILE_MAX, &data, &len) != BC_OK)
        data = NULL;
    (void)close(fd);
    if (data && strlen(data) != len) {
        free(data);
        data = NULL;
    }
    return data;
}

static int read_lines(struct load *l, const char *path, struct bc_pam_text *text, struct part part)
{
    char buffer[BC_PAM_TEXT_MAX + 1];
    enum bc_pam_read r;
    int good = 1;

    while (good && l->memory && (r = bc_pam_line_read(text, buffer)) == BC_PAM_LINE) {
        struct bc_pam_line line = {.file = path, .number = text->number};
        char *copy = strdup(buffer);
        l->memory = copy != NULL;
        good = copy && take_line(l, copy, line, part);
        if (l->lines > BC_PAM_LINES_MAX) {
            add_fault(l, BC_PAM_TOO_MANY, path, line.number);
            return 0;
        }
    }
    if (!good || !l->memory || r == BC_PAM_END)
        return good;
    add_fault(l, r == BC_PAM_TOO_LONG ? BC_PAM_LONG_LINE : BC_PAM_OPEN_END, path, text->number);
    return 0;
}

static int read_file(struct load *l, const char *path, struct part part)
{
    char *data = slurp(path);
    struct bc_pam_text text = {.at = data};
    int good;

    if (!data) {
        add_fault(l, BC_PAM_UNREADABLE, path, 0);
        return 0;
    }
    l->open[l->depth++] = path;
    good = read_lines(l, path, &text, part);
    l->depth--;
    free(data);
    return good;
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

/* A stage that the service leaves out is that of "other". */
static int load_other(struct load *l)
{
    struct bc_pam_stack other[BC_PAM_STAGES] = {{0}};
    const char *path = find_file(l, "other");
    struct stat st;
    int good = 1;

    l->stage = other;
    if (path && stat(path, &st) == 0)
        good = read_file(l, path, (struct part){.stage = ANY});
    for (int i = 0; i < BC_PAM_STAGES; i++) {
        struct bc_pam_stack *own = &l->service->stage[i];
        if (own->count == 0) {
            l->service->borrowed |= 1U << i;
            *own = other[i];
        } else {
            free_stack(&other[i]);
        }
    }
    return good;
}

enum bc_result bc_pam_stack_load(const char *const *folders, size_t count, const char *name,
                                 struct bc_pam_service *out)
{
    struct bc_pam_service service = {.fault_count = 0};
    struct load l = {folders, count, &service, service.stage, .memory = 1};
    const char *path;
    struct stat st;
    int there;

    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return BC_ERR_INVALID;
    path = find_file(&l, name);
    there = path && lstat(path, &st) == 0;
    if (there)
        service.refused = !read_file(&l, path, (struct part){.stage = ANY}) || !load_other(&l);
    if (!there || !l.memory) {
        bc_pam_stack_free(&service);
        return l.memory ? BC_ERR_NOT_FOUND : BC_ERR_MEMORY;
    }
    *out = service;
    return BC_OK;
}
