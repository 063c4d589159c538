/* SPDX-License-Identifier: BSD-2-Clause */
#include "store-fixture.h"

char folder[64] = "/tmp/bioconsent-test.XXXXXX";
struct bc_config config;
struct bc_skey key;
struct bc_store_options options;
int state_fd;

static struct bc_event *new_event(enum bc_event_type type)
{
    struct bc_event *e = calloc(1, sizeof *e);

    assert_non_null(e);
    e->type = type;
    return e;
}

static void fill_scope(struct bc_scope *s)
{
    s->modalities = 1U << BC_FINGERPRINT;
    s->operations = 1U << BC_AUTHENTICATE;
}

struct bc_transaction *open_ledger(int64_t now)
{
    struct bc_where where;
    struct bc_transaction *l = NULL;

    assert_int_equal(bc_transaction_open(&options, &config, state_fd, now, &l, &where), BC_OK);
    return l;
}

void commit(struct bc_transaction *l)
{
    int seen = 0;

    assert_int_equal(bc_transaction_commit(l, &key, &seen), BC_OK);
    assert_true(seen);
    bc_transaction_close(l);
}

void append_notice(struct bc_transaction *l)
{
    struct bc_event *e = new_event(BC_EVENT_NOTICE);
    struct bc_notice *n = &e->u.notice;

    assert_int_equal(bc_store_put_notice(l->store, "text\n", 5, &n->text), BC_OK);
    memcpy(n->id, "login", 6);
    memcpy(n->version, "1", 2);
    memcpy(n->language, "en", 3);
    memcpy(n->controller, "c", 2);
    memcpy(n->retention, "r", 2);
    fill_scope(&n->scope);
    n->kind = BC_EXPLICIT;
    assert_int_equal(bc_transaction_append(l, e, NULL), BC_OK);
    free(e);
}

void subject(unsigned i, struct bc_subject *out)
{
    memset(out, 0, sizeof *out);
    out->uid = 1000 + i;
    (void)snprintf(out->name, sizeof out->name, "person%u", i);
}

void append_grant(struct bc_transaction *l, unsigned i)
{
    struct bc_event *e = new_event(BC_EVENT_GRANT);
    struct bc_grant *g = &e->u.grant;

    subject(i, &g->subject);
    memcpy(g->notice_id, "login", 6);
    bc_merkle_hash_bytes("text\n", 5, &g->notice);
    fill_scope(&g->scope);
    g->kind = BC_EXPLICIT;
    memcpy(g->collected, "x", 2);
    memcpy(g->recorded_by, "x", 2);
    g->valid_from = NOW;
    assert_int_equal(bc_transaction_append(l, e, NULL), BC_OK);
    free(e);
}

void append_withdrawal(struct bc_transaction *l, unsigned i)
{
    struct bc_event *e = new_event(BC_EVENT_WITHDRAW);
    struct bc_leaf leaf;

    subject(i, &e->u.ending.subject);
    bc_leaf_for_subject(&e->u.ending.subject, &leaf);
    assert_int_equal(bc_snapshot_leaf(&l->snapshot, &leaf, NULL), BC_OK);
    e->u.ending.grant_count = 1;
    e->u.ending.grants[0] = leaf.active[0].index;
    memcpy(e->u.ending.means, "x", 2);
    memcpy(e->u.ending.recorded_by, "x", 2);
    assert_int_equal(bc_transaction_append(l, e, NULL), BC_OK);
    free(e);
}

enum bc_reason gate_at(unsigned i, int64_t now)
{
    struct bc_request r = {.use.operation = BC_AUTHENTICATE, .use.modality = BC_FINGERPRINT};
    struct bc_subject s;
    struct bc_where where;
    struct bc_gate gate;
    enum bc_reason reason;
    enum bc_result result;

    subject(i, &s);
    r.use.subject.uid = s.uid;
    memcpy(r.use.subject.name, s.name, sizeof r.use.subject.name);
    result = bc_gate_open(&config, geteuid(), &gate, &where);
    if (result != BC_OK)
        return bc_reason_of_result(result);
    reason = bc_gate_decide(&gate, &r, now, NULL);
    bc_gate_close(&gate);
    return reason;
}

enum bc_reason gate(unsigned i)
{
    return gate_at(i, NOW + 100);
}

