/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proof-text.h"
#include "witness.h"

#define DASH "\xe2\x80\x94 "
#define ORIGIN "consent.example/host1"
#define REMORA "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
#define OWN_LINE                                                                                   \
    DASH ORIGIN " nxE+1wAAAABlU/EAi0sRQBI+KCDghQ24UxvRHN16xXUR6Zvkcpp70wGk5+1NXNRQLYBZNeNTU3Q8SApTYxWScNQ6kG+Gv0JpH++ZCA==\n"
#define TIMED_LINE                                                                                 \
    DASH "anybody ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA==\n"
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
    assert_int_equal(bc_skey_from_seed(name, seed, key), BC_OK);
}

static size_t body(uint64_t size, char out[512])
{
    char base64[bc_base64_bytes(BC_HASH_BYTES)];
    struct bc_hash root;

    assert_int_equal(bc_merkle_root(&nodes, size, &root), BC_OK);
    bc_base64_encode(root.b, BC_HASH_BYTES, base64);
    return (size_t)snprintf(out, 512, ORIGIN "\n%llu\n%s\n", (unsigned long long)size, base64);
}

static size_t signed_note(const struct bc_skey *key, uint64_t size, char out[BC_NOTE_MAX])
{
    char text[512];
    size_t n = body(size, text), len;

    assert_int_equal(bc_note_sign(text, n, &key, 1, out, BC_NOTE_MAX, &len), BC_OK);
    return len;
}

static void vkey_text(const struct bc_skey *key, enum bc_key_type type, char out[BC_VKEY_MAX])
{
    struct bc_vkey pub;

    bc_vkey_as(&key->pub, type, &pub);
    bc_vkey_format(&pub, out);
}

/* ---- cosignatures ---- */

static void published_cosigner_keys_parse(void **state)
{
    struct bc_vkey key;
    char again[BC_VKEY_MAX];

    (void)state;
    assert_int_equal(bc_vkey_parse_type(REMORA, BC_KEY_COSIGNATURE, &key), BC_OK);
    bc_vkey_format(&key, again);
    assert_string_equal(again, REMORA);
    assert_int_equal(bc_vkey_parse(REMORA, &key), BC_ERR_INVALID);
}

static enum bc_result take_time(void *ctx, const struct bc_note_line *line)
{
    return bc_cosignature_time(line, ctx);
}

static void the_published_timestamp_is_read(void **state)
{
    int64_t time = 0;
    size_t len;

    (void)state;
    assert_int_equal(bc_note_lines("text\n\n" TIMED_LINE, strlen("text\n\n" TIMED_LINE), &len,
                                   take_time, &time),
                     BC_OK);
    assert_int_equal(time, 1727964367);
    assert_int_equal(len, 5);
}

static void a_cosignature_is_made_byte_for_byte(void **state)
{
    char text[512], line[BC_COSIGNATURE_LINE_MAX];
    struct bc_skey key;
    size_t len;

    (void)state;
    make_log(LOG_MAX);
    make_key(ORIGIN, 0, &key);
    len = body(21, text);
    assert_int_equal(bc_cosignature_make(&key, NOW, text, len, line), BC_OK);
    assert_string_equal(line, OWN_LINE);
    assert_int_equal(bc_cosignature_make(&key, -1, text, len, line), BC_ERR_INVALID);
    assert_int_equal(bc_cosignature_make(&key, NOW, text, len - 1, line), BC_ERR_INVALID);
}

/* A log's and a witness's key, and the note of size 21 that the log has signed. */
static size_t make_pair(struct bc_skey *log, struct bc_skey *witness, struct bc_vkey *cosigner,
                        char note[BC_NOTE_MAX])
{
    make_log(LOG_MAX);
    make_key(ORIGIN, 0, log);
    make_key("witness.example/w", 7, witness);
    bc_vkey_as(&witness->pub, BC_KEY_COSIGNATURE, cosigner);
    return signed_note(log, 21, note);
}

