/* SPDX-License-Identifier: BSD-2-Clause */
#include "scope-args.h"

#include <stdio.h>
#include <string.h>

#include "common/message.h"
#include "verbs.h"

static void parse_set(const struct bc_args *args, int option, enum bc_vocabulary vocabulary,
                      unsigned *set)
{
    if (bc_args_given(args, option))
        *set = 0;
    for (size_t i = 0; i < args->option[option].count; i++) {
        const char *name = args->option[option].value[i];
        int v = bc_vocabulary_value(vocabulary, name);
        if (v < 0)
            bc_message_die(BC_EXIT_USAGE, "unknown %s: %s", bc_verb_options[option].name, name);
        *set |= 1U << v;
    }
}

static void parse_words(const struct bc_args *args, int option, struct bc_words *words)
{
    if (bc_args_given(args, option))
        memset(words, 0, sizeof *words);
    for (size_t i = 0; i < args->option[option].count; i++) {
        const char *word = args->option[option].value[i];
        if (!bc_name_word_valid(word))
            bc_message_die(BC_EXIT_USAGE,
                           "%s %s: use a-z 0-9 . _ - (at most 64), beginning with "
                           "a letter or digit",
                           bc_verb_options[option].name, word);
        memcpy(words->word[words->count++], word, strlen(word) + 1);
    }
}

void bc_scope_args_parse(const struct bc_args *args, struct bc_scope *scope)
{
    parse_set(args, BC_OPTION_MODALITY, BC_VOCABULARY_MODALITY, &scope->modalities);
    parse_set(args, BC_OPTION_OPERATION, BC_VOCABULARY_OPERATION, &scope->operations);
    parse_words(args, BC_OPTION_PROVIDER, &scope->providers);
    parse_words(args, BC_OPTION_PURPOSE, &scope->purposes);
}

static void write_set(unsigned set, enum bc_vocabulary vocabulary, char *out, size_t cap)
{
    const char *name;
    size_t used = 0;

    out[0] = '\0';
    for (unsigned v = 0; (name = bc_vocabulary_name(vocabulary, v)) && used < cap; v++)
        if (set & (1U << v))
            used += (size_t)snprintf(out + used, cap - used, "%s%s", used ? "," : "", name);
}

static void write_words(const struct bc_words *words, char *out, size_t cap)
{
    size_t used = 0;

    (void)snprintf(out, cap, "-");
    for (size_t i = 0; i < words->count && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", used ? "," : "", words->word[i]);
}

void bc_scope_args_text(const struct bc_scope *scope, char *out, size_t cap)
{
    char modalities[64], operations[64], providers[256], purposes[256];

    write_set(scope->modalities, BC_VOCABULARY_MODALITY, modalities, sizeof modalities);
    write_set(scope->operations, BC_VOCABULARY_OPERATION, operations, sizeof operations);
    write_words(&scope->providers, providers, sizeof providers);
    write_words(&scope->purposes, purposes, sizeof purposes);
    (void)snprintf(out, cap, "%s; %s; by %s; for %s", modalities, operations, providers, purposes);
}
