/* SPDX-License-Identifier: BSD-2-Clause */

/* Promise 4 on a real store: what an attacker can do who may write its tables but has no key. */

#include "store-fixture.h"

static void decision_allows_those_who_consented_and_no_others(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEOPLE; i++)
        assert_int_equal(gate(i), BC_REASON_ALLOW);
    assert_int_equal(gate(PEOPLE), BC_REASON_NO_RECORD);
    assert_int_equal(audit(), BC_OK);
}

static void decision_on_leaf_of_another_subject_is_refused(void **state)
{
    unsigned char mine[BC_LEAF_KEY_MAX], theirs[BC_LEAF_KEY_MAX], copy[BC_LEAF_MAX];
    struct bc_store *s = open_raw();
    struct bc_bytes leaf;
    uint64_t slot;

    (void)state;
    assert_int_equal(bc_store_subject(s, theirs, leaf_key(3, theirs), &slot, &leaf), BC_OK);
    memcpy(copy, leaf.data, leaf.len);
    assert_int_equal(bc_store_put_subject(s, mine, leaf_key(PEOPLE, mine), slot, copy, leaf.len),
                     BC_OK);
    commit_raw(s);
    assert_int_equal(gate(PEOPLE), BC_REASON_CORRUPT);
    assert_int_equal(gate(3), BC_REASON_ALLOW);
    assert_int_equal(audit(), BC_ERR_CORRUPT);
}

static void decision_on_older_leaf_is_refused(void **state)
{
    unsigned char bytes[BC_LEAF_MAX], name[BC_LEAF_KEY_MAX];
    struct bc_store *s = open_raw();
    struct bc_transaction *l;
    struct bc_bytes leaf;
    size_t len;
    uint64_t slot;

    (void)state;
    assert_int_equal(bc_store_subject(s, name, leaf_key(7, name), &slot, &leaf), BC_OK);
    len = leaf.len;
    memcpy(bytes, leaf.data, len);
    bc_store_close(s);
    l = open_ledger(NOW + 1);
    append_withdrawal(l, 7);
    commit(l);
    assert_int_equal(gate(7), BC_REASON_WITHDRAWN);
    s = open_raw();
    assert_int_equal(bc_store_put_subject(s, name, leaf_key(7, name), slot, bytes, len), BC_OK);
    commit_raw(s);
    assert_int_equal(gate(7), BC_REASON_CORRUPT);
    assert_int_equal(audit(), BC_ERR_CORRUPT);
}

static void decision_on_changed_node_is_refused(void **state)
{
    const uint64_t number[2] = {1, 16};
    const struct bc_bytes one = {(const unsigned char *)&number[0], sizeof number[0]};
    const struct bc_bytes sixteen = {(const unsigned char *)&number[1], sizeof number[1]};
    struct bc_hash hash[BC_TILE_HASHES];
    const struct bc_bytes changed = {hash[0].b, sizeof hash};
    struct bc_store *s = open_raw();
    struct bc_transaction *l = NULL;
    struct bc_where where;
    struct bc_bytes tile;

    (void)state;
    assert_int_equal(bc_store_row_get(s, BC_TABLE_REGISTER, one, &tile), BC_OK);
    memcpy(hash, tile.data, sizeof hash);
    hash[6].b[0] ^= 1; /* the leaf hash of slot 6: the sibling of slot 7 */
    assert_int_equal(bc_store_row_put(s, BC_TABLE_REGISTER, one, changed, 0), BC_OK);
    commit_raw(s);
    assert_int_equal(gate(6), BC_REASON_CORRUPT);
    assert_int_equal(gate(20), BC_REASON_ALLOW);
    assert_int_equal(audit(), BC_ERR_CORRUPT);
    /* Nor is a root signed that such nodes would lead to. */
    s = open_raw();
    hash[6].b[0] ^= 1;
    for (size_t i = 0; i < BC_TILE_HASHES; i++)
        hash[i].b[1] ^= 1;
    assert_int_equal(bc_store_row_put(s, BC_TABLE_LOG, one, changed, 0), BC_OK);
    assert_int_equal(bc_store_row_put(s, BC_TABLE_LOG, sixteen, changed, 0), BC_OK);
    commit_raw(s);
    assert_int_equal(bc_transaction_open(&options, &config, state_fd, NOW, &l, &where),
                     BC_ERR_CORRUPT);
}