enum bc_reason gate_in_child(unsigned i)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)!freopen("/dev/null", "w", stderr); /* LMDB says why it aborts */
        _exit((int)gate(i));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) < BC_REASONS
               ? (enum bc_reason)WEXITSTATUS(status)
               : BC_REASON_HELPER;
}

void path_of(const char *name, char out[PATH_MAX])
{
    (void)snprintf(out, PATH_MAX, "%s/%s", folder, name);
}

int run(const char *format)
{
    char command[4096];

    (void)snprintf(command, sizeof command, "cd %s && %s", folder, format);
    return system(command);
}

int make_store(void **state)
{
    struct bc_where where;
    struct bc_transaction *l;

    (void)state;
    assert_int_equal(run("rm -rf store state spool && mkdir -m 700 store state spool"), 0);
    path_of("store", config.store_path);
    path_of("state", config.state_path);
    path_of("spool", config.spool_path);
    memcpy(config.origin, "test/host1", 11);
    config.givers = 1U << BC_SELF;
    config.clock_allowance = 60;
    config.max_age = 0;
    assert_int_equal(bc_note_skey_generate("test/host1", &key), BC_OK);
    config.keys[0] = key.pub;
    config.key_count = 1;
    options = (struct bc_store_options){
        .folder = config.store_path, .owner = geteuid(), .group = getegid(), .wait_ms = 1000};
    assert_int_equal(bc_file_open_folder(config.state_path, geteuid(), 0, &state_fd, &where),
                     BC_OK);
    assert_int_equal(bc_transaction_create(&options, &config, &key, state_fd, NOW, &where), BC_OK);
    l = open_ledger(NOW);
    append_notice(l);
    for (unsigned i = 0; i < PEOPLE; i++)
        append_grant(l, i);
    commit(l);
    return 0;
}

int end_store(void **state)
{
    (void)state;
    (void)close(state_fd);
    return run("rm -rf store state spool other");
}

/* Opens the tables to write into them without a key; commit_raw makes it so. */
struct bc_store *open_raw(void)
{
    struct bc_store *s = NULL;

    assert_int_equal(bc_store_open(&options, BC_STORE_WRITE, &s, NULL), BC_OK);
    return s;
}

void commit_raw(struct bc_store *s)
{
    assert_int_equal(bc_store_commit(s), BC_OK);
    bc_store_close(s);
}

size_t leaf_key(unsigned i, unsigned char out[BC_LEAF_KEY_MAX])
{
    struct bc_subject s;
    struct bc_leaf leaf;

    subject(i, &s);
    bc_leaf_for_subject(&s, &leaf);
    return bc_leaf_key(&leaf, out);
}

enum bc_result audit(void)
{
    struct bc_store *s = NULL;
    struct bc_snapshot snapshot;
    struct bc_verified result;
    struct bc_verify *v;
    enum bc_result r;

    assert_int_equal(bc_store_open(&options, BC_STORE_READ, &s, NULL), BC_OK);
    r = bc_snapshot_open(s, &config, &snapshot) == BC_OK ? bc_verify_begin(&snapshot, &result, &v)
                                                         : BC_ERR_CORRUPT;
    if (r == BC_OK)
        r = bc_verify_end(v);
    bc_store_close(s);
    return r;
}

void keep_checkpoint(char note[BC_NOTE_MAX], size_t *len)
{
    struct bc_store *s = open_raw();
    struct bc_bytes b;

    assert_int_equal(bc_store_checkpoint(s, &b), BC_OK);
    memcpy(note, b.data, b.len);
    *len = b.len;
    bc_store_close(s);
}

void put_checkpoint(const char *note, size_t len)
{
    struct bc_store *s = open_raw();

    assert_int_equal(bc_store_put_checkpoint(s, note, len), BC_OK);
    commit_raw(s);
}

/* Takes one row out of a table, as only LMDB itself can. */
void remove_row(const char *table, unsigned flags, void *row, size_t len)
{
    char path[PATH_MAX + 16];
    MDB_val k = {len, row};
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;

    (void)snprintf(path, sizeof path, "%s/data.mdb", config.store_path);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 8), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, table, flags, &dbi), 0);
    assert_int_equal(mdb_del(txn, dbi, &k, NULL), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}