static void every_byte_of_a_cosignature_counts(void **state)
{
    char note[BC_NOTE_MAX], whole[BC_NOTE_MAX], line[BC_COSIGNATURE_LINE_MAX];
    struct bc_skey log, witness;
    struct bc_vkey key;
    size_t len = make_pair(&log, &witness, &key, note), whole_len, text_len, signer;
    int64_t time;

    (void)state;
    assert_int_equal(bc_cosignature_find(note, len, &key, &time), BC_ERR_NOT_FOUND);
    assert_int_equal(bc_cosignature_make(&witness, NOW, note, body(21, whole), line), BC_OK);
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

static void a_newer_cosignature_takes_the_older_ones_place(void **state)
{
    char note[BC_NOTE_MAX], one[BC_NOTE_MAX], two[BC_NOTE_MAX], line[BC_COSIGNATURE_LINE_MAX];
    char evil[BC_NOTE_MAX + BC_COSIGNATURE_LINE_MAX];
    struct bc_skey log, witness;
    struct bc_vkey key;
    size_t len = make_pair(&log, &witness, &key, note), one_len, two_len, text_len = body(21, one);
    int64_t time;

    (void)state;
    assert_int_equal(bc_cosignature_make(&witness, NOW, note, text_len, line), BC_OK);
    assert_int_equal(bc_cosignature_attach(note, len, line, strlen(line), &key, one, &one_len),
                     BC_OK);
    assert_int_equal(bc_cosignature_make(&witness, NOW + 9, note, text_len, line), BC_OK);
    assert_int_equal(bc_cosignature_attach(one, one_len, line, strlen(line), &key, two, &two_len),
                     BC_OK);
    assert_int_equal(two_len, one_len);
    assert_int_equal(bc_cosignature_find(two, two_len, &key, &time), BC_OK);
    assert_int_equal(time, NOW + 9);
    (void)snprintf(evil, sizeof evil, "more text\n\n%s", line);
    assert_int_equal(bc_cosignature_attach(note, len, evil, strlen(evil), &key, two, &two_len),
                     BC_ERR_INVALID);
    assert_int_equal(bc_cosignature_attach(note, len, TIMED_LINE, strlen(TIMED_LINE), &key, two,
                                           &two_len),
                     BC_ERR_NOT_FOUND);
}

/* ---- quorums ---- */

static enum bc_result parse(const char *text, struct bc_quorum *q)
{
    struct bc_settings_error err;

    return bc_quorum_parse("policy", text, strlen(text), q, &err);
}

static void quorum_files_are_read_strictly(void **state)
{
    static const char *const good[] = {
        "quorum none\n", "# only a comment\n\n \t\nquorum\tnone \n", "log %L https://example\nquorum none\n",
        "witness a %A\nquorum a\n", "witness a %A https://example/\nwitness b %B\ngroup g 2 a b\nquorum g\n",
        "witness a %A\nwitness b %B\nwitness c %C\ngroup x any a b\ngroup y all x c\nquorum y\n"};
    static const char *const bad[] = {
        "", "quorum a\n", "quorum none\nquorum none\n", "quorum none", "quorum\n", "quorum none none\n",
        "log %A\nquorum none\n", "log %L\nlog %L\nquorum none\n", "log\nquorum none\n",
        "witness a %L\nquorum a\n", "witness a %A\nwitness a %B\nquorum a\n",
        "witness a %A\nwitness b %A\nquorum a\n", "witness none %A\nquorum none\n",
        "witness a %A\ngroup g 0 a\nquorum g\n", "witness a %A\ngroup g 2 a\nquorum g\n",
        "witness a %A\ngroup g 01 a\nquorum g\n", "witness a %A\ngroup g some a\nquorum g\n",
        "witness a %A\ngroup g any a a\nquorum g\n", "witness a %A\ngroup g any\nquorum g\n",
        "witness a %A\ngroup g any a\ngroup h any a\nquorum h\n", "group g any g\nquorum g\n",
        "group g any a\nwitness a %A\nquorum g\n", "witness a %A\ngroup a any a\nquorum a\n",
        "wittness a %A\nquorum none\n", "quorum none\r\n", "# \x01\nquorum none\n", "a\nquorum none\n"};
    struct bc_quorum q;
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0] + sizeof bad / sizeof bad[0]; i++) {
        size_t goods = sizeof good / sizeof good[0];
        const char *from = i < goods ? good[i] : bad[i - goods];
        char *to = text;
        for (; *from; from++) {
            struct bc_skey key;
            if (*from != '%') {
                *to++ = *from;
                continue;
            }
            from++;
            make_key(*from == 'L' ? ORIGIN : "witness.example/w", (unsigned char)*from, &key);
            vkey_text(&key, *from == 'L' ? BC_KEY_NOTE : BC_KEY_COSIGNATURE, to);
            to += strlen(to);
        }
        *to = '\0';
        assert_int_equal(parse(text, &q), i < goods ? BC_OK : BC_ERR_INVALID);
    }
}

