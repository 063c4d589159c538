/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "consent/notice.h"

/* The differences between two versions of a notice. */

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

/* Splits a text into its words. Returns them, which the caller frees, or NULL without memory. */
static struct bc_line *split_words(const char *s, size_t len, size_t *count)
{
    struct bc_line *words = malloc((len / 2 + 1) * sizeof *words);
    size_t n = 0;

    for (size_t i = 0; words && i < len; i++) {
        size_t from = i;
        while (i < len && s[i] != ' ' && s[i] != '\n')
            i++;
        if (i > from)
            words[n++] = (struct bc_line){s + from, i - from};
    }
    *count = n;
    return words;
}

enum bc_result bc_notice_words(const char *a, size_t a_len, const char *b, size_t b_len,
                               size_t *changed, size_t *all)
{
    size_t n, m;
    struct bc_line *x = split_words(a, a_len, &n), *y = split_words(b, b_len, &m);
    uint32_t *row = calloc(m + 1, sizeof *row);
    enum bc_result r = BC_ERR_MEMORY;

    if (x && y && row) {
        /* The longest run of words, not necessarily neighbours, that both have in this order. */
        for (size_t i = 0; i < n; i++) {
            uint32_t diagonal = 0;
            for (size_t j = 0; j < m; j++) {
                uint32_t above = row[j + 1];
                if (x[i].len == y[j].len && memcmp(x[i].s, y[j].s, x[i].len) == 0)
                    row[j + 1] = diagonal + 1;
                else if (row[j] > above)
                    row[j + 1] = row[j];
                diagonal = above;
            }
        }
        *all = n > m ? n : m;
        *changed = *all - row[m];
        r = BC_OK;
    }
    free(row);
    free(x);
    free(y);
    return r;
}
