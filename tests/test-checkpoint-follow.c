/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proof/checkpoint.h"

#define LOG_MAX 64
#define LEVELS 7
#define FORK_AT 10

/* ---- two logs, alike up to FORK_AT ---- */

struct tree {
    struct bc_hash node[LEVELS][LOG_MAX];
};

static struct tree main_log, forked_log;

static enum bc_result get_node(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    const struct tree *t = ctx;

    *out = t->node[level][index];
    return BC_OK;
}

static enum bc_result put_node(void *ctx, unsigned level, uint64_t index, const struct bc_hash *h)
{
    struct tree *t = ctx;

    t->node[level][index] = *h;
    return BC_OK;
}

static enum bc_result get_nothing(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    (void)ctx;
    (void)level;
    (void)index;
    (void)out;
    return BC_ERR_CORRUPT;
}

static struct bc_nodes nodes_of(struct tree *t)
{
    return (struct bc_nodes){t, get_node, put_node};
}

static int make_logs(void **state)
{
    struct bc_nodes nodes[] = {nodes_of(&main_log), nodes_of(&forked_log)};

    (void)state;
    for (unsigned t = 0; t < 2; t++)
        for (unsigned i = 0; i < LOG_MAX; i++) {
            struct bc_hash leaf;
            char text[32];
            int n = snprintf(text, sizeof text, "event %u of %u", i, i < FORK_AT ? 0 : t);
            bc_merkle_leaf(text, (size_t)n, &leaf);
            assert_int_equal(bc_merkle_append(&nodes[t], i, &leaf), BC_OK);
        }
    return 0;
}

/* ---- checkpoints in a line ---- */

struct head {
    char origin; /* its only character */
    char log;    /* 'm' for the main log, 'f' for the forked one */
    uint64_t size;
    uint64_t register_size;
    char registry; /* what its root is made of */
    int64_t signed_at;
};

static void make_checkpoint(const struct head *h, struct bc_checkpoint *c)
{
    struct bc_nodes nodes = nodes_of(h->log == 'm' ? &main_log : &forked_log);

    memset(c, 0, sizeof *c);
    c->origin[0] = h->origin;
    c->log_size = h->size;
    c->register_size = h->register_size;
    c->signed_at = h->signed_at;
    memset(c->register_root.b, h->registry, sizeof c->register_root.b);
    assert_int_equal(bc_merkle_root(&nodes, h->size, &c->log_root), BC_OK);
}

