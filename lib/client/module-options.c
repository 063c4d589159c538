/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/module-options.h"

#include <limits.h>
#include <string.h>

#include "client/protocol.h"

enum option { OPERATION, MODALITY, PROVIDER, HELPER, CONFIG, QUIET, DEBUG, OPTIONS };

static const char *const names[OPTIONS] = {
    "operation=", "modality=", "provider=", "helper=", "config=", "quiet", "debug"};

static int find(const char *arg, const char **value)
{
    for (int i = 0; i < OPTIONS; i++) {
        size_t len = strlen(names[i]);
        int takes_value = names[i][len - 1] == '=';
        if (takes_value ? strncmp(arg, names[i], len) == 0 : strcmp(arg, names[i]) == 0) {
            *value = arg + len;
            return i;
        }
    }
    return OPTIONS;
}

static int set_path(const char **out, const char *value)
{
    if (value[0] != '/' || strlen(value) >= PATH_MAX)
        return 0;
    *out = value;
    return 1;
}

static int set_operation(struct bc_module_options *o, const char *value)
{
    int operation = bc_vocabulary_value(BC_VOCABULARY_OPERATION, value);

    if (operation >= 0)
        o->operation = (enum bc_operation)operation;
    return operation >= 0;
}

static int set_modality(struct bc_module_options *o, const char *value)
{
    int modality = bc_vocabulary_value(BC_VOCABULARY_MODALITY, value);

    if (modality >= 0)
        o->modality = (enum bc_modality)modality;
    return modality >= 0;
}

static int set(struct bc_module_options *o, int option, const char *value)
{
    switch (option) {
    case OPERATION:
        return set_operation(o, value);
    case MODALITY:
        return set_modality(o, value);
    case PROVIDER:
        o->provider = value;
        return bc_name_word_valid(value);
    case HELPER:
        return set_path(&o->helper, value);
    case CONFIG:
        return set_path(&o->config, value);
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
        const char *value = NULL;
        int option = find(argv[i], &value);
        if ((given & (1U << option)) || !set(out, option, value)) {
            if (good)
                *bad = argv[i];
            good = 0;
        }
        given |= 1U << option;
    }
    if (good && !(given & (1U << MODALITY))) {
        *bad = "modality= is missing";
        good = 0;
    }
    return good;
}
