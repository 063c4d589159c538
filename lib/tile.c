/* SPDX-License-Identifier: BSD-2-Clause */
#include "tile.h"

#include <string.h>

#define TILE_BYTES (BC_TILE_HASHES * BC_HASH_BYTES)

/* Where the 16, 8, 4 and 2 nodes of a tile's four levels begin. */
static const unsigned starts[4] = {0, 16, 24, 28};

void bc_tiles_init(struct bc_tiles *tiles, struct bc_store *store, enum bc_tree tree)
{
    memset(tiles, 0, sizeof *tiles);
    tiles->store = store;
    tiles->tree = tree;
}

static enum bc_result flush_one(struct bc_tiles *t, struct bc_tile_cache *c)
{
    enum bc_result r = BC_OK;

    if (c->dirty)
        r = bc_store_put_tile(t->store, t->tree, c->number, c->hash, TILE_BYTES);
    if (r == BC_OK)
        c->dirty = 0;
    return r;
}

enum bc_result bc_tiles_flush(struct bc_tiles *tiles)
{
    enum bc_result r = BC_OK;

    /* Lower levels first: their numbers are not larger. */
    for (unsigned i = 0; i < BC_TILE_LEVELS && r == BC_OK; i++)
        r = flush_one(tiles, &tiles->level[i]);
    return r;
}

static enum bc_result load(struct bc_tiles *t, unsigned tile_level, uint64_t number, int make)
{
    struct bc_tile_cache *c = &t->level[tile_level];
    struct bc_bytes b;
    enum bc_result r;

    if (c->number == number)
        return BC_OK;
    r = flush_one(t, c);
    if (r != BC_OK)
        return r;
    c->number = 0;
    r = bc_store_tile(t->store, t->tree, number, &b);
    if (r == BC_ERR_NOT_FOUND && make)
        memset(c->hash, 0, sizeof c->hash);
    else if (r != BC_OK || b.len != TILE_BYTES)
        return r == BC_OK || r == BC_ERR_NOT_FOUND ? BC_ERR_CORRUPT : r;
    else
        memcpy(c->hash, b.data, TILE_BYTES);
    c->number = number;
    return BC_OK;
}

static enum bc_result find(struct bc_tiles *t, unsigned level, uint64_t index, int make,
                           struct bc_hash **slot)
{
    unsigned tile_level = level / 4;
    unsigned inner = level % 4;
    uint64_t tile = index >> (4 - inner);
    enum bc_result r;

    if (tile_level >= BC_TILE_LEVELS || tile > UINT64_MAX >> 4 * tile_level >> 4)
        return BC_ERR_TOO_LARGE;
    r = load(t, tile_level, (16 * tile + 1) << (4 * tile_level), make);
    if (r != BC_OK)
        return r;
    *slot = &t->level[tile_level].hash[starts[inner] + (index & ((16U >> inner) - 1))];
    return BC_OK;
}

static enum bc_result get_node(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    struct bc_hash *slot;
    enum bc_result r = find(ctx, level, index, 0, &slot);

    if (r == BC_OK)
        *out = *slot;
    return r;
}

static enum bc_result put_node(void *ctx, unsigned level, uint64_t index, const struct bc_hash *h)
{
    struct bc_tiles *t = ctx;
    struct bc_hash *slot;
    enum bc_result r = find(t, level, index, 1, &slot);

    if (r != BC_OK)
        return r;
    *slot = *h;
    t->level[level / 4].dirty = 1;
    return BC_OK;
}

struct bc_nodes bc_tiles_nodes(struct bc_tiles *tiles)
{
    return (struct bc_nodes){.ctx = tiles, .get = get_node, .put = put_node};
}
