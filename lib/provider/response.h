/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_RESPONSE_H
#define BC_RESPONSE_H

#include <jansson.h>
#include <stddef.h>

#include "base/result.h"

/* The answer of a provider's command, read strictly. A member is a path such as "Faces.FaceId", in
 * which every step goes into an object, and through an array into each of its elements; "." is the
 * answer itself. */

#define BC_REPLY_MAX (1024 * 1024) /* bytes of an answer */

/* Reads exactly one JSON value, without duplicate keys. *out is the caller's.
 * Empty text is an empty object. BC_ERR_INVALID, BC_ERR_TOO_LARGE, BC_ERR_MEMORY. */
enum bc_result bc_response_parse(const char *text, size_t len, json_t **out);

/* Whether every string at the member is one of the words (separated by spaces). spec: the member,
 * then the words. A member that is missing at its first step holds nothing; a value that is
 * not a string is none of the words. */
int bc_response_only(const json_t *r, const char *spec);

/* Whether the member is there and is an empty array. */
int bc_response_empty(const json_t *r, const char *member);

/* Whether the member is there and the string of the spec: the member, then one word. */
int bc_response_equals(const json_t *r, const char *spec);

/* Gives the strings at the member as an array, which is the caller's. It keeps what it needs of r.
 * BC_ERR_INVALID: the member is not there, or holds something that is not a string; BC_ERR_MEMORY.
 */
enum bc_result bc_response_strings(const json_t *r, const char *member, json_t **out);

/* Whether an error message names one of these codes, as "(Code)". */
int bc_response_names(const char *message, const char *codes);

#endif
