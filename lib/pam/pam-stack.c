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
#include "base/text.h"

static const char *const stage_names[BC_PAM_STAGES] = {"auth", "account", "password", "session"};

const char *bc_pam_stack_stage_name(enum bc_pam_stage stage)
{
    return (unsigned)stage < BC_PAM_STAGES ? stage_names[stage] : "?";
}

/* ---- one line ---- */

#define BLANKS " \n\t"
#define SPACES " \t\n\v\f\r"
#define UNSET (BC_PAM_RESET - 1)

/* The names of the codes, from PAM_SUCCESS, which is 0, to PAM_INCOMPLETE, which is 31. */
static const char codes[] =
    "success open_err symbol_err service_err system_err buf_err perm_denied auth_err "
    "cred_insufficient authinfo_unavail user_unknown maxtries new_authtok_reqd "
    "acct_expired session_err cred_unavail cred_expired cred_err no_module_data conv_err "
    "authtok_err authtok_recover_err authtok_lock_busy authtok_disable_aging try_again "
    "ignore abort authtok_expired module_unknown bad_item conv_again incomplete";

int bc_pam_stack_code(const char *name)
{
    return bc_text_find_word(codes, name, strlen(name));
}

enum read_end { LINE_READ, AT_END, TOO_LONG, CUT_OFF };

/* A file being read. */
struct text {
    const char *at;  /* what is left of it; without NUL bytes within */
    unsigned lines;  /* that were read */
    unsigned number; /* of the line on which the last one returned began */
};

/* Copies the next line that is not empty to out, with its continuations and without comments.
 * TOO_LONG: a line of more than BC_PAM_TEXT_MAX bytes; CUT_OFF: the text ends where a line must
 * continue. libpam refuses the file from either on. */
static enum read_end read_text_line(struct text *text, char out[BC_PAM_TEXT_MAX + 1])
{
    size_t used = 0, room = BC_PAM_TEXT_MAX;

    while (*text->at) {
        const char *s = text->at;
        size_t len = strcspn(s, "\n"), blank = strspn(s, " \t"), end = strcspn(s, "#");
        int more = 0;
        text->lines++;
        text->at += s[len] ? len + 1 : len;
        text->number = used == 0 ? text->lines : text->number;
        if (len > room) /* libpam would take the rest for a line */
            return TOO_LONG;
        if (blank == len || s[blank] == '#')
            continue;
        if (end >= len) { /* a line with a comment is never continued */
            for (end = len; strchr(BLANKS, s[end - 1]);)
                end--;
            more = s[end - 1] == '\\';
        }
        memcpy(out + used, s + blank, end - blank);
        used += end - blank;
        out[used] = '\0';
        if (!more)
            return LINE_READ;
        out[used - 1] = ' ';
        room -= len;
    }
    return used > 0 ? CUT_OFF : AT_END;
}

/* Cuts the next word off *at, in place: up to a blank, or the text between brackets. NULL if there
 * is none. */
static char *cut_word(char **at)
{
    char *word = *at ? *at + strspn(*at, BLANKS) : NULL, *end;

    if (!word || !*word) {
        *at = NULL;
        return NULL;
    }
    if (*word == '[') { /* up to the closing bracket; "\]" is a bracket within */
        char *to = ++word;
        for (end = word; *end && *end != ']'; *to++ = *end++)
            if (end[0] == '\\' && end[1] == ']')
                end++;
        if (to != end)
            *to = '\0';
    } else {
        end = word + strcspn(word, BLANKS);
    }
    if (*end)
        *end++ = '\0';
    *at = *end ? end : NULL;
    return word;
}

static void fill_unset(int action[_PAM_RETURN_VALUES], int value)
{
    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        if (action[code] == UNSET)
            action[code] = value;
}

/* Returns what follows the action, or NULL. Nothing need separate it from the next code: libpam
 * takes "okignore=bad" for two. */
static const char *parse_action(const char *s, int *action)
{
    static const char *const names[] = {"ignore", "ok", "done", "bad", "die", "reset"};
    int jump = 0;

    for (int i = 0; i < 6; i++)
        if (strncmp(s, names[i], strlen(names[i])) == 0) {
            *action = -i;
            return s + strlen(names[i]);
        }
    for (; *s >= '0' && *s <= '9'; s++)
        jump = jump < BC_PAM_JUMP_MAX ? jump * 10 + (*s - '0') : jump;
    *action = jump < BC_PAM_JUMP_MAX ? jump : BC_PAM_JUMP_MAX;
    return jump > 0 ? s : NULL;
}

