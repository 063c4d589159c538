/* SPDX-License-Identifier: BSD-2-Clause */

/* Promise 4, attack by attack, on the files of a real store: by an attacker who can write them but
 * has no key, by one with a stolen old copy, by one with a stolen old key. Attacks on single rows
 * are in test-store.c; on names, uids and the spool there too. */

#include "store-fixture.h"

#define PAGE 4096

static int data_fd(int flags)
{
    char path[PATH_MAX + 16];
    int fd;

    (void)snprintf(path, sizeof path, "%s/data.mdb", config.store_path);
    fd = open(path, flags | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void withdraw(unsigned person)
{
    struct bc_transaction *l = open_ledger(NOW + 1);

    append_withdrawal(l, person);
    commit(l);
    assert_int_equal(gate(person), BC_REASON_WITHDRAWN);
}

/* Which of the two meta pages counts: the one with the larger transaction number. */
static off_t newer_meta(int fd)
{
    uint64_t txn[2];

    for (off_t i = 0; i < 2; i++)
        assert_int_equal(pread(fd, &txn[i], sizeof txn[i], i * PAGE + 144), sizeof txn[i]);
    return txn[1] > txn[0] ? PAGE : 0;
}

/* LMDB then takes the commit before, without a word: the withdrawal would be a grant again. */
static void decision_on_zeroed_meta_page_is_refused(void **state)
{
    int fd, fell_back = 0;
    off_t meta;

    (void)state;
    withdraw(7);
    fd = data_fd(O_RDWR);
    meta = newer_meta(fd);
    for (off_t at = 0; at < 168; at++) {
        unsigned char was, zero = 0;
        enum bc_reason reason;
        assert_int_equal(pread(fd, &was, 1, meta + at), 1);
        if (was == 0)
            continue;
        assert_int_equal(pwrite(fd, &zero, 1, meta + at), 1);
        reason = gate_in_child(7);
        fell_back += reason == BC_REASON_ROLLED_BACK;
        assert_int_not_equal(reason, BC_REASON_ALLOW);
        assert_int_equal(pwrite(fd, &was, 1, meta + at), 1);
    }
    assert_true(fell_back > 0); /* the magic number and the transaction's number do that */
    assert_int_equal(gate(7), BC_REASON_WITHDRAWN);
    (void)close(fd);
}

static void decision_on_older_store_is_refused(void **state)
{
    (void)state;
    assert_int_equal(run("cp store/data.mdb stolen.mdb"), 0);
    withdraw(7);
    assert_int_equal(run("mv stolen.mdb store/data.mdb"), 0);
    assert_int_equal(gate(7), BC_REASON_ROLLED_BACK);
    assert_int_equal(gate(8), BC_REASON_ROLLED_BACK);
}

/* A replica that is cut off before the withdrawal: what it has is genuine, and it has seen no more.
 */
static void decision_on_store_from_before_a_withdrawal_is_refused(void **state)
{
    (void)state;
    config.max_age = 3600;
    assert_int_equal(gate_at(7, NOW + 3600), BC_REASON_ALLOW);
    assert_int_equal(gate_at(7, NOW + 3601), BC_REASON_STALE);
}

static void decision_on_store_of_another_host_is_refused(void **state)
{
    struct bc_skey mine = key, theirs;

    (void)state;
    /* Theirs, signed by a key that this host trusts as well. */
    assert_int_equal(bc_note_skey_generate("test/host2", &theirs), BC_OK);
    config.keys[1] = theirs.pub;
    config.key_count = 2;
    assert_int_equal(run("mv store mine && mv state seen && mkdir -m 700 store state"), 0);
    (void)close(state_fd);
    assert_int_equal(bc_file_open_folder(config.state_path, geteuid(), 0, &state_fd, NULL), BC_OK);
    memcpy(config.origin, "test/host2", 11);
    key = theirs;
    assert_int_equal(bc_transaction_create(&options, &config, &key, state_fd, NOW, NULL), BC_OK);
    key = mine;
    memcpy(config.origin, "test/host1", 11);
    assert_int_equal(gate(7), BC_REASON_ORIGIN);
    assert_int_equal(run("rm -rf state mine seen"), 0);
}

/* The old key was stolen and is trusted no more: what it signs later is not believed. */
static void decision_on_store_of_unknown_key_is_refused(void **state)
{
    struct bc_skey stolen = key, fresh;

    (void)state;
    assert_int_equal(run("cp -a store forged && cp -a state before"), 0);
    assert_int_equal(bc_note_skey_generate("test/host1", &fresh), BC_OK);
    config.keys[0] = fresh.pub;
    assert_int_equal(gate(7), BC_REASON_UNKNOWN_KEY);
    /* The thief goes on with the old one. */
    config.keys[0] = stolen.pub;
    commit(open_ledger(NOW + 5));
    assert_int_equal(gate(7), BC_REASON_ALLOW);
    config.keys[0] = fresh.pub;
    assert_int_equal(gate(7), BC_REASON_UNKNOWN_KEY);
    assert_int_equal(run("rm -rf forged before"), 0);
}

static void decision_on_changed_signature_is_refused(void **state)
{
    static char note[BC_NOTE_MAX];
    size_t len;
    char *line;

    (void)state;
    keep_checkpoint(note, &len);
    line = memmem(note, len, "\xe2\x80\x94 test/host1 ", 15);
    assert_non_null(line);
    line[30] = line[30] == 'A' ? 'B' : 'A';
    put_checkpoint(note, len);
    assert_int_equal(gate(7), BC_REASON_BAD_SIGNATURE);
}

/* Endless data: a checkpoint and an event above their limits are refused before they are read. */
static void decision_on_oversized_rows_is_refused(void **state)
{
    static char huge[1 << 20];
    struct bc_store *s = open_raw();
    unsigned char salt[BC_SALT_BYTES] = {0};
    uint64_t index = 8;

    (void)state;
    memset(huge, 'x', sizeof huge);
    assert_int_equal(bc_store_put_checkpoint(s, huge, BC_NOTE_MAX + 1), BC_OK);
    commit_raw(s);
    assert_int_equal(gate(7), BC_REASON_CORRUPT);
    make_store(NULL);
    for (; index < PEOPLE + 1; index++)
        remove_row("events", MDB_INTEGERKEY, &index, sizeof index);
    s = open_raw();
    assert_int_equal(bc_store_put_event(s, 8, salt, huge, sizeof huge), BC_OK);
    commit_raw(s);
    assert_int_equal(gate(7), BC_REASON_CORRUPT);
    assert_int_equal(gate(6), BC_REASON_ALLOW);
}

/* A grant inserted later with an old time. The key's owner can sign it; the history shows it. */
static void verify_of_backdated_event_fails(void **state)
{
    struct bc_transaction *l = open_ledger(NOW + 10);

    (void)state;
    append_grant(l, PEOPLE);
    commit(l);
    assert_int_equal(audit(), BC_OK);
    l = open_ledger(NOW + 20);
    l->now = NOW + 5; /* what bc_transaction_open refuses to do */
    append_grant(l, PEOPLE + 1);
    l->now = NOW + 20;
    commit(l);
    assert_int_equal(audit(), BC_ERR_CORRUPT);
}

/* An event of the future, signed: its time exceeds the checkpoint's. */
static void event_dated_after_its_checkpoint_is_refused(void **state)
{
    struct bc_transaction *l = open_ledger(NOW + 1);

    (void)state;
    l->now = NOW + 1000;
    append_grant(l, PEOPLE);
    l->now = NOW + 1;
    commit(l);
    assert_int_equal(gate(PEOPLE), BC_REASON_CORRUPT);
    assert_int_equal(audit(), BC_ERR_CORRUPT);
}

static void decision_with_clock_set_back_is_refused(void **state)
{
    struct bc_transaction *l = NULL;
    struct bc_where where;

    (void)state;
    withdraw(7);
    assert_int_equal(gate_at(8, NOW + 1 - 61), BC_REASON_CLOCK);
    assert_int_equal(bc_transaction_open(&options, &config, state_fd, NOW - 60, &l, &where),
                     BC_ERR_CLOCK);
    /* Within the allowance the log's time stands still. */
    l = open_ledger(NOW - 30);
    append_grant(l, PEOPLE);
    commit(l);
    assert_int_equal(audit(), BC_OK);
}

/* Two auditors shown two stores of one size: the two notes prove it, to an auditor who holds both.
 */
static void decision_on_fork_of_equal_size_is_refused(void **state)
{
    static char one[BC_NOTE_MAX], two[BC_NOTE_MAX];
    struct bc_checkpoint a, b;
    size_t one_len, two_len, text, signer;

    (void)state;
    assert_int_equal(run("cp -a store other && cp -a state elsewhere"), 0);
    withdraw(7);
    keep_checkpoint(one, &one_len);
    assert_int_equal(run("rm -rf store && mv other store && cp elsewhere/seen state/seen"), 0);
    withdraw(8);
    keep_checkpoint(two, &two_len);
    assert_int_equal(bc_note_open(one, one_len, &key.pub, 1, &text, &signer), BC_OK);
    assert_int_equal(bc_checkpoint_parse(one, text, &a), BC_OK);
    assert_int_equal(bc_note_open(two, two_len, &key.pub, 1, &text, &signer), BC_OK);
    assert_int_equal(bc_checkpoint_parse(two, text, &b), BC_OK);
    assert_true(a.log_size == b.log_size && !bc_merkle_hash_equal(&a.log_root, &b.log_root));
    assert_int_equal(bc_last_seen_record(state_fd, NULL, one, one_len, geteuid(), getegid()),
                     BC_OK);
    assert_int_equal(gate(7), BC_REASON_FORKED);
    assert_int_equal(run("rm -rf elsewhere"), 0);
}

/* The whole folder from a backup: the state is no part of it. */
static void decision_on_restored_backup_is_refused(void **state)
{
    (void)state;
    assert_int_equal(run("cp -a store backup"), 0);
    withdraw(7);
    assert_int_equal(run("rm -rf store && mv backup store"), 0);
    assert_int_equal(gate(7), BC_REASON_ROLLED_BACK);
}

/* An empty store in place of a lost one would forget all withdrawals. */
static void decision_on_new_store_after_one_was_seen_is_refused(void **state)
{
    (void)state;
    withdraw(7);
    assert_int_equal(run("rm store/data.mdb"), 0);
    assert_int_equal(bc_transaction_create(&options, &config, &key, state_fd, NOW + 2, NULL),
                     BC_ERR_ROLLBACK);
    assert_int_equal(gate(7), BC_REASON_NO_STORE);
}

static void read_seen(char note[BC_NOTE_MAX], size_t *len)
{
    int fd = openat(state_fd, "seen", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, note, BC_NOTE_MAX);

    assert_true(n > 0);
    *len = (size_t)n;
    (void)close(fd);
}

/* Two decisions overlap: the slower one compared an older store, and records last. */
static void last_seen_of_slower_decision_keeps_the_newer(void **state)
{
    static char old[BC_NOTE_MAX], new[BC_NOTE_MAX], now[BC_NOTE_MAX];
    struct bc_last_seen_mark slow = {0};
    struct bc_snapshot older = {.signer = 0};
    size_t old_len, new_len, now_len, text, signer;
    int newer = 0;

    (void)state;
    keep_checkpoint(old, &old_len);
    assert_int_equal(unlinkat(state_fd, "seen", 0), 0);
    assert_int_equal(bc_note_open(old, old_len, &key.pub, 1, &text, &signer), BC_OK);
    assert_int_equal(bc_checkpoint_parse(old, text, &older.checkpoint), BC_OK);
    older.note = (struct bc_bytes){(const unsigned char *)old, old_len};
    assert_int_equal(bc_last_seen_compare(state_fd, &older, &slow, &newer), BC_OK);
    assert_int_equal(newer, 1);
    withdraw(7);
    keep_checkpoint(new, &new_len);
    assert_int_equal(bc_last_seen_record(state_fd, &slow, old, old_len, geteuid(), getegid()),
                     BC_ERR_EXISTS);
    read_seen(now, &now_len);
    assert_int_equal(now_len, new_len);
    assert_memory_equal(now, new, new_len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_store(decision_on_zeroed_meta_page_is_refused),
        on_a_store(decision_on_older_store_is_refused),
        on_a_store(decision_on_store_from_before_a_withdrawal_is_refused),
        on_a_store(decision_on_store_of_another_host_is_refused),
        on_a_store(decision_on_store_of_unknown_key_is_refused),
        on_a_store(decision_on_changed_signature_is_refused),
        on_a_store(decision_on_oversized_rows_is_refused),
        on_a_store(verify_of_backdated_event_fails),
        on_a_store(event_dated_after_its_checkpoint_is_refused),
        on_a_store(decision_with_clock_set_back_is_refused),
        on_a_store(decision_on_fork_of_equal_size_is_refused),
        on_a_store(decision_on_restored_backup_is_refused),
        on_a_store(decision_on_new_store_after_one_was_seen_is_refused),
        on_a_store(last_seen_of_slower_decision_keeps_the_newer),
    };
    int failed;

    if (sodium_init() < 0 || !mkdtemp(folder))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)run("rm -rf *");
    (void)rmdir(folder);
    return failed;
}
