/* SPDX-License-Identifier: BSD-2-Clause */

/* Who has the store's key can sign anything. What the gate asks of witnesses shows that it can't sign
 * another past. */

#include "store-fixture.h"

#include "cosigned.h"
#include "witness.h"

#define WITNESSES 3

static struct bc_skey witness[WITNESSES];
static struct bc_quorum logs, quorum;
static int heads[WITNESSES];

static void vkey_line(char *out, size_t cap, const char *word, const struct bc_skey *k,
                      enum bc_key_type type)
{
    char text[BC_VKEY_MAX];
    struct bc_vkey pub;

    bc_vkey_as(&k->pub, type, &pub);
    bc_vkey_format(&pub, text);
    (void)snprintf(out, cap, "%s %s\n", word, text);
}

static void set_policy(const char *rule)
{
    char text[2048], word[16];
    struct bc_settings_error err;
    size_t used = 0;

    vkey_line(text, sizeof text, "log", &key, BC_KEY_NOTE);
    assert_int_equal(bc_quorum_parse_logs("logs", text, strlen(text), &logs, &err), BC_OK);
    for (unsigned i = 0; i < WITNESSES; i++) {
        (void)snprintf(word, sizeof word, "witness w%u", i);
        vkey_line(text + used, sizeof text - used, word, &witness[i], BC_KEY_COSIGNATURE);
        used += strlen(text + used);
    }
    (void)snprintf(text + used, sizeof text - used, "%s", rule);
    assert_int_equal(bc_quorum_parse("policy", text, strlen(text), &quorum, &err), BC_OK);
    policy.quorum = &quorum;
    memcpy(policy.witness_path, "/policy", 8);
    policy.witness_max_age = policy.witness_max_lag = 0;
}

static int make_witnessed(void **state)
{
    struct bc_where where;
    char path[PATH_MAX];

    if (make_store(state) != 0)
        return 1;
    for (unsigned i = 0; i < WITNESSES; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "heads%u", i);
        path_of(name, path);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(bc_folder_open(path, geteuid(), 0, &heads[i], &where), BC_OK);
        (void)snprintf(name, sizeof name, "witness.example/w%u", i);
        assert_int_equal(bc_skey_generate(name, &witness[i]), BC_OK);
    }
    set_policy("group g 2 w0 w1 w2\nquorum g\n");
    return 0;
}

static int end_witnessed(void **state)
{
    policy.witness_path[0] = '\0';
    for (unsigned i = 0; i < WITNESSES; i++)
        close(heads[i]);
    return run("rm -rf heads0 heads1 heads2 aside") || end_store(state);
}

static struct bc_store *open_verified(struct bc_snapshot *s)
{
    struct bc_store *store = open_raw();

    assert_int_equal(bc_snapshot_open(store, &policy, s), BC_ALLOW);
    return store;
}

/* What witness i answers about the store as it is; the note it was asked about goes to note. */
static enum bc_witness_status ask(unsigned i, int64_t now, struct bc_witness_answer *a,
                                  char note[BC_NOTE_MAX], size_t *len)
{
    struct bc_snapshot s;
    struct bc_store *store = open_verified(&s);
    struct bc_nodes nodes = bc_tiles_nodes(&s.log);
    struct bc_vkey pub;
    char text[BC_WITNESS_REQUEST_MAX];
    struct bc_witness_request r = {.note = (const char *)s.note.data, .note_len = s.note.len};
    const struct bc_witness w = {&witness[i], &logs, heads[i], now};
    size_t text_len;

    bc_vkey_as(&witness[i].pub, BC_KEY_COSIGNATURE, &pub);
    r.old_size = bc_cosigned_size(&s, &policy, &pub);
    if (r.old_size)
        assert_int_equal(bc_merkle_consistency(&nodes, r.old_size, s.checkpoint.log_size, &r.proof),
                         BC_OK);
    assert_int_equal(bc_witness_request_format(&r, text, sizeof text, &text_len), BC_OK);
    memcpy(note, s.note.data, s.note.len);
    *len = s.note.len;
    bc_store_close(store);
    bc_witness_answer(&w, text, text_len, a);
    return a->status;
}

