/* SPDX-License-Identifier: BSD-2-Clause */

/* The whole decision over a store in memory, of which the input changes rows and asks about
 * somebody. The oracle knows who consented to what until when: without a change the verdict is its
 * own; with one, it is a refusal or the oracle's allowance, never another. */

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bioconsentd/gate.h"
#include "fuzz.h"
#include "store-memory.h"
#include "store/transaction.h"

#define NOW INT64_C(1800000000)
#define PEOPLE 20

/* What becomes of person i: i % KINDS. */
enum kind { GRANTED, WITHDRAWN, REVOKED, EXPIRES, ENROLL_ONLY, STRANGER, KINDS };

static char folder[] = "/tmp/bioconsent-fuzz.XXXXXX";
static struct bc_config config;
static struct bc_skey key;
static struct memory genuine, older;
static struct bc_gate gate;

static void scope(struct bc_scope *s, unsigned operations)
{
    s->modalities = 1U << BC_FINGERPRINT;
    s->operations = operations;
    s->providers.count = 1;
    memcpy(s->providers.word[0], "fprintd", 8);
}

static void subject(unsigned i, struct bc_subject *s)
{
    memset(s, 0, sizeof *s);
    s->uid = 1000 + i;
    (void)snprintf(s->name, sizeof s->name, "person%u", i);
}

static void append_notice(struct bc_transaction *l)
{
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_notice *n;

    must(e);
    n = &e->u.notice;
    e->type = BC_EVENT_NOTICE;
    must(bc_store_put_notice(l->store, "text\n", 5, &n->text) == BC_OK);
    memcpy(n->id, "login", 6);
    memcpy(n->version, "1", 2);
    memcpy(n->language, "en", 3);
    memcpy(n->controller, "c", 2);
    memcpy(n->retention, "r", 2);
    scope(&n->scope, 3);
    n->kind = BC_EXPLICIT;
    must(bc_transaction_append(l, e, NULL) == BC_OK);
    free(e);
}

static void append_grant(struct bc_transaction *l, unsigned i)
{
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_grant *g;

    must(e);
    g = &e->u.grant;
    e->type = BC_EVENT_GRANT;
    subject(i, &g->subject);
    memcpy(g->notice_id, "login", 6);
    bc_merkle_hash_bytes("text\n", 5, &g->notice);
    scope(&g->scope, i % KINDS == ENROLL_ONLY ? 1U << BC_ENROLL : 1U << BC_AUTHENTICATE);
    g->kind = BC_EXPLICIT;
    memcpy(g->collected, "x", 2);
    memcpy(g->recorded_by, "x", 2);
    g->valid_from = NOW;
    g->expires = i % KINDS == EXPIRES ? NOW + 1000 : 0;
    must(bc_transaction_append(l, e, NULL) == BC_OK);
    free(e);
}

static void append_ending(struct bc_transaction *l, unsigned i)
{
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_leaf leaf;

    must(e);
    e->type = i % KINDS == WITHDRAWN ? BC_EVENT_WITHDRAW : BC_EVENT_REVOKE;
    subject(i, &e->u.ending.subject);
    bc_leaf_for_subject(&e->u.ending.subject, &leaf);
    must(bc_transaction_leaf(l, &leaf, NULL) == BC_OK);
    e->u.ending.grant_count = 1;
    e->u.ending.grants[0] = leaf.active[0].index;
    memcpy(e->u.ending.means, "x", 2);
    memcpy(e->u.ending.recorded_by, "x", 2);
    must(bc_transaction_append(l, e, NULL) == BC_OK);
    free(e);
}

static void set_paths(void)
{
    must(sodium_init() >= 0 && mkdtemp(folder) != NULL);
    (void)snprintf(config.store_path, PATH_MAX, "%s", folder);
    (void)snprintf(config.state_path, PATH_MAX, "%s/state", folder);
    (void)snprintf(config.spool_path, PATH_MAX, "%s/spool", folder);
    must(mkdir(config.state_path, 0700) == 0 && mkdir(config.spool_path, 0700) == 0);
    memcpy(config.origin, "fuzz/host", 10);
    config.givers = 1U << BC_SELF;
    config.required_kind = BC_EXPLICIT;
    config.clock_allowance = 60;
}

