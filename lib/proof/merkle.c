/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/merkle.h"

#include <sodium.h>
#include <string.h>

#define SIZE_MAX_LEAVES ((uint64_t)1 << 63)

int bc_merkle_hash_equal(const struct bc_hash *a, const struct bc_hash *b)
{
    return sodium_memcmp(a->b, b->b, BC_HASH_BYTES) == 0;
}

void bc_merkle_hash_bytes(const void *data, size_t len, struct bc_hash *out)
{
    crypto_hash_sha256(out->b, data, len);
}

void bc_merkle_leaf(const void *data, size_t len, struct bc_hash *out)
{
    static const unsigned char prefix = 0;
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &prefix, 1);
    crypto_hash_sha256_update(&state, data, len);
    crypto_hash_sha256_final(&state, out->b);
}

void bc_merkle_node(const struct bc_hash *left, const struct bc_hash *right, struct bc_hash *out)
{
    unsigned char both[1 + 2 * BC_HASH_BYTES];

    both[0] = 1;
    memcpy(both + 1, left->b, BC_HASH_BYTES);
    memcpy(both + 1 + BC_HASH_BYTES, right->b, BC_HASH_BYTES);
    crypto_hash_sha256(out->b, both, sizeof both);
}

void bc_merkle_empty_root(struct bc_hash *out)
{
    crypto_hash_sha256(out->b, NULL, 0);
}

/* The root over the leaves [begin, begin + size), where begin is a multiple of the largest power of
 * two not above size: the complete subtrees of size's binary digits, folded from the right. */
static enum bc_result range_root(const struct bc_nodes *nodes, uint64_t begin, uint64_t size,
                                 struct bc_hash *root)
{
    struct bc_hash acc = {{0}};
    struct bc_hash left;
    uint64_t end = begin + size;
    int have = 0;

    for (unsigned level = 0; level < 64 && size >> level; level++) {
        enum bc_result r;
        if (!(size >> level & 1))
            continue;
        end -= (uint64_t)1 << level;
        r = nodes->get(nodes->ctx, level, end >> level, &left);
        if (r != BC_OK)
            return r;
        if (have)
            bc_merkle_node(&left, &acc, &acc);
        else
            acc = left;
        have = 1;
    }
    *root = acc;
    return BC_OK;
}

enum bc_result bc_merkle_root(const struct bc_nodes *nodes, uint64_t size, struct bc_hash *root)
{
    if (size > SIZE_MAX_LEAVES)
        return BC_ERR_TOO_LARGE;
    if (size == 0) {
        bc_merkle_empty_root(root);
        return BC_OK;
    }
    return range_root(nodes, 0, size, root);
}

/* Writes the leaf and every complete subtree above it in a tree of size leaves. */
static enum bc_result write_path(const struct bc_nodes *nodes, uint64_t size, uint64_t index,
                                 const struct bc_hash *leaf)
{
    struct bc_hash h = *leaf, sibling;
    unsigned level = 0;
    enum bc_result r = nodes->put(nodes->ctx, 0, index, &h);

    while (r == BC_OK && ((index | 1) + 1) << level <= size) {
        r = nodes->get(nodes->ctx, level, index ^ 1, &sibling);
        if (r != BC_OK)
            return r;
        if (index & 1)
            bc_merkle_node(&sibling, &h, &h);
        else
            bc_merkle_node(&h, &sibling, &h);
        index >>= 1;
        level++;
        r = nodes->put(nodes->ctx, level, index, &h);
    }
    return r;
}

enum bc_result bc_merkle_append(const struct bc_nodes *nodes, uint64_t size,
                                const struct bc_hash *leaf)
{
    if (size >= SIZE_MAX_LEAVES)
        return BC_ERR_TOO_LARGE;
    return write_path(nodes, size + 1, size, leaf);
}

enum bc_result bc_merkle_update(const struct bc_nodes *nodes, uint64_t size, uint64_t index,
                                const struct bc_hash *leaf)
{
    if (index >= size || size > SIZE_MAX_LEAVES)
        return BC_ERR_INVALID;
    return write_path(nodes, size, index, leaf);
}

/* The largest power of two below n, n > 1. */
static uint64_t find_split(uint64_t n)
{
    uint64_t k = 1;

    while (k < n - k)
        k <<= 1;
    return k;
}

/* Adds the root of [begin, begin + size) to the proof. */
static enum bc_result add_range(const struct bc_nodes *nodes, struct bc_proof *p, uint64_t begin,
                                uint64_t size)
{
    enum bc_result r;

    if (p->count == BC_PROOF_MAX)
        return BC_ERR_TOO_LARGE;
    r = range_root(nodes, begin, size, &p->hash[p->count]);
    p->count += r == BC_OK;
    return r;
}

