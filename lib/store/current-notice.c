/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/current-notice.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/encoding.h"

/* Reads the ids of all notices first: the store serves one cursor at a time. */
static enum bc_result read_ids(struct bc_current_notices *c)
{
    const char kind = BC_LEAF_NOTICE;
    struct bc_store_cursor rows = {.store = c->s->store, .prefix = &kind, .len = 1};
    struct bc_bytes bytes;
    struct bc_leaf leaf;
    size_t room = 0;
    uint64_t slot;

    while (bc_store_cursor_subject(&rows, &slot, &bytes)) {
        void *longer = bc_array_grow(c->id, c->count, &room, sizeof *c->id);
        if (longer)
            c->id = longer;
        rows.result = longer ? bc_leaf_decode(bytes.data, bytes.len, &leaf) : BC_ERR_MEMORY;
        if (rows.result == BC_OK && leaf.kind == BC_LEAF_NOTICE)
            memcpy(c->id[c->count++], leaf.name, sizeof *c->id);
    }
    return bc_store_cursor_end(&rows);
}

void bc_current_notice_begin(struct bc_current_notices *c, struct bc_snapshot *s)
{
    memset(c, 0, sizeof *c);
    c->s = s;
    c->event = malloc(sizeof *c->event);
    c->result = c->event ? read_ids(c) : BC_ERR_MEMORY;
}

static enum bc_result load_version(struct bc_snapshot *s, const struct bc_leaf *leaf, size_t i,
                                   struct bc_event *event)
{
    enum bc_result r = bc_snapshot_event(s, &leaf->active[i], event, NULL);

    return r == BC_OK && event->type != BC_EVENT_NOTICE ? BC_ERR_CORRUPT : r;
}

int bc_current_notice_next(struct bc_current_notices *c, uint64_t *index,
                           const struct bc_event **event)
{
    while (c->result == BC_OK && c->version == c->leaf.active_count) {
        if (c->next == c->count)
            return 0;
        bc_leaf_for_notice(c->id[c->next++], &c->leaf);
        c->result = bc_snapshot_leaf(c->s, &c->leaf, NULL);
        c->version = 0;
    }
    if (c->result == BC_OK)
        c->result = load_version(c->s, &c->leaf, c->version, c->event);
    if (c->result != BC_OK)
        return 0;
    *index = c->leaf.active[c->version++].index;
    *event = c->event;
    return 1;
}

enum bc_result bc_current_notice_end(struct bc_current_notices *c)
{
    free(c->id);
    free(c->event);
    c->id = NULL;
    c->event = NULL;
    return c->result;
}

enum bc_result bc_current_notice_find(struct bc_snapshot *s, const char *id_or_hash,
                                      struct bc_event *out)
{
    struct bc_current_notices c;
    const struct bc_event *e;
    struct bc_hash hash;
    struct bc_leaf leaf;
    uint64_t index;
    int found = 0;
    enum bc_result r;

    if (bc_encoding_hex_decode(id_or_hash, strlen(id_or_hash), hash.b, BC_HASH_BYTES) != BC_OK) {
        if (!bc_name_word_valid(id_or_hash))
            return BC_ERR_NO_RECORD;
        bc_leaf_for_notice(id_or_hash, &leaf);
        r = bc_snapshot_leaf(s, &leaf, NULL);
        if (r == BC_OK && leaf.active_count == 0)
            r = BC_ERR_NO_RECORD;
        return r == BC_OK ? load_version(s, &leaf, leaf.active_count - 1, out) : r;
    }
    bc_current_notice_begin(&c, s);
    while (!found && bc_current_notice_next(&c, &index, &e)) {
        found = bc_merkle_hash_equal(&e->u.notice.text, &hash);
        if (found)
            *out = *e;
    }
    r = bc_current_notice_end(&c);
    return r == BC_OK && !found ? BC_ERR_NO_RECORD : r;
}

/* ---- texts ---- */

enum bc_result bc_current_notice_stored(struct bc_snapshot *s, const struct bc_notice *notice,
                                        char **text, size_t *len)
{
    struct bc_bytes stored;
    struct bc_hash hash;
    char *copy;

    if (bc_store_notice(s->store, &notice->text, &stored) != BC_OK)
        return BC_ERR_CORRUPT;
    bc_merkle_hash_bytes(stored.data, stored.len, &hash);
    if (!bc_merkle_hash_equal(&hash, &notice->text))
        return BC_ERR_CORRUPT;
    copy = malloc(stored.len + 1);
    if (!copy)
        return BC_ERR_SYSTEM;
    memcpy(copy, stored.data, stored.len);
    copy[stored.len] = '\0';
    *text = copy;
    *len = stored.len;
    return BC_OK;
}

enum bc_result bc_current_notice_release(struct bc_snapshot *s, const struct bc_notice *notice,
                                         char release[BC_SLOT_MAX + 1])
{
    struct bc_notice_file *file = malloc(sizeof *file);
    struct bc_ini_file_error err = {.line = 0};
    char *source = NULL;
    size_t n = 0;
    enum bc_result r = file ? bc_current_notice_stored(s, notice, &source, &n) : BC_ERR_SYSTEM;

    if (r == BC_OK) {
        r = bc_notice_parse(notice->id, source, n, file, &err);
        if (r == BC_ERR_MEMORY)
            r = BC_ERR_SYSTEM;
        else if (r != BC_OK || !file->slot[BC_SLOT_RELEASE][0])
            r = BC_ERR_NO_NOTICE;
    }
    if (r == BC_OK)
        memcpy(release, file->slot[BC_SLOT_RELEASE], sizeof file->slot[BC_SLOT_RELEASE]);
    free(source);
    free(file);
    return r;
}
