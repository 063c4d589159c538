/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/tile.h"

#include <string.h>

#define TILE_BYTES (BC_TILE_HASHES * BC_HASH_BYTES)

void bc_tile_init(struct bc_tiles *tiles, struct bc_store *store, enum bc_tree tree)
{
    memset(tiles->oldest, 0, sizeof tiles->oldest);
    for (unsigned i = 0; i < BC_TILE_LEVELS; i++)
        for (unsigned way = 0; way < BC_TILE_WAYS; way++)
            tiles->level[i][way].number = 0;
    tiles->store = store;
    tiles->tree = tree;
}

static enum bc_result flush_one(struct bc_tiles *t, struct bc_tile_cache *c)
{
    enum bc_result r = BC_OK;

    if (c->number && c->dirty)
        r = bc_store_put_tile(t->store, t->tree, c->number, c->hash, TILE_BYTES);
    if (r == BC_OK)
        c->dirty = 0;
    return r;
}

enum bc_result bc_tile_flush(struct bc_tiles *tiles)
{
    enum bc_result r = BC_OK;

    for (unsigned i = 0; i < BC_TILE_LEVELS && r == BC_OK; i++)
        for (unsigned way = 0; way < BC_TILE_WAYS && r == BC_OK; way++)
            r = flush_one(tiles, &tiles->level[i][way]);
    return r;
}

/* Takes its place at once: when it is filled, others stand behind it. */
static enum bc_result append_empty(struct bc_tiles *t, struct bc_tile_cache *c, uint64_t number)
{
    enum bc_result r;

    memset(c->hash, 0, sizeof c->hash);
    r = bc_store_append_tile(t->store, t->tree, number, c->hash, TILE_BYTES);
    return r == BC_ERR_EXISTS ? BC_ERR_CORRUPT : r;
}

static enum bc_result load(struct bc_tiles *t, struct bc_tile_cache *c, uint64_t number, int make)
{
    struct bc_bytes b;
    enum bc_result r = flush_one(t, c);

    if (r != BC_OK)
        return r;
    c->number = 0;
    c->dirty = 0;
    r = bc_store_tile(t->store, t->tree, number, &b);
    if (r == BC_ERR_NOT_FOUND)
        r = make ? append_empty(t, c, number) : BC_ERR_CORRUPT;
    else if (r == BC_OK && b.len != TILE_BYTES)
        r = BC_ERR_CORRUPT;
    else if (r == BC_OK)
        memcpy(c->hash, b.data, TILE_BYTES);
    if (r == BC_OK)
        c->number = number;
    return r;
}

/* The tile that holds the node. */
static enum bc_result find(struct bc_tiles *t, unsigned level, uint64_t index, int make,
                           struct bc_tile_cache **out)
{
    unsigned tile_level = level / 4;
    uint64_t tile = index >> (4 - level % 4), number;
    struct bc_tile_cache *c;
    enum bc_result r;

    if (tile_level >= BC_TILE_LEVELS || tile > UINT64_MAX >> 4 * tile_level >> 4)
        return BC_ERR_TOO_LARGE;
    number = (16 * tile + 1) << (4 * tile_level);
    c = t->level[tile_level];
    for (unsigned way = 0; way < BC_TILE_WAYS; way++)
        if (c[way].number == number) {
            *out = &c[way];
            return BC_OK;
        }
    c += t->oldest[tile_level];
    r = load(t, c, number, make);
    if (r != BC_OK)
        return r;
    t->oldest[tile_level] = (unsigned char)((t->oldest[tile_level] + 1) % BC_TILE_WAYS);
    *out = c;
    return BC_OK;
}

/* The stored hash of a node of level 4t (inner 0) or 4t + 2 (inner 2). */
static struct bc_hash *stored(struct bc_tile_cache *c, unsigned inner, uint64_t index)
{
    return inner == 0 ? &c->hash[index & 15] : &c->hash[16 + (index & 3)];
}

static enum bc_result get_node(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    unsigned inner = level % 4;
    struct bc_tile_cache *c;
    enum bc_result r = find(ctx, level, index, 0, &c);

    if (r != BC_OK)
        return r;
    if (inner % 2 == 0)
        *out = *stored(c, inner, index);
    else
        bc_merkle_node(stored(c, inner - 1, 2 * index), stored(c, inner - 1, 2 * index + 1), out);
    return BC_OK;
}

static enum bc_result put_node(void *ctx, unsigned level, uint64_t index, const struct bc_hash *h)
{
    unsigned inner = level % 4;
    struct bc_tile_cache *c;
    enum bc_result r;

    if (inner % 2 != 0)
        return BC_OK;
    r = find(ctx, level, index, 1, &c);
    if (r != BC_OK)
        return r;
    *stored(c, inner, index) = *h;
    c->dirty = 1;
    return BC_OK;
}

struct bc_nodes bc_tile_nodes(struct bc_tiles *tiles)
{
    return (struct bc_nodes){.ctx = tiles, .get = get_node, .put = put_node};
}
