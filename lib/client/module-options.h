/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_MODULE_OPTIONS_H
#define BC_MODULE_OPTIONS_H

#include "base/vocabulary.h"

/* The options of a pam_bioconsent.so line. Strings point into argv. */
struct bc_module_options {
    enum bc_operation operation;
    enum bc_modality modality;
    const char *provider; /* NULL: any */
    const char *helper;   /* NULL: the installed one */
    const char *config;   /* NULL: the installed one */
    int quiet;
    int debug;
};

/* Reads the options; operation is the default of the service. Returns 1, or 0 if one is unknown,
 * given twice or malformed, or modality is missing; *bad is then what was wrong. quiet and debug
 * are set in either case, so that a refusal can be told as asked. */
int bc_module_options_parse(int argc, const char **argv, enum bc_operation operation,
                            struct bc_module_options *out, const char **bad);

#endif
