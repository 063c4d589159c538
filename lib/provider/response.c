/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/response.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define KEY_MAX 64

enum bc_result bc_response_parse(const char *text, size_t len, json_t **out)
{
    json_t *value;

    if (len > BC_REPLY_MAX)
        return BC_ERR_TOO_LARGE;
    value = strspn(text, " \r\n\t") == len
                ? json_object()
                : json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if (!value)
        return BC_ERR_INVALID;
    *out = value;
    return BC_OK;
}

/* Appends every string at the member, of len bytes, to the list. BC_ERR_INVALID: a step leads
 * nowhere, or to what is no string. */
static enum bc_result append_strings(const json_t *value, const char *member, size_t len,
                                     json_t *list)
{
    const char *dot = memchr(member, '.', len);
    size_t step = dot ? (size_t)(dot - member) : len, next = dot ? step + 1 : len;
    enum bc_result r = BC_OK;
    char key[KEY_MAX];

    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value) && r == BC_OK; i++)
            r = append_strings(json_array_get(value, i), member, len, list);
        return r;
    }
    if (len == 0 && json_is_string(value))
        return json_array_append(list, (json_t *)(uintptr_t)value) == 0 ? BC_OK : BC_ERR_MEMORY;
    if (len == 0 || !value || step >= sizeof key)
        return BC_ERR_INVALID;
    memcpy(key, member, step);
    key[step] = '\0';
    return append_strings(json_object_get(value, key), member + next, len - next, list);
}

/* The value at the first step of a member. */
static const json_t *first_step(const json_t *r, const char *spec)
{
    char key[KEY_MAX];

    if (spec[0] == '.')
        return r;
    (void)snprintf(key, sizeof key, "%.*s", (int)strcspn(spec, " ."), spec);
    return json_object_get(r, key);
}

enum bc_result bc_response_strings(const json_t *r, const char *member, json_t **out)
{
    json_t *list = json_array();
    enum bc_result result = BC_ERR_INVALID;

    if (!list)
        return BC_ERR_MEMORY;
    if (first_step(r, member))
        result = append_strings(r, member, member[0] == '.' ? 0 : strcspn(member, " "), list);
    if (result == BC_OK)
        *out = list;
    else
        json_decref(list);
    return result;
}

/* Whether the member is there, and every value at it is one of the words. */
static int are_allowed(const json_t *r, const char *spec, const char *words)
{
    json_t *strings;
    const char *value;
    int allowed = 1;

    if (bc_response_strings(r, spec, &strings) != BC_OK)
        return 0;
    for (size_t i = 0; (value = json_string_value(json_array_get(strings, i))); i++)
        allowed &= bc_text_find_word(words, value, strlen(value)) >= 0;
    json_decref(strings);
    return allowed;
}

int bc_response_only(const json_t *r, const char *spec)
{
    const char *words = spec + strcspn(spec, " ");

    if (!json_is_object(r))
        return 0;
    return !first_step(r, spec) || are_allowed(r, spec, words + (*words == ' '));
}

int bc_response_empty(const json_t *r, const char *member)
{
    const json_t *value = first_step(r, member);

    return json_is_array(value) && json_array_size(value) == 0;
}

int bc_response_equals(const json_t *r, const char *spec)
{
    const char *words = spec + strcspn(spec, " ");

    return *words && are_allowed(r, spec, words + 1);
}

int bc_response_names(const char *message, const char *codes)
{
    for (const char *at = message; (at = strchr(at, '(')); at++) {
        size_t len = strcspn(at + 1, ") \n");
        if (at[1 + len] == ')' && len > 0 && bc_text_find_word(codes, at + 1, len) >= 0)
            return 1;
    }
    return 0;
}