static const struct pair {
    const char *what;
    struct head old, new;
    enum bc_follow follow;
} cases[] = {
    {"the very same", {'a', 'm', 20, 5, 'r', 100}, {'a', 'm', 20, 5, 'r', 100}, BC_FOLLOW_SAME},
    {"signed anew later", {'a', 'm', 20, 5, 'r', 100}, {'a', 'm', 20, 5, 'r', 101}, BC_FOLLOW_SAME},
    {"both empty", {'a', 'm', 0, 0, 'r', 100}, {'a', 'm', 0, 0, 'r', 100}, BC_FOLLOW_SAME},
    {"the same signed earlier",
     {'a', 'm', 20, 5, 'r', 100},
     {'a', 'm', 20, 5, 'r', 99},
     BC_FOLLOW_OLDER},
    {"a smaller log", {'a', 'm', 21, 5, 'r', 100}, {'a', 'm', 20, 5, 'r', 99}, BC_FOLLOW_OLDER},
    {"a smaller log signed later",
     {'a', 'm', 21, 5, 'r', 100},
     {'a', 'm', 20, 5, 'r', 101},
     BC_FOLLOW_OLDER},
    {"a smaller log, larger register",
     {'a', 'm', 21, 5, 'r', 100},
     {'a', 'm', 20, 6, 'r', 99},
     BC_FOLLOW_OLDER},
    {"an empty log after one",
     {'a', 'm', 1, 1, 'r', 100},
     {'a', 'm', 0, 0, 'r', 101},
     BC_FOLLOW_OLDER},
    {"a larger log", {'a', 'm', 20, 5, 'r', 100}, {'a', 'm', 21, 5, 's', 101}, BC_FOLLOW_FOLLOWS},
    {"a larger log at the same second",
     {'a', 'm', 20, 5, 'r', 100},
     {'a', 'm', 21, 6, 's', 100},
     BC_FOLLOW_FOLLOWS},
    {"the first event", {'a', 'm', 0, 0, 'r', 100}, {'a', 'm', 1, 1, 's', 100}, BC_FOLLOW_FOLLOWS},
    {"any log after an empty one",
     {'a', 'm', 0, 0, 'r', 100},
     {'a', 'f', 60, 9, 's', 101},
     BC_FOLLOW_FOLLOWS},
    {"to a power of two",
     {'a', 'm', 33, 5, 'r', 100},
     {'a', 'm', 64, 5, 's', 101},
     BC_FOLLOW_FOLLOWS},
    {"the other log, from before the fork",
     {'a', 'm', 10, 5, 'r', 100},
     {'a', 'f', 60, 5, 's', 101},
     BC_FOLLOW_FOLLOWS},
    {"the same size, another log",
     {'a', 'm', 20, 5, 'r', 100},
     {'a', 'f', 20, 5, 'r', 100},
     BC_FOLLOW_FORKED},
    {"the same size, another log, later",
     {'a', 'm', 20, 5, 'r', 100},
     {'a', 'f', 20, 5, 'r', 101},
     BC_FOLLOW_FORKED},
    {"the same log, another register",
     {'a', 'm', 20, 5, 'r', 100},
     {'a', 'm', 20, 5, 's', 101},
     BC_FOLLOW_FORKED},
    {"the same log, a larger register",
     {'a', 'm', 20, 5, 'r', 100},
     {'a', 'm', 20, 6, 'r', 101},
     BC_FOLLOW_FORKED},
    {"a larger log, smaller register",
     {'a', 'm', 20, 5, 'r', 100},
     {'a', 'm', 21, 4, 's', 101},
     BC_FOLLOW_FORKED},
    {"a larger log after the fork",
     {'a', 'm', 11, 5, 'r', 100},
     {'a', 'f', 21, 5, 's', 101},
     BC_FOLLOW_FORKED},
    {"a fork signed earlier",
     {'a', 'm', 11, 5, 'r', 100},
     {'a', 'f', 21, 5, 's', 99},
     BC_FOLLOW_FORKED},
    {"another origin",
     {'a', 'm', 20, 5, 'r', 100},
     {'b', 'm', 20, 5, 'r', 100},
     BC_FOLLOW_OTHER_LOG},
    {"another origin, smaller",
     {'a', 'm', 20, 5, 'r', 100},
     {'b', 'm', 19, 4, 'r', 99},
     BC_FOLLOW_OTHER_LOG},
    {"a larger log signed earlier",
     {'a', 'm', 20, 5, 'r', 100},
     {'a', 'm', 21, 5, 's', 99},
     BC_FOLLOW_CLOCK_BACKWARDS},
    {"the first event signed earlier",
     {'a', 'm', 0, 0, 'r', 100},
     {'a', 'm', 1, 1, 's', 99},
     BC_FOLLOW_CLOCK_BACKWARDS},
};

#define CASES (sizeof cases / sizeof cases[0])

static void follow_by_nodes_matches_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct bc_nodes nodes = nodes_of(cases[i].new.log == 'm' ? &main_log : &forked_log);
        struct bc_checkpoint old, new;
        enum bc_follow follow;
        make_checkpoint(&cases[i].old, &old);
        make_checkpoint(&cases[i].new, &new);
        if (bc_checkpoint_follow(&old, &new, &nodes, NULL, &follow) != BC_OK ||
            follow != cases[i].follow)
            fail_msg("%s", cases[i].what);
    }
}

