/* SPDX-License-Identifier: BSD-2-Clause */
#include "checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "text.h"


enum bc_result bc_checkpoint_format(const struct bc_checkpoint *c, char *out, size_t cap,
                                    size_t *len)
{
    char log[bc_base64_bytes(BC_HASH_BYTES)], registry[bc_base64_bytes(BC_HASH_BYTES)];
    int n;

    if (!bc_key_name_valid(c->origin) || c->signed_at < 0)
        return BC_ERR_INVALID;
    bc_base64_encode(c->log_root.b, BC_HASH_BYTES, log);
    bc_base64_encode(c->register_root.b, BC_HASH_BYTES, registry);
    n = snprintf(out, cap, "%s\n%llu\n%s\nregister/v1 %llu %s\nsigned/v1 %lld\n", c->origin,
                 (unsigned long long)c->log_size, log, (unsigned long long)c->register_size,
                 registry, (long long)c->signed_at);
    if (n < 0 || (size_t)n >= cap)
        return BC_ERR_TOO_LARGE;
    *len = (size_t)n;
    return BC_OK;
}

struct line {
    const char *s;
    size_t len;
};

static int next_line(const char **at, const char *end, struct line *out)
{
    const char *nl = memchr(*at, '\n', (size_t)(end - *at));

    if (!nl)
        return 0;
    *out = (struct line){*at, (size_t)(nl - *at)};
    *at = nl + 1;
    return 1;
}

/* Takes "label " off the line. */
static int take_label(struct line *l, const char *label)
{
    size_t len = strlen(label);

    if (l->len <= len || memcmp(l->s, label, len) != 0)
        return 0;
    l->s += len;
    l->len -= len;
    return 1;
}

static enum bc_result parse_hash(struct line l, uint64_t size, struct bc_hash *out)
{
    struct bc_hash empty;

    if (bc_base64_decode(l.s, l.len, out->b, BC_HASH_BYTES) != BC_OK)
        return BC_ERR_INVALID;
    bc_merkle_empty_root(&empty);
    return size == 0 && !bc_hash_equal(out, &empty) ? BC_ERR_INVALID : BC_OK;
}

static enum bc_result parse_register(struct line l, struct bc_checkpoint *c)
{
    const char *space;
    size_t digits;

    if (!take_label(&l, "register/v1 ") || !(space = memchr(l.s, ' ', l.len)))
        return BC_ERR_INVALID;
    digits = (size_t)(space - l.s);
    if (bc_number_parse(l.s, digits, INT64_MAX, &c->register_size) != BC_OK)
        return BC_ERR_INVALID;
    return parse_hash((struct line){space + 1, l.len - digits - 1}, c->register_size,
                      &c->register_root);
}

static enum bc_result parse_signed(struct line l, struct bc_checkpoint *c)
{
    uint64_t t;

    if (!take_label(&l, "signed/v1 ") || bc_number_parse(l.s, l.len, INT64_MAX, &t) != BC_OK)
        return BC_ERR_INVALID;
    c->signed_at = (int64_t)t;
    return BC_OK;
}

static enum bc_result parse_origin(struct line l, struct bc_checkpoint *c)
{
    if (l.len > BC_KEY_NAME_MAX)
        return BC_ERR_INVALID;
    memcpy(c->origin, l.s, l.len);
    return memchr(l.s, '\0', l.len) || !bc_key_name_valid(c->origin) ? BC_ERR_INVALID : BC_OK;
}

enum bc_result bc_checkpoint_parse(const char *text, size_t len, struct bc_checkpoint *out)
{
    struct bc_checkpoint c;
    struct line lines[5];
    const char *at = text;

    memset(&c, 0, sizeof c);
    for (int i = 0; i < 5; i++)
        if (!next_line(&at, text + len, &lines[i]))
            return BC_ERR_INVALID;
    if (at != text + len || parse_origin(lines[0], &c) != BC_OK ||
        bc_number_parse(lines[1].s, lines[1].len, INT64_MAX, &c.log_size) != BC_OK ||
        parse_hash(lines[2], c.log_size, &c.log_root) != BC_OK ||
        parse_register(lines[3], &c) != BC_OK || parse_signed(lines[4], &c) != BC_OK)
        return BC_ERR_INVALID;
    *out = c;
    return BC_OK;
}
