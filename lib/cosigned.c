/* SPDX-License-Identifier: BSD-2-Clause */
#include "cosigned.h"

#include <string.h>

#include "cosignature.h"

struct note {
    size_t len;
    char bytes[BC_NOTE_MAX];
};

static enum bc_result take(struct note *n, const struct bc_bytes *from)
{
    if (from->len > sizeof n->bytes)
        return BC_ERR_TOO_LARGE;
    memcpy(n->bytes, from->data, from->len);
    n->len = from->len;
    return BC_OK;
}

static int same_text(const struct note *a, const struct bc_bytes *b)
{
    const char *end = memmem(a->bytes, a->len, "\n\n", 2);
    size_t len = end ? (size_t)(end + 2 - a->bytes) : 0;

    return len && len <= b->len && memcmp(a->bytes, b->data, len) == 0;
}

static enum bc_result attach_all(struct note *n, const struct bc_vkey *keys, size_t key_count,
                                 const char *lines, size_t lines_len, size_t *count)
{
    size_t added = 0;

    for (size_t i = 0; i < key_count; i++) {
        struct note with;
        enum bc_result r = bc_cosignature_attach(n->bytes, n->len, lines, lines_len, &keys[i],
                                                 with.bytes, &with.len);
        if (r == BC_ERR_NOT_FOUND)
            continue;
        if (r != BC_OK)
            return r;
        *n = with;
        added++;
    }
    *count = added;
    return added ? BC_OK : BC_ERR_UNKNOWN_KEY;
}

/* The note that was asked about must be one that this store has grown from. */
static enum bc_result check_older(struct bc_snapshot *s, const struct bc_policy *policy,
                                  const struct note *n)
{
    const struct bc_checkpoint *c = &s->checkpoint;
    struct bc_nodes nodes = bc_tiles_nodes(&s->log);
    struct bc_checkpoint old;
    size_t text_len, signer;
    enum bc_result r = bc_note_open(n->bytes, n->len, policy->keys, policy->key_count, &text_len,
                                    &signer);

    if (r == BC_OK)
        r = bc_checkpoint_parse(n->bytes, text_len, &old);
    if (r != BC_OK)
        return r;
    if (strcmp(old.origin, c->origin) != 0 || old.log_size > c->log_size)
        return BC_ERR_FORK;
    return bc_merkle_extends(&nodes, old.log_size, &old.log_root, c->log_size, &c->log_root);
}

static int enough(const struct bc_policy *policy, int64_t now, const struct note *n)
{
    const struct bc_quorum_time time = {now, policy->clock_allowance, 0};

    return !policy->witness_path[0] ||
           bc_quorum_check(policy->quorum, n->bytes, n->len, &time) == BC_OK;
}

/* Puts the log size of the copy that is kept into *size; 0 where there is none. */
static void kept_size(struct bc_snapshot *s, uint64_t *size)
{
    struct bc_bytes kept;
    struct bc_head head;
    const char *end;

    *size = 0;
    if (bc_store_cosigned(s->store, &kept) == BC_OK &&
        (end = memmem(kept.data, kept.len, "\n\n", 2)) &&
        bc_head_parse((const char *)kept.data, (size_t)(end + 1 - (const char *)kept.data),
                      &head) == BC_OK)
        *size = head.size;
}

/* The note with the cosignatures that the store already has for it. */
static enum bc_result begin(struct bc_snapshot *s, const struct bc_policy *policy,
                            const struct bc_bytes *note, struct note *n, int *current)
{
    struct bc_bytes kept;
    enum bc_result r = take(n, note->len ? note : &s->note);

    if (r != BC_OK)
        return r;
    *current = same_text(n, &s->note);
    if (*current)
        return take(n, &s->note);
    r = check_older(s, policy, n);
    if (r == BC_OK && bc_store_cosigned(s->store, &kept) == BC_OK && same_text(n, &kept))
        r = take(n, &kept);
    return r;
}

static enum bc_result keep(struct bc_snapshot *s, const struct note *n)
{
    const char *end = memmem(n->bytes, n->len, "\n\n", 2);
    struct bc_head head;
    uint64_t size;

    if (!end || bc_head_parse(n->bytes, (size_t)(end + 1 - n->bytes), &head) != BC_OK)
        return BC_ERR_INVALID;
    kept_size(s, &size);
    return head.size < size ? BC_OK : bc_store_put_cosigned(s->store, n->bytes, n->len);
}

enum bc_result bc_cosigned_add(struct bc_snapshot *s, const struct bc_policy *policy, int64_t now,
                               const struct bc_vkey *keys, size_t key_count,
                               const struct bc_bytes *note, const char *lines, size_t lines_len,
                               struct bc_cosigned *out)
{
    struct bc_cosigned result = {0, 0};
    struct note n;
    int current;
    enum bc_result r = begin(s, policy, note, &n, &current);

    if (r == BC_OK)
        r = attach_all(&n, keys, key_count, lines, lines_len, &result.count);
    if (r != BC_OK)
        return r;
    result.enough = enough(policy, now, &n);
    if (current)
        r = bc_store_put_checkpoint(s->store, n.bytes, n.len);
    if (r == BC_OK && result.enough)
        r = keep(s, &n);
    if (r == BC_OK)
        *out = result;
    return r;
}

static int cosigned_by(const struct bc_bytes *note, const struct bc_policy *policy,
                       const struct bc_vkey *key)
{
    const struct bc_quorum *q = policy->quorum;
    const char *bytes = (const char *)note->data;
    int64_t time;

    if (key)
        return bc_cosignature_find(bytes, note->len, key, &time) == BC_OK;
    for (size_t i = 0; i < q->name_count; i++)
        if (!q->names[i].group &&
            bc_cosignature_find(bytes, note->len, &q->names[i].key, &time) == BC_OK)
            return 1;
    return 0;
}

uint64_t bc_cosigned_size(struct bc_snapshot *s, const struct bc_policy *policy,
                          const struct bc_vkey *key)
{
    struct bc_bytes kept;
    uint64_t size = 0;

    if (cosigned_by(&s->note, policy, key))
        return s->checkpoint.log_size;
    if (bc_store_cosigned(s->store, &kept) == BC_OK && cosigned_by(&kept, policy, key))
        kept_size(s, &size);
    return size;
}
