/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "proof/merkle.h"

#define LEVELS 8
#define LEAVES 128

/* Nodes in memory; a node that was never put is missing. */
struct memory {
    struct bc_hash node[LEVELS][LEAVES];
    int have[LEVELS][LEAVES];
};

static enum bc_result get(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    struct memory *m = ctx;

    if (level >= LEVELS || index >= LEAVES || !m->have[level][index])
        return BC_ERR_NOT_FOUND;
    *out = m->node[level][index];
    return BC_OK;
}

static enum bc_result put(void *ctx, unsigned level, uint64_t index, const struct bc_hash *h)
{
    struct memory *m = ctx;

    assert_true(level < LEVELS && index < LEAVES);
    m->node[level][index] = *h;
    m->have[level][index] = 1;
    return BC_OK;
}

static struct memory memory;
static const struct bc_nodes nodes = {.ctx = &memory, .get = get, .put = put};

static void from_hex(const char *hex, struct bc_hash *out)
{
    assert_int_equal(bc_encoding_hex_decode(hex, strlen(hex), out->b, BC_HASH_BYTES), BC_OK);
}

static void assert_hash(const struct bc_hash *h, const char *hex)
{
    char text[2 * BC_HASH_BYTES + 1];

    bc_encoding_hex_encode(h->b, BC_HASH_BYTES, text);
    assert_string_equal(text, hex);
}

/* RFC 6962, 2.1, word for word. */
static void naive_root(const struct bc_hash *leaves, uint64_t n, struct bc_hash *out)
{
    struct bc_hash left, right;
    uint64_t k = 1;

    if (n == 0) {
        bc_merkle_hash_bytes("", 0, out);
        return;
    }
    if (n == 1) {
        *out = leaves[0];
        return;
    }
    while (2 * k < n)
        k *= 2;
    naive_root(leaves, k, &left);
    naive_root(leaves + k, n - k, &right);
    bc_merkle_node(&left, &right, out);
}

static const char *const vector_leaves[] = {"",
                                            "00",
                                            "10",
                                            "2021",
                                            "3031",
                                            "40414243",
                                            "5051525354555657",
                                            "606162636465666768696a6b6c6d6e6f"};
static const char *const vector_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static void build_vector_tree(void)
{
    memset(&memory, 0, sizeof memory);
    for (uint64_t i = 0; i < 8; i++) {
        unsigned char data[16];
        size_t len = strlen(vector_leaves[i]) / 2;
        struct bc_hash leaf;
        assert_int_equal(bc_encoding_hex_decode(vector_leaves[i], 2 * len, data, len), BC_OK);
        bc_merkle_leaf(data, len, &leaf);
        assert_int_equal(bc_merkle_append(&nodes, i, &leaf), BC_OK);
    }
}

