/* SPDX-License-Identifier: BSD-2-Clause */

/* Inclusion and consistency proofs over a tree that the oracle knows: a proof verifies if, and only
 * if, nothing of it was changed. */

#include <sodium.h>

#include "fuzz.h"
#include "proof/merkle.h"

#define LEAVES 300

static struct bc_hash node[10][LEAVES];

static enum bc_result get(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    (void)ctx;
    if (level > 9 || index >= (unsigned)LEAVES >> level)
        return BC_ERR_NOT_FOUND;
    *out = node[level][index];
    return BC_OK;
}

static enum bc_result put(void *ctx, unsigned level, uint64_t index, const struct bc_hash *h)
{
    (void)ctx;
    must(level <= 9 && index < (unsigned)LEAVES >> level);
    node[level][index] = *h;
    return BC_OK;
}

static const struct bc_nodes nodes = {.get = get, .put = put};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(sodium_init() >= 0);
    for (uint64_t i = 0; i < LEAVES; i++) {
        struct bc_hash leaf;
        bc_merkle_leaf(&i, sizeof i, &leaf);
        must(bc_merkle_append(&nodes, i, &leaf) == BC_OK);
    }
    return 0;
}

/* Flips bits as the input says; returns whether anything is changed in the end. */
static int edit(struct fuzz_input *in, void *bytes, size_t len)
{
    unsigned char before[64 * BC_HASH_BYTES];
    uint64_t count = fuzz_take(in, 1) % 4;

    must(len <= sizeof before);
    memcpy(before, bytes, len);
    for (uint64_t i = 0; i < count && len; i++)
        ((unsigned char *)bytes)[fuzz_take(in, 2) % len] ^= (unsigned char)fuzz_take(in, 1);
    return memcmp(before, bytes, len) != 0;
}

static int edit_count(struct fuzz_input *in, struct bc_proof *p)
{
    size_t before = p->count;
    uint64_t how = fuzz_take(in, 1) % 8;

    if (how == 1 && p->count)
        p->count--;
    else if (how == 2 && p->count < BC_PROOF_MAX)
        p->count++;
    else if (how == 3)
        p->count = fuzz_take(in, 1) % (BC_PROOF_MAX + 1);
    return p->count != before;
}

static void inclusion(struct fuzz_input *in)
{
    uint64_t size = 1 + fuzz_take(in, 2) % LEAVES, index = fuzz_take(in, 2) % size;
    uint64_t asked_size = size, asked_index = index;
    struct bc_proof proof = {0};
    struct bc_hash root, leaf = node[0][index];
    int changed;

    must(bc_merkle_inclusion(&nodes, index, size, &proof) == BC_OK);
    must(bc_merkle_root(&nodes, size, &root) == BC_OK);
    changed = edit(in, proof.hash, proof.count * BC_HASH_BYTES);
    changed |= edit_count(in, &proof);
    changed |= edit(in, &leaf, sizeof leaf);
    changed |= edit(in, &root, sizeof root);
    if (fuzz_take(in, 1) % 4 == 1) {
        /* Another place can have a path of the same shape, but not the same hashes on it. */
        asked_index = fuzz_take(in, 8);
        changed |= asked_index != index;
    }
    if (size == 1 && asked_index == 0) /* the leaf is the root: they are all there is to compare */
        changed = proof.count != 0 || !bc_merkle_hash_equal(&leaf, &root);
    must((bc_merkle_verify_inclusion(asked_index, asked_size, &leaf, &root, proof.hash,
                                     proof.count) == BC_OK) == !changed);
    if (fuzz_take(in, 1) % 4 == 1)
        (void)bc_merkle_verify_inclusion(asked_index, fuzz_take(in, 8), &leaf, &root, proof.hash,
                                         proof.count);
}

static void consistency(struct fuzz_input *in)
{
    uint64_t new_size = 1 + fuzz_take(in, 2) % LEAVES, old_size = 1 + fuzz_take(in, 2) % new_size;
    struct bc_proof proof = {0};
    struct bc_hash old_root, new_root;
    int changed;

    must(bc_merkle_consistency(&nodes, old_size, new_size, &proof) == BC_OK);
    must(bc_merkle_root(&nodes, old_size, &old_root) == BC_OK);
    must(bc_merkle_root(&nodes, new_size, &new_root) == BC_OK);
    changed = edit(in, proof.hash, proof.count * BC_HASH_BYTES);
    changed |= edit_count(in, &proof);
    changed |= edit(in, &old_root, sizeof old_root);
    changed |= edit(in, &new_root, sizeof new_root);
    if (old_size == new_size) /* the roots are all there is to compare */
        changed = proof.count != 0 || !bc_merkle_hash_equal(&old_root, &new_root);
    must((bc_merkle_verify_consistency(old_size, new_size, &old_root, &new_root, proof.hash,
                                       proof.count) == BC_OK) == !changed);
    if (fuzz_take(in, 1) % 4 == 1)
        (void)bc_merkle_verify_consistency(fuzz_take(in, 8), fuzz_take(in, 8), &old_root, &new_root,
                                           proof.hash, proof.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};

    if (fuzz_take(&in, 1) & 1)
        inclusion(&in);
    else
        consistency(&in);
    return 0;
}
