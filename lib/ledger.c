/* SPDX-License-Identifier: BSD-2-Clause */
#include "ledger.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "seen.h"

static enum bc_result tree_root(struct bc_tiles *tiles, uint64_t size, struct bc_hash *root)
{
    struct bc_nodes nodes = bc_tiles_nodes(tiles);

    return bc_merkle_root(&nodes, size, root);
}

/* New roots are made from stored nodes; so these must be the signed ones. */
static enum bc_reason check_roots(struct bc_snapshot *s)
{
    struct bc_hash log, registry;

    if (tree_root(&s->log, s->checkpoint.log_size, &log) != BC_OK ||
        tree_root(&s->registry, s->checkpoint.register_size, &registry) != BC_OK)
        return BC_CORRUPT;
    if (!bc_hash_equal(&log, &s->checkpoint.log_root) ||
        !bc_hash_equal(&registry, &s->checkpoint.register_root))
        return BC_CORRUPT;
    return BC_ALLOW;
}

static enum bc_reason check_snapshot(struct bc_ledger *l)
{
    struct bc_nodes nodes = bc_tiles_nodes(&l->snapshot.log);
    int newer;
    enum bc_reason reason = bc_snapshot_clock(&l->snapshot, l->policy, l->now);

    if (reason == BC_ALLOW)
        reason = bc_seen_compare(l->state, &l->snapshot.checkpoint,
                                 (const char *)l->snapshot.note.data, l->snapshot.note.len, &nodes,
                                 &newer);
    if (reason == BC_ALLOW)
        reason = check_roots(&l->snapshot);
    /* Within the allowance, the log's time stands still rather than going back. */
    if (reason == BC_ALLOW && l->now < l->snapshot.checkpoint.signed_at)
        l->now = l->snapshot.checkpoint.signed_at;
    return reason;
}

enum bc_reason bc_ledger_open(const struct bc_store_options *options,
                              const struct bc_policy *policy, int state, int64_t now,
                              struct bc_ledger **out, struct bc_where *where)
{
    struct bc_ledger *l = calloc(1, sizeof *l);
    enum bc_reason reason;

    if (!l)
        return BC_SYSTEM;
    l->policy = policy;
    l->state = state;
    l->now = now;
    l->uid = options->owner;
    l->gid = options->group;
    reason = bc_snapshot_reason(bc_store_open(options, BC_STORE_WRITE, &l->store, where));
    if (reason == BC_ALLOW)
        reason = bc_snapshot_open(l->store, policy, &l->snapshot);
    if (reason == BC_ALLOW)
        reason = check_snapshot(l);
    if (reason != BC_ALLOW) {
        bc_ledger_close(l);
        return reason;
    }
    *out = l;
    return BC_ALLOW;
}

static void init_empty(struct bc_ledger *l)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;

    memcpy(c->origin, l->policy->origin, sizeof c->origin);
    bc_merkle_empty_root(&c->log_root);
    bc_merkle_empty_root(&c->register_root);
    l->snapshot.store = l->store;
    bc_tiles_init(&l->snapshot.log, l->store, BC_TREE_LOG);
    bc_tiles_init(&l->snapshot.registry, l->store, BC_TREE_REGISTER);
}

enum bc_result bc_ledger_create(const struct bc_store_options *options,
                                const struct bc_policy *policy, const struct bc_skey *key,
                                int state, int64_t now, struct bc_where *where)
{
    struct bc_ledger *l = calloc(1, sizeof *l);
    int seen;
    enum bc_result r;

    if (!l)
        return BC_ERR_MEMORY;
    l->policy = policy;
    l->state = state;
    l->now = now;
    l->uid = options->owner;
    l->gid = options->group;
    r = bc_store_open(options, BC_STORE_CREATE, &l->store, where);
    if (r == BC_OK) {
        init_empty(l);
        r = bc_ledger_commit(l, key, &seen);
    }
    if (r == BC_OK && !seen)
        r = BC_ERR_IO;
    bc_ledger_close(l);
    return r;
}

static enum bc_result append_log(struct bc_ledger *l, const char *payload, size_t len,
                                 struct bc_hash *commitment)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;
    struct bc_nodes nodes = bc_tiles_nodes(&l->snapshot.log);
    unsigned char salt[BC_SALT_BYTES];
    struct bc_hash leaf;
    enum bc_result r;

    randombytes_buf(salt, sizeof salt);
    bc_event_commit(salt, payload, len, commitment);
    bc_merkle_leaf(commitment->b, BC_HASH_BYTES, &leaf);
    r = bc_store_put_event(l->store, c->log_size, salt, payload, len);
    if (r == BC_OK)
        r = bc_merkle_append(&nodes, c->log_size, &leaf);
    if (r == BC_OK)
        c->log_size++;
    return r;
}

