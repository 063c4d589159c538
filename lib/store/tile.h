/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TILE_H
#define BC_TILE_H

#include "proof/merkle.h"
#include "store/store-row.h"

/*
 * The nodes of a tree in tiles of four levels, in one row of the store. Tile
 * n of tile level t holds the nodes [16n, 16n + 16) of level 4t and the 4 of
 * level 4t + 2 above them: 20 hashes, 640 bytes. The levels between are one
 * hash away, and not stored. Its number, (16n + 1) << 4t, is the tree's size at
 * which it comes into being: so tiles are appended in the order of their
 * numbers, which are their keys. Nodes that are not complete yet are 32 zero
 * bytes.
 */

#define BC_TILE_HASHES 20
#define BC_TILE_LEVELS 16
#define BC_TILE_WAYS 3 /* kept of one level: two paths, and the tree's right edge */

struct bc_tile_cache {
    uint64_t number; /* 0: empty */
    int dirty;
    struct bc_hash hash[BC_TILE_HASHES];
};

/* The tree as nodes for merkle.h. What was put reaches the store with bc_tile_flush. */
struct bc_tiles {
    struct bc_store *store;
    enum bc_table table;                  /* BC_TABLE_LOG or BC_TABLE_REGISTER */
    unsigned char oldest[BC_TILE_LEVELS]; /* the way that goes next */
    struct bc_tile_cache level[BC_TILE_LEVELS][BC_TILE_WAYS];
};

void bc_tile_init(struct bc_tiles *tiles, struct bc_store *store, enum bc_table table);

/* Nodes that read and write through tiles, which must outlive them. get: BC_ERR_CORRUPT for a
 * missing or misshapen tile, errors of the store. */
struct bc_nodes bc_tile_nodes(struct bc_tiles *tiles);

/* Proves that the leaf of these bytes stands at index in the tree of this size and root. BC_OK,
 * BC_ERR_CORRUPT, errors of the store. */
enum bc_result bc_tile_prove(struct bc_tiles *tiles, uint64_t index, struct bc_bytes leaf,
                             uint64_t size, const struct bc_hash *root);

/* Writes what was put. Errors of the store. */
enum bc_result bc_tile_flush(struct bc_tiles *tiles);

#endif
