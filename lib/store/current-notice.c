/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/current-notice.h"

#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"

struct ids {
    size_t count;
    size_t room;
    char (*id)[BC_WORD_MAX + 1];
};

static enum bc_result collect(void *ctx, uint64_t slot, struct bc_bytes bytes)
{
    struct ids *ids = ctx;
    struct bc_leaf leaf;
    enum bc_result r = bc_leaf_decode(bytes.data, bytes.len, &leaf);

    (void)slot;
    if (r != BC_OK || leaf.kind != BC_LEAF_NOTICE)
        return r;
    if (ids->count == ids->room) {
        void *more = realloc(ids->id, (ids->room + 64) * sizeof *ids->id);
        if (!more)
            return BC_ERR_MEMORY;
        ids->id = more;
        ids->room += 64;
    }
    memcpy(ids->id[ids->count++], leaf.name, sizeof *ids->id);
    return BC_OK;
}

static enum bc_result each_version(struct bc_snapshot *s, const char *id,
                                   void (*each)(void *, uint64_t, const struct bc_event *),
                                   void *ctx)
{
    struct bc_event event;
    struct bc_leaf leaf;
    enum bc_result result;

    bc_leaf_for_notice(id, &leaf);
    result = bc_snapshot_leaf(s, &leaf, NULL);
    for (size_t i = 0; result == BC_OK && i < leaf.active_count; i++) {
        result = bc_snapshot_event(s, &leaf.active[i], &event, NULL);
        if (result == BC_OK && event.type != BC_EVENT_NOTICE)
            result = BC_ERR_CORRUPT;
        if (result == BC_OK)
            each(ctx, leaf.active[i].index, &event);
    }
    return result;
}

enum bc_result
bc_current_notice_each(struct bc_snapshot *s,
                       void (*each)(void *ctx, uint64_t index, const struct bc_event *e), void *ctx)
{
    struct ids ids = {0, 0, NULL};
    const char kind = BC_LEAF_NOTICE;
    enum bc_result result = bc_store_subjects_with(s->store, &kind, 1, collect, &ids);

    for (size_t i = 0; result == BC_OK && i < ids.count; i++)
        result = each_version(s, ids.id[i], each, ctx);
    free(ids.id);
    return result;
}

struct search {
    int by_hash;
    struct bc_hash hash;
    int found;
    struct bc_event *out;
};

static void match(void *ctx, uint64_t index, const struct bc_event *e)
{
    struct search *s = ctx;

    (void)index;
    if (s->by_hash && !bc_merkle_hash_equal(&s->hash, &e->u.notice.text))
        return;
    *s->out = *e;
    s->found = 1;
}

enum bc_result bc_current_notice_find(struct bc_snapshot *s, const char *id_or_hash,
                                      struct bc_event *out)
{
    struct search search = {.out = out};
    enum bc_result result;

    search.by_hash = bc_encoding_hex_decode(id_or_hash, strlen(id_or_hash), search.hash.b,
                                            BC_HASH_BYTES) == BC_OK;
    if (search.by_hash)
        result = bc_current_notice_each(s, match, &search);
    else
        result = bc_name_word_valid(id_or_hash) ? each_version(s, id_or_hash, match, &search)
                                                : BC_ERR_NO_RECORD;
    return result == BC_OK && !search.found ? BC_ERR_NO_RECORD : result;
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

static enum bc_result of_parse(enum bc_result r)
{
    return r == BC_OK ? BC_OK : r == BC_ERR_MEMORY ? BC_ERR_SYSTEM : BC_ERR_NO_NOTICE;
}

enum bc_result bc_current_notice_release(struct bc_snapshot *s, const struct bc_notice *notice,
                                         char release[BC_SLOT_MAX + 1])
{
    struct bc_notice_file *file = malloc(sizeof *file);
    struct bc_ini_file_error err = {.line = 0};
    char *source = NULL;
    size_t n = 0;
    enum bc_result result = file ? bc_current_notice_stored(s, notice, &source, &n) : BC_ERR_SYSTEM;

    if (result == BC_OK)
        result = of_parse(bc_notice_parse(notice->id, source, n, file, &err));
    if (result == BC_OK && !file->slot[BC_SLOT_RELEASE][0])
        result = BC_ERR_NO_NOTICE;
    if (result == BC_OK)
        memcpy(release, file->slot[BC_SLOT_RELEASE], sizeof file->slot[BC_SLOT_RELEASE]);
    free(source);
    free(file);
    return result;
}