static enum bc_result put_leaf(struct bc_ledger *l, const struct bc_leaf *leaf, uint64_t slot)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;
    struct bc_nodes nodes = bc_tiles_nodes(&l->snapshot.registry);
    unsigned char key[BC_LEAF_KEY_MAX], bytes[BC_LEAF_MAX];
    size_t len = bc_leaf_encode(leaf, bytes);
    struct bc_hash hash;
    enum bc_result r = bc_store_put_subject(l->store, key, bc_leaf_key(leaf, key), slot, bytes,
                                            len);

    if (r != BC_OK)
        return r;
    bc_merkle_leaf(bytes, len, &hash);
    if (slot == c->register_size) {
        r = bc_merkle_append(&nodes, slot, &hash);
        c->register_size += r == BC_OK;
    } else {
        r = bc_merkle_update(&nodes, c->register_size, slot, &hash);
    }
    return r == BC_OK ? tree_root(&l->snapshot.registry, c->register_size, &c->register_root) : r;
}

/* The leaf that this event changes, verified; a new one gets the next slot. */
static enum bc_result find_leaf(struct bc_ledger *l, const struct bc_event *e,
                                struct bc_leaf *leaf, uint64_t *slot)
{
    enum bc_reason reason;

    bc_leaf_for_event(e, leaf);
    reason = bc_snapshot_leaf(&l->snapshot, leaf, slot);
    if (reason == BC_NO_RECORD)
        *slot = l->snapshot.checkpoint.register_size;
    else if (reason != BC_ALLOW)
        return reason == BC_SYSTEM ? BC_ERR_MEMORY : BC_ERR_CORRUPT;
    return BC_OK;
}

enum bc_result bc_ledger_append(struct bc_ledger *l, struct bc_event *e, uint64_t *index)
{
    uint64_t at = l->snapshot.checkpoint.log_size;
    struct bc_hash commitment;
    struct bc_leaf leaf;
    uint64_t slot;
    char *json;
    size_t len;
    enum bc_result r;

    e->time = l->now;
    r = bc_event_encode(e, &json, &len);
    if (r != BC_OK)
        return r;
    r = find_leaf(l, e, &leaf, &slot);
    if (r == BC_OK)
        r = append_log(l, json, len, &commitment);
    free(json);
    if (r == BC_OK)
        r = bc_leaf_apply(&leaf, e, at, &commitment);
    if (r == BC_OK)
        r = put_leaf(l, &leaf, slot);
    if (r == BC_OK && index)
        *index = at;
    return r;
}

enum bc_result bc_ledger_put_notice(struct bc_ledger *l, const void *text, size_t len,
                                    struct bc_hash *hash)
{
    struct bc_hash h;
    enum bc_result r;

    bc_hash_bytes(text, len, &h);
    r = bc_store_put_notice(l->store, &h, text, len);
    if (r == BC_OK)
        *hash = h;
    return r;
}

static int trusted(const struct bc_policy *policy, const struct bc_skey *key)
{
    for (size_t i = 0; i < policy->key_count; i++)
        if (strcmp(policy->keys[i].name, key->pub.name) == 0 &&
            sodium_memcmp(policy->keys[i].pk, key->pub.pk, BC_ED25519_BYTES) == 0)
            return 1;
    return 0;
}

static enum bc_result sign(struct bc_ledger *l, const struct bc_skey *key, char *note, size_t cap,
                           size_t *len)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;
    char body[1024];
    size_t body_len;
    enum bc_result r = tree_root(&l->snapshot.log, c->log_size, &c->log_root);

    if (r != BC_OK)
        return r;
    c->signed_at = l->now;
    r = bc_checkpoint_format(c, body, sizeof body, &body_len);
    return r == BC_OK ? bc_note_sign(body, body_len, &key, 1, note, cap, len) : r;
}

enum bc_result bc_ledger_commit(struct bc_ledger *l, const struct bc_skey *key, int *seen)
{
    char note[BC_NOTE_MAX];
    size_t len;
    enum bc_result r = BC_ERR_UNKNOWN_KEY;

    if (trusted(l->policy, key))
        r = sign(l, key, note, sizeof note, &len);
    if (r == BC_OK)
        r = bc_tiles_flush(&l->snapshot.log);
    if (r == BC_OK)
        r = bc_tiles_flush(&l->snapshot.registry);
    if (r == BC_OK)
        r = bc_store_put_checkpoint(l->store, note, len);
    if (r == BC_OK)
        r = bc_store_commit(l->store);
    if (r == BC_OK)
        *seen = bc_seen_record(l->state, note, len, l->uid, l->gid) == BC_OK;
    return r;
}

void bc_ledger_close(struct bc_ledger *l)
{
    if (!l)
        return;
    bc_store_close(l->store);
    free(l);
}
