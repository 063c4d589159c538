/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/response.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 64

/* Never instantiated: a json_t under a name of our own. */
static const json_t *json_of(const struct bc_response *r)
{
    return (const json_t *)(const void *)r;
}

enum bc_result bc_response_parse(const char *text, size_t len, struct bc_response **out)
{
    json_t *value;

    if (len > BC_REPLY_MAX)
        return BC_ERR_TOO_LARGE;
    if (strspn(text, " \r\n\t") == len)
        value = json_object();
    else
        value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if (!value)
        return BC_ERR_INVALID;
    *out = (struct bc_response *)(void *)value;
    return BC_OK;
}

void bc_response_free(struct bc_response *r)
{
    json_decref((json_t *)(void *)r);
}

int bc_response_word(const char *words, const char *word, size_t len)
{
    while (*words) {
        size_t n = strcspn(words, " ");
        if (n == len && memcmp(words, word, len) == 0)
            return 1;
        words += n + (words[n] == ' ');
    }
    return 0;
}

/* Calls each for every value at the member; a step that leads nowhere gives NULL. */
static enum bc_result walk(const json_t *value, const char *member, size_t len,
                           enum bc_result (*each)(void *ctx, const json_t *value), void *ctx)
{
    size_t step = len;
    const char *dot = memchr(member, '.', len);
    char key[KEY_MAX];
    enum bc_result r = BC_OK;

    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value) && r == BC_OK; i++)
            r = walk(json_array_get(value, i), member, len, each, ctx);
        return r;
    }
    if (len == 0 || !value)
        return each(ctx, value);
    if (dot)
        step = (size_t)(dot - member);
    if (step >= sizeof key)
        return each(ctx, NULL);
    memcpy(key, member, step);
    key[step] = '\0';
    return walk(json_object_get(value, key), member + step + (dot != NULL),
                len - step - (dot != NULL), each, ctx);
}

static size_t member_len(const char *spec)
{
    return strcmp(spec, ".") == 0 || spec[0] == '.' ? 0 : strcspn(spec, " ");
}

static enum bc_result walk_spec(const struct bc_response *r, const char *spec,
                                enum bc_result (*each)(void *ctx, const json_t *value), void *ctx)
{
    return walk(json_of(r), spec, member_len(spec), each, ctx);
}

/* The value at the first step of a member. */
static const json_t *first_step(const struct bc_response *r, const char *spec)
{
    char key[KEY_MAX];

    if (spec[0] == '.')
        return json_of(r);
    (void)snprintf(key, sizeof key, "%.*s", (int)strcspn(spec, " ."), spec);
    return json_object_get(json_of(r), key);
}

static enum bc_result is_allowed(void *ctx, const json_t *value)
{
    const char *text = json_string_value(value);

    return text && bc_response_word(ctx, text, strlen(text)) ? BC_OK : BC_ERR_INVALID;
}

int bc_response_only(const struct bc_response *r, const char *spec)
{
    const char *words = spec + strcspn(spec, " ");

    if (!json_is_object(json_of(r)))
        return 0;
    return !first_step(r, spec) ||
           walk_spec(r, spec, is_allowed, (void *)(words + (*words == ' '))) == BC_OK;
}

int bc_response_empty(const struct bc_response *r, const char *member)
{
    const json_t *value = first_step(r, member);

    return json_is_array(value) && json_array_size(value) == 0;
}

int bc_response_equals(const struct bc_response *r, const char *spec)
{
    const char *words = spec + strcspn(spec, " ");

    return *words && first_step(r, spec) &&
           walk_spec(r, spec, is_allowed, (void *)(words + 1)) == BC_OK;
}

struct each {
    enum bc_result (*call)(void *ctx, const char *value);
    void *ctx;
};

static enum bc_result each_string(void *ctx, const json_t *value)
{
    struct each *e = ctx;

    return json_is_string(value) ? e->call(e->ctx, json_string_value(value)) : BC_ERR_INVALID;
}

enum bc_result bc_response_each(const struct bc_response *r, const char *member,
                                enum bc_result (*each)(void *ctx, const char *value), void *ctx)
{
    struct each e = {each, ctx};

    return first_step(r, member) ? walk_spec(r, member, each_string, &e) : BC_ERR_INVALID;
}

int bc_response_names(const char *message, const char *codes)
{
    for (const char *at = message; (at = strchr(at, '(')); at++) {
        size_t len = strcspn(at + 1, ") \n");
        if (at[1 + len] == ')' && len > 0 && bc_response_word(codes, at + 1, len))
            return 1;
    }
    return 0;
}