static enum bc_result add(const struct bc_witness_answer *a, const char *note, size_t len,
                          struct bc_cosigned *added)
{
    struct bc_vkey keys[WITNESSES];
    struct bc_bytes about = {(const unsigned char *)note, len};
    struct bc_snapshot s;
    struct bc_store *store = open_verified(&s);
    enum bc_result r;

    for (unsigned i = 0; i < WITNESSES; i++)
        bc_vkey_as(&witness[i].pub, BC_KEY_COSIGNATURE, &keys[i]);
    r = bc_cosigned_add(&s, &policy, NOW + 10000, keys, WITNESSES, &about, a->text, strlen(a->text),
                        added);
    if (r == BC_OK)
        commit_raw(store);
    else
        bc_store_close(store);
    return r;
}

static void cosign_at(unsigned i, int64_t now)
{
    struct bc_witness_answer a;
    struct bc_cosigned added;
    char note[BC_NOTE_MAX];
    size_t len;

    assert_int_equal(ask(i, now, &a, note, &len), BC_WITNESS_OK);
    assert_int_equal(add(&a, NULL, 0, &added), BC_OK);
    assert_int_equal(added.count, 1);
}

static void grow(int64_t now, unsigned i)
{
    struct bc_ledger *l = open_ledger(now);

    append_withdrawal(l, i);
    commit(l);
}

static void nothing_is_believed_before_a_quorum_stands_behind_it(void **state)
{
    (void)state;
    assert_int_equal(gate(1), BC_NOT_WITNESSED);
    cosign_at(0, NOW);
    assert_int_equal(gate(1), BC_NOT_WITNESSED);
    cosign_at(0, NOW);
    assert_int_equal(gate(1), BC_NOT_WITNESSED); /* one twice is one */
    cosign_at(2, NOW);
    assert_int_equal(gate(1), BC_ALLOW);
    assert_int_equal(audit(), BC_OK);
    grow(NOW + 10, 1);
    assert_int_equal(gate(2), BC_NOT_WITNESSED);
    cosign_at(0, NOW + 11);
    cosign_at(1, NOW + 12);
    assert_int_equal(gate(2), BC_ALLOW);
    assert_int_equal(gate(1), BC_WITHDRAWN);
}

static void what_is_not_believed_is_not_noted_as_seen(void **state)
{
    (void)state;
    assert_int_equal(run("rm state/seen"), 0);
    assert_int_equal(gate(1), BC_NOT_WITNESSED);
    assert_false(bc_seen_exists(state_fd));
    cosign_at(0, NOW);
    cosign_at(2, NOW);
    assert_int_equal(gate(1), BC_ALLOW);
    assert_true(bc_seen_exists(state_fd));
}

static void cosignatures_come_of_age(void **state)
{
    (void)state;
    policy.witness_max_age = 3600;
    cosign_at(0, NOW);
    cosign_at(1, NOW + 100);
    assert_int_equal(gate_at(1, NOW + 3600), BC_ALLOW);
    assert_int_equal(gate_at(1, NOW + 3601), BC_NOT_WITNESSED);
    cosign_at(0, NOW + 3601);
    assert_int_equal(gate_at(1, NOW + 3601), BC_ALLOW);
    cosign_at(0, NOW + 9000);
    cosign_at(1, NOW + 9000);
    assert_int_equal(gate_at(1, NOW + 5000), BC_NOT_WITNESSED); /* from the future */
}

