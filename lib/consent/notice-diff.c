/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consent/notice.h"

/* What two versions of a notice differ in. */

static int same_words(const struct bc_words *a, const struct bc_words *b)
{
    return bc_event_words_within(a, b) && bc_event_words_within(b, a);
}

static int same_lines(const struct bc_lines *a, const struct bc_lines *b)
{
    if (a->count != b->count)
        return 0;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->line[i], b->line[i]) != 0)
            return 0;
    return 1;
}

void bc_notice_changes(const struct bc_notice_file *old, const struct bc_notice_file *new,
                       char *out, size_t cap)
{
    const struct bc_notice *a = &old->notice, *b = &new->notice;
#define SAME_SLOT(s) (strcmp(old->slot[BC_SLOT_##s], new->slot[BC_SLOT_##s]) == 0)
    const struct {
        const char *name;
        int same;
    } parts[] = {
        {"controller", SAME_SLOT(CONTROLLER)},
        {"service provider", same_lines(&a->service_providers, &b->service_providers)},
        {"modality", a->scope.modalities == b->scope.modalities},
        {"operation", a->scope.operations == b->scope.operations},
        {"provider", same_words(&a->scope.providers, &b->scope.providers)},
        {"biometric data", SAME_SLOT(BIOMETRIC_DATA)},
        {"purpose", same_words(&a->scope.purposes, &b->scope.purposes) && SAME_SLOT(PURPOSE)},
        {"retention", SAME_SLOT(RETENTION)},
        {"disclosure", SAME_SLOT(DISCLOSURE)},
        {"release", SAME_SLOT(RELEASE)},
        {"legal basis", SAME_SLOT(LEGAL_BASIS)},
        {"jurisdiction", same_words(&a->jurisdictions, &b->jurisdictions)},
        {"exemption",
         old->exempt_count ==
             new->exempt_count &&memcmp(old->exempt, new->exempt, sizeof old->exempt) == 0},
        {"kind of consent", a->kind == b->kind},
        {"who may give it", a->givers == b->givers},
        {"language", strcmp(a->language, b->language) == 0},
    };
#undef SAME_SLOT
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && used < cap; i++)
        if (!parts[i].same)
            used +=
                (size_t)snprintf(out + used, cap - used, "%s%s", used ? ", " : "", parts[i].name);
}

/* ---- words ---- */

struct words {
    size_t count;
    struct {
        const char *at;
        size_t len;
    } * word;
};

static int split(const char *s, size_t len, struct words *out)
{
    size_t i = 0;

    out->count = 0;
    out->word = malloc((len / 2 + 1) * sizeof *out->word);
    while (out->word && i < len) {
        size_t from = i;
        while (i < len && s[i] != ' ' && s[i] != '\n')
            i++;
        if (i > from) {
            out->word[out->count].at = s + from;
            out->word[out->count++].len = i - from;
        }
        i++;
    }
    return out->word != NULL;
}

/* The longest run of words, not necessarily neighbours, that both have in this order. row has
 * b->count + 1 zeros. */
static size_t common(const struct words *a, const struct words *b, uint32_t *row)
{
    for (size_t i = 0; i < a->count; i++) {
        uint32_t diagonal = 0;
        for (size_t j = 0; j < b->count; j++) {
            uint32_t above = row[j + 1];
            if (a->word[i].len == b->word[j].len &&
                memcmp(a->word[i].at, b->word[j].at, a->word[i].len) == 0)
                row[j + 1] = diagonal + 1;
            else if (row[j] > above)
                row[j + 1] = row[j];
            diagonal = above;
        }
    }
    return row[b->count];
}

enum bc_result bc_notice_words(const char *a, size_t a_len, const char *b, size_t b_len,
                               size_t *changed, size_t *all)
{
    struct words x = {0, NULL}, y = {0, NULL};
    enum bc_result r = BC_ERR_MEMORY;
    uint32_t *row;

    if (split(a, a_len, &x) && split(b, b_len, &y)) {
        row = calloc(y.count + 1, sizeof *row);
        if (row) {
            *all = x.count > y.count ? x.count : y.count;
            *changed = *all - common(&x, &y, row);
            free(row);
            r = BC_OK;
        }
    }
    free(x.word);
    free(y.word);
    return r;
}