/* Three witnesses, of whom those in the bit set have cosigned at NOW. */
static enum bc_result quorum_of(unsigned who, const char *rule, const struct bc_quorum_time *time)
{
    char text[2048] = "", vkey[BC_VKEY_MAX], note[BC_NOTE_MAX], more[BC_NOTE_MAX];
    char line[BC_COSIGNATURE_LINE_MAX];
    struct bc_skey log, w[3];
    struct bc_vkey key;
    struct bc_quorum q;
    size_t len, used = 0;

    make_key(ORIGIN, 0, &log);
    len = signed_note(&log, 21, note);
    for (unsigned i = 0; i < 3; i++) {
        make_key("witness.example/w", (unsigned char)(10 + i), &w[i]);
        vkey_text(&w[i], BC_KEY_COSIGNATURE, vkey);
        used += (size_t)snprintf(text + used, sizeof text - used, "witness w%u %s\n", i, vkey);
        if (!(who & (1U << i)))
            continue;
        bc_vkey_as(&w[i].pub, BC_KEY_COSIGNATURE, &key);
        assert_int_equal(bc_cosignature_make(&w[i], NOW, note, body(21, more), line), BC_OK);
        assert_int_equal(bc_cosignature_attach(note, len, line, strlen(line), &key, more, &len),
                         BC_OK);
        memcpy(note, more, len);
    }
    (void)snprintf(text + used, sizeof text - used, "%s", rule);
    assert_int_equal(parse(text, &q), BC_OK);
    return bc_quorum_check(&q, note, len, time);
}

static void a_quorum_is_counted(void **state)
{
    static const struct {
        const char *rule;
        unsigned enough; /* one bit for each set of witnesses */
    } rules[] = {{"quorum none\n", 0xff},
                 {"quorum w1\n", 0xcc},
                 {"group g any w0 w1 w2\nquorum g\n", 0xfe},
                 {"group g 2 w0 w1 w2\nquorum g\n", 0xe8},
                 {"group g all w0 w1 w2\nquorum g\n", 0x80},
                 {"group x any w0 w1\ngroup g all x w2\nquorum g\n", 0xe0}};
    const struct bc_quorum_time now = {NOW, 0, 0};

    (void)state;
    make_log(LOG_MAX);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        for (unsigned who = 0; who < 8; who++)
            assert_int_equal(quorum_of(who, rules[i].rule, &now),
                             rules[i].enough >> who & 1 ? BC_OK : BC_ERR_NOT_FOUND);
}