static void within_the_lag_newer_events_count(void **state)
{
    (void)state;
    policy.witness_max_lag = 600;
    cosign_at(0, NOW);
    cosign_at(1, NOW);
    grow(NOW + 10, 1);
    assert_int_equal(gate_at(1, NOW + 20), BC_WITHDRAWN);
    assert_int_equal(gate_at(2, NOW + 20), BC_ALLOW);
    assert_int_equal(gate_at(2, NOW + 600), BC_ALLOW);
    assert_int_equal(gate_at(2, NOW + 601), BC_NOT_WITNESSED);
    cosign_at(0, NOW + 601); /* half of a quorum does not take the older one's place */
    assert_int_equal(gate_at(2, NOW + 600), BC_ALLOW);
    assert_int_equal(gate_at(2, NOW + 602), BC_NOT_WITNESSED);
    cosign_at(1, NOW + 602);
    grow(NOW + 700, 3);
    assert_int_equal(gate_at(2, NOW + 1201), BC_ALLOW);
    assert_int_equal(gate_at(2, NOW + 1202), BC_NOT_WITNESSED);
    policy.witness_max_lag = 0;
    assert_int_equal(gate_at(2, NOW + 700), BC_NOT_WITNESSED);
}

static void an_answer_that_comes_late_still_counts(void **state)
{
    struct bc_witness_answer a, b, both;
    struct bc_cosigned added;
    char note[BC_NOTE_MAX];
    size_t len;

    (void)state;
    policy.witness_max_lag = 600;
    assert_int_equal(ask(0, NOW, &a, note, &len), BC_WITNESS_OK);
    assert_int_equal(ask(1, NOW, &b, note, &len), BC_WITNESS_OK);
    grow(NOW + 10, 1);
    assert_int_equal(add(&a, NULL, 0, &added), BC_ERR_SIGNATURE);
    both = a;
    assert_true(strlen(a.text) + strlen(b.text) < sizeof both.text);
    memcpy(both.text + strlen(a.text), b.text, strlen(b.text) + 1);
    assert_int_equal(add(&both, note, len, &added), BC_OK);
    assert_int_equal(added.count, 2);
    assert_true(added.enough);
    assert_int_equal(gate(2), BC_ALLOW);
    assert_int_equal(gate(1), BC_WITHDRAWN);
}

static void an_answer_about_another_history_is_not_kept(void **state)
{
    struct bc_witness_answer a, b;
    struct bc_cosigned added;
    char note[BC_NOTE_MAX];
    size_t len;

    (void)state;
    set_policy("quorum w0\n");
    assert_int_equal(run("mkdir aside && cp -a store aside/before"), 0);
    grow(NOW + 10, 1);
    assert_int_equal(ask(0, NOW + 20, &a, note, &len), BC_WITNESS_OK);
    assert_int_equal(run("rm state/seen && rm -r store && cp -a aside/before store"), 0);
    grow(NOW + 10, 2);
    assert_int_equal(add(&a, note, len, &added), BC_ERR_FORK);
    grow(NOW + 11, 3);
    assert_int_equal(add(&a, note, len, &added), BC_ERR_FORK);
    assert_int_equal(ask(0, NOW + 20, &b, note, &len), BC_WITNESS_CONFLICT);
}

/* The administrator with the key signs a second history, in which a consent was given that was not,
 * and takes away what this host has seen. Its signature and all proofs are right. */
static void the_key_does_not_make_another_past(void **state)
{
    struct bc_witness_answer a;
    struct bc_snapshot s;
    struct bc_store *store;
    struct bc_bytes kept;
    char note[BC_NOTE_MAX], old[BC_NOTE_MAX];
    size_t len, old_len;

    (void)state;
    policy.witness_max_lag = 600;
    assert_int_equal(run("mkdir aside && cp -a store aside/before"), 0);
    grow(NOW + 10, 1);
    cosign_at(0, NOW + 20);
    cosign_at(1, NOW + 20);
    assert_int_equal(gate(2), BC_ALLOW);
    store = open_verified(&s);
    assert_int_equal(bc_store_cosigned(store, &kept), BC_OK);
    memcpy(old, kept.data, kept.len);
    old_len = kept.len;
    bc_store_close(store);

    assert_int_equal(run("rm state/seen && rm -r store && cp -a aside/before store"), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct bc_ledger *l = open_ledger(NOW + 5);
        append_grant(l, PEOPLE + 1 + i);
        commit(l);
    }
    assert_int_equal(gate_at(PEOPLE + 1, NOW + 100), BC_NOT_WITNESSED);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ask(i, NOW + 100, &a, note, &len), BC_WITNESS_CONFLICT);
        assert_int_equal(a.size, PEOPLE + 2);
    }
    /* Nor does the cosigned checkpoint of the true history vouch for it. */
    store = open_raw();
    assert_int_equal(bc_store_put_cosigned(store, old, old_len), BC_OK);
    commit_raw(store);
    assert_int_equal(gate_at(PEOPLE + 1, NOW + 100), BC_NOT_WITNESSED);
    /* Without witnesses, this host would have believed it. */
    policy.witness_path[0] = '\0';
    assert_int_equal(gate_at(PEOPLE + 1, NOW + 100), BC_ALLOW);
}

