/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/checkpoint-follow.h"

#include <string.h>

/* Whether the larger log begins with all of the smaller one. The nodes are proven against the new
 * root first: damage to them must not pass for a fork. */
static enum bc_result compare_by_nodes(const struct bc_checkpoint *old,
                                       const struct bc_checkpoint *new,
                                       const struct bc_nodes *nodes, int *begins)
{
    struct bc_proof proof;
    struct bc_hash root;

    if (bc_merkle_root(nodes, old->log_size, &root) != BC_OK ||
        bc_merkle_consistency(nodes, old->log_size, new->log_size, &proof) != BC_OK ||
        bc_merkle_verify_consistency(old->log_size, new->log_size, &root, &new->log_root,
                                     proof.hash, proof.count) != BC_OK)
        return BC_ERR_CORRUPT;
    *begins = bc_merkle_hash_equal(&root, &old->log_root);
    return BC_OK;
}

enum bc_result bc_checkpoint_follow(const struct bc_checkpoint *old,
                                    const struct bc_checkpoint *new, const struct bc_nodes *nodes,
                                    const struct bc_proof *proof, enum bc_follow *out)
{
    enum bc_result r;
    int begins = 1;

    if (strcmp(old->origin, new->origin) != 0) {
        *out = BC_FOLLOW_OTHER_LOG;
    } else if (new->log_size < old->log_size) {
        *out = BC_FOLLOW_OLDER;
    } else if (new->log_size == old->log_size) {
        if (!bc_merkle_hash_equal(&old->log_root, &new->log_root) ||
            old->register_size != new->register_size ||
            !bc_merkle_hash_equal(&old->register_root, &new->register_root))
            *out = BC_FOLLOW_FORKED;
        else
            *out = new->signed_at < old->signed_at ? BC_FOLLOW_OLDER : BC_FOLLOW_SAME;
    } else if (new->register_size < old->register_size) {
        *out = BC_FOLLOW_FORKED;
    } else {
        if (old->log_size == 0) /* every log begins with an empty one */
            r = BC_OK;
        else if (nodes)
            r = compare_by_nodes(old, new, nodes, &begins);
        else if (proof)
            r = bc_merkle_verify_consistency(old->log_size, new->log_size, &old->log_root,
                                             &new->log_root, proof->hash, proof->count);
        else
            r = BC_ERR_NOT_FOUND;
        if (r != BC_OK)
            return r;
        if (!begins)
            *out = BC_FOLLOW_FORKED;
        else
            *out = new->signed_at < old->signed_at ? BC_FOLLOW_CLOCK_BACKWARDS : BC_FOLLOW_FOLLOWS;
    }
    return BC_OK;
}