static void old_and_future_cosignatures_count_for_nothing(void **state)
{
    static const struct bc_quorum_time good[] = {
        {NOW, 0, 0}, {NOW + 100, 0, 100}, {NOW - 5, 5, 0}, {INT64_MAX, 0, 0}, {NOW, INT64_MAX, 1}};
    static const struct bc_quorum_time bad[] = {{NOW + 101, 0, 100}, {NOW - 6, 5, 0}, {0, 0, 0}};

    (void)state;
    make_log(LOG_MAX);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(quorum_of(1, "quorum w0\n", &good[i]), BC_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(quorum_of(1, "quorum w0\n", &bad[i]), BC_ERR_NOT_FOUND);
}

/* ---- the witness ---- */

static struct bc_quorum logs;
static struct bc_skey log_key, witness_key;
static char folder[64];
static int heads;

static int make_witness(void **state)
{
    char text[BC_VKEY_MAX + 8], vkey[BC_VKEY_MAX];
    struct bc_settings_error err;

    (void)state;
    make_key(ORIGIN, 0, &log_key);
    make_key("witness.example/w", 7, &witness_key);
    vkey_text(&log_key, BC_KEY_NOTE, vkey);
    (void)snprintf(text, sizeof text, "log %s\n", vkey);
    (void)snprintf(folder, sizeof folder, "/tmp/test-witness.XXXXXX");
    make_log(LOG_MAX);
    if (bc_quorum_parse_logs("logs", text, strlen(text), &logs, &err) != BC_OK || !mkdtemp(folder))
        return 1;
    heads = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return heads < 0;
}

static int end_witness(void **state)
{
    char command[128];

    (void)state;
    close(heads);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0;
}

static size_t request(uint64_t old, uint64_t size, const struct bc_skey *key, char *out)
{
    char note[BC_NOTE_MAX];
    struct bc_witness_request r = {.old_size = old, .note = note};
    size_t len;

    r.note_len = signed_note(key, size, note);
    if (old > 0 && old <= size)
        assert_int_equal(bc_merkle_consistency(&nodes, old, size, &r.proof), BC_OK);
    assert_int_equal(bc_witness_request_format(&r, out, BC_WITNESS_REQUEST_MAX, &len), BC_OK);
    return len;
}

static enum bc_witness_status ask_at(uint64_t old, uint64_t size, int64_t now,
                                     struct bc_witness_answer *a)
{
    const struct bc_witness w = {&witness_key, &logs, heads, now};
    char text[BC_WITNESS_REQUEST_MAX];

    bc_witness_answer(&w, text, request(old, size, &log_key, text), a);
    return a->status;
}

static enum bc_witness_status ask(uint64_t old, uint64_t size)
{
    struct bc_witness_answer a;

    return ask_at(old, size, NOW, &a);
}

static void a_witness_follows_one_history(void **state)
{
    struct bc_witness_answer a;
    uint64_t size = 0;

    (void)state;
    assert_int_equal(ask(5, 21), BC_WITNESS_CONFLICT);
    assert_int_equal(ask(0, 0), BC_WITNESS_OK);
    assert_int_equal(ask(0, 21), BC_WITNESS_OK);
    assert_int_equal(ask_at(0, 30, NOW, &a), BC_WITNESS_CONFLICT);
    assert_int_equal(bc_witness_conflict_size(a.text, strlen(a.text), &size), BC_OK);
    assert_int_equal(size, 21);
    assert_int_equal(ask(21, 21), BC_WITNESS_OK);
    assert_int_equal(ask(21, 20), BC_WITNESS_BAD_REQUEST);
    assert_int_equal(ask(20, 21), BC_WITNESS_CONFLICT);
    assert_int_equal(ask_at(21, 22, NOW - 61, &a), BC_WITNESS_FAILED); /* its clock went back */
    assert_int_equal(ask_at(21, 40, NOW + 5, &a), BC_WITNESS_OK);
    assert_int_equal(bc_witness_conflict_size(a.text, strlen(a.text), &size), BC_ERR_INVALID);
    make_log(30);
    assert_int_equal(ask_at(40, 40, NOW + 6, &a), BC_WITNESS_NO_PROOF);
    assert_int_equal(ask_at(40, 50, NOW + 6, &a), BC_WITNESS_NO_PROOF);
    assert_int_equal(ask_at(0, 50, NOW + 6, &a), BC_WITNESS_CONFLICT);
    make_log(45);
    assert_int_equal(ask_at(40, 50, NOW + 6, &a), BC_WITNESS_OK);
}

static void an_answer_is_a_cosignature_of_what_was_asked(void **state)
{
    char note[BC_NOTE_MAX], whole[BC_NOTE_MAX];
    struct bc_witness_answer a;
    struct bc_vkey key;
    size_t len = signed_note(&log_key, 21, note), whole_len;
    int64_t time;

    (void)state;
    bc_vkey_as(&witness_key.pub, BC_KEY_COSIGNATURE, &key);
    assert_int_equal(ask_at(0, 21, NOW, &a), BC_WITNESS_OK);
    assert_int_equal(bc_cosignature_attach(note, len, a.text, strlen(a.text), &key, whole,
                                           &whole_len),
                     BC_OK);
    assert_int_equal(bc_cosignature_find(whole, whole_len, &key, &time), BC_OK);
    assert_int_equal(time, NOW);
}

static void nobody_else_is_cosigned(void **state)
{
    const struct bc_witness w = {&witness_key, &logs, heads, NOW};
    struct bc_quorum others = logs;
    const struct bc_witness stranger = {&witness_key, &others, heads, NOW};
    char text[BC_WITNESS_REQUEST_MAX];
    struct bc_witness_answer a;
    struct bc_skey other;
    size_t len;

    (void)state;
    make_key(ORIGIN, 99, &other);
    bc_witness_answer(&w, text, request(0, 21, &other, text), &a);
    assert_int_equal(a.status, BC_WITNESS_FORBIDDEN);
    others.logs[0].name[0] = 'x';
    bc_witness_answer(&stranger, text, request(0, 21, &log_key, text), &a);
    assert_int_equal(a.status, BC_WITNESS_UNKNOWN_LOG);
    len = request(0, 21, &log_key, text);
    for (size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        bc_witness_answer(&w, text, len, &a);
        assert_int_not_equal(a.status, BC_WITNESS_OK);
        text[i] ^= 1;
        bc_witness_answer(&w, text, i, &a); /* cut off here */
        assert_int_not_equal(a.status, BC_WITNESS_OK);
    }
    bc_witness_answer(&w, text, len, &a);
    assert_int_equal(a.status, BC_WITNESS_OK);
}

static void a_damaged_head_stops_the_witness(void **state)
{
    char command[256];

    (void)state;
    assert_int_equal(ask(0, 21), BC_WITNESS_OK);
    (void)snprintf(command, sizeof command, "sed -i 's/^21$/20/' %s/[0-9a-f]*", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(ask(20, 21), BC_WITNESS_FAILED);
    assert_int_equal(ask(21, 21), BC_WITNESS_FAILED);
}

/* A proof is checked in full: one hash more, less or changed. */
static void only_the_right_proof_is_taken(void **state)
{
    const struct bc_witness w = {&witness_key, &logs, heads, NOW};
    char note[BC_NOTE_MAX], text[BC_WITNESS_REQUEST_MAX];
    struct bc_witness_request good = {.old_size = 21, .note = note};
    struct bc_witness_answer a;
    size_t len;

    (void)state;
    assert_int_equal(ask(0, 21), BC_WITNESS_OK);
    good.note_len = signed_note(&log_key, 50, note);
    assert_int_equal(bc_merkle_consistency(&nodes, 21, 50, &good.proof), BC_OK);
    for (size_t i = 0; i <= good.proof.count; i++) {
        struct bc_witness_request bad = good;
        if (i == good.proof.count)
            bad.proof.count--;
        else
            bad.proof.hash[i].b[i] ^= 1;
        assert_int_equal(bc_witness_request_format(&bad, text, sizeof text, &len), BC_OK);
        bc_witness_answer(&w, text, len, &a);
        assert_int_equal(a.status, BC_WITNESS_NO_PROOF);
    }
    assert_int_equal(bc_witness_request_format(&good, text, sizeof text, &len), BC_OK);
    bc_witness_answer(&w, text, len, &a);
    assert_int_equal(a.status, BC_WITNESS_OK);
}

#define by_a_witness(test) cmocka_unit_test_setup_teardown(test, make_witness, end_witness)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_cosigner_keys_parse),
        cmocka_unit_test(the_published_timestamp_is_read),
        cmocka_unit_test(a_cosignature_is_made_byte_for_byte),
        cmocka_unit_test(every_byte_of_a_cosignature_counts),
        cmocka_unit_test(a_newer_cosignature_takes_the_older_ones_place),
        cmocka_unit_test(quorum_files_are_read_strictly),
        cmocka_unit_test(a_quorum_is_counted),
        cmocka_unit_test(old_and_future_cosignatures_count_for_nothing),
        by_a_witness(a_witness_follows_one_history),
        by_a_witness(an_answer_is_a_cosignature_of_what_was_asked),
        by_a_witness(nobody_else_is_cosigned),
        by_a_witness(a_damaged_head_stops_the_witness),
        by_a_witness(only_the_right_proof_is_taken),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
