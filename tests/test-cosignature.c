/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "cosign.h"
#include "proof/cosignature.h"
#include "proof/merkle.h"

#define DASH "\xe2\x80\x94 "
#define ORIGIN "consent.example/host1"
#define REMORA "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
#define OWN_LINE                                                                                   \
    DASH ORIGIN " nxE+1wAAAABlU/"                                                                  \
                "EAi0sRQBI+KCDghQ24UxvRHN16xXUR6Zvkcpp70wGk5+1NXNRQLYBZNeNTU3Q8SApTYxWScNQ6kG+"    \
                "Gv0JpH++ZCA==\n"
#define TIMED_LINE                                                                                 \
    DASH "anybody "                                                                                \
         "ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/"                                              \
         "iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA==\n"
#define NOW INT64_C(1700000000)
#define LOG_MAX 64

/* ---- a log of "event i" lines, and keys by number ---- */

static struct bc_hash tree[7][LOG_MAX];

static enum bc_result get_node(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    (void)ctx;
    *out = tree[level][index];
    return BC_OK;
}

static enum bc_result put_node(void *ctx, unsigned level, uint64_t index, const struct bc_hash *h)
{
    (void)ctx;
    tree[level][index] = *h;
    return BC_OK;
}

static const struct bc_nodes nodes = {NULL, get_node, put_node};

/* LOG_MAX leaves; those from `other` on say something else. */
static void make_log(unsigned other)
{
    for (unsigned i = 0; i < LOG_MAX; i++) {
        struct bc_hash leaf;
        char text[32];
        int n = snprintf(text, sizeof text, i < other ? "event %u\n" : "other %u\n", i);
        bc_merkle_leaf(text, (size_t)n, &leaf);
        assert_int_equal(bc_merkle_append(&nodes, i, &leaf), BC_OK);
    }
}

static void make_key(const char *name, unsigned char first, struct bc_skey *key)
{
    unsigned char seed[BC_SEED_BYTES];

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (unsigned char)(first + i);
    assert_int_equal(bc_note_skey_from_seed(name, seed, key), BC_OK);
}

static size_t body(uint64_t size, char out[512])
{
    char base64[bc_encoding_base64_bytes(BC_HASH_BYTES)];
    struct bc_hash root;

    assert_int_equal(bc_merkle_root(&nodes, size, &root), BC_OK);
    bc_encoding_base64_encode(root.b, BC_HASH_BYTES, base64);
    return (size_t)snprintf(out, 512, ORIGIN "\n%llu\n%s\n", (unsigned long long)size, base64);
}

static size_t signed_note(const struct bc_skey *key, uint64_t size, char out[BC_NOTE_MAX])
{
    char text[512];
    size_t n = body(size, text), len;

    assert_int_equal(bc_note_sign(text, n, key, out, BC_NOTE_MAX, &len), BC_OK);
    return len;
}

/* ---- cosignatures ---- */

static void published_cosigner_keys_parse(void **state)
{
    struct bc_vkey key;
    char again[BC_VKEY_MAX];

    (void)state;
    assert_int_equal(bc_note_vkey_parse(REMORA, BC_KEY_COSIGNATURE, &key), BC_OK);
    bc_note_vkey_format(&key, again);
    assert_string_equal(again, REMORA);
    assert_int_equal(bc_note_vkey_parse(REMORA, BC_KEY_NOTE, &key), BC_ERR_INVALID);
}

static void published_timestamp_is_read(void **state)
{
    static const char note[] = "text\n\n" TIMED_LINE;
    struct bc_note_cursor c;
    struct bc_note_line line;
    int64_t time = 0;
    size_t len;

    (void)state;
    assert_int_equal(bc_note_begin(note, strlen(note), &c, &len), BC_OK);
    assert_int_equal(len, 5);
    assert_int_equal(bc_note_next(&c, &line), 1);
    assert_int_equal(bc_cosignature_time(&line, &time), BC_OK);
    assert_int_equal(time, 1727964367);
    assert_int_equal(bc_note_next(&c, &line), 0);
}

