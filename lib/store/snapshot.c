/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/snapshot.h"

#include <string.h>

enum bc_result bc_snapshot_result(enum bc_result r)
{
    if (r == BC_OK)
        return BC_OK;
    return r == BC_ERR_MEMORY || r == BC_ERR_CRYPTO ? BC_ERR_SYSTEM : BC_ERR_CORRUPT;
}

enum bc_result bc_snapshot_open(struct bc_store *store, const struct bc_config *config,
                                struct bc_snapshot *out)
{
    size_t text_len;
    enum bc_result r = bc_store_checkpoint(store, &out->note);

    if (r != BC_OK)
        return bc_snapshot_result(r);
    r = bc_note_open((const char *)out->note.data, out->note.len, config->keys, config->key_count,
                     &text_len, &out->signer);
    if (r != BC_OK)
        return r;
    r = bc_checkpoint_parse((const char *)out->note.data, text_len, &out->checkpoint);
    if (r != BC_OK)
        return bc_snapshot_result(r);
    if (strcmp(out->checkpoint.origin, config->origin) != 0)
        return BC_ERR_ORIGIN;
    out->store = store;
    bc_tile_init(&out->log, store, BC_TABLE_LOG);
    bc_tile_init(&out->registry, store, BC_TABLE_REGISTER);
    return BC_OK;
}

enum bc_result bc_snapshot_clock(const struct bc_snapshot *s, const struct bc_config *config,
                                 int64_t now)
{
    if (now < 0 || now < s->checkpoint.signed_at - config->clock_allowance)
        return BC_ERR_CLOCK;
    return BC_OK;
}

enum bc_result bc_snapshot_fresh(const struct bc_snapshot *s, const struct bc_config *config,
                                 int64_t now)
{
    if (config->max_age && now - s->checkpoint.signed_at > config->max_age)
        return BC_ERR_STALE;
    return BC_OK;
}

enum bc_result bc_snapshot_leaf(struct bc_snapshot *s, struct bc_leaf *leaf, uint64_t *slot)
{
    unsigned char key[BC_LEAF_KEY_MAX];
    struct bc_leaf found;
    struct bc_bytes bytes;
    uint64_t at;
    enum bc_result r = bc_store_subject(s->store, key, bc_leaf_key(leaf, key), &at, &bytes);

    if (r == BC_ERR_NOT_FOUND)
        return BC_ERR_NO_RECORD;
    if (r == BC_OK)
        r = bc_tile_prove(&s->registry, at, bytes, s->checkpoint.register_size,
                          &s->checkpoint.register_root);
    if (r == BC_OK)
        r = bc_leaf_decode(bytes.data, bytes.len, &found);
    /* A genuine leaf of another subject under this key is a swap. */
    if (r == BC_OK &&
        (found.kind != leaf->kind || found.uid != leaf->uid || strcmp(found.name, leaf->name) != 0))
        r = BC_ERR_CORRUPT;
    if (r != BC_OK)
        return bc_snapshot_result(r);
    *leaf = found;
    if (slot)
        *slot = at;
    return BC_OK;
}

enum bc_result bc_snapshot_event(struct bc_snapshot *s, const struct bc_leaf_entry *entry,
                                 struct bc_event *out, struct bc_bytes *payload)
{
    struct bc_bytes salt, data;
    struct bc_hash commitment;
    enum bc_result r = bc_store_event(s->store, entry->index, &salt, &data);

    if (r != BC_OK)
        return bc_snapshot_result(r);
    bc_event_commit(salt.data, data.data, data.len, &commitment);
    if (!bc_merkle_hash_equal(&commitment, &entry->commitment))
        return BC_ERR_CORRUPT;
    r = bc_event_decode((const char *)data.data, data.len, out);
    if (r == BC_OK && out->time > s->checkpoint.signed_at)
        r = BC_ERR_CORRUPT;
    if (r == BC_OK && payload)
        *payload = data;
    return bc_snapshot_result(r);
}

enum bc_result bc_snapshot_notice(struct bc_snapshot *s, const char *id, const struct bc_hash *text,
                                  struct bc_event *out)
{
    struct bc_leaf leaf;
    enum bc_result result;

    bc_leaf_for_notice(id, &leaf);
    result = bc_snapshot_leaf(s, &leaf, NULL);
    if (result != BC_OK)
        return result;
    for (size_t i = 0; i < leaf.active_count; i++) {
        result = bc_snapshot_event(s, &leaf.active[i], out, NULL);
        if (result != BC_OK)
            return result;
        if (out->type == BC_EVENT_NOTICE && bc_merkle_hash_equal(&out->u.notice.text, text))
            return BC_OK;
    }
    return BC_ERR_SUPERSEDED;
}

enum bc_result bc_snapshot_consent(struct bc_snapshot *s, const struct bc_leaf_entry *entry,
                                   struct bc_active_consent *out)
{
    const struct bc_grant *g = &out->grant.u.grant;
    enum bc_result r = bc_snapshot_event(s, entry, &out->grant, &out->payload);

    if (r != BC_OK)
        return r;
    if (out->grant.type != BC_EVENT_GRANT)
        return BC_ERR_CORRUPT;
    r = bc_snapshot_notice(s, g->notice_id, &g->notice, &out->notice);
    out->consent = (struct bc_consent){g, r == BC_OK, &out->notice.u.notice};
    if (r == BC_ERR_SUPERSEDED)
        return BC_OK;
    return r == BC_ERR_NO_RECORD ? BC_ERR_CORRUPT : r;
}
