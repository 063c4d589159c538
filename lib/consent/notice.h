/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_NOTICE_H
#define BC_NOTICE_H

#include <stddef.h>

#include "base/ini-file.h"
#include "consent/event.h"
#include "consent/jurisdiction.h"

/*
 * A notice as a file, bioconsent-notice(5): the data of the event as a header, and
 * a body in which placeholders stand for that data, so that the two cannot
 * disagree. The file's bytes are what is published and hashed.
 *
 *     bioconsent-notice/1
 *     id: login-fingerprint
 *     controller: Example Ltd
 *     ...
 *
 *     {controller} reads your fingerprint ...
 */

#define BC_NOTICE_FILE_MAX 65536 /* bytes */
#define BC_SLOT_MAX 1023         /* bytes of a slot's text */
#define BC_EXEMPT_MAX 8

/* A law of which the notice says that it leaves this case alone. */
struct bc_exempt {
    char law[BC_WORD_MAX + 1];
    char name[BC_WORD_MAX + 1]; /* of an exemption of that law */
};

struct bc_notice_file {
    struct bc_notice notice; /* as the header has it; text is the hash of the whole file */
    char slot[BC_SLOTS][BC_SLOT_MAX + 1]; /* empty: not given */
    unsigned stated;                      /* slots that the body states: 1 << enum bc_slot */
    size_t exempt_count;
    struct bc_exempt exempt[BC_EXEMPT_MAX];
    size_t body; /* where the body begins in the text */
};

/* Reads a file's text, which needs no NUL. The first fault voids it all: an unknown, missing or
 * repeated member, a placeholder of no slot, an empty body, text that is not clean. path only names
 * it in err. BC_ERR_INVALID, BC_ERR_TOO_LARGE (err is not set). */
enum bc_result bc_notice_parse(const char *path, const char *text, size_t len,
                               struct bc_notice_file *out, struct bc_ini_file_error *err);

/* The text that is shown: the body of the file that was parsed from this text, with every slot
 * filled. *out is the caller's to free, has *out_len bytes and a NUL after them. BC_ERR_MEMORY. */
enum bc_result bc_notice_render(const struct bc_notice_file *file, const char *text, size_t len,
                                char **out, size_t *out_len);

/* Whether a person typed the release of a notice: equal but for the case of ASCII letters, the
 * number of spaces between words, and one full stop at the end. Both are strings in UTF-8. Returns
 * 1 or 0; an empty release matches nothing. */
int bc_notice_release_matches(const char *release, const char *typed);

/* What keeps a notice from being published: who asks (a jurisdiction's id, or "every notice"), what
 * is missing, and by which clause, which may be empty. who and clause live as long as the laws. */
struct bc_notice_finding {
    const char *who;
    const char *clause;
    char what[160];
};
#define BC_NOTICE_FINDINGS_MAX ((BC_WORDS_MAX + 1) * (BC_SLOTS + 2) + BC_EXEMPT_MAX)

/* Finds what keeps the notice from being published at this time under these laws, which are those
 * that it names, at most BC_WORDS_MAX. out has BC_NOTICE_FINDINGS_MAX elements. Returns how many
 * are set. */
size_t bc_notice_lint(const struct bc_notice_file *file, const struct bc_jurisdiction *laws,
                      size_t count, int64_t now, struct bc_notice_finding *out);

/* Fills in what the laws decide: who may give the consent, and the reasons of the exemptions. */
void bc_notice_apply(const struct bc_notice_file *file, const struct bc_jurisdiction *laws,
                     size_t count, int64_t now, struct bc_notice *out);

/* What two versions differ in that consent depends on: "purpose, retention", or "". Each ->notice
 * is as published (bc_notice_apply). */
void bc_notice_changes(const struct bc_notice_file *old, const struct bc_notice_file *new,
                       char *out, size_t cap);

/* How many words of the longer of two texts the other does not have in the same order, and how many
 * it has. BC_ERR_MEMORY. */
enum bc_result bc_notice_words(const char *a, size_t a_len, const char *b, size_t b_len,
                               size_t *changed, size_t *all);

#endif