/* A line that was written down: neither the verifier nor the tests' signer may drift from it. */
static void known_cosignature_verifies(void **state)
{
    char text[512], line[COSIGN_LINE_MAX], note[BC_NOTE_MAX];
    struct bc_skey key;
    struct bc_vkey cosigner;
    int64_t time = 0;
    size_t len;
    int note_len;

    (void)state;
    make_log(LOG_MAX);
    make_key(ORIGIN, 0, &key);
    cosign_key(&key, &cosigner);
    len = body(21, text);
    cosign_line(&key, NOW, text, len, line);
    assert_string_equal(line, OWN_LINE);
    note_len = snprintf(note, sizeof note, "%s\n" OWN_LINE, text);
    assert_int_equal(bc_cosignature_find(note, (size_t)note_len, &cosigner, &time), BC_OK);
    assert_int_equal(time, NOW);
}

/* A log's and a witness's key, and the note of size 21 that the log has signed. */
static size_t make_pair(struct bc_skey *log, struct bc_skey *witness, struct bc_vkey *cosigner,
                        char note[BC_NOTE_MAX])
{
    make_log(LOG_MAX);
    make_key(ORIGIN, 0, log);
    make_key("witness.example/w", 7, witness);
    cosign_key(witness, cosigner);
    return signed_note(log, 21, note);
}

static void every_byte_of_a_cosignature_counts(void **state)
{
    char note[BC_NOTE_MAX], whole[BC_NOTE_MAX], line[COSIGN_LINE_MAX];
    struct bc_skey log, witness;
    struct bc_vkey key;
    size_t len = make_pair(&log, &witness, &key, note), whole_len, text_len, signer;
    int64_t time;

    (void)state;
    assert_int_equal(bc_cosignature_find(note, len, &key, &time), BC_ERR_NOT_FOUND);
    cosign_line(&witness, NOW, note, body(21, whole), line);
    assert_int_equal(bc_cosignature_attach(note, len, line, strlen(line), &key, whole, &whole_len),
                     BC_OK);
    assert_int_equal(bc_cosignature_find(whole, whole_len, &key, &time), BC_OK);
    assert_int_equal(time, NOW);
    assert_int_equal(bc_note_open(whole, whole_len, &log.pub, 1, &text_len, &signer), BC_OK);
    assert_int_equal(bc_note_open(whole, whole_len, &key, 1, &text_len, &signer),
                     BC_ERR_UNKNOWN_KEY); /* it signs no notes */
    for (size_t i = 0; i < whole_len; i++) {
        if (i >= text_len + 1 && i < len)
            continue; /* the log's own signature */
        whole[i] ^= 1;
        assert_int_not_equal(bc_cosignature_find(whole, whole_len, &key, &time), BC_OK);
        whole[i] ^= 1;
    }
    assert_int_equal(bc_cosignature_find(whole, whole_len, &witness.pub, &time), BC_ERR_NOT_FOUND);
}

static void newer_cosignature_replaces_the_older_one(void **state)
{
    char note[BC_NOTE_MAX], one[BC_NOTE_MAX], two[BC_NOTE_MAX], line[COSIGN_LINE_MAX];
    char evil[BC_NOTE_MAX + COSIGN_LINE_MAX];
    struct bc_skey log, witness;
    struct bc_vkey key;
    size_t len = make_pair(&log, &witness, &key, note), one_len, two_len, text_len = body(21, one);
    int64_t time;

    (void)state;
    cosign_line(&witness, NOW, note, text_len, line);
    assert_int_equal(bc_cosignature_attach(note, len, line, strlen(line), &key, one, &one_len),
                     BC_OK);
    cosign_line(&witness, NOW + 9, note, text_len, line);
    assert_int_equal(bc_cosignature_attach(one, one_len, line, strlen(line), &key, two, &two_len),
                     BC_OK);
    assert_int_equal(two_len, one_len);
    assert_int_equal(bc_cosignature_find(two, two_len, &key, &time), BC_OK);
    assert_int_equal(time, NOW + 9);
    (void)snprintf(evil, sizeof evil, "more text\n\n%s", line);
    assert_int_equal(bc_cosignature_attach(note, len, evil, strlen(evil), &key, two, &two_len),
                     BC_ERR_INVALID);
    assert_int_equal(
        bc_cosignature_attach(note, len, TIMED_LINE, strlen(TIMED_LINE), &key, two, &two_len),
        BC_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_cosigner_keys_parse),
        cmocka_unit_test(published_timestamp_is_read),
        cmocka_unit_test(known_cosignature_verifies),
        cmocka_unit_test(every_byte_of_a_cosignature_counts),
        cmocka_unit_test(newer_cosignature_replaces_the_older_one),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
