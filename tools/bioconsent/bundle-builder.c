/* SPDX-License-Identifier: BSD-2-Clause */
#include "bundle-builder.h"

#include <stdlib.h>
#include <string.h>

/* ---- events ---- */

enum bc_result bc_bundle_builder_add(void *ctx, const struct bc_logged_event *past)
{
    struct bc_bundle_builder *m = ctx;
    struct bc_nodes nodes = bc_tile_nodes(&m->s->log);
    struct bc_bundle_event e = {.index = past->index, .commitment = past->commitment};
    enum bc_result r = bc_merkle_inclusion(&nodes, e.index, m->s->checkpoint.log_size, &e.path);

    if (r != BC_OK)
        return r;
    memcpy(e.salt, past->salt.data, BC_SALT_BYTES);
    /* bc_bundle_add only reads them. */
    e.payload = (struct bc_bundle_text){(char *)(uintptr_t)past->payload.data, past->payload.len};
    e.event = (struct bc_event *)(uintptr_t)past->event;
    return bc_bundle_add(m->b, &e);
}

enum bc_result bc_bundle_builder_add_named(void *ctx, const struct bc_logged_event *past)
{
    struct bc_bundle_builder *m = ctx;

    return bc_bundle_names(m->b, past->event->u.notice.id) && !bc_bundle_event(m->b, past->index)
               ? bc_bundle_builder_add(ctx, past)
               : BC_OK;
}

static int by_index(const void *a, const void *b)
{
    const struct bc_bundle_event *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

/* ---- leaves and texts ---- */

static enum bc_result take_leaf(struct bc_bundle_builder *m, const struct bc_leaf *whose)
{
    struct bc_nodes nodes = bc_tile_nodes(&m->s->registry);
    struct bc_bundle_leaf *l = &m->b->leaves[m->b->leaf_count];
    enum bc_result result;

    if (m->b->leaf_count == BC_BUNDLE_LEAVES_MAX)
        return BC_ERR_SYSTEM;
    l->leaf = *whose;
    result = bc_snapshot_leaf(m->s, &l->leaf, &l->slot);
    if (result != BC_OK)
        return result;
    if (bc_merkle_inclusion(&nodes, l->slot, m->s->checkpoint.register_size, &l->path) != BC_OK)
        return BC_ERR_CORRUPT;
    m->b->leaf_count++;
    return BC_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct bc_bundle_leaf *x = a, *y = b;

    return strcmp(x->leaf.name, y->leaf.name);
}

static enum bc_result take_notice_leaves(struct bc_bundle_builder *m)
{
    enum bc_result result = BC_OK;
    struct bc_bundle *b = m->b;

    for (size_t i = 0; i < b->event_count && result == BC_OK; i++) {
        const struct bc_event *e = b->events[i].event;
        struct bc_leaf leaf;
        if (e->type != BC_EVENT_GRANT || bc_bundle_notice_leaf(b, e->u.grant.notice_id))
            continue;
        bc_leaf_for_notice(e->u.grant.notice_id, &leaf);
        result = take_leaf(m, &leaf);
    }
    if (b->leaf_count > 2)
        qsort(&b->leaves[1], b->leaf_count - 1, sizeof *b->leaves, by_name);
    return result == BC_ERR_NO_RECORD ? BC_ERR_CORRUPT : result;
}

static int has_text(const struct bc_bundle *b, const struct bc_hash *hash)
{
    for (size_t i = 0; i < b->text_count; i++) {
        struct bc_hash h;
        bc_merkle_hash_bytes(b->texts[i].data, b->texts[i].len, &h);
        if (bc_merkle_hash_equal(&h, hash))
            return 1;
    }
    return 0;
}

static enum bc_result take_texts(struct bc_bundle_builder *m)
{
    struct bc_bundle *b = m->b;

    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_event *e = b->events[i].event;
        struct bc_bytes text;
        if (e->type != BC_EVENT_GRANT || has_text(b, &e->u.grant.notice))
            continue;
        if (b->text_count == BC_BUNDLE_TEXTS_MAX)
            return BC_ERR_SYSTEM;
        if (bc_store_notice(m->s->store, &e->u.grant.notice, &text) != BC_OK)
            return BC_ERR_CORRUPT;
        if (bc_bundle_copy(text.data, text.len, &b->texts[b->text_count]) != BC_OK)
            return BC_ERR_SYSTEM;
        b->text_count++;
    }
    return BC_OK;
}

enum bc_result bc_bundle_builder_begin(struct bc_bundle_builder *m,
                                       const struct bc_subject *subject)
{
    struct bc_leaf leaf;

    if (bc_bundle_copy(m->s->note.data, m->s->note.len, &m->b->note) != BC_OK)
        return BC_ERR_SYSTEM;
    m->b->checkpoint = m->s->checkpoint;
    bc_leaf_for_subject(subject, &leaf);
    return take_leaf(m, &leaf);
}

enum bc_result bc_bundle_builder_finish(struct bc_bundle_builder *m)
{
    enum bc_result result;

    if (m->b->event_count > BC_BUNDLE_EVENTS_MAX)
        return BC_ERR_SYSTEM;
    qsort(m->b->events, m->b->event_count, sizeof *m->b->events, by_index);
    result = take_notice_leaves(m);
    return result == BC_OK ? take_texts(m) : result;
}
