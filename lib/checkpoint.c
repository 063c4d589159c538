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

static enum bc_result parse_hash(struct bc_line l, uint64_t size, struct bc_hash *out)
{
    struct bc_hash empty;

    if (bc_base64_decode(l.s, l.len, out->b, BC_HASH_BYTES) != BC_OK)
        return BC_ERR_INVALID;
    bc_merkle_empty_root(&empty);
    return size == 0 && !bc_hash_equal(out, &empty) ? BC_ERR_INVALID : BC_OK;
}

static enum bc_result parse_register(struct bc_line l, struct bc_checkpoint *c)
{
    const char *space;
    size_t digits;

    if (!bc_line_label(&l, "register/v1 ") || !(space = memchr(l.s, ' ', l.len)))
        return BC_ERR_INVALID;
    digits = (size_t)(space - l.s);
    if (bc_number_parse(l.s, digits, INT64_MAX, &c->register_size) != BC_OK)
        return BC_ERR_INVALID;
    return parse_hash((struct bc_line){space + 1, l.len - digits - 1}, c->register_size,
                      &c->register_root);
}

static enum bc_result parse_signed(struct bc_line l, struct bc_checkpoint *c)
{
    uint64_t t;

    if (!bc_line_label(&l, "signed/v1 ") || bc_number_parse(l.s, l.len, INT64_MAX, &t) != BC_OK)
        return BC_ERR_INVALID;
    c->signed_at = (int64_t)t;
    return BC_OK;
}

static enum bc_result parse_origin(struct bc_line l, char origin[BC_KEY_NAME_MAX + 1])
{
    if (l.len > BC_KEY_NAME_MAX)
        return BC_ERR_INVALID;
    memcpy(origin, l.s, l.len);
    origin[l.len] = '\0';
    return memchr(l.s, '\0', l.len) || !bc_key_name_valid(origin) ? BC_ERR_INVALID : BC_OK;
}

/* The first three lines; *at stands behind them. */
static enum bc_result take_head(const char **at, const char *end, struct bc_head *h)
{
    struct bc_line lines[3];

    for (int i = 0; i < 3; i++)
        if (!bc_line_next(at, end, &lines[i]))
            return BC_ERR_INVALID;
    if (parse_origin(lines[0], h->origin) != BC_OK ||
        bc_number_parse(lines[1].s, lines[1].len, INT64_MAX, &h->size) != BC_OK)
        return BC_ERR_INVALID;
    return parse_hash(lines[2], h->size, &h->root);
}

enum bc_result bc_head_parse(const char *text, size_t len, struct bc_head *out)
{
    const char *at = text, *end = text + len;
    struct bc_line line;
    struct bc_head h;

    memset(&h, 0, sizeof h);
    if (take_head(&at, end, &h) != BC_OK)
        return BC_ERR_INVALID;
    while (bc_line_next(&at, end, &line))
        if (line.len == 0)
            return BC_ERR_INVALID;
    if (at != end)
        return BC_ERR_INVALID;
    *out = h;
    return BC_OK;
}

enum bc_result bc_checkpoint_parse(const char *text, size_t len, struct bc_checkpoint *out)
{
    const char *at = text, *end = text + len;
    struct bc_line registry, time;
    struct bc_checkpoint c;
    struct bc_head h;

    memset(&c, 0, sizeof c);
    memset(&h, 0, sizeof h);
    if (take_head(&at, end, &h) != BC_OK || !bc_line_next(&at, end, &registry) ||
        !bc_line_next(&at, end, &time) || at != end || parse_register(registry, &c) != BC_OK ||
        parse_signed(time, &c) != BC_OK)
        return BC_ERR_INVALID;
    memcpy(c.origin, h.origin, sizeof c.origin);
    c.log_size = h.size;
    c.log_root = h.root;
    *out = c;
    return BC_OK;
}