static void decision_on_older_checkpoint_is_rolled_back(void **state)
{
    static char note[BC_NOTE_MAX];
    struct bc_transaction *l;
    size_t len;

    (void)state;
    keep_checkpoint(note, &len);
    l = open_ledger(NOW + 1);
    append_withdrawal(l, 7);
    commit(l);
    put_checkpoint(note, len);
    assert_int_equal(gate(7), BC_REASON_ROLLED_BACK);
    assert_int_equal(gate(8), BC_REASON_ROLLED_BACK);
}

static void decision_on_other_root_of_equal_size_is_forked(void **state)
{
    struct bc_transaction *l;

    (void)state;
    assert_int_equal(run("cp -a store other"), 0);
    l = open_ledger(NOW + 1);
    append_withdrawal(l, 7);
    commit(l);
    assert_int_equal(gate(7), BC_REASON_WITHDRAWN);
    assert_int_equal(run("cp -a state keep && rm -rf store && mv other store && rm state/seen"), 0);
    l = open_ledger(NOW + 1);
    append_grant(l, PEOPLE);
    commit(l);
    assert_int_equal(gate(7), BC_REASON_ALLOW);
    assert_int_equal(run("rm -rf state/seen && cp -a keep/seen state/seen && rm -rf keep"), 0);
    assert_int_equal(gate(7), BC_REASON_FORKED);
    /* A larger fork no less. */
    assert_int_equal(run("cp -a state keep && rm state/seen"), 0);
    l = open_ledger(NOW + 1);
    append_grant(l, PEOPLE + 1);
    commit(l);
    assert_int_equal(run("cp -a keep/seen state/seen && rm -rf keep"), 0);
    assert_int_equal(gate(7), BC_REASON_FORKED);
}

/* Changes one character of a root in what was seen: the first of the base64 text behind `label`. */
static void change_seen(const char *label)
{
    struct bc_where where;
    char path[PATH_MAX + 8], *text, *at;
    size_t len;

    (void)snprintf(path, sizeof path, "%s/seen", config.state_path);
    assert_int_equal(bc_file_read(path, geteuid(), 0, BC_NOTE_MAX, &text, &len, &where), BC_OK);
    at = strstr(text, label);
    assert_non_null(at);
    at += strlen(label);
    *at = *at == 'A' ? 'B' : 'A';
    assert_int_equal(bc_last_seen_record(state_fd, NULL, text, len, geteuid(), getegid()), BC_OK);
    free(text);
}

static void last_seen_compares_both_roots(void **state)
{
    (void)state;
    change_seen("test/host1\n41\n");
    assert_int_equal(gate(7), BC_REASON_FORKED);
    assert_int_equal(run("rm state/seen"), 0);
    assert_int_equal(gate(7), BC_REASON_ALLOW);
    change_seen("register/v1 41 ");
    assert_int_equal(gate(7), BC_REASON_FORKED);
}

static void decision_on_parts_of_two_checkpoints_is_refused(void **state)
{
    static char old[BC_NOTE_MAX], new[BC_NOTE_MAX], mixed[BC_NOTE_MAX];
    struct bc_transaction *l;
    size_t old_len, new_len;
    const char *old_register, *new_register;
    int n;

    (void)state;
    keep_checkpoint(old, &old_len);
    l = open_ledger(NOW + 1);
    append_withdrawal(l, 7);
    commit(l);
    keep_checkpoint(new, &new_len);
    old_register = memmem(old, old_len, "register/v1", 11);
    new_register = memmem(new, new_len, "register/v1", 11);
    n = snprintf(mixed, sizeof mixed, "%.*s%.*s", (int)(new_register - new), new,
                 (int)(old + old_len - old_register), old_register);
    put_checkpoint(mixed, (size_t)n);
    assert_int_equal(gate(7), BC_REASON_BAD_SIGNATURE);
}

static void decision_on_other_origin_or_key_is_refused(void **state)
{
    struct bc_skey other;

    (void)state;
    memcpy(config.origin, "test/host2", 11);
    assert_int_equal(gate(1), BC_REASON_ORIGIN);
    memcpy(config.origin, "test/host1", 11);
    assert_int_equal(bc_note_skey_generate("test/host1", &other), BC_OK);
    config.keys[0] = other.pub;
    assert_int_equal(gate(1), BC_REASON_UNKNOWN_KEY);
}

