/* SPDX-License-Identifier: BSD-2-Clause */

/* What stands in the spool, and what a person typed. */

#include "consent/release.h"
#include "fuzz.h"
#include "store/pending-acceptance.h"

/* An acceptance has one form. */
static void acceptance(const char *text)
{
    struct bc_pending_acceptance a;
    char again[BC_ACCEPTANCE_MAX];
    size_t len;

    if (bc_pending_acceptance_parse(text, &a) != BC_OK)
        return;
    must(bc_pending_acceptance_format(&a, again, &len) == BC_OK && strcmp(again, text) == 0);
    must(bc_name_subject_valid(a.subject.name) && a.typed[0] != '\0');
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
    char *text = malloc(size + 1);

    must(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    acceptance(text);
    release(text);
    free(text);
    return 0;
}