/* Proves the first m of the n leaves, or where m_is_leaf the last of them alone, on the way down to
 * it: at each level the half that it does not stand in. */
static enum bc_result add_path(const struct bc_nodes *nodes, uint64_t m, uint64_t n, int m_is_leaf,
                               struct bc_proof *proof)
{
    struct bc_proof p;
    uint64_t begin = 0;
    enum bc_result r = BC_OK;

    p.count = 0;
    while (r == BC_OK && (m_is_leaf ? n > 1 : m != n)) {
        uint64_t k = find_split(n);
        if (m <= k) {
            r = add_range(nodes, &p, begin + k, n - k);
            n = k;
        } else {
            r = add_range(nodes, &p, begin, k);
            begin += k;
            m -= k;
            n -= k;
        }
    }
    /* The old tree itself is known to the verifier, unless it was split on the way. */
    if (r == BC_OK && !m_is_leaf && begin > 0)
        r = add_range(nodes, &p, begin, m);
    if (r != BC_OK)
        return r;
    /* From the leaves up. */
    for (size_t i = 0; i < p.count; i++)
        proof->hash[i] = p.hash[p.count - 1 - i];
    proof->count = p.count;
    return BC_OK;
}

enum bc_result bc_merkle_inclusion(const struct bc_nodes *nodes, uint64_t index, uint64_t size,
                                   struct bc_proof *proof)
{
    if (index >= size || size > SIZE_MAX_LEAVES)
        return BC_ERR_INVALID;
    return add_path(nodes, index + 1, size, 1, proof);
}

enum bc_result bc_merkle_consistency(const struct bc_nodes *nodes, uint64_t old_size,
                                     uint64_t new_size, struct bc_proof *proof)
{
    if (old_size == 0 || old_size > new_size || new_size > SIZE_MAX_LEAVES)
        return BC_ERR_INVALID;
    return add_path(nodes, old_size, new_size, 0, proof);
}

/* A way up a tree from position fn, where sn is the last position: the names of RFC 9162. */
struct climb {
    uint64_t fn, sn;
    struct bc_hash *part, *whole;
};

/* Climbs by a proof of count hashes. *whole becomes the root of the tree; *part, which may be NULL,
 * that of the leaves up to fn. Returns whether the proof has the length that it must have. */
static int climb_to_root(struct climb c, const struct bc_hash *proof, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (c.sn == 0)
            return 0;
        if ((c.fn & 1) || c.fn == c.sn) {
            if (c.part)
                bc_merkle_node(&proof[i], c.part, c.part);
            bc_merkle_node(&proof[i], c.whole, c.whole);
            while (!(c.fn & 1) && c.fn) {
                c.fn >>= 1;
                c.sn >>= 1;
            }
        } else {
            bc_merkle_node(c.whole, &proof[i], c.whole);
        }
        c.fn >>= 1;
        c.sn >>= 1;
    }
    return c.sn == 0;
}

enum bc_result bc_merkle_verify_inclusion(uint64_t index, uint64_t size, const struct bc_hash *leaf,
                                          const struct bc_hash *root, const struct bc_hash *proof,
                                          size_t count)
{
    struct bc_hash whole = *leaf;

    if (index >= size || count > BC_PROOF_MAX)
        return BC_ERR_CORRUPT;
    return climb_to_root((struct climb){index, size - 1, NULL, &whole}, proof, count) &&
                   bc_merkle_hash_equal(&whole, root)
               ? BC_OK
               : BC_ERR_CORRUPT;
}

enum bc_result bc_merkle_verify_consistency(uint64_t old_size, uint64_t new_size,
                                            const struct bc_hash *old_root,
                                            const struct bc_hash *new_root,
                                            const struct bc_hash *proof, size_t count)
{
    struct bc_hash part, whole;
    struct climb c = {old_size - 1, new_size - 1, &part, &whole};

    if (old_size == 0 || old_size > new_size || count > BC_PROOF_MAX)
        return BC_ERR_CORRUPT;
    if (old_size == new_size)
        return count == 0 && bc_merkle_hash_equal(old_root, new_root) ? BC_OK : BC_ERR_CORRUPT;
    if (count == 0)
        return BC_ERR_CORRUPT;
    while (c.fn & 1) {
        c.fn >>= 1;
        c.sn >>= 1;
    }
    part = *old_root;
    /* An old tree that is no complete subtree of the new one is not the first hash itself. */
    if (old_size & (old_size - 1)) {
        part = *proof++;
        count--;
    }
    whole = part;
    return climb_to_root(c, proof, count) && bc_merkle_hash_equal(&part, old_root) &&
                   bc_merkle_hash_equal(&whole, new_root)
               ? BC_OK
               : BC_ERR_CORRUPT;
}