/* Parses "code=action ...". Returns 1, or 0 where it is malformed. */
static int parse_pairs(const char *s, int action[_PAM_RETURN_VALUES])
{
    for (s += strspn(s, SPACES); *s; s += strspn(s, SPACES)) {
        size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz_");
        int is_default = len == 7 && memcmp(s, "default", len) == 0, value;
        int code = is_default ? 0 : bc_text_find_word(codes, s, len);
        s += len + strspn(s + len, SPACES);
        if (code < 0 || *s != '=')
            return 0;
        s = parse_action(s + 1 + strspn(s + 1, SPACES), &value);
        if (!s)
            return 0;
        if (is_default)
            fill_unset(action, value);
        else
            action[code] = value;
    }
    return 1;
}

/* Reads a control: a word such as "required" (not include or substack), or the inside of brackets.
 * Returns 1, or 0 if it is malformed: then every code is BC_PAM_BAD, as libpam has it. */
static int parse_control(const char *word, int action[_PAM_RETURN_VALUES])
{
    static const struct {
        const char *word;
        int success, other;
    } words[] = {{"required", BC_PAM_OK, BC_PAM_BAD},
                 {"requisite", BC_PAM_OK, BC_PAM_DIE},
                 {"optional", BC_PAM_OK, BC_PAM_IGNORE},
                 {"sufficient", BC_PAM_DONE, BC_PAM_IGNORE}};
    int good;
    size_t i = 0;

    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        action[code] = UNSET;
    while (i < 4 && strcasecmp(word, words[i].word) != 0)
        i++;
    if (i < 4) {
        action[PAM_SUCCESS] = action[PAM_NEW_AUTHTOK_REQD] = words[i].success;
        action[PAM_IGNORE] = BC_PAM_IGNORE;
        fill_unset(action, words[i].other);
    }
    good = i < 4 || parse_pairs(word, action);
    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        if (!good || action[code] == UNSET)
            action[code] = BC_PAM_BAD;
    return good;
}

/* ---- all files of a service ---- */

#define ANY BC_PAM_STAGES

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
    while (line.argv && (word = cut_word(&rest)))
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
    const char *folder = NULL;
    char *path = NULL, tried[PATH_MAX];
    struct stat st;

    if (s->file_count == BC_PAM_FILES_MAX)
        return NULL;
    for (int dangling = 0; name[0] != '/' && !folder && dangling <= 1; dangling++)
        for (size_t i = 0; !folder && i < l->folder_count; i++) {
            int n = snprintf(tried, sizeof tried, "%s/%s", l->folders[i], name);
            if (n > 0 && (size_t)n < sizeof tried &&
                fstatat(AT_FDCWD, tried, &st, dangling ? AT_SYMLINK_NOFOLLOW : 0) == 0)
                folder = l->folders[i];
        }
    if (!folder)
        folder = l->folders[l->folder_count - 1];
    if ((name[0] == '/' ? asprintf(&path, "%s", name) : asprintf(&path, "%s/%s", folder, name)) <
        0) {
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
    const char *word = cut_word(&rest), *name;
    int stage = 0, is_substack, is_include;

    line.level = part.level;
    line.module = "";
    (void)parse_control("", line.action);          /* every answer fails */
    if (word && strcasecmp(word, "@include") == 0) /* Debian's: the stages that are asked for */
        return read_include(l, line, cut_word(&rest), part);
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
    word = cut_word(&rest);
    is_substack = word && strcasecmp(word, "substack") == 0;
    is_include = word && strcasecmp(word, "include") == 0;
    if (!word)
        line.kind = BC_PAM_BROKEN;
    if (!word || (!is_substack && !is_include && !parse_control(word, line.action)))
        add_fault(l, BC_PAM_BAD_LINE, line.file, line.number);
    name = cut_word(&rest);
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

/* Reads a part of a file of text. Links are followed, as libpam does; a device is not even opened.
 * Returns 1 if libpam can load it. */
static int read_file(struct load *l, const char *path, struct part part)
{
    char *data = NULL, buffer[BC_PAM_TEXT_MAX + 1];
    struct text text = {.at = NULL};
    enum read_end r = AT_END;
    int fault = -1, good = 1, fd = -1;
    struct stat st;
    size_t len = 0;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0) {
        (void)bc_file_read_open(fd, BC_PAM_FILE_MAX, &data, &len); /* or data stays NULL */
        (void)close(fd);
    }
    if (!data || strlen(data) != len)
        fault = BC_PAM_UNREADABLE;
    text.at = data;
    l->open[l->depth++] = path;
    while (fault < 0 && good && l->memory && (r = read_text_line(&text, buffer)) == LINE_READ) {
        struct bc_pam_line line = {.file = path, .number = text.number, .text = strdup(buffer)};
        l->memory = line.text != NULL;
        good = line.text && read_line(l, line, part);
        if (l->lines > BC_PAM_LINES_MAX)
            fault = BC_PAM_TOO_MANY;
    }
    l->depth--;
    free(data);
    if (fault < 0 && good && l->memory && r != AT_END)
        fault = r == TOO_LONG ? BC_PAM_LONG_LINE : BC_PAM_OPEN_END;
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

    if (!count || !*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
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
