/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/module-options.h"

#include <limits.h>
#include <string.h>

#include "client/protocol.h"

enum option { OPERATION, MODALITY, PROVIDER, HELPER, CONFIG, QUIET, DEBUG, OPTIONS };

static const char *const names[OPTIONS] = {
    "operation=", "modality=", "provider=", "helper=", "config=", "quiet", "debug"};

/* Sets the option that arg is, and *which to its number. Returns 1, or 0 for an option that is
 * unknown (*which is OPTIONS) or malformed. */
static int set_option(struct bc_module_options *o, const char *arg, int *which)
{
    const char *value = arg;

    for (*which = 0; *which < OPTIONS; (*which)++) {
        size_t len = strlen(names[*which]);
        value = arg + len;
        if (names[*which][len - 1] == '=' ? strncmp(arg, names[*which], len) == 0
                                          : strcmp(arg, names[*which]) == 0)
            break;
    }
    switch (*which) {
    case OPERATION:
        return bc_vocabulary_parse(BC_VOCABULARY_OPERATION, value, &o->operation);
    case MODALITY:
        return bc_vocabulary_parse(BC_VOCABULARY_MODALITY, value, &o->modality);
    case PROVIDER:
        o->provider = value;
        return bc_name_word_valid(value);
    case HELPER:
    case CONFIG:
        *(*which == HELPER ? &o->helper : &o->config) = value;
        return value[0] == '/' && strlen(value) < PATH_MAX;
    case QUIET:
        o->quiet = 1;
        return 1;
    case DEBUG:
        o->debug = 1;
        return 1;
    default:
        return 0;
    }
}

int bc_module_options_parse(int argc, const char **argv, enum bc_operation operation,
                            struct bc_module_options *out, const char **bad)
{
    unsigned given = 0;
    int good = 1;

    *out = (struct bc_module_options){.operation = operation};
    for (int i = 0; i < argc; i++) {
        int which, valid = set_option(out, argv[i], &which);
        if (good && (!valid || (given & (1U << which)))) {
            *bad = argv[i];
            good = 0;
        }
        given |= 1U << which;
    }
    if (good && !(given & (1U << MODALITY))) {
        *bad = "modality= is missing";
        good = 0;
    }
    return good;
}
