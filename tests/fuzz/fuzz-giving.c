/* SPDX-License-Identifier: BSD-2-Clause */

/* What stands in the spool, and what a person typed. */

#include "consent/notice.h"
#include "fuzz.h"
#include "store/pending.h"

/* A pending file has one form. */
static void pending(enum bc_pending_kind kind, const char *text)
{
    struct bc_pending p;
    char again[BC_PENDING_TEXT_BYTES];
    size_t len;

    if (bc_pending_parse(kind, text, &p) != BC_OK)
        return;
    must(bc_pending_format(&p, again, &len) == BC_OK && strcmp(again, text) == 0);
    must(bc_name_subject_valid(p.subject.name));
}

/* The first line as the release, the second as what was typed. */
static void release(char *text)
{
    char *typed = strchr(text, '\n');

    if (!typed)
        return;
    *typed++ = '\0';
    typed[strcspn(typed, "\n")] = '\0';
    must(bc_notice_release_matches(text, typed) == bc_notice_release_matches(typed, text));
    if (bc_notice_release_matches(text, text))
        must(!bc_notice_release_matches(text, ""));
    else
        must(text[strspn(text, " .")] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    must(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    pending(BC_PENDING_ACCEPTANCE, text);
    pending(BC_PENDING_WITHDRAWAL, text);
    release(text);
    free(text);
    return 0;
}
