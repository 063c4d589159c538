/* SPDX-License-Identifier: BSD-2-Clause */

/* Promise 6: what is erased is gone from every file, and the history stays verifiable. And the past
 * as bc_log_filter tells it. */

#include "store-fixture.h"

#include "store/last-use.h"
#include "store/log-reader.h"

#define PAST_MAX 4096

static uint64_t indexes[PAST_MAX];
static size_t index_count;

static void past_of(struct bc_snapshot *s, unsigned types, unsigned i)
{
    struct bc_subject who;
    struct bc_log_filter wanted = {.types = types, .subject = &who};
    struct bc_logged_event past;
    struct bc_log_reader reader;

    subject(i, &who);
    index_count = 0;
    bc_log_reader_begin(&reader, s, &wanted);
    while (bc_log_reader_next(&reader, &past)) {
        assert_true(index_count < PAST_MAX);
        indexes[index_count++] = past.index;
    }
    assert_int_equal(bc_log_reader_end(&reader), BC_OK);
}

static void erase(unsigned i)
{
    size_t done = 0;
    struct bc_transaction *l = open_ledger(NOW + 2);
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_subject who;
    struct bc_leaf leaf;
    uint64_t slot;

    assert_non_null(e);
    subject(i, &who);
    bc_leaf_for_subject(&who, &leaf);
    assert_int_equal(bc_transaction_leaf(l, &leaf, &slot), BC_OK);
    past_of(bc_transaction_view(l), BC_LOG_FILTER_ALL, i);
    e->type = BC_EVENT_ERASE;
    memcpy(e->u.erasure.reason, "x", 2);
    memcpy(e->u.erasure.recorded_by, "x", 2);
    for (size_t n; done < index_count; done += n) {
        n = index_count - done < BC_ERASED_MAX ? index_count - done : BC_ERASED_MAX;
        memcpy(e->u.erasure.events, indexes + done, n * sizeof indexes[0]);
        e->u.erasure.event_count = n;
        assert_int_equal(bc_transaction_erase(l, &leaf, slot, e), BC_OK);
    }
    commit(l);
    free(e);
}

