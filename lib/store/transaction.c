/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/transaction.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static enum bc_result compute_root(struct bc_tiles *tiles, uint64_t size, struct bc_hash *root)
{
    struct bc_nodes nodes = bc_tile_nodes(tiles);

    return bc_merkle_root(&nodes, size, root);
}

/* New roots are made from stored nodes; so these must be the signed ones. */
static enum bc_result check_roots(struct bc_snapshot *s)
{
    const struct bc_checkpoint *c = &s->checkpoint;
    struct bc_hash log, registry;

    if (compute_root(&s->log, c->log_size, &log) != BC_OK ||
        compute_root(&s->registry, c->register_size, &registry) != BC_OK ||
        !bc_merkle_hash_equal(&log, &c->log_root) ||
        !bc_merkle_hash_equal(&registry, &c->register_root))
        return BC_ERR_CORRUPT;
    return BC_OK;
}

static struct bc_transaction *new_transaction(const struct bc_store_options *options,
                                              const struct bc_config *config, int state,
                                              int64_t now)
{
    struct bc_transaction *l = calloc(1, sizeof *l);

    if (l) {
        l->config = config;
        l->state = state;
        l->now = now;
        l->uid = options->owner;
        l->gid = options->group;
    }
    return l;
}

enum bc_result bc_transaction_open(const struct bc_store_options *options,
                                   const struct bc_config *config, int state, int64_t now,
                                   struct bc_transaction **out, struct bc_where *where)
{
    struct bc_transaction *l = new_transaction(options, config, state, now);
    struct bc_checkpoint *c;
    int newer;
    enum bc_result r;

    if (!l)
        return BC_ERR_SYSTEM;
    r = bc_store_open(options, BC_STORE_WRITE, &l->store, where);
    if (r == BC_OK)
        r = bc_snapshot_open(l->store, config, &l->snapshot);
    if (r == BC_OK)
        r = bc_snapshot_clock(&l->snapshot, config, now);
    if (r == BC_OK)
        r = bc_last_seen_compare(state, &l->snapshot, &l->seen, &newer);
    if (r == BC_OK)
        r = check_roots(&l->snapshot);
    if (r != BC_OK) {
        bc_transaction_close(l);
        return r;
    }
    c = &l->snapshot.checkpoint;
    /* Within the allowance, the log's time stands still rather than going back. */
    if (l->now < c->signed_at)
        l->now = c->signed_at;
    /* What is appended has this time, and may be read before it is signed. */
    c->signed_at = l->now;
    *out = l;
    return BC_OK;
}

enum bc_result bc_transaction_create(const struct bc_store_options *options,
                                     const struct bc_config *config, const struct bc_skey *key,
                                     int state, int64_t now, struct bc_where *where)
{
    struct bc_transaction *l = new_transaction(options, config, state, now);
    struct bc_checkpoint seen_before;
    struct bc_snapshot *s;
    int seen;
    enum bc_result r;

    if (!l)
        return BC_ERR_MEMORY;
    /* An empty store after a full one is a rollback like any other. */
    r = !bc_store_exists(options) && bc_last_seen_read(state, &seen_before) != BC_ERR_NOT_FOUND
            ? BC_ERR_ROLLBACK
            : bc_store_open(options, BC_STORE_CREATE, &l->store, where);
    if (r == BC_OK) {
        s = &l->snapshot;
        s->store = l->store;
        memcpy(s->checkpoint.origin, config->origin, sizeof s->checkpoint.origin);
        bc_merkle_empty_root(&s->checkpoint.log_root);
        bc_merkle_empty_root(&s->checkpoint.register_root);
        bc_tile_init(&s->log, l->store, BC_TABLE_LOG);
        bc_tile_init(&s->registry, l->store, BC_TABLE_REGISTER);
        r = bc_transaction_commit(l, key, &seen);
    }
    if (r == BC_OK && !seen)
        r = BC_ERR_IO;
    bc_transaction_close(l);
    return r;
}

static enum bc_result append_log(struct bc_transaction *l, const struct bc_sealed *sealed)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;
    struct bc_nodes nodes = bc_tile_nodes(&l->snapshot.log);
    struct bc_hash leaf;
    enum bc_result r;

    bc_merkle_leaf(sealed->commitment.b, BC_HASH_BYTES, &leaf);
    r = bc_store_put_event(l->store, c->log_size, sealed->salt, sealed->json, sealed->len);
    if (r == BC_OK)
        r = bc_merkle_append(&nodes, c->log_size, &leaf);
    if (r == BC_OK)
        c->log_size++;
    return r;
}

