/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/transaction.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static enum bc_result tree_root(struct bc_tiles *tiles, uint64_t size, struct bc_hash *root)
{
    struct bc_nodes nodes = bc_tile_nodes(tiles);

    return bc_merkle_root(&nodes, size, root);
}

/* New roots are made from stored nodes; so these must be the signed ones. */
static enum bc_result check_roots(struct bc_snapshot *s)
{
    struct bc_hash log, registry;

    if (tree_root(&s->log, s->checkpoint.log_size, &log) != BC_OK ||
        tree_root(&s->registry, s->checkpoint.register_size, &registry) != BC_OK)
        return BC_ERR_CORRUPT;
    if (!bc_merkle_hash_equal(&log, &s->checkpoint.log_root) ||
        !bc_merkle_hash_equal(&registry, &s->checkpoint.register_root))
        return BC_ERR_CORRUPT;
    return BC_OK;
}

static enum bc_result check_snapshot(struct bc_transaction *l)
{
    int newer;
    enum bc_result result = bc_snapshot_clock(&l->snapshot, l->policy, l->now);

    if (result == BC_OK)
        result = bc_last_seen_compare(l->state, &l->snapshot, &l->seen, &newer);
    if (result == BC_OK)
        result = check_roots(&l->snapshot);
    /* Within the allowance, the log's time stands still rather than going back. */
    if (result == BC_OK && l->now < l->snapshot.checkpoint.signed_at)
        l->now = l->snapshot.checkpoint.signed_at;
    /* What is appended has this time, and may be read before it is signed. */
    if (result == BC_OK)
        l->snapshot.checkpoint.signed_at = l->now;
    return result;
}

static struct bc_transaction *ledger_new(const struct bc_store_options *options,
                                         const struct bc_config *policy, int state, int64_t now)
{
    struct bc_transaction *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->policy = policy;
    l->state = state;
    l->now = now;
    l->uid = options->owner;
    l->gid = options->group;
    l->rows = bc_row_buffer_new();
    if (!l->rows) {
        free(l);
        return NULL;
    }
    return l;
}

enum bc_result bc_transaction_open(const struct bc_store_options *options,
                                   const struct bc_config *policy, int state, int64_t now,
                                   struct bc_transaction **out, struct bc_where *where)
{
    struct bc_transaction *l = ledger_new(options, policy, state, now);
    enum bc_result result;

    if (!l)
        return BC_ERR_SYSTEM;
    result = bc_store_open(options, BC_STORE_WRITE, &l->store, where);
    if (result == BC_OK)
        result = bc_snapshot_open(l->store, policy, &l->snapshot);
    if (result == BC_OK)
        result = check_snapshot(l);
    if (result != BC_OK) {
        bc_transaction_close(l);
        return result;
    }
    l->next_slot = l->snapshot.checkpoint.register_size;
    *out = l;
    return BC_OK;
}

static void init_empty(struct bc_transaction *l)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;

    memcpy(c->origin, l->policy->origin, sizeof c->origin);
    bc_merkle_empty_root(&c->log_root);
    bc_merkle_empty_root(&c->register_root);
    l->snapshot.store = l->store;
    bc_tile_init(&l->snapshot.log, l->store, BC_TREE_LOG);
    bc_tile_init(&l->snapshot.registry, l->store, BC_TREE_REGISTER);
}

