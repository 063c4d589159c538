/* SPDX-License-Identifier: BSD-2-Clause */

/* Measures the speed that is promised, each against its peer in the same run, taking turns. Started
 * by tests/run-bench, which makes the stores. One line a row, fields by tabs:
 *
 *     name  unit  ours  peer  ratio  lowest  highest  reach
 *
 * ours and peer are medians; lowest and highest the ratios of the medians of ten parts of the run.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "bioconsentd/gate.h"
#include "store/snapshot.h"

#define PARTS 10
#define SAMPLES_MAX 4000

struct samples {
    size_t count;
    double value[SAMPLES_MAX];
};

struct store {
    struct bc_config config;
    uid_t owner;
    uint64_t people;
};

static struct store large, small;
static const char *service_folder;
static char subject_name[64];

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(const double *values, size_t count)
{
    double sorted[SAMPLES_MAX];

    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static void print_row(const char *name, const char *unit, const struct samples *ours,
                      const struct samples *peer, double reach)
{
    double mine = median(ours->value, ours->count), theirs = median(peer->value, peer->count);
    double low = mine / theirs, high = low;
    size_t parts = ours->count < PARTS ? ours->count : PARTS, each = ours->count / parts;

    for (size_t p = 0; p < parts; p++) {
        double ratio = median(ours->value + p * each, each) / median(peer->value + p * each, each);
        low = ratio < low ? ratio : low;
        high = ratio > high ? ratio : high;
    }
    (void)printf("%s\t%s\t%.1f\t%.1f\t%.3f\t%.3f\t%.3f\t%.2f\n", name, unit, mine, theirs,
                 mine / theirs, low, high, reach);
    (void)fflush(stdout);
}

/* Runs both by turns; before, if not NULL, comes before each and is not counted. */
static void compare(const char *name, size_t rounds, void (*before)(void), void (*ours)(void),
                    void (*peer)(void), double reach)
{
    static struct samples a, b;

    a.count = b.count = 0;
    for (size_t i = 0; i < rounds && i < SAMPLES_MAX; i++) {
        double start;
        if (before)
            before();
        start = now_us();
        ours();
        a.value[a.count++] = now_us() - start;
        if (before)
            before();
        start = now_us();
        peer();
        b.value[b.count++] = now_us() - start;
    }
    print_row(name, "us", &a, &b, reach);
}

/* ---- the decision ---- */

static void load_store(const char *config, struct store *out)
{
    const struct passwd *pw = getpwnam("bioconsent");
    struct bc_ini_file_error err;
    struct bc_snapshot s;
    struct bc_store_options options;
    struct bc_store *store;

    if (!pw)
        fail("no user bioconsent");
    out->owner = pw->pw_uid;
    if (bc_config_load(config, out->owner, &out->config, &err) != BC_OK)
        fail(config);
    options = (struct bc_store_options){
        .folder = out->config.store_path, .owner = out->owner, .wait_ms = 1000};
    if (bc_store_open(&options, BC_STORE_READ, &store, NULL) != BC_OK ||
        bc_snapshot_open(store, &out->config, &s) != BC_OK)
        fail(out->config.store_path);
    out->people = s.checkpoint.register_size - 2; /* alice, and the notice has a leaf too */
    bc_store_close(store);
}

/* The people are named by tests/run-bench: person0000000 and on, uids from 100000. */
static void decide_on(const struct store *s, uint32_t person)
{
    struct bc_request r = {.use.operation = BC_AUTHENTICATE, .use.modality = BC_FINGERPRINT};
    struct bc_where where;
    struct bc_gate gate;

    r.use.subject.uid = 100000 + person;
    (void)snprintf(r.use.subject.name, sizeof r.use.subject.name, "person%07u", person);
    if (bc_gate_open(&s->config, s->owner, &gate, &where) != BC_OK ||
        bc_gate_decide(&gate, &r, (int64_t)time(NULL), NULL) != BC_REASON_ALLOW) {
        (void)fprintf(stderr, "bench: %s was not allowed\n", r.use.subject.name);
        exit(1);
    }
    bc_gate_close(&gate);
}

static uint32_t anybody(const struct store *s)
{
    return randombytes_uniform((uint32_t)s->people);
}

static void decide_large(void)
{
    decide_on(&large, anybody(&large));
}

static void decide_small(void)
{
    decide_on(&small, anybody(&small));
}

/* The least that any check of a signed LMDB store costs: open, get one record, verify one
 * signature, close. */