static void a_forged_cosignature_is_no_cosignature(void **state)
{
    char note[BC_NOTE_MAX];
    size_t len;
    char *line;

    (void)state;
    cosign_at(0, NOW);
    cosign_at(1, NOW);
    keep_checkpoint(note, &len);
    assert_int_equal(gate(1), BC_ALLOW);
    line = memmem(note, len, "\xe2\x80\x94 witness.example/w0 ", 23);
    assert_non_null(line);
    line[60] = line[60] == 'A' ? 'B' : 'A';
    put_checkpoint(note, len);
    assert_int_equal(gate(1), BC_BAD_SIGNATURE);
}

static void a_policy_for_another_log_refuses(void **state)
{
    struct bc_skey other;

    (void)state;
    cosign_at(0, NOW);
    cosign_at(1, NOW);
    quorum.log_count = 1;
    quorum.logs[0] = key.pub;
    assert_int_equal(gate(1), BC_ALLOW);
    assert_int_equal(bc_skey_generate("test/host1", &other), BC_OK);
    quorum.logs[0] = other.pub;
    assert_int_equal(gate(1), BC_NOT_WITNESSED);
}

static void strangers_add_nothing(void **state)
{
    struct bc_witness_answer a;
    struct bc_cosigned added;
    char before[BC_NOTE_MAX], after[BC_NOTE_MAX], line[BC_COSIGNATURE_LINE_MAX];
    struct bc_skey stranger;
    size_t len, after_len;

    (void)state;
    keep_checkpoint(before, &len);
    assert_int_equal(bc_skey_generate("witness.example/w0", &stranger), BC_OK);
    assert_int_equal(bc_cosignature_make(&stranger, NOW, before,
                                         (size_t)((char *)memmem(before, len, "\n\n", 2) + 1 - before),
                                         line),
                     BC_OK);
    memcpy(a.text, line, sizeof line);
    assert_int_equal(add(&a, NULL, 0, &added), BC_ERR_UNKNOWN_KEY);
    memcpy(a.text, "refused 409 x\nsize 3\n", 22);
    assert_int_equal(add(&a, NULL, 0, &added), BC_ERR_INVALID);
    keep_checkpoint(after, &after_len);
    assert_int_equal(after_len, len);
    assert_memory_equal(before, after, len);
}

#define witnessed(test) cmocka_unit_test_setup_teardown(test, make_witnessed, end_witnessed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        witnessed(nothing_is_believed_before_a_quorum_stands_behind_it),
        witnessed(what_is_not_believed_is_not_noted_as_seen),
        witnessed(cosignatures_come_of_age),
        witnessed(within_the_lag_newer_events_count),
        witnessed(an_answer_that_comes_late_still_counts),
        witnessed(an_answer_about_another_history_is_not_kept),
        witnessed(the_key_does_not_make_another_past),
        witnessed(a_forged_cosignature_is_no_cosignature),
        witnessed(a_policy_for_another_log_refuses),
        witnessed(strangers_add_nothing),
    };

    if (sodium_init() < 0 || !mkdtemp(folder))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL) + (rmdir(folder) != 0);
}
