/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/tile.h"

#include <string.h>

#define TILE_BYTES (BC_TILE_HASHES * BC_HASH_BYTES)

void bc_tile_init(struct bc_tiles *tiles, struct bc_store *store, enum bc_table table)
{
    memset(tiles, 0, sizeof *tiles);
    tiles->store = store;
    tiles->table = table;
}

static enum bc_result put_tile(struct bc_tiles *t, const struct bc_tile_cache *c, uint64_t number,
                               int append)
{
    struct bc_bytes key = {(const unsigned char *)&number, sizeof number};

    return bc_store_row_put(t->store, t->table, key, (struct bc_bytes){c->hash[0].b, TILE_BYTES},
                            append);
}

static enum bc_result flush_tile(struct bc_tiles *t, struct bc_tile_cache *c)
{
    enum bc_result r = c->number && c->dirty ? put_tile(t, c, c->number, 0) : BC_OK;

    if (r == BC_OK)
        c->dirty = 0;
    return r;
}

enum bc_result bc_tile_flush(struct bc_tiles *tiles)
{
    enum bc_result r = BC_OK;

    for (unsigned i = 0; i < BC_TILE_LEVELS * BC_TILE_WAYS && r == BC_OK; i++)
        r = flush_tile(tiles, &tiles->level[i / BC_TILE_WAYS][i % BC_TILE_WAYS]);
    return r;
}

/* Finds the tile that holds the node, in the cache or in the store, where make puts it if it is not
 * there. */
static enum bc_result find_tile(struct bc_tiles *t, unsigned level, uint64_t index, int make,
                                struct bc_tile_cache **out)
{
    unsigned tile_level = level / 4;
    uint64_t number, tile = index >> (4 - level % 4);
    struct bc_bytes b, key = {(const unsigned char *)&number, sizeof number};
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
    r = flush_tile(t, c);
    if (r != BC_OK)
        return r;
    c->number = 0;
    r = bc_store_row_get(t->store, t->table, key, &b);
    if (r == BC_ERR_NOT_FOUND && make) {
        /* It takes its place at once: when it is filled, others stand behind it. */
        memset(c->hash, 0, sizeof c->hash);
        r = put_tile(t, c, number, 1);
    } else if (r == BC_OK && b.len == TILE_BYTES) {
        memcpy(c->hash, b.data, TILE_BYTES);
    } else if (r == BC_OK) {
        r = BC_ERR_CORRUPT;
    }
    if (r != BC_OK)
        return r == BC_ERR_NOT_FOUND || r == BC_ERR_EXISTS ? BC_ERR_CORRUPT : r;
    c->number = number;
    t->oldest[tile_level] = (unsigned char)((t->oldest[tile_level] + 1) % BC_TILE_WAYS);
    *out = c;
    return BC_OK;
}

/* The stored hash of a node of level 4t (inner 0) or 4t + 2 (inner 2). */
static struct bc_hash *stored_hash(struct bc_tile_cache *c, unsigned inner, uint64_t index)
{
    return inner == 0 ? &c->hash[index & 15] : &c->hash[16 + (index & 3)];
}

static enum bc_result get_node(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    unsigned inner = level % 4;
    struct bc_tile_cache *c;
    enum bc_result r = find_tile(ctx, level, index, 0, &c);

    if (r != BC_OK)
        return r;
    if (inner % 2 == 0)
        *out = *stored_hash(c, inner, index);
    else
        bc_merkle_node(stored_hash(c, inner - 1, 2 * index),
                       stored_hash(c, inner - 1, 2 * index + 1), out);
    return BC_OK;
}

static enum bc_result put_node(void *ctx, unsigned level, uint64_t index, const struct bc_hash *h)
{
    unsigned inner = level % 4;
    struct bc_tile_cache *c;
    enum bc_result r;

    if (inner % 2 != 0)
        return BC_OK;
    r = find_tile(ctx, level, index, 1, &c);
    if (r != BC_OK)
        return r;
    *stored_hash(c, inner, index) = *h;
    c->dirty = 1;
    return BC_OK;
}

struct bc_nodes bc_tile_nodes(struct bc_tiles *tiles)
{
    return (struct bc_nodes){.ctx = tiles, .get = get_node, .put = put_node};
}

enum bc_result bc_tile_prove(struct bc_tiles *tiles, uint64_t index, struct bc_bytes leaf,
                             uint64_t size, const struct bc_hash *root)
{
    struct bc_nodes nodes = bc_tile_nodes(tiles);
    struct bc_proof proof;
    struct bc_hash hash;
    enum bc_result r;

    if (index >= size)
        return BC_ERR_CORRUPT;
    r = bc_merkle_inclusion(&nodes, index, size, &proof);
    if (r != BC_OK)
        return r;
    bc_merkle_leaf(leaf.data, leaf.len, &hash);
    return bc_merkle_verify_inclusion(index, size, &hash, root, proof.hash, proof.count);
}