static void merkle_roots_match_published_ones(void **state)
{
    struct bc_hash h, a, b;
    unsigned char bytes[16];

    (void)state;
    build_vector_tree();
    for (uint64_t n = 0; n <= 8; n++) {
        assert_int_equal(bc_merkle_root(&nodes, n, &h), BC_OK);
        assert_hash(&h, vector_roots[n]);
    }
    bc_merkle_leaf("L123456", 7, &h);
    assert_hash(&h, "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
    for (size_t i = 0; i < 16; i++)
        bytes[i] = (unsigned char)(0x10 + i);
    bc_merkle_leaf(bytes, 16, &h);
    assert_hash(&h, "3bfb960453ebaebf33727da7a1f4db38acc051d381b6da20d6d4e88f0eabfd7a");
    for (size_t i = 0; i < BC_HASH_BYTES; i++) {
        a.b[i] = (unsigned char)i;
        b.b[i] = (unsigned char)(0x20 + i);
    }
    bc_merkle_node(&a, &b, &h);
    assert_hash(&h, "1a378704c17da31e2d05b6d121c2bb2c7d76f6ee6fa8f983e596c2d034963c57");
}

static void merkle_proofs_match_published_ones(void **state)
{
    struct bc_proof p;

    (void)state;
    build_vector_tree();
    assert_int_equal(bc_merkle_inclusion(&nodes, 0, 8, &p), BC_OK);
    assert_int_equal(p.count, 3);
    assert_hash(&p.hash[0], "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
    assert_hash(&p.hash[1], "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e");
    assert_hash(&p.hash[2], "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
    assert_int_equal(bc_merkle_consistency(&nodes, 6, 8, &p), BC_OK);
    assert_int_equal(p.count, 3);
    assert_hash(&p.hash[0], "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a");
    assert_hash(&p.hash[1], "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0");
    assert_hash(&p.hash[2], "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
}

static void inclusion_survives_no_change(uint64_t n, const struct bc_hash *leaves,
                                         const struct bc_hash *root)
{
    for (uint64_t i = 0; i < n; i++) {
        struct bc_proof p;
        assert_int_equal(bc_merkle_inclusion(&nodes, i, n, &p), BC_OK);
        assert_int_equal(bc_merkle_verify_inclusion(i, n, &leaves[i], root, p.hash, p.count),
                         BC_OK);
        if (n > 1)
            assert_int_not_equal(
                bc_merkle_verify_inclusion(i ^ 1, n, &leaves[i], root, p.hash, p.count), BC_OK);
        if (p.count)
            assert_int_not_equal(
                bc_merkle_verify_inclusion(i, n, &leaves[i], root, p.hash, p.count - 1), BC_OK);
        for (size_t k = 0; k < p.count; k++) {
            p.hash[k].b[k % BC_HASH_BYTES] ^= 1;
            assert_int_not_equal(
                bc_merkle_verify_inclusion(i, n, &leaves[i], root, p.hash, p.count), BC_OK);
            p.hash[k].b[k % BC_HASH_BYTES] ^= 1;
        }
        p.hash[p.count] = *root;
        assert_int_not_equal(
            bc_merkle_verify_inclusion(i, n, &leaves[i], root, p.hash, p.count + 1), BC_OK);
    }
}

static void consistency_survives_no_change(uint64_t n, const struct bc_hash *leaves,
                                           const struct bc_hash *root)
{
    for (uint64_t m = 1; m <= n; m++) {
        struct bc_hash old;
        struct bc_proof p;
        naive_root(leaves, m, &old);
        assert_int_equal(bc_merkle_consistency(&nodes, m, n, &p), BC_OK);
        assert_int_equal(bc_merkle_verify_consistency(m, n, &old, root, p.hash, p.count), BC_OK);
        for (size_t k = 0; k < p.count; k++) {
            p.hash[k].b[0] ^= 0x80;
            assert_int_not_equal(bc_merkle_verify_consistency(m, n, &old, root, p.hash, p.count),
                                 BC_OK);
            p.hash[k].b[0] ^= 0x80;
        }
        old.b[31] ^= 1;
        assert_int_not_equal(bc_merkle_verify_consistency(m, n, &old, root, p.hash, p.count),
                             BC_OK);
    }
}

static void merkle_trees_up_to_70_match_the_rfc(void **state)
{
    static struct bc_hash leaves[LEAVES];

    (void)state;
    memset(&memory, 0, sizeof memory);
    for (uint64_t n = 0; n < 70; n++) {
        struct bc_hash want, got;
        bc_merkle_leaf(&n, sizeof n, &leaves[n]);
        assert_int_equal(bc_merkle_append(&nodes, n, &leaves[n]), BC_OK);
        naive_root(leaves, n + 1, &want);
        assert_int_equal(bc_merkle_root(&nodes, n + 1, &got), BC_OK);
        assert_true(bc_merkle_hash_equal(&want, &got));
        inclusion_survives_no_change(n + 1, leaves, &got);
        consistency_survives_no_change(n + 1, leaves, &got);
    }
}

static void merkle_update_of_leaf_gives_root_of_new_tree(void **state)
{
    static struct bc_hash leaves[LEAVES];
    struct bc_hash want, got;

    (void)state;
    memset(&memory, 0, sizeof memory);
    for (uint64_t n = 0; n < 37; n++) {
        bc_merkle_leaf(&n, sizeof n, &leaves[n]);
        assert_int_equal(bc_merkle_append(&nodes, n, &leaves[n]), BC_OK);
    }
    for (uint64_t i = 0; i < 37; i++) {
        uint64_t other = 1000 + i;
        bc_merkle_leaf(&other, sizeof other, &leaves[i]);
        assert_int_equal(bc_merkle_update(&nodes, 37, i, &leaves[i]), BC_OK);
        naive_root(leaves, 37, &want);
        assert_int_equal(bc_merkle_root(&nodes, 37, &got), BC_OK);
        assert_true(bc_merkle_hash_equal(&want, &got));
        inclusion_survives_no_change(37, leaves, &got);
    }
    assert_int_equal(bc_merkle_update(&nodes, 37, 37, &leaves[0]), BC_ERR_INVALID);
}

/* ---- the published probes ---- */

static size_t split_fields(char *line, char **fields, size_t max)
{
    size_t n = 0;

    for (char *f = strsep(&line, "\t\n"); f && n < max; f = strsep(&line, "\t\n"))
        fields[n++] = f;
    return n;
}

/* A few probes have roots that are no hashes; what counts is whether they are equal. */
static int read_root(const char *hex, struct bc_hash *out)
{
    size_t len = strcmp(hex, ".") == 0 ? 0 : strlen(hex) / 2;

    memset(out, 0, sizeof *out);
    return len <= BC_HASH_BYTES && bc_encoding_hex_decode(hex, 2 * len, out->b, len) == BC_OK;
}

/* Hashes of a proof that are not 32 bytes long cannot even be passed on: such a probe has failed.
 */
static int read_hash(const char *hex, struct bc_hash *out)
{
    return strlen(hex) == 2 * BC_HASH_BYTES &&
           bc_encoding_hex_decode(hex, strlen(hex), out->b, BC_HASH_BYTES) == BC_OK;
}

static int read_proof(char *list, struct bc_hash *out, size_t *count)
{
    *count = 0;
    if (strcmp(list, "-") == 0)
        return 1;
    for (char *h = strsep(&list, ","); h; h = strsep(&list, ","))
        if (*count == BC_PROOF_MAX || !read_hash(h, &out[(*count)++]))
            return 0;
    return 1;
}

static int run_inclusion(char **f)
{
    struct bc_hash leaf, root, proof[BC_PROOF_MAX];
    size_t count;

    return read_hash(f[3], &leaf) && read_hash(f[4], &root) && read_proof(f[5], proof, &count) &&
           bc_merkle_verify_inclusion(strtoull(f[1], NULL, 10), strtoull(f[2], NULL, 10), &leaf,
                                      &root, proof, count) == BC_OK;
}

static int run_consistency(char **f)
{
    struct bc_hash old, new, proof[BC_PROOF_MAX];
    size_t count;

    return read_root(f[3], &old) && read_root(f[4], &new) && read_proof(f[5], proof, &count) &&
           bc_merkle_verify_consistency(strtoull(f[1], NULL, 10), strtoull(f[2], NULL, 10), &old,
                                        &new, proof, count) == BC_OK;
}

static void probe_file(const char *name, int (*run)(char **))
{
    char path[4096], line[8192], *fields[8];
    int rows = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s", getenv("BC_PROOF_PROBES"), name);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            continue;
        assert_true(split_fields(line, fields, 8) >= 7);
        if (run(fields) != (strcmp(fields[0], "ok") == 0))
            fail_msg("%s: probe %s came out otherwise", name, fields[6]);
        rows++;
    }
    (void)fclose(f);
    assert_int_equal(rows, 98);
}

static void proof_probes_196_published_ones_agree(void **state)
{
    (void)state;
    if (!getenv("BC_PROOF_PROBES"))
        skip();
    probe_file("rfc6962-inclusion.tsv", run_inclusion);
    probe_file("rfc6962-consistency.tsv", run_consistency);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merkle_roots_match_published_ones),
        cmocka_unit_test(merkle_proofs_match_published_ones),
        cmocka_unit_test(merkle_trees_up_to_70_match_the_rfc),
        cmocka_unit_test(merkle_update_of_leaf_gives_root_of_new_tree),
        cmocka_unit_test(proof_probes_196_published_ones_agree),
    };
    struct bc_hash unused;

    from_hex(vector_roots[0], &unused);
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
