/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_MERKLE_H
#define BC_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

/*
 * Merkle trees of RFC 6962, section 2.1, with SHA-256, over a callback that
 * reads or writes one node. Knows nothing of how nodes are stored.
 *
 * A node (level, index) is the root of the complete subtree over the leaves
 * [index << level, (index + 1) << level). Only complete subtrees are stored;
 * what lies to the right of them is folded when it is needed.
 */

#define BC_HASH_BYTES 32
#define BC_PROOF_MAX 63 /* hashes in one proof; a tree has at most 2^63 leaves */

struct bc_hash {
    unsigned char b[BC_HASH_BYTES];
};

/* get: the stored node; BC_ERR_NOT_FOUND or BC_ERR_CORRUPT when it is missing.
 * put: stores a node, replacing an earlier value. May be NULL for readers. */
struct bc_nodes {
    void *ctx;
    enum bc_result (*get)(void *ctx, unsigned level, uint64_t index, struct bc_hash *out);
    enum bc_result (*put)(void *ctx, unsigned level, uint64_t index, const struct bc_hash *h);
};

struct bc_proof {
    size_t count;
    struct bc_hash hash[BC_PROOF_MAX];
};

/* Whether a and b are equal, in constant time. */
int bc_merkle_hash_equal(const struct bc_hash *a, const struct bc_hash *b);

/* SHA-256 over len bytes, without a prefix. */
void bc_merkle_hash_bytes(const void *data, size_t len, struct bc_hash *out);

/* The hash of a leaf: SHA-256(0x00 || data). */
void bc_merkle_leaf(const void *data, size_t len, struct bc_hash *out);

/* The hash of an inner node: SHA-256(0x01 || left || right). */
void bc_merkle_node(const struct bc_hash *left, const struct bc_hash *right, struct bc_hash *out);

/* The root of no leaves: SHA-256 of nothing. */
void bc_merkle_empty_root(struct bc_hash *out);

/* The root over the first size leaves. Errors: those of nodes->get. */
enum bc_result bc_merkle_root(const struct bc_nodes *nodes, uint64_t size, struct bc_hash *root);

/* Appends a leaf hash to a tree of size leaves, which then has size + 1: writes the leaf and every
 * subtree that it completes. Errors: those of get and put; BC_ERR_TOO_LARGE at 2^63 leaves. */
enum bc_result bc_merkle_append(const struct bc_nodes *nodes, uint64_t size,
                                const struct bc_hash *leaf);

/* Replaces leaf index of a tree of size leaves and every complete subtree above it.
 * Errors: those of get and put; BC_ERR_INVALID if index >= size. */
enum bc_result bc_merkle_update(const struct bc_nodes *nodes, uint64_t size, uint64_t index,
                                const struct bc_hash *leaf);

/* RFC 6962, 2.1.1: the path of leaf index in the tree of size leaves, leaf's sibling first.
 * Errors: those of get; BC_ERR_INVALID if index >= size. */
enum bc_result bc_merkle_inclusion(const struct bc_nodes *nodes, uint64_t index, uint64_t size,
                                   struct bc_proof *proof);

/* RFC 6962, 2.1.2: the proof that the tree of new_size leaves extends the one of old_size.
 * Empty if the sizes are equal. Errors: those of get; BC_ERR_INVALID if old_size is 0 or larger
 * than new_size. */
enum bc_result bc_merkle_consistency(const struct bc_nodes *nodes, uint64_t old_size,
                                     uint64_t new_size, struct bc_proof *proof);

/* RFC 9162, 2.1.3.2. BC_OK only if the count hashes lead from leaf to root; else BC_ERR_CORRUPT. */
enum bc_result bc_merkle_verify_inclusion(uint64_t index, uint64_t size, const struct bc_hash *leaf,
                                          const struct bc_hash *root, const struct bc_hash *proof,
                                          size_t count);

/* RFC 9162, 2.1.4.2. BC_OK only if the proof leads to both roots; else BC_ERR_CORRUPT. An old size
 * of 0 has no proof and is BC_ERR_CORRUPT: the caller decides what follows an empty log. */
enum bc_result bc_merkle_verify_consistency(uint64_t old_size, uint64_t new_size,
                                            const struct bc_hash *old_root,
                                            const struct bc_hash *new_root,
                                            const struct bc_hash *proof, size_t count);

#endif
