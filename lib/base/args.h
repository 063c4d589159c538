/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ARGS_H
#define BC_ARGS_H

#include <stddef.h>

/* Long options and operands of one verb. Strict: no abbreviations, nothing unknown, nothing twice
 * that is not a list. A list takes a value per option and values separated by commas. */

#define BC_ARGS_LIST_MAX 16
#define BC_ARGS_OPERANDS_MAX 1024

enum bc_arg_kind { BC_ARG_FLAG, BC_ARG_ONE, BC_ARG_LIST };

struct bc_arg {
    const char *name; /* without "--"; NULL ends a table */
    enum bc_arg_kind kind;
    int given;         /* set by bc_args_parse */
    const char *value; /* of BC_ARG_ONE */
    size_t count;      /* of BC_ARG_LIST */
    const char *list[BC_ARGS_LIST_MAX];
};

struct bc_args {
    struct bc_arg *options;
    const char *operands[BC_ARGS_OPERANDS_MAX];
    size_t operand_count;
    char error[256]; /* what is wrong, if bc_args_parse failed */
};

/* Parses argv[0..argc); commas in list values are cut in place. Returns 1, or 0 with args->error.
 */
int bc_args_parse(struct bc_args *args, int argc, char **argv);

/* The option of this name, which must be in the table. */
struct bc_arg *bc_arg(struct bc_args *args, const char *name);

/* Its value, or fallback where it was not given. */
const char *bc_arg_value(struct bc_args *args, const char *name, const char *fallback);

#endif