/* Two generations: in the older one nobody has withdrawn yet. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const unsigned char seed[BC_SEED_BYTES] = "the seed that all the seeds use";
    struct bc_store_options options = {.owner = geteuid(), .group = getegid()};
    struct bc_where where;
    struct bc_transaction *l;
    int state, seen;

    (void)argc;
    (void)argv;
    set_paths();
    must(bc_note_skey_from_seed("fuzz/host", seed, &key) == BC_OK);
    config.keys[0] = key.pub;
    config.key_count = 1;
    must(bc_file_open_folder(config.state_path, geteuid(), 0, &state, &where) == BC_OK);
    must(bc_transaction_create(&options, &config, &key, state, NOW, &where) == BC_OK);
    must(bc_transaction_open(&options, &config, state, NOW, &l, &where) == BC_OK);
    append_notice(l);
    for (unsigned i = 0; i < PEOPLE; i++)
        if (i % KINDS != STRANGER)
            append_grant(l, i);
    must(bc_transaction_commit(l, &key, &seen) == BC_OK && seen);
    bc_transaction_close(l);
    memory_copy(&older, &memory_store);
    must(bc_transaction_open(&options, &config, state, NOW + 1, &l, &where) == BC_OK);
    for (unsigned i = 0; i < PEOPLE; i++)
        if (i % KINDS == WITHDRAWN || i % KINDS == REVOKED)
            append_ending(l, i);
    must(bc_transaction_commit(l, &key, &seen) == BC_OK && seen);
    bc_transaction_close(l);
    memory_copy(&genuine, &memory_store);
    must(bc_gate_open(&config, geteuid(), &gate, &where) == BC_OK);
    return 0;
}

static int oracle(const struct bc_request *r, unsigned person, int64_t now)
{
    enum kind kind = (enum kind)(person % KINDS);

    if (person >= PEOPLE || r->use.subject.uid != 1000 + person || r->use.subject.external)
        return 0;
    if (kind == WITHDRAWN || kind == REVOKED || kind == STRANGER)
        return 0;
    if (now < NOW || (kind == EXPIRES && now >= NOW + 1000))
        return 0;
    if (r->use.modality != BC_FINGERPRINT ||
        r->use.operation != (kind == ENROLL_ONLY ? BC_ENROLL : BC_AUTHENTICATE))
        return 0;
    return (r->use.provider[0] == '\0' || strcmp(r->use.provider, "fprintd") == 0) &&
           r->use.purpose[0] == '\0';
}

static unsigned make_request(struct fuzz_input *in, struct bc_request *r)
{
    unsigned person = (unsigned)fuzz_take(in, 1) % (PEOPLE + 2);
    unsigned odd = (unsigned)fuzz_take(in, 1);

    memset(r, 0, sizeof *r);
    r->ask = odd & 1 ? BC_ASK_STATUS : BC_ASK_CHECK;
    r->use.subject.uid = 1000 + person + ((odd >> 1 & 7) == 7);
    (void)snprintf(r->use.subject.name, sizeof r->use.subject.name, "person%u", person);
    r->use.modality = (odd >> 4 & 7) == 7 ? BC_FACE : BC_FINGERPRINT;
    r->use.operation = (enum bc_operation)(fuzz_take(in, 1) & 1);
    if (odd & 128)
        (void)snprintf(r->use.provider, sizeof r->use.provider, person & 1 ? "fprintd" : "howdy");
    return person;
}

static struct memory_row *pick(struct fuzz_input *in, struct memory *m)
{
    return &m->row[fuzz_take(in, 2) % m->count];
}

static void replace_value(struct memory_row *row, const struct memory_row *by)
{
    unsigned char *value = malloc(by->len + 1);

    must(value);
    memcpy(value, by->value, by->len);
    free(row->value);
    row->value = value;
    row->len = by->len;
}

static void edit_bytes(struct fuzz_input *in, struct memory_row *row)
{
    uint64_t count = 1 + fuzz_take(in, 1) % 8;

    for (uint64_t i = 0; i < count && row->len; i++)
        row->value[fuzz_take(in, 2) % row->len] ^= (unsigned char)fuzz_take(in, 1);
}

/* Overwrites the value with what the input holds. */
static void write_bytes(struct fuzz_input *in, struct memory_row *row)
{
    size_t len = fuzz_take(in, 2) % 2048;
    unsigned char *value = calloc(1, len + 1);

    must(value);
    for (size_t i = 0; i < len; i++)
        value[i] = (unsigned char)fuzz_take(in, 1);
    free(row->value);
    row->value = value;
    row->len = len;
}

static void change(struct fuzz_input *in)
{
    struct memory_row *row = pick(in, &memory_store);

    switch (fuzz_take(in, 1) % 7) {
    case 0:
        edit_bytes(in, row);
        break;
    case 1: /* the same row of the older generation, or another */
        replace_value(row, pick(in, &older));
        break;
    case 2:
        replace_value(row, pick(in, &genuine));
        break;
    case 3: /* gone */
        row->key_len = 0;
        break;
    case 4:
        row->len = row->len ? fuzz_take(in, 2) % row->len : 0;
        break;
    case 5:
        row->key[fuzz_take(in, 2) % sizeof row->key] ^= (unsigned char)fuzz_take(in, 1);
        break;
    default:
        write_bytes(in, row);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct bc_request r;
    unsigned person = make_request(&in, &r);
    int64_t now = NOW - 100 + (int64_t)(fuzz_take(&in, 2) % 2000);
    uint64_t mode = fuzz_take(&in, 1) % 16;
    enum bc_reason reason;

    memory_copy(&memory_store, mode == 15 ? &older : &genuine);
    for (uint64_t i = 0; mode < 15 && i < mode % 4; i++)
        change(&in);
    reason = bc_gate_decide(&gate, &r, now, NULL);
    must((unsigned)reason < BC_REASONS);
    if (mode == 15)
        must(reason != BC_REASON_ALLOW);
    else if (mode % 4 == 0)
        must((reason == BC_REASON_ALLOW) == oracle(&r, person, now));
    else
        must(reason != BC_REASON_ALLOW || oracle(&r, person, now));
    return 0;
}