static void least_large(void)
{
    static unsigned char pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];
    static unsigned char signature[crypto_sign_BYTES], text[256];
    static int made;
    char path[PATH_MAX + 16];
    uint64_t index = 1 + anybody(&large);
    MDB_val k = {sizeof index, &index}, v;
    MDB_env *env;
    MDB_txn *txn = NULL;
    MDB_dbi dbi;

    if (!made++) {
        (void)crypto_sign_keypair(pk, sk);
        (void)crypto_sign_detached(signature, NULL, text, sizeof text, sk);
    }
    (void)snprintf(path, sizeof path, "%s/data.mdb", large.config.store_path);
    if (mdb_env_create(&env) != 0 || mdb_env_set_maxdbs(env, 8) != 0 ||
        mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NORDAHEAD | MDB_RDONLY,
                     0600) != 0 ||
        mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 ||
        mdb_dbi_open(txn, "events", MDB_INTEGERKEY, &dbi) != 0 || mdb_get(txn, dbi, &k, &v) != 0 ||
        crypto_sign_verify_detached(signature, text, sizeof text, pk) != 0)
        fail("the peer of the decision");
    mdb_txn_abort(txn);
    mdb_env_close(env);
}

static void forget_caches(void)
{
    int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

    sync();
    if (fd < 0 || write(fd, "3", 1) != 1)
        fail("/proc/sys/vm/drop_caches");
    (void)close(fd);
}

/* A process before may have left the files half in the page cache. */
static void warm(const struct store *s)
{
    static char buffer[1 << 20];
    char path[PATH_MAX + 16];
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof path, "%s/data.mdb", s->config.store_path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        ;
    (void)close(fd);
    if (n < 0)
        fail(path);
}

static int bench_decision(const char *large_config, const char *small_config, int only_growth)
{
    load_store(large_config, &large);
    load_store(small_config, &small);
    warm(&large);
    warm(&small);
    compare(only_growth ? "decision, n = 10,000,000 / n = 1,000" : "decision / at n = 1,000", 3000,
            NULL, decide_large, decide_small, 1.5);
    if (only_growth)
        return 0;
    compare("decision / open, get, verify", 3000, NULL, decide_large, least_large, 1.6);
    compare("first decision, cold / at n = 1,000", 40, forget_caches, decide_large, decide_small,
            4);
    return 0;
}

/* ---- a PAM transaction ---- */

static int answer_empty(int count, const struct pam_message **messages, struct pam_response **out,
                        void *ctx)
{
    (void)messages;
    (void)ctx;
    *out = calloc((size_t)count, sizeof **out);
    for (int i = 0; *out && i < count; i++)
        (*out)[i].resp = strdup("");
    return *out ? PAM_SUCCESS : PAM_CONV_ERR;
}

static void transaction(const char *service)
{
    struct pam_conv conversation = {.conv = answer_empty};
    pam_handle_t *pamh = NULL;
    int code = pam_start_confdir(service, subject_name, &conversation, service_folder, &pamh);

    if (code == PAM_SUCCESS)
        code = pam_authenticate(pamh, 0);
    if (code != PAM_SUCCESS) {
        (void)fprintf(stderr, "bench: service %s: %s\n", service, pam_strerror(pamh, code));
        exit(1);
    }
    (void)pam_end(pamh, code);
}

static void with_gate(void)
{
    transaction("gate");
}

static void with_unix(void)
{
    transaction("unix");
}

static void with_exec(void)
{
    transaction("exec");
}

static void with_listfile(void)
{
    transaction("listfile");
}

static void spawn_linked(void)
{
    static char program[PATH_MAX];
    char *argv[] = {program, NULL}, *envp[] = {NULL};
    int status;
    pid_t pid;

    (void)snprintf(program, sizeof program, "%s/bench-linked", service_folder);
    if (posix_spawn(&pid, program, NULL, NULL, argv, envp) != 0 ||
        waitpid(pid, &status, 0) != pid || status != 0)
        fail(program);
}

/* folder: the services, and the program that only links what the helper links. */
static int bench_pam(const char *folder, const char *name)
{
    service_folder = folder;
    (void)snprintf(subject_name, sizeof subject_name, "%s", name);
    compare("PAM with the gate / spawning what links the same", 1000, NULL, with_gate, spawn_linked,
            1.5);
    compare("PAM with the gate / pam_unix, empty hash", 300, NULL, with_gate, with_unix, 0.5);
    compare("PAM with the gate / pam_exec /bin/true", 300, NULL, with_gate, with_exec, 0.5);
    compare("PAM with the gate / pam_listfile, a million", 40, NULL, with_gate, with_listfile, 0.5);
    return 0;
}

