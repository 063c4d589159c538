/* SPDX-License-Identifier: BSD-2-Clause */

/* What stands in the spool, what the helper hands out, and what was typed. */

#include "acceptance.h"
#include "fuzz.h"
#include "offer.h"
#include "sheet.h"

/* An acceptance has one form. */
static void acceptance(const char *text)
{
    struct bc_acceptance a;
    char again[BC_ACCEPTANCE_MAX];
    size_t len;

    if (bc_acceptance_parse(text, &a) != BC_OK)
        return;
    must(bc_acceptance_format(&a, again, &len) == BC_OK && strcmp(again, text) == 0);
    must(bc_subject_name_valid(a.subject.name) && a.typed[0] != '\0');
}

static void take(void *ctx, const char *piece)
{
    must(strlen(piece) <= BC_PIECE_MAX);
    must(bc_sheet_take(ctx, piece, strlen(piece)));
}

/* What was taken can be given on, and comes out the same. */
static void sheet(char *text)
{
    struct bc_sheet s = {.len = 0}, twice = {.len = 0};
    char *save;
    int good = 1;

    for (char *step = strtok_r(text, "\n", &save); step && good; step = strtok_r(NULL, "\n", &save))
        good = bc_sheet_take(&s, step, strlen(step));
    if (good && s.len && s.text[s.len - 1] == '\n') {
        bc_sheet_give(s.text, s.len, take, &twice);
        must(s.len == twice.len && memcmp(s.text, twice.text, s.len) == 0);
    }
    bc_sheet_free(&s);
    bc_sheet_free(&twice);
}

/* The first line as the release, the second as what was typed. */
static void release(char *text)
{
    char *typed = strchr(text, '\n');

    if (!typed)
        return;
    *typed++ = '\0';
    typed[strcspn(typed, "\n")] = '\0';
    must(bc_release_matches(text, typed) == bc_release_matches(typed, text));
    if (bc_release_matches(text, text))
        must(!bc_release_matches(text, ""));
    else
        must(text[strspn(text, " .")] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(3 * (size + 1));

    must(text != NULL);
    for (int i = 0; i < 3; i++) {
        memcpy(text + (size_t)i * (size + 1), data, size);
        text[(size_t)(i + 1) * (size + 1) - 1] = '\0';
    }
    acceptance(text);
    sheet(text + size + 1);
    release(text + 2 * (size + 1));
    free(text);
    return 0;
}