enum bc_result bc_transaction_create(const struct bc_store_options *options,
                                     const struct bc_config *policy, const struct bc_skey *key,
                                     int state, int64_t now, struct bc_where *where)
{
    struct bc_transaction *l = ledger_new(options, policy, state, now);
    int seen;
    enum bc_result r;

    if (!l)
        return BC_ERR_MEMORY;
    /* An empty store after a full one is a rollback like any other. */
    r = !bc_store_exists(options) && bc_last_seen_exists(state)
            ? BC_ERR_ROLLBACK
            : bc_store_open(options, BC_STORE_CREATE, &l->store, where);
    if (r == BC_OK) {
        init_empty(l);
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

/* New leaves come in the order of their slots, since rows keep the order of their first put. */
static enum bc_result settle_tree(struct bc_transaction *l)
{
    struct bc_checkpoint *c = &l->snapshot.checkpoint;
    struct bc_nodes nodes = bc_tile_nodes(&l->snapshot.registry);
    enum bc_result r = BC_OK;

    for (size_t i = 0; i < bc_row_buffer_count(l->rows) && r == BC_OK; i++) {
        const struct bc_row *row = bc_row_buffer_at(l->rows, i);
        struct bc_hash hash;
        bc_merkle_leaf(row->key + row->key_len, row->leaf_len, &hash);
        if (row->slot < c->register_size) {
            r = bc_merkle_update(&nodes, c->register_size, row->slot, &hash);
        } else {
            r = bc_merkle_append(&nodes, c->register_size, &hash);
            c->register_size += r == BC_OK;
        }
    }
    return r == BC_OK ? tree_root(&l->snapshot.registry, c->register_size, &c->register_root) : r;
}

/* Brings the waiting rows into the tree and the table. */
static enum bc_result settle(struct bc_transaction *l)
{
    enum bc_result r = settle_tree(l);

    bc_row_buffer_sort(l->rows);
    for (size_t i = 0; i < bc_row_buffer_count(l->rows) && r == BC_OK; i++) {
        const struct bc_row *row = bc_row_buffer_at(l->rows, i);
        r = bc_store_put_subject(l->store, row->key, row->key_len, row->slot,
                                 row->key + row->key_len, row->leaf_len);
    }
    bc_row_buffer_clear(l->rows);
    l->next_slot = l->snapshot.checkpoint.register_size;
    return r;
}

static enum bc_result put_leaf(struct bc_transaction *l, const struct bc_leaf *leaf, uint64_t slot)
{
    unsigned char key[BC_LEAF_KEY_MAX], bytes[BC_LEAF_MAX];
    size_t len = bc_leaf_encode(leaf, bytes);
    enum bc_result r = bc_row_buffer_put(l->rows, key, bc_leaf_key(leaf, key), slot, bytes, len);

    l->absent_len = 0;
    if (r == BC_OK && slot == l->next_slot)
        l->next_slot++;
    if (r == BC_OK && (!l->bulk || bc_row_buffer_count(l->rows) == BC_ROWS_MAX))
        r = settle(l);
    return r;
}

/* Whoever records a consent looks for the leaf twice: before, and in recording it. */
static enum bc_result store_leaf(struct bc_transaction *l, struct bc_leaf *leaf, uint64_t *slot,
                                 const unsigned char *key, size_t key_len)
{
    enum bc_result result;

    if (l->absent_len == key_len && memcmp(l->absent, key, key_len) == 0)
        return BC_ERR_NO_RECORD;
    result = bc_snapshot_leaf(&l->snapshot, leaf, slot);
    if (result == BC_ERR_NO_RECORD) {
        memcpy(l->absent, key, key_len);
        l->absent_len = key_len;
    }
    return result;
}

enum bc_result bc_transaction_leaf(struct bc_transaction *l, struct bc_leaf *leaf, uint64_t *slot)
{
    unsigned char key[BC_LEAF_KEY_MAX];
    size_t key_len = bc_leaf_key(leaf, key);
    const struct bc_row *row = bc_row_buffer_get(l->rows, key, key_len);

    if (!row)
        return store_leaf(l, leaf, slot, key, key_len);
    if (bc_leaf_decode(row->key + row->key_len, row->leaf_len, leaf) != BC_OK)
        return BC_ERR_CORRUPT;
    if (slot)
        *slot = row->slot;
    return BC_OK;
}

void bc_transaction_bulk(struct bc_transaction *l)
{
    l->bulk = 1;
}

/* The leaf that this event changes; a new one gets the next slot. */
static enum bc_result find_leaf(struct bc_transaction *l, const struct bc_event *e,
                                struct bc_leaf *leaf, uint64_t *slot)
{
    enum bc_result result;

    bc_leaf_for_event(e, leaf);
    result = bc_transaction_leaf(l, leaf, slot);
    if (result == BC_ERR_NO_RECORD)
        *slot = l->next_slot;
    else if (result != BC_OK)
        return result == BC_ERR_SYSTEM ? BC_ERR_MEMORY : BC_ERR_CORRUPT;
    return BC_OK;
}

enum bc_result bc_transaction_append_sealed(struct bc_transaction *l, const struct bc_event *e,
                                            const struct bc_sealed *sealed, uint64_t *index)
{
    uint64_t at = l->snapshot.checkpoint.log_size;
    struct bc_leaf leaf;
    uint64_t slot;
    enum bc_result r = find_leaf(l, e, &leaf, &slot);

    if (r == BC_OK)
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

    return settle(l) == BC_OK && tree_root(&l->snapshot.log, c->log_size, &c->log_root) == BC_OK
               ? &l->snapshot
               : NULL;
}

static enum bc_result erase_event(struct bc_transaction *l, uint64_t index)
{
    struct bc_bytes salt, payload;
    struct bc_hash commitment;
    enum bc_result r = bc_store_event(l->store, index, &salt, &payload);

    if (r != BC_OK)
        return r == BC_ERR_ERASED ? BC_OK : r;
    bc_event_commit(salt.data, payload.data, payload.len, &commitment);
    return bc_store_erase_event(l->store, index, &commitment);
}

/* The slot of a subject with more events than one erasure names is vacant already the second time.
 */
static enum bc_result vacate(struct bc_transaction *l, const struct bc_leaf *leaf, uint64_t slot)
{
    struct bc_nodes nodes = bc_tile_nodes(&l->snapshot.registry);
    unsigned char key[BC_LEAF_KEY_MAX], bytes[BC_LEAF_MAX];
    struct bc_leaf vacant;
    struct bc_hash hash;
    enum bc_result r = bc_store_remove_subject(l->store, key, bc_leaf_key(leaf, key));

    bc_leaf_vacant(&vacant);
    bc_merkle_leaf(bytes, bc_leaf_encode(&vacant, bytes), &hash);
    if (r == BC_OK || r == BC_ERR_NOT_FOUND)
        r = bc_merkle_update(&nodes, l->snapshot.checkpoint.register_size, slot, &hash);
    return r;
}

enum bc_result bc_transaction_erase(struct bc_transaction *l, const struct bc_leaf *leaf,
                                    uint64_t slot, struct bc_event *erase)
{
    const struct bc_erasure *e = &erase->u.erasure;
    struct bc_sealed sealed;
    enum bc_result r;

    erase->time = l->now;
    erase->u.erasure.slot = slot;
    r = bc_event_seal(erase, &sealed);
    if (r != BC_OK)
        return r;
    r = settle(l);
    for (size_t i = 0; i < e->event_count && r == BC_OK; i++)
        r = erase_event(l, e->events[i]);
    if (r == BC_OK)
        r = vacate(l, leaf, slot);
    return r == BC_OK ? append_log(l, &sealed) : r;
}

enum bc_result bc_transaction_put_notice(struct bc_transaction *l, const void *text, size_t len,
                                         struct bc_hash *hash)
{
    struct bc_hash h;
    enum bc_result r;

    bc_merkle_hash_bytes(text, len, &h);
    r = bc_store_put_notice(l->store, &h, text, len);
    if (r == BC_OK)
        *hash = h;
    return r;
}

static int trusted(const struct bc_config *policy, const struct bc_skey *key)
{
    for (size_t i = 0; i < policy->key_count; i++)
        if (strcmp(policy->keys[i].name, key->pub.name) == 0 &&
            sodium_memcmp(policy->keys[i].pk, key->pub.pk, BC_ED25519_BYTES) == 0)
            return 1;
    return 0;
}

static enum bc_result sign(struct bc_transaction *l, const struct bc_skey *key, char *note,
                           size_t cap, size_t *len)
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

enum bc_result bc_transaction_commit(struct bc_transaction *l, const struct bc_skey *key, int *seen)
{
    char note[BC_NOTE_MAX];
    size_t len;
    enum bc_result r = BC_ERR_UNKNOWN_KEY;

    if (trusted(l->policy, key))
        r = settle(l);
    if (r == BC_OK)
        r = sign(l, key, note, sizeof note, &len);
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
    bc_row_buffer_free(l->rows);
    free(l);
}
