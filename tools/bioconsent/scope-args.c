/* SPDX-License-Identifier: BSD-2-Clause */
#include "scope-args.h"

#include <stdio.h>
#include <string.h>

#include "session.h"

static int set_from_arg(const struct bc_arg *arg, enum bc_vocabulary vocabulary, unsigned *set)
{
    unsigned bits = 0;

    for (size_t i = 0; i < arg->count; i++) {
        int v = bc_vocabulary_value(vocabulary, arg->list[i]);
        if (v < 0)
            return bc_message_fail(BC_EXIT_USAGE, "unknown %s: %s", arg->name, arg->list[i]);
        bits |= 1U << v;
    }
    if (arg->given)
        *set = bits;
    return 0;
}

int bc_scope_args_words(const struct bc_arg *arg, struct bc_words *words)
{
    if (!arg->given)
        return 0;
    memset(words, 0, sizeof *words);
    for (size_t i = 0; i < arg->count; i++) {
        if (!bc_name_word_valid(arg->list[i]))
            return bc_message_fail(BC_EXIT_USAGE,
                                   "%s %s: use a-z 0-9 . _ - (at most 64), beginning with "
                                   "a letter or digit",
                                   arg->name, arg->list[i]);
        memcpy(words->word[words->count++], arg->list[i], strlen(arg->list[i]) + 1);
    }
    return 0;
}

int bc_scope_args_parse(struct bc_args *args, struct bc_scope *scope)
{
    int code = set_from_arg(bc_arg(args, "modality"), BC_VOCABULARY_MODALITY, &scope->modalities);

    if (!code)
        code = set_from_arg(bc_arg(args, "operation"), BC_VOCABULARY_OPERATION, &scope->operations);
    if (!code)
        code = bc_scope_args_words(bc_arg(args, "provider"), &scope->providers);
    return code ? code : bc_scope_args_words(bc_arg(args, "purpose"), &scope->purposes);
}

static const char *modality(unsigned v)
{
    return bc_vocabulary_name(BC_VOCABULARY_MODALITY, (enum bc_modality)v);
}

static const char *operation(unsigned v)
{
    return bc_vocabulary_name(BC_VOCABULARY_OPERATION, (enum bc_operation)v);
}

void bc_scope_args_set_text(unsigned set, const char *(*name)(unsigned), char *out, size_t cap)
{
    size_t used = 0;

    out[0] = '\0';
    for (unsigned v = 0; name(v) && used < cap; v++)
        if (set & (1U << v))
            used += (size_t)snprintf(out + used, cap - used, "%s%s", used ? "," : "", name(v));
}

static size_t words_text(const struct bc_words *words, char *out, size_t cap)
{
    size_t used = 0;

    for (size_t i = 0; i < words->count && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", used ? "," : "", words->word[i]);
    return used;
}

void bc_scope_args_text(const struct bc_scope *scope, char *out, size_t cap)
{
    char modalities[64], operations[64], providers[256] = "", purposes[256] = "";

    bc_scope_args_set_text(scope->modalities, modality, modalities, sizeof modalities);
    bc_scope_args_set_text(scope->operations, operation, operations, sizeof operations);
    (void)words_text(&scope->providers, providers, sizeof providers);
    (void)words_text(&scope->purposes, purposes, sizeof purposes);
    (void)snprintf(out, cap, "%s; %s; by %s; for %s", modalities, operations,
                   providers[0] ? providers : "-", purposes[0] ? purposes : "-");
}
