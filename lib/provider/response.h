/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_REPLY_H
#define BC_REPLY_H

#include <stddef.h>

#include "base/result.h"

/*
 * What a provider's command said, read strictly. A member is a path such as
 * "Faces.FaceId", in which every step goes into an object, and through an array
 * into each of its elements; "." is the answer itself.
 */

#define BC_REPLY_MAX (1024 * 1024) /* bytes of an answer */

struct bc_response; /* an answer in JSON */

/* Reads exactly one JSON value, without duplicate keys. *out is the caller's: bc_response_free.
 * Empty text is an empty object. BC_ERR_INVALID, BC_ERR_TOO_LARGE, BC_ERR_MEMORY. */
enum bc_result bc_response_parse(const char *text, size_t len, struct bc_response **out);
void bc_response_free(struct bc_response *r); /* NULL is allowed */

/* Whether every string at the member is one of the words (separated by spaces). spec: the member,
 * then the words. A member that is missing at its first step holds nothing; whatever is not a
 * string is none of the words. */
int bc_response_only(const struct bc_response *r, const char *spec);

/* Whether the member is there and is an empty array. */
int bc_response_empty(const struct bc_response *r, const char *member);

/* Whether the member is there and the string of the spec: the member, then one word. */
int bc_response_equals(const struct bc_response *r, const char *spec);

/* Calls each for every string at the member until it does not return BC_OK, which is returned.
 * BC_ERR_INVALID: the member is not there, or holds something that is not a string. */
enum bc_result bc_response_each(const struct bc_response *r, const char *member,
                                enum bc_result (*each)(void *ctx, const char *value), void *ctx);

/* Whether a word of len bytes is one of the words, which are separated by spaces. */
int bc_response_word(const char *words, const char *word, size_t len);

/* Whether an error message names one of these codes, as "(Code)". */
int bc_response_names(const char *message, const char *codes);

#endif