static enum bc_result update_register_root(struct bc_transaction *l)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;
    enum bc_result r = BC_OK;

    if (l->stale)
        r = compute_root(&l->snapshot.registry, c->register_size, &c->register_root);
    l->stale = r != BC_OK;
    return r;
}

enum bc_result bc_transaction_leaf(struct bc_transaction *l, struct bc_leaf *leaf, uint64_t *slot)
{
    unsigned char key[BC_LEAF_KEY_MAX];
    struct bc_bytes bytes;
    uint64_t at;

    /* A leaf that is not there needs no root. */
    if (l->stale && bc_store_subject(l->store, key, bc_leaf_key(leaf, key), &at, &bytes) == BC_OK &&
        update_register_root(l) != BC_OK)
        return BC_ERR_CORRUPT;
    return bc_snapshot_leaf(&l->snapshot, leaf, slot);
}

/* Puts the leaf into the tree and the table; a new one gets the next slot. */
static enum bc_result put_leaf(struct bc_transaction *l, const struct bc_leaf *leaf, uint64_t slot)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;
    struct bc_nodes nodes = bc_tile_nodes(&l->snapshot.registry);
    unsigned char key[BC_LEAF_KEY_MAX], bytes[BC_LEAF_MAX];
    size_t len = bc_leaf_encode(leaf, bytes);
    struct bc_hash hash;
    enum bc_result r;

    bc_merkle_leaf(bytes, len, &hash);
    if (slot < c->register_size) {
        r = bc_merkle_update(&nodes, c->register_size, slot, &hash);
    } else {
        r = bc_merkle_append(&nodes, c->register_size, &hash);
        c->register_size += r == BC_OK;
    }
    if (r == BC_OK)
        r = bc_store_put_subject(l->store, key, bc_leaf_key(leaf, key), slot, bytes, len);
    l->stale = 1;
    return r == BC_OK && !l->bulk ? update_register_root(l) : r;
}

enum bc_result bc_transaction_append_sealed(struct bc_transaction *l, const struct bc_event *e,
                                            const struct bc_sealed *sealed, uint64_t *index)
{
    uint64_t slot, at = l->snapshot.checkpoint.log_size;
    struct bc_leaf leaf;
    enum bc_result r;

    bc_leaf_for_event(e, &leaf);
    r = bc_transaction_leaf(l, &leaf, &slot);
    if (r == BC_ERR_NO_RECORD)
        slot = l->snapshot.checkpoint.register_size;
    else if (r != BC_OK)
        return r == BC_ERR_SYSTEM ? BC_ERR_MEMORY : BC_ERR_CORRUPT;
    r = append_log(l, sealed);
    if (r == BC_OK)
        r = bc_leaf_apply(&leaf, e, at, &sealed->commitment, sealed->salt);
    if (r == BC_OK)
        r = put_leaf(l, &leaf, slot);
    if (r == BC_OK && index)
        *index = at;
    return r;
}

enum bc_result bc_transaction_append(struct bc_transaction *l, struct bc_event *e, uint64_t *index)
{
    struct bc_sealed sealed;
    enum bc_result r;

    e->time = l->now;
    r = bc_event_seal(e, &sealed);
    return r == BC_OK ? bc_transaction_append_sealed(l, e, &sealed, index) : r;
}

struct bc_snapshot *bc_transaction_view(struct bc_transaction *l)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;

    if (update_register_root(l) != BC_OK ||
        compute_root(&l->snapshot.log, c->log_size, &c->log_root) != BC_OK)
        return NULL;
    return &l->snapshot;
}

static int says_as_much(const struct bc_grant *old, const struct bc_grant *grant, int64_t now)
{
    return (old->expires == 0 || old->expires > now) &&
           bc_merkle_hash_equal(&old->notice, &grant->notice) &&
           bc_event_scope_within(&grant->scope, &old->scope) && grant->kind <= old->kind &&
           old->valid_from <= grant->valid_from &&
           (old->expires == 0 || (grant->expires && grant->expires <= old->expires));
}

