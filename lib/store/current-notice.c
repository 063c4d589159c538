/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/current-notice.h"

#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"

void bc_current_notice_begin(struct bc_current_notices *c, struct bc_snapshot *s)
{
    static const char kind = BC_LEAF_NOTICE;

    memset(c, 0, sizeof *c);
    c->s = s;
    c->rows = (struct bc_store_cursor){.store = s->store, .prefix = &kind, .len = 1};
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
    struct bc_bytes bytes;
    uint64_t slot;

    while (c->result == BC_OK && c->version == c->leaf.active_count) {
        if (!bc_store_cursor_subject(&c->rows, &slot, &bytes))
            return 0;
        c->result = bc_leaf_decode(bytes.data, bytes.len, &c->leaf);
        if (c->result == BC_OK)
            c->result = bc_snapshot_leaf(c->s, &c->leaf, NULL);
        c->version = 0;
    }
    if (c->result == BC_OK)
        c->result = load_version(c->s, &c->leaf, c->version, &c->event);
    if (c->result != BC_OK)
        return 0;
    *index = c->leaf.active[c->version++].index;
    *event = &c->event;
    return 1;
}

enum bc_result bc_current_notice_end(struct bc_current_notices *c)
{
    enum bc_result r = bc_store_cursor_end(&c->rows);

    return c->result != BC_OK ? c->result : r;
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
    struct bc_ini_file_error err = {.line = 0};
    struct bc_notice_file file;
    char *source;
    size_t n;
    enum bc_result r = bc_current_notice_stored(s, notice, &source, &n);

    if (r != BC_OK)
        return r;
    r = bc_notice_parse(notice->id, source, n, &file, &err);
    free(source);
    if (r == BC_ERR_MEMORY)
        return BC_ERR_SYSTEM;
    if (r != BC_OK || !file.slot[BC_SLOT_RELEASE][0])
        return BC_ERR_NO_NOTICE;
    memcpy(release, file.slot[BC_SLOT_RELEASE], sizeof file.slot[BC_SLOT_RELEASE]);
    return BC_OK;
}