/* Whether a file of the store holds these bytes anywhere. */
static int file_holds(const void *bytes, size_t len)
{
    char path[PATH_MAX], *data;
    size_t size;
    int fd, found;

    path_of("store/data.mdb", path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(bc_file_read_open(fd, (size_t)1 << 30, &data, &size), BC_OK);
    close(fd);
    found = memmem(data, size, bytes, len) != NULL;
    free(data);
    return found;
}

static void log_reader_with_filter_gives_types_and_subject(void **state)
{
    struct bc_transaction *l = open_ledger(NOW + 1);
    struct bc_snapshot *s;

    (void)state;
    append_withdrawal(l, 7);
    s = bc_transaction_view(l);
    assert_non_null(s);
    past_of(s, BC_LOG_FILTER_ALL, 7);
    assert_int_equal(index_count, 2);
    assert_int_equal(indexes[0], 8); /* behind the notice */
    past_of(s, 1U << BC_EVENT_WITHDRAW, 7);
    assert_int_equal(index_count, 1);
    past_of(s, 1U << BC_EVENT_NOTICE, 7);
    assert_int_equal(index_count, 0);
    past_of(s, BC_LOG_FILTER_ALL, PEOPLE);
    assert_int_equal(index_count, 0);
    bc_transaction_close(l);
}

/* A name is changed in the last event. */
static void log_reader_on_changed_event_fails(void **state)
{
    static unsigned char copy[BC_EVENT_MAX];
    struct bc_event *e = malloc(sizeof *e);
    unsigned char old_salt[BC_SALT_BYTES], *name;
    struct bc_store *s = open_raw();
    struct bc_bytes salt, payload;
    struct bc_snapshot snapshot;
    struct bc_logged_event past;
    uint64_t last = PEOPLE;
    size_t len;

    (void)state;
    assert_non_null(e);
    assert_int_equal(bc_store_event(s, last, &salt, &payload), BC_OK);
    memcpy(old_salt, salt.data, sizeof old_salt);
    memcpy(copy, payload.data, len = payload.len);
    bc_store_close(s);
    name = memmem(copy, len, "person", 6);
    assert_non_null(name);
    name[0] = 'q';
    remove_row("events", MDB_INTEGERKEY, &last, sizeof last);
    s = open_raw();
    assert_int_equal(bc_store_put_event(s, last, old_salt, copy, len), BC_OK);
    assert_int_equal(bc_snapshot_open(s, &config, &snapshot), BC_OK);
    assert_int_equal(bc_log_reader_event(&snapshot, 8, e, &past), BC_OK);
    assert_int_equal(past.index, 8);
    assert_int_equal(bc_log_reader_event(&snapshot, last, e, &past), BC_ERR_CORRUPT);
    assert_int_equal(bc_store_erase_event(s, 9, &past.commitment), BC_OK);
    assert_int_equal(bc_log_reader_event(&snapshot, 9, e, &past), BC_ERR_NO_RECORD);
    bc_store_close(s);
    free(e);
}

static void verify_without_payload_or_erasure_fails(void **state)
{
    struct bc_store *s = open_raw();
    struct bc_bytes salt, payload;
    struct bc_hash commitment;

    (void)state;
    assert_int_equal(bc_store_event(s, 9, &salt, &payload), BC_OK);
    bc_event_commit(salt.data, payload.data, payload.len, &commitment);
    assert_int_equal(bc_store_erase_event(s, 9, &commitment), BC_OK);
    commit_raw(s);
    assert_int_equal(gate(8), BC_REASON_CORRUPT);
    assert_int_equal(audit(), BC_ERR_CORRUPT);
}

/* The end of a purpose that nobody consents to leaves no trace but itself. */
static void verify_without_payload_of_last_event_fails(void **state)
{
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_transaction *l = open_ledger(NOW + 1);
    struct bc_bytes salt, payload;
    struct bc_hash commitment;
    struct bc_store *s;
    uint64_t index;

    (void)state;
    assert_non_null(e);
    e->type = BC_EVENT_PURPOSE_ENDED;
    subject(3, &e->u.ending.subject);
    memcpy(e->u.ending.means, "x", 2);
    memcpy(e->u.ending.recorded_by, "x", 2);
    assert_int_equal(bc_transaction_append(l, e, &index), BC_OK);
    commit(l);
    free(e);
    assert_int_equal(audit(), BC_OK);
    s = open_raw();
    assert_int_equal(bc_store_event(s, index, &salt, &payload), BC_OK);
    bc_event_commit(salt.data, payload.data, payload.len, &commitment);
    assert_int_equal(bc_store_erase_event(s, index, &commitment), BC_OK);
    commit_raw(s);
    assert_int_equal(audit(), BC_ERR_CORRUPT);
}

/* The audit builds both trees anew from the events, and compares the roots with the signed ones. */
static void verify_after_erasure_replays_to_the_same_root(void **state)
{
    (void)state;
    erase(7);
    erase(PEOPLE - 1);
    erase(0);
    assert_int_equal(audit(), BC_OK);
}

static void transaction_erase_of_a_missing_event_fails(void **state)
{
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_transaction *l = open_ledger(NOW + 2);
    struct bc_subject who;
    struct bc_leaf leaf;
    uint64_t slot;

    (void)state;
    assert_non_null(e);
    subject(7, &who);
    bc_leaf_for_subject(&who, &leaf);
    assert_int_equal(bc_transaction_leaf(l, &leaf, &slot), BC_OK);
    e->type = BC_EVENT_ERASE;
    memcpy(e->u.erasure.reason, "x", 2);
    memcpy(e->u.erasure.recorded_by, "x", 2);
    e->u.erasure.event_count = 1;
    e->u.erasure.events[0] = 1000;
    assert_int_equal(bc_transaction_erase(l, &leaf, slot, e), BC_ERR_NOT_FOUND);
    bc_transaction_close(l);
    free(e);
    assert_int_equal(gate(7), BC_REASON_ALLOW);
}

static void decision_on_erased_subject_finds_no_record(void **state)
{
    struct bc_transaction *l;

    (void)state;
    erase(7);
    assert_int_equal(gate(7), BC_REASON_NO_RECORD);
    assert_int_equal(gate(6), BC_REASON_ALLOW);
    assert_int_equal(gate(8), BC_REASON_ALLOW);
    l = open_ledger(NOW + 3);
    append_grant(l, 7);
    commit(l);
    assert_int_equal(gate(7), BC_REASON_ALLOW);
    assert_int_equal(audit(), BC_OK);
    erase(7);
    assert_int_equal(gate(7), BC_REASON_NO_RECORD);
    assert_int_equal(audit(), BC_OK);
}

static void rewrite_after_erasure_leaves_no_byte_of_it(void **state)
{
    unsigned char salt[BC_SALT_BYTES];
    struct bc_store *s = open_raw();
    struct bc_bytes b, payload;

    (void)state;
    assert_int_equal(bc_store_event(s, 8, &b, &payload), BC_OK);
    memcpy(salt, b.data, sizeof salt);
    bc_store_close(s);
    erase(7);
    /* Or the next lines would prove nothing. */
    assert_true(file_holds("person7", 7));
    assert_int_equal(bc_store_rewrite(&options, NULL), BC_OK);
    assert_false(file_holds("person7", 7));
    assert_false(file_holds(salt, sizeof salt));
    assert_true(file_holds("person8", 7));
    assert_int_equal(audit(), BC_OK);
    assert_int_equal(gate(8), BC_REASON_ALLOW);
    s = open_raw();
    assert_false(bc_store_wants_rewrite(s));
    bc_store_close(s);
}

static void erase_of_long_history_leaves_nothing(void **state)
{
    struct bc_transaction *l = open_ledger(NOW + 1);

    (void)state;
    for (int i = 0; i < 700; i++) {
        append_withdrawal(l, 7);
        append_grant(l, 7);
    }
    commit(l);
    erase(7);
    assert_int_equal(index_count, 1401);
    assert_int_equal(bc_store_rewrite(&options, NULL), BC_OK);
    assert_false(file_holds("person7", 7));
    assert_int_equal(audit(), BC_OK);
    assert_int_equal(gate(7), BC_REASON_NO_RECORD);
}

static void proof_from_before_an_erasure_still_verifies(void **state)
{
    struct bc_checkpoint old;
    struct bc_snapshot snapshot;
    struct bc_store *s = open_raw();
    struct bc_proof inclusion, consistency;
    struct bc_nodes nodes;
    struct bc_hash leaf;

    (void)state;
    assert_int_equal(bc_snapshot_open(s, &config, &snapshot), BC_OK);
    old = snapshot.checkpoint;
    nodes = bc_tile_nodes(&snapshot.log);
    assert_int_equal(bc_merkle_inclusion(&nodes, 9, old.log_size, &inclusion), BC_OK);
    assert_int_equal(nodes.get(nodes.ctx, 0, 9, &leaf), BC_OK);
    bc_store_close(s);
    erase(7);
    assert_int_equal(bc_store_rewrite(&options, NULL), BC_OK);
    assert_int_equal(bc_merkle_verify_inclusion(9, old.log_size, &leaf, &old.log_root,
                                                inclusion.hash, inclusion.count),
                     BC_OK);
    s = open_raw();
    assert_int_equal(bc_snapshot_open(s, &config, &snapshot), BC_OK);
    nodes = bc_tile_nodes(&snapshot.log);
    assert_int_equal(
        bc_merkle_consistency(&nodes, old.log_size, snapshot.checkpoint.log_size, &consistency),
        BC_OK);
    assert_int_equal(bc_merkle_verify_consistency(old.log_size, snapshot.checkpoint.log_size,
                                                  &old.log_root, &snapshot.checkpoint.log_root,
                                                  consistency.hash, consistency.count),
                     BC_OK);
    bc_store_close(s);
}

static void last_use_is_noted_once_a_day_and_forgotten(void **state)
{
    struct bc_subject who;
    struct bc_leaf leaf;
    int64_t last = 0;

    (void)state;
    subject(3, &who);
    bc_leaf_for_subject(&who, &leaf);
    assert_int_equal(bc_last_use_note(state_fd, &leaf, NOW), BC_ERR_NOT_FOUND);
    assert_int_equal(bc_last_use_init(state_fd, (uid_t)-1, (gid_t)-1), BC_OK);
    assert_int_equal(bc_last_use_last(state_fd, &leaf, &last), BC_ERR_NOT_FOUND);
    assert_int_equal(gate_at(3, NOW + 5), BC_REASON_ALLOW);
    assert_int_equal(bc_last_use_last(state_fd, &leaf, &last), BC_OK);
    assert_int_equal(last, NOW + 5);
    assert_int_equal(gate_at(3, NOW + 6), BC_REASON_ALLOW);
    assert_int_equal(bc_last_use_note(state_fd, &leaf, NOW - 86400), BC_OK);
    assert_int_equal(bc_last_use_last(state_fd, &leaf, &last), BC_OK);
    assert_int_equal(last, NOW + 5);
    assert_int_equal(gate_at(3, NOW + 86400), BC_REASON_ALLOW);
    assert_int_equal(bc_last_use_last(state_fd, &leaf, &last), BC_OK);
    assert_int_equal(last, NOW + 86400);
    assert_int_equal(gate_at(PEOPLE, NOW), BC_REASON_NO_RECORD);
    assert_int_equal(bc_last_use_forget(state_fd, &leaf), BC_OK);
    assert_int_equal(bc_last_use_last(state_fd, &leaf, &last), BC_ERR_NOT_FOUND);
    assert_int_equal(bc_last_use_forget(state_fd, &leaf), BC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_store(log_reader_with_filter_gives_types_and_subject),
        on_a_store(log_reader_on_changed_event_fails),
        on_a_store(verify_without_payload_or_erasure_fails),
        on_a_store(verify_without_payload_of_last_event_fails),
        on_a_store(verify_after_erasure_replays_to_the_same_root),
        on_a_store(transaction_erase_of_a_missing_event_fails),
        on_a_store(decision_on_erased_subject_finds_no_record),
        on_a_store(rewrite_after_erasure_leaves_no_byte_of_it),
        on_a_store(erase_of_long_history_leaves_nothing),
        on_a_store(proof_from_before_an_erasure_still_verifies),
        on_a_store(last_use_is_noted_once_a_day_and_forgotten),
    };
    int failed;

    if (sodium_init() < 0 || !mkdtemp(folder))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(folder);
    return failed;
}