enum bc_result bc_transaction_find_same(struct bc_transaction *l, const struct bc_grant *grant,
                                        int64_t now, int *found, uint64_t *index)
{
    struct bc_event old;
    struct bc_leaf leaf;
    enum bc_result r;
    size_t i = 0;

    bc_leaf_for_subject(&grant->subject, &leaf);
    r = bc_transaction_leaf(l, &leaf, NULL);
    if (r == BC_ERR_NO_RECORD)
        leaf.active_count = 0;
    else if (r != BC_OK)
        return r;
    for (; i < leaf.active_count; i++) {
        r = bc_snapshot_event(&l->snapshot, &leaf.active[i], &old, NULL);
        if (r != BC_OK)
            return r;
        if (says_as_much(&old.u.grant, grant, now))
            break;
    }
    *found = i < leaf.active_count;
    if (*found)
        *index = leaf.active[i].index;
    return BC_OK;
}

enum bc_result bc_transaction_erase(struct bc_transaction *l, const struct bc_leaf *leaf,
                                    uint64_t slot, struct bc_event *erase)
{
    const struct bc_erasure *e = &erase->u.erasure;
    struct bc_nodes nodes = bc_tile_nodes(&l->snapshot.registry);
    unsigned char key[BC_LEAF_KEY_MAX], bytes[BC_LEAF_MAX];
    struct bc_bytes salt, payload;
    struct bc_sealed sealed;
    const struct bc_leaf vacant = {.kind = BC_LEAF_VACANT};
    struct bc_hash hash;
    enum bc_result r;

    erase->time = l->now;
    erase->u.erasure.slot = slot;
    r = bc_event_seal(erase, &sealed);
    for (size_t i = 0; i < e->event_count && r == BC_OK; i++) {
        r = bc_store_event(l->store, e->events[i], &salt, &payload);
        if (r == BC_OK) {
            bc_event_commit(salt.data, payload.data, payload.len, &hash);
            r = bc_store_erase_event(l->store, e->events[i], &hash);
        } else if (r == BC_ERR_ERASED) {
            r = BC_OK;
        }
    }
    if (r != BC_OK)
        return r;
    r = bc_store_remove_subject(l->store, key, bc_leaf_key(leaf, key));
    /* Of a subject with more events than one erasure names, the second finds the slot vacant. */
    if (r != BC_OK && r != BC_ERR_NOT_FOUND)
        return r;
    bc_merkle_leaf(bytes, bc_leaf_encode(&vacant, bytes), &hash);
    r = bc_merkle_update(&nodes, l->snapshot.checkpoint.register_size, slot, &hash);
    l->stale = 1;
    return r == BC_OK ? append_log(l, &sealed) : r;
}

static int is_trusted(const struct bc_config *config, const struct bc_skey *key)
{
    for (size_t i = 0; i < config->key_count; i++)
        if (strcmp(config->keys[i].name, key->pub.name) == 0 &&
            sodium_memcmp(config->keys[i].pk, key->pub.pk, BC_ED25519_BYTES) == 0)
            return 1;
    return 0;
}

enum bc_result bc_transaction_commit(struct bc_transaction *l, const struct bc_skey *key, int *seen)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;
    char body[1024], note[BC_NOTE_MAX];
    size_t body_len, len;
    enum bc_result r = is_trusted(l->config, key) ? update_register_root(l) : BC_ERR_UNKNOWN_KEY;

    if (r == BC_OK)
        r = compute_root(&l->snapshot.log, c->log_size, &c->log_root);
    if (r != BC_OK)
        return r;
    c->signed_at = l->now;
    r = bc_checkpoint_format(c, body, sizeof body, &body_len);
    if (r == BC_OK)
        r = bc_note_sign(body, body_len, key, note, sizeof note, &len);
    if (r == BC_OK)
        r = bc_tile_flush(&l->snapshot.log);
    if (r == BC_OK)
        r = bc_tile_flush(&l->snapshot.registry);
    if (r == BC_OK)
        r = bc_store_put_checkpoint(l->store, note, len);
    if (r == BC_OK)
        r = bc_store_commit(l->store);
    if (r == BC_OK)
        *seen = bc_last_seen_record(l->state, &l->seen, note, len, l->uid, l->gid) == BC_OK;
    return r;
}

void bc_transaction_close(struct bc_transaction *l)
{
    if (!l)
        return;
    bc_store_close(l->store);
    free(l);
}