/* ---- bulk ---- */

/* Each record signed by itself and put into LMDB, in one transaction: records are the payloads of
 * the store. Prints the seconds it took. */
static int sign_each(const char *config, const char *path)
{
    unsigned char pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];
    static unsigned char record[crypto_sign_BYTES + BC_EVENT_MAX];
    struct bc_store_options options;
    struct bc_store *store;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    double start;

    load_store(config, &large);
    options = (struct bc_store_options){
        .folder = large.config.store_path, .owner = large.owner, .wait_ms = 1000};
    (void)crypto_sign_keypair(pk, sk);
    if (bc_store_open(&options, BC_STORE_READ, &store, NULL) != BC_OK)
        fail(config);
    start = now_us();
    if (mdb_env_create(&env) != 0 || mdb_env_set_mapsize(env, (size_t)64 << 30) != 0 ||
        mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600) != 0 ||
        mdb_txn_begin(env, NULL, 0, &txn) != 0 ||
        mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &dbi) != 0)
        fail(path);
    for (uint64_t i = 1; i <= large.people; i++) {
        struct bc_bytes salt, payload;
        MDB_val k = {sizeof i, &i}, v = {0, record};
        if (bc_store_event(store, i, &salt, &payload) != BC_OK)
            fail("event");
        (void)crypto_sign_detached(record, NULL, payload.data, payload.len, sk);
        memcpy(record + crypto_sign_BYTES, payload.data, payload.len);
        v.mv_size = crypto_sign_BYTES + payload.len;
        if (mdb_put(txn, dbi, &k, &v, MDB_APPEND) != 0)
            fail("mdb_put");
    }
    if (mdb_txn_commit(txn) != 0)
        fail("mdb_txn_commit");
    (void)printf("%.3f\n", (now_us() - start) / 1e6);
    mdb_env_close(env);
    bc_store_close(store);
    return 0;
}

/* SHA-256 over the bytes of a file, and reading them. Prints the seconds it took. */
static int hash_file(const char *path)
{
    static unsigned char buffer[1 << 20], hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    double start = now_us();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        fail(path);
    (void)crypto_hash_sha256_init(&state);
    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        (void)crypto_hash_sha256_update(&state, buffer, (unsigned long long)n);
    (void)crypto_hash_sha256_final(&state, hash);
    (void)printf("%.3f\n", (now_us() - start) / 1e6);
    (void)close(fd);
    return 0;
}

/* Bytes on disk and bytes of payload, for each grant of the store. */
static int sizes(const char *config)
{
    char path[PATH_MAX + 16];
    struct bc_store_options options;
    struct bc_store *store;
    struct stat st;
    double payloads = 0;

    load_store(config, &large);
    options = (struct bc_store_options){
        .folder = large.config.store_path, .owner = large.owner, .wait_ms = 1000};
    if (bc_store_open(&options, BC_STORE_READ, &store, NULL) != BC_OK)
        fail(config);
    for (uint64_t i = 1; i <= large.people; i++) {
        struct bc_bytes salt, payload;
        if (bc_store_event(store, i, &salt, &payload) != BC_OK)
            fail("event");
        payloads += (double)payload.len;
    }
    bc_store_close(store);
    (void)snprintf(path, sizeof path, "%s/data.mdb", large.config.store_path);
    if (stat(path, &st) != 0)
        fail(path);
    (void)printf("%.1f\t%.1f\n", (double)st.st_size / (double)large.people,
                 payloads / (double)large.people);
    return 0;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    if (argc == 4 && strcmp(argv[1], "decision") == 0)
        return bench_decision(argv[2], argv[3], 0);
    if (argc == 4 && strcmp(argv[1], "growth") == 0)
        return bench_decision(argv[2], argv[3], 1);
    if (argc == 4 && strcmp(argv[1], "pam") == 0)
        return bench_pam(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "sign-each") == 0)
        return sign_each(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "hash") == 0)
        return hash_file(argv[2]);
    if (argc == 3 && strcmp(argv[1], "sizes") == 0)
        return sizes(argv[2]);
    (void)fprintf(stderr, "bench: is started by tests/run-bench\n");
    return 2;
}
