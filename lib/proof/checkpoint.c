/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/text.h"

enum bc_result bc_checkpoint_format(const struct bc_checkpoint *c, char *out, size_t cap,
                                    size_t *len)
{
    char log[bc_encoding_base64_bytes(BC_HASH_BYTES)],
        registry[bc_encoding_base64_bytes(BC_HASH_BYTES)];
    int n;

    if (!bc_note_key_name_valid(c->origin) || c->signed_at < 0)
        return BC_ERR_INVALID;
    bc_encoding_base64_encode(c->log_root.b, BC_HASH_BYTES, log);
    bc_encoding_base64_encode(c->register_root.b, BC_HASH_BYTES, registry);
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

    if (bc_encoding_base64_decode(l.s, l.len, out->b, BC_HASH_BYTES) != BC_OK)
        return BC_ERR_INVALID;
    bc_merkle_empty_root(&empty);
    return size == 0 && !bc_merkle_hash_equal(out, &empty) ? BC_ERR_INVALID : BC_OK;
}

static enum bc_result parse_register(struct bc_line l, struct bc_checkpoint *c)
{
    const char *space;
    size_t digits;

    if (!bc_text_take_label(&l, "register/v1 ") || !(space = memchr(l.s, ' ', l.len)))
        return BC_ERR_INVALID;
    digits = (size_t)(space - l.s);
    if (bc_text_parse_number(l.s, digits, INT64_MAX, &c->register_size) != BC_OK)
        return BC_ERR_INVALID;
    return parse_hash((struct bc_line){space + 1, l.len - digits - 1}, c->register_size,
                      &c->register_root);
}

enum bc_result bc_checkpoint_parse(const char *text, size_t len, struct bc_checkpoint *out)
{
    const char *at = text, *end = text + len;
    struct bc_line origin, size, root, registry, time;
    struct bc_checkpoint c;
    uint64_t signed_at;

    memset(&c, 0, sizeof c);
    if (!bc_text_next_line(&at, end, &origin) || !bc_text_next_line(&at, end, &size) ||
        !bc_text_next_line(&at, end, &root) || !bc_text_next_line(&at, end, &registry) ||
        !bc_text_next_line(&at, end, &time) || at != end)
        return BC_ERR_INVALID;
    if (origin.len > BC_KEY_NAME_MAX || memchr(origin.s, '\0', origin.len))
        return BC_ERR_INVALID;
    memcpy(c.origin, origin.s, origin.len);
    if (!bc_note_key_name_valid(c.origin) ||
        bc_text_parse_number(size.s, size.len, INT64_MAX, &c.log_size) != BC_OK ||
        parse_hash(root, c.log_size, &c.log_root) != BC_OK ||
        parse_register(registry, &c) != BC_OK || !bc_text_take_label(&time, "signed/v1 ") ||
        bc_text_parse_number(time.s, time.len, INT64_MAX, &signed_at) != BC_OK)
        return BC_ERR_INVALID;
    c.signed_at = (int64_t)signed_at;
    *out = c;
    return BC_OK;
}

/* Whether the larger log begins with all of the smaller one. The nodes are proven against the new
 * root first: damage to them must not pass for a fork. */
static enum bc_result compare_by_nodes(const struct bc_checkpoint *old,
                                       const struct bc_checkpoint *new,
                                       const struct bc_nodes *nodes, int *begins)
{
    struct bc_proof proof;
    struct bc_hash root;

    if (bc_merkle_root(nodes, old->log_size, &root) != BC_OK ||
        bc_merkle_consistency(nodes, old->log_size, new->log_size, &proof) != BC_OK ||
        bc_merkle_verify_consistency(old->log_size, new->log_size, &root, &new->log_root,
                                     proof.hash, proof.count) != BC_OK)
        return BC_ERR_CORRUPT;
    *begins = bc_merkle_hash_equal(&root, &old->log_root);
    return BC_OK;
}

enum bc_result bc_checkpoint_follow(const struct bc_checkpoint *old,
                                    const struct bc_checkpoint *new, const struct bc_nodes *nodes,
                                    const struct bc_proof *proof, enum bc_follow *out)
{
    enum bc_result r;
    int begins = 1;

    if (strcmp(old->origin, new->origin) != 0) {
        *out = BC_FOLLOW_OTHER_LOG;
    } else if (new->log_size < old->log_size) {
        *out = BC_FOLLOW_OLDER;
    } else if (new->log_size == old->log_size) {
        if (!bc_merkle_hash_equal(&old->log_root, &new->log_root) ||
            old->register_size != new->register_size ||
            !bc_merkle_hash_equal(&old->register_root, &new->register_root))
            *out = BC_FOLLOW_FORKED;
        else
            *out = new->signed_at < old->signed_at ? BC_FOLLOW_OLDER : BC_FOLLOW_SAME;
    } else if (new->register_size < old->register_size) {
        *out = BC_FOLLOW_FORKED;
    } else {
        if (old->log_size == 0) /* every log begins with an empty one */
            r = BC_OK;
        else if (nodes)
            r = compare_by_nodes(old, new, nodes, &begins);
        else if (proof)
            r = bc_merkle_verify_consistency(old->log_size, new->log_size, &old->log_root,
                                             &new->log_root, proof->hash, proof->count);
        else
            r = BC_ERR_NOT_FOUND;
        if (r != BC_OK)
            return r;
        if (!begins)
            *out = BC_FOLLOW_FORKED;
        else
            *out = new->signed_at < old->signed_at ? BC_FOLLOW_CLOCK_BACKWARDS : BC_FOLLOW_FOLLOWS;
    }
    return BC_OK;
}