/* A proof answers all that nodes do, except that it cannot show a fork between different sizes. */
static void follow_by_proof_matches_the_table_but_for_forks(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct bc_nodes nodes = nodes_of(cases[i].new.log == 'm' ? &main_log : &forked_log);
        struct bc_proof proof = {.count = 0};
        struct bc_checkpoint old, new;
        enum bc_follow follow = BC_FOLLOW_SAME;
        enum bc_result r;
        make_checkpoint(&cases[i].old, &old);
        make_checkpoint(&cases[i].new, &new);
        if (old.log_size && old.log_size < new.log_size)
            assert_int_equal(bc_merkle_consistency(&nodes, old.log_size, new.log_size, &proof),
                             BC_OK);
        r = bc_checkpoint_follow(&old, &new, NULL, &proof, &follow);
        if (cases[i].follow == BC_FOLLOW_FORKED && proof.count &&
            new.register_size >= old.register_size) {
            if (r != BC_ERR_CORRUPT || follow != BC_FOLLOW_SAME)
                fail_msg("%s", cases[i].what);
        } else if (r != BC_OK || follow != cases[i].follow) {
            fail_msg("%s", cases[i].what);
        }
    }
}

static void follow_of_every_pair_of_sizes_agrees(void **state)
{
    struct bc_nodes nodes = nodes_of(&forked_log);

    (void)state;
    for (uint64_t m = 0; m < LOG_MAX; m++)
        for (uint64_t n = m + 1; n <= LOG_MAX; n++) {
            const struct head a = {'a', 'm', m, 5, 'r', 100}, b = {'a', 'f', n, 5, 's', 101};
            struct bc_checkpoint old, new;
            enum bc_follow follow;
            make_checkpoint(&a, &old);
            make_checkpoint(&b, &new);
            assert_int_equal(bc_checkpoint_follow(&old, &new, &nodes, NULL, &follow), BC_OK);
            assert_int_equal(follow, m <= FORK_AT ? BC_FOLLOW_FOLLOWS : BC_FOLLOW_FORKED);
        }
}

static void follow_without_what_it_needs_says_so(void **state)
{
    const struct head a = {'a', 'm', 20, 5, 'r', 100}, b = {'a', 'm', 21, 5, 's', 101};
    const struct bc_nodes nothing = {NULL, get_nothing, NULL};
    struct bc_nodes wrong = nodes_of(&forked_log), right = nodes_of(&main_log);
    struct bc_proof proof;
    struct bc_checkpoint old, new;
    enum bc_follow follow = BC_FOLLOW_OTHER_LOG;

    (void)state;
    make_checkpoint(&a, &old);
    make_checkpoint(&b, &new);
    assert_int_equal(bc_checkpoint_follow(&old, &new, NULL, NULL, &follow), BC_ERR_NOT_FOUND);
    assert_int_equal(bc_checkpoint_follow(&old, &new, &nothing, NULL, &follow), BC_ERR_CORRUPT);
    /* Nodes of another log are damage, and no evidence of a fork. */
    assert_int_equal(bc_checkpoint_follow(&old, &new, &wrong, NULL, &follow), BC_ERR_CORRUPT);
    assert_int_equal(bc_merkle_consistency(&right, 20, 21, &proof), BC_OK);
    for (size_t i = 0; i < proof.count; i++) {
        proof.hash[i].b[i % BC_HASH_BYTES] ^= 1;
        assert_int_equal(bc_checkpoint_follow(&old, &new, NULL, &proof, &follow), BC_ERR_CORRUPT);
        proof.hash[i].b[i % BC_HASH_BYTES] ^= 1;
    }
    proof.count--;
    assert_int_equal(bc_checkpoint_follow(&old, &new, NULL, &proof, &follow), BC_ERR_CORRUPT);
    assert_int_equal(follow, BC_FOLLOW_OTHER_LOG);
    proof.count++;
    assert_int_equal(bc_checkpoint_follow(&old, &new, NULL, &proof, &follow), BC_OK);
    assert_int_equal(follow, BC_FOLLOW_FOLLOWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follow_by_nodes_matches_the_table),
        cmocka_unit_test(follow_by_proof_matches_the_table_but_for_forks),
        cmocka_unit_test(follow_of_every_pair_of_sizes_agrees),
        cmocka_unit_test(follow_without_what_it_needs_says_so),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, make_logs, NULL);
}
