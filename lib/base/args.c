/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define NAME_MAX_BYTES 32 /* of what is compared as a mistyped name */

__attribute__((format(printf, 2, 3))) static int fail(struct bc_args *args, const char *format, ...)
{
    char text[sizeof args->error];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    bc_text_sanitize(text, args->error, sizeof args->error);
    return 0;
}

/* The number of single letters to change, insert or leave out (Levenshtein). */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1], len = strlen(b);

    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t change = diagonal + (a[i] != b[j]);
            size_t shift = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = change < shift ? change : shift;
        }
    }
    return row[len];
}

const char *bc_args_nearest(const char *typed, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t best = 3, len = strlen(typed);

    if (len > NAME_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance = strlen(names[i]) > NAME_MAX_BYTES ? best : edit_distance(typed, names[i]);
        if (distance < best && 2 * distance <= len) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

static int fail_unknown(struct bc_args *args, const int *allowed, const char *given, size_t len)
{
    const char *names[BC_ARGS_OPTIONS_MAX], *nearest;
    char typed[NAME_MAX_BYTES + 2];
    size_t count = 0;

    for (; *allowed >= 0; allowed++)
        names[count++] = args->table[*allowed].name;
    (void)snprintf(typed, sizeof typed, "%.*s", len < sizeof typed ? (int)len : (int)sizeof typed,
                   given + 2);
    nearest = bc_args_nearest(typed, names, count);
    if (nearest)
        return fail(args, "unknown option %s; did you mean --%s?", given, nearest);
    return fail(args, "unknown option %s", given);
}

/* Parses the option at argv[*i]; its value may be the next argument. */
static int parse_option(struct bc_args *args, const int *allowed, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    char *value = strchr(name, '=');
    size_t len = value ? (size_t)(value++ - name) : strlen(name), *count;
    const struct bc_args_option *o;
    const int *n = allowed;

    while (*n >= 0 &&
           (strlen(args->table[*n].name) != len || memcmp(args->table[*n].name, name, len) != 0))
        n++;
    if (*n < 0)
        return fail_unknown(args, allowed, argv[*i], len);
    o = &args->table[*n];
    count = &args->option[*n].count;
    if (args->option[*n].given && (o->kind == BC_ARGS_FLAG || o->kind == BC_ARGS_VALUE))
        return fail(args, "option --%s is given twice", o->name);
    args->option[*n].given = 1;
    if (o->kind == BC_ARGS_FLAG)
        return value ? fail(args, "option --%s takes no value", o->name) : 1;
    if (!value && *i + 1 >= argc)
        return fail(args, "option --%s needs a value: %s", o->name, o->value);
    value = value ? value : argv[++*i];
    do {
        char *comma = o->kind == BC_ARGS_LIST ? strchr(value, ',') : NULL;
        if (*count == BC_ARGS_LIST_MAX)
            return fail(args, "option --%s takes at most %d values", o->name, BC_ARGS_LIST_MAX);
        if (comma)
            *comma = '\0';
        if (!value[0])
            return fail(args, "option --%s needs a value: %s", o->name, o->value);
        args->option[*n].value[(*count)++] = value;
        value = comma ? comma + 1 : NULL;
    } while (value);
    return 1;
}

int bc_args_parse(struct bc_args *args, const struct bc_args_option *table, const int *allowed,
                  int argc, char **argv)
{
    int only_operands = 0;

    memset(args, 0, sizeof *args);
    args->table = table;
    for (int i = 0; i < argc; i++) {
        const char *given = argv[i];
        if (!only_operands && strcmp(given, "--") == 0) {
            only_operands = 1;
        } else if (!only_operands && strncmp(given, "--", 2) == 0) {
            if (!parse_option(args, allowed, argc, argv, &i))
                return 0;
        } else if (!only_operands && given[0] == '-' && given[1]) {
            return fail(args, "unknown option %s", given);
        } else if (args->operand_count == BC_ARGS_OPERANDS_MAX) {
            return fail(args, "more than %d operands", BC_ARGS_OPERANDS_MAX);
        } else {
            args->operand[args->operand_count++] = given;
        }
    }
    return 1;
}

int bc_args_given(const struct bc_args *args, int option)
{
    return args->option[option].given;
}

const char *bc_args_value(const struct bc_args *args, int option, const char *fallback)
{
    return args->option[option].given && args->option[option].count ? args->option[option].value[0]
                                                                    : fallback;
}

void bc_args_help(FILE *to, const struct bc_args_option *table, const int *list)
{
    char name[64];

    for (size_t i = 0; list ? list[i] >= 0 : table[i].name != NULL; i++) {
        const struct bc_args_option *o = &table[list ? (size_t)list[i] : i];
        (void)snprintf(name, sizeof name, "--%s%s%s", o->name, o->value ? " " : "",
                       o->value ? o->value : "");
        (void)fprintf(to, "  %-26s %s\n", name, o->help);
    }
}