static void decision_outside_validity_is_refused(void **state)
{
    (void)state;
    assert_int_equal(gate_at(1, NOW - 61), BC_REASON_CLOCK);
    assert_int_equal(gate_at(1, NOW - 60), BC_REASON_NOT_YET_VALID);
    config.max_age = 3600;
    assert_int_equal(gate_at(1, NOW + 3600), BC_REASON_ALLOW);
    assert_int_equal(gate_at(1, NOW + 3601), BC_REASON_STALE);
}

static void decision_on_recycled_name_or_uid_is_refused(void **state)
{
    struct bc_request r = {
        .use.operation = BC_AUTHENTICATE, .use.modality = BC_FINGERPRINT, .use.subject.uid = 5000};
    struct bc_where where;
    struct bc_gate g;

    (void)state;
    assert_int_equal(bc_gate_open(&config, geteuid(), &g, &where), BC_OK);
    memcpy(r.use.subject.name, "person1", 8);
    assert_int_equal(bc_gate_decide(&g, &r, NOW + 1, NULL), BC_REASON_ACCOUNT_MISMATCH);
    memcpy(r.use.subject.name, "stranger", 9);
    r.use.subject.uid = 1001;
    assert_int_equal(bc_gate_decide(&g, &r, NOW + 1, NULL), BC_REASON_NO_RECORD);
    bc_gate_close(&g);
}

static void decision_with_pending_withdrawal_is_refused(void **state)
{
    struct bc_pending p = {.kind = BC_PENDING_WITHDRAWAL, .time = NOW};
    struct bc_where where;
    int spool;

    (void)state;
    subject(4, &p.subject);
    assert_int_equal(bc_file_open_folder(config.spool_path, geteuid(), 0, &spool, &where), BC_OK);
    assert_int_equal(bc_pending_put(spool, &p, (uid_t)-1, (gid_t)-1), BC_OK);
    assert_int_equal(gate(4), BC_REASON_WITHDRAWAL_PENDING);
    assert_int_equal(gate(5), BC_REASON_ALLOW);
    assert_int_equal(bc_pending_remove_withdrawal(spool, p.subject.uid), BC_OK);
    assert_int_equal(gate(4), BC_REASON_ALLOW);
    (void)close(spool);
}

static void decision_without_record_is_refused(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        assert_int_equal(run("rm state/seen && mkdir state/seen"), 0);
        assert_int_not_equal(gate(4), BC_REASON_ALLOW);
    } else {
        assert_int_equal(run("rm state/seen && chmod 500 state"), 0);
        assert_int_equal(gate(4), BC_REASON_NOT_RECORDED);
        assert_int_equal(run("chmod 700 state"), 0);
    }
}

/* Starts a reader that stops with the lock, at the turnstile or past it. */
static pid_t stopped_reader(int past)
{
    char path[PATH_MAX + 8];
    int status;
    pid_t pid;

    (void)snprintf(path, sizeof path, "%s/lock", config.store_path);
    pid = fork();
    if (pid == 0) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (!past || bc_lock_snapshot(fd, 1000) == BC_OK)
            (void)raise(SIGSTOP);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    return pid;
}

/* Readers that stand still must not keep a withdrawal from being recorded, however many they are.
 */
static void writer_beside_stopped_readers_succeeds(void **state)
{
    struct bc_transaction *l = open_ledger(NOW + 1);
    pid_t reader[12];
    int status;

    (void)state;
    append_withdrawal(l, 9);
    for (size_t i = 0; i < 12; i++)
        reader[i] = stopped_reader(i > 0);
    commit(l);
    for (size_t i = 0; i < 12; i++) {
        if (i == 0)
            (void)kill(reader[i], SIGKILL); /* it held nothing, and was let alone */
        assert_int_equal(waitpid(reader[i], &status, 0), reader[i]);
        assert_true(WIFSIGNALED(status));
    }
    assert_int_equal(gate(9), BC_REASON_WITHDRAWN);
}

