/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ARGS_H
#define BC_ARGS_H

#include <stddef.h>
#include <stdio.h>

/*
 * Long options and operands of a command line, by a table of all options of the
 * program and a list of those that one verb takes. Strict: no abbreviations, no
 * unknown option, no option twice that is not a list.
 */

#define BC_ARGS_OPTIONS_MAX 64 /* options of one program */
#define BC_ARGS_LIST_MAX 16    /* values of one option */
#define BC_ARGS_OPERANDS_MAX 64

enum bc_args_kind {
    BC_ARGS_FLAG,  /* takes no value */
    BC_ARGS_VALUE, /* takes one value */
    BC_ARGS_LIST,  /* may be given more than once; commas separate the values */
    BC_ARGS_EACH   /* may be given more than once; a value may contain commas */
};

/* One option of a program. The place in the program's table is its number. */
struct bc_args_option {
    const char *name; /* without "--"; NULL ends the table */
    enum bc_args_kind kind;
    const char *value; /* how help names the value, such as FILE; NULL for a flag */
    const char *help;  /* what it does: one sentence without a full stop */
};

struct bc_args {
    const struct bc_args_option *table;
    struct {
        int given;
        size_t count; /* of BC_ARGS_LIST and BC_ARGS_EACH */
        const char *value[BC_ARGS_LIST_MAX];
    } option[BC_ARGS_OPTIONS_MAX];
    size_t operand_count;
    const char *operand[BC_ARGS_OPERANDS_MAX];
    char error[256]; /* what is wrong, where bc_args_parse failed */
};

/*
 * Parses argv[0..argc), whose strings must outlive args and in which commas of
 * lists become NUL. allowed holds the numbers of the options that this verb takes,
 * in any order; -1 ends it. Everything behind "--" is an operand. Returns 1, or 0
 * with a sentence in args->error, which proposes the nearest option if one is
 * near.
 */
int bc_args_parse(struct bc_args *args, const struct bc_args_option *table, const int *allowed,
                  int argc, char **argv);

/* Returns whether the option was given. */
int bc_args_given(const struct bc_args *args, int option);

/* Returns the value of the option; fallback where it was not given. */
const char *bc_args_value(const struct bc_args *args, int option, const char *fallback);

/* Writes one line for each option of list, or of the whole table where list is NULL: its name, its
 * value, and what it does. The caller checks `to` for errors. */
void bc_args_help(FILE *to, const struct bc_args_option *table, const int *list);

/* Returns the nearest of count names to a mistyped one: at most two letters differ and at least
 * half of them agree. NULL where none is near. */
const char *bc_args_nearest(const char *typed, const char *const *names, size_t count);

#endif
