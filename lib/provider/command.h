/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_COMMAND_H
#define BC_COMMAND_H

#include <stddef.h>

#include "consent/identifiers.h"

/* A provider's command with the identifiers of one template filled in. The template is words
 * separated by single spaces; no shell ever sees it.
 *
 *     {identifier}      its value; {account} the subject's name; {file} an absolute path (enroll
 * only) {identifier...}   a word by itself: all values of an identifier of the kind "many"
 *
 * An identifier that may begin with '-' stands behind "--name=" only. */

#define BC_COMMAND_WORDS_MAX 32 /* of a template */
#define BC_COMMAND_BATCH 4096   /* values that one command takes */

/* The values to fill in; NULL or 0 where there is none. */
struct bc_filling {
    const char *account;
    const char *file;
    const struct bc_identifiers *identifiers;
    const char *const
        *many; /* of the identifier of the kind "many", in place of those in identifiers */
    size_t many_count;
    const char *last; /* one word more, behind all others */
};

/* argv[0..count), then NULL: free with bc_command_free. */
struct bc_command {
    char **argv;
    size_t count;
    char *bytes;
};

/* Whether the text can be a command, or where words is 0 a text, of a provider with these rules.
 * NULL, or what is wrong with it. */
const char *bc_command_fault(const struct bc_identifier_rules *rules, const char *text, int words,
                             int enroll);

/* Fills the command in; every value is checked against its rule again. Takes at most
 * BC_COMMAND_BATCH of the values from `from` on. BC_ERR_NOT_FOUND: it names a value that is not
 * given, so it has nothing to do. BC_ERR_INVALID: a value breaks its rule. BC_ERR_MEMORY. */
enum bc_result bc_command_fill(const struct bc_identifier_rules *rules, const char *text,
                               const struct bc_filling *f, size_t from, struct bc_command *out);
void bc_command_free(struct bc_command *c);

/* The same for a text that is not a command. BC_ERR_TOO_LARGE. */
enum bc_result bc_command_text(const struct bc_identifier_rules *rules, const char *text,
                               const struct bc_filling *f, char *out, size_t cap);

/* Whether the command takes all values of an identifier of the kind "many". */
int bc_command_takes_many(const char *text);

#endif