static void decision_on_removed_row_is_refused(void **state)
{
    unsigned char name[BC_LEAF_KEY_MAX];
    uint64_t grant = 4; /* the log begins with the notice: this is person 3 */

    (void)state;
    remove_row("events", MDB_INTEGERKEY, &grant, sizeof grant);
    assert_int_equal(gate(3), BC_REASON_CORRUPT);
    assert_int_equal(gate(5), BC_REASON_ALLOW);
    assert_int_equal(audit(), BC_ERR_CORRUPT);
    remove_row("subjects", 0, name, leaf_key(5, name));
    assert_int_equal(gate(5), BC_REASON_NO_RECORD);
    grant = 1;
    remove_row("register", MDB_INTEGERKEY, &grant, sizeof grant);
    assert_int_equal(gate(6), BC_REASON_CORRUPT);
    remove_row("meta", 0, (void *)(uintptr_t) "checkpoint", 10);
    assert_int_equal(gate(6), BC_REASON_CORRUPT);
}

/* Two subjects' events in each other's place. */
static void decision_on_swapped_events_is_refused(void **state)
{
    struct bc_store *s = open_raw();
    struct bc_bytes salt, payload;
    unsigned char copy[2][BC_SALT_BYTES + 4096], old_salt[2][BC_SALT_BYTES];
    size_t len[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(bc_store_event(s, 39 + i, &salt, &payload), BC_OK);
        assert_true(payload.len <= sizeof copy[i]);
        memcpy(old_salt[i], salt.data, BC_SALT_BYTES);
        memcpy(copy[i], payload.data, len[i] = payload.len);
    }
    bc_store_close(s);
    for (uint64_t i = 40; i >= 39; i--)
        remove_row("events", MDB_INTEGERKEY, &i, sizeof i);
    s = open_raw();
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(bc_store_put_event(s, 39 + i, old_salt[1 - i], copy[1 - i], len[1 - i]),
                         BC_OK);
    commit_raw(s);
    assert_int_equal(audit(), BC_ERR_CORRUPT);
    assert_int_equal(gate(39), BC_REASON_CORRUPT);
}

static enum bc_result find_in_bulk(struct bc_transaction *l, unsigned i)
{
    struct bc_subject who;
    struct bc_leaf leaf;

    subject(i, &who);
    bc_leaf_for_subject(&who, &leaf);
    return bc_transaction_leaf(l, &leaf, NULL);
}

static void transaction_bulk_finds_leaves_before_the_commit(void **state)
{
    struct bc_transaction *l = open_ledger(NOW + 1);

    (void)state;
    l->bulk = 1;
    for (unsigned i = PEOPLE + 20; i-- > PEOPLE;) { /* not in the order of the keys */
        assert_int_equal(find_in_bulk(l, i), BC_ERR_NO_RECORD);
        append_grant(l, i);
        assert_int_equal(find_in_bulk(l, i), BC_OK);
        append_grant(l, i);
    }
    assert_int_equal(find_in_bulk(l, 3), BC_OK);
    append_grant(l, PEOPLE + 20);
    assert_non_null(bc_transaction_view(l));
    append_withdrawal(l, 3); /* looks into the snapshot */
    commit(l);
    assert_int_equal(gate(3), BC_REASON_WITHDRAWN);
    assert_int_equal(gate(4), BC_REASON_ALLOW);
    for (unsigned i = PEOPLE; i <= PEOPLE + 20; i++)
        assert_int_equal(gate(i), BC_REASON_ALLOW);
    assert_int_equal(audit(), BC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_store(decision_allows_those_who_consented_and_no_others),
        on_a_store(decision_on_leaf_of_another_subject_is_refused),
        on_a_store(decision_on_older_leaf_is_refused),
        on_a_store(decision_on_changed_node_is_refused),
        on_a_store(decision_on_removed_row_is_refused),
        on_a_store(decision_on_swapped_events_is_refused),
        on_a_store(decision_on_older_checkpoint_is_rolled_back),
        on_a_store(decision_on_other_root_of_equal_size_is_forked),
        on_a_store(last_seen_compares_both_roots),
        on_a_store(decision_on_parts_of_two_checkpoints_is_refused),
        on_a_store(decision_on_other_origin_or_key_is_refused),
        on_a_store(decision_outside_validity_is_refused),
        on_a_store(decision_on_recycled_name_or_uid_is_refused),
        on_a_store(decision_with_pending_withdrawal_is_refused),
        on_a_store(decision_without_record_is_refused),
        on_a_store(writer_beside_stopped_readers_succeeds),
        on_a_store(transaction_bulk_finds_leaves_before_the_commit),
    };
    int failed;

    if (sodium_init() < 0 || !mkdtemp(folder))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(folder);
    return failed;
}
