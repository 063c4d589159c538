/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int wrong(struct bc_args *args, const char *what, const char *which)
{
    char clean[128];

    bc_text_sanitize(which, clean, sizeof clean);
    (void)snprintf(args->error, sizeof args->error, "%s: %s", what, clean);
    return 0;
}

static struct bc_arg *find(struct bc_args *args, const char *name, size_t len)
{
    for (struct bc_arg *a = args->options; a->name; a++)
        if (strlen(a->name) == len && memcmp(a->name, name, len) == 0)
            return a;
    return NULL;
}

struct bc_arg *bc_arg(struct bc_args *args, const char *name)
{
    struct bc_arg *a = find(args, name, strlen(name));

    if (!a)
        abort();
    return a;
}

const char *bc_arg_value(struct bc_args *args, const char *name, const char *fallback)
{
    const struct bc_arg *a = bc_arg(args, name);

    return a->given ? a->value : fallback;
}

static int add_list(struct bc_args *args, struct bc_arg *a, char *value)
{
    char *save;

    for (char *v = strtok_r(value, ",", &save); v; v = strtok_r(NULL, ",", &save)) {
        if (a->count == BC_ARGS_LIST_MAX)
            return wrong(args, "too many values for option", a->name);
        a->list[a->count++] = v;
    }
    return a->count > 0 ? 1 : wrong(args, "option needs a value", a->name);
}

static int set(struct bc_args *args, struct bc_arg *a, char *value)
{
    if (a->given && a->kind != BC_ARG_LIST)
        return wrong(args, "option given twice", a->name);
    a->given = 1;
    if (a->kind == BC_ARG_LIST && strcmp(a->name, "service-provider") != 0)
        return add_list(args, a, value);
    if (a->kind == BC_ARG_LIST) { /* legal names hold commas */
        if (a->count == BC_ARGS_LIST_MAX)
            return wrong(args, "too many values for option", a->name);
        a->list[a->count++] = value;
        return 1;
    }
    a->value = value;
    return 1;
}

/* Takes the option at argv[*i]; its value may be the next argument. */
static int take(struct bc_args *args, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    char *equals = strchr(argv[*i], '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    struct bc_arg *a = find(args, name, len);

    if (!a)
        return wrong(args, "unknown option", argv[*i]);
    if (a->kind == BC_ARG_FLAG)
        return equals ? wrong(args, "option takes no value", a->name) : set(args, a, NULL);
    if (equals)
        return set(args, a, equals + 1);
    if (*i + 1 >= argc)
        return wrong(args, "option needs a value", a->name);
    return set(args, a, argv[++*i]);
}

int bc_args_parse(struct bc_args *args, int argc, char **argv)
{
    int only_operands = 0;

    for (int i = 0; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = 1;
        } else if (!only_operands && strncmp(argv[i], "--", 2) == 0) {
            if (!take(args, argc, argv, &i))
                return 0;
        } else if (!only_operands && argv[i][0] == '-' && argv[i][1]) {
            return wrong(args, "unknown option", argv[i]);
        } else if (args->operand_count == sizeof args->operands / sizeof args->operands[0]) {
            return wrong(args, "too many operands", argv[i]);
        } else {
            args->operands[args->operand_count++] = argv[i];
        }
    }
    return 1;
}
