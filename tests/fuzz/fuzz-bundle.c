/* SPDX-License-Identifier: BSD-2-Clause */

/* Evidence. Three ways in: any bytes as a file; a genuine file with edits, which must be refused
 * unless they came to nothing; and any history of a subject, signed by us, of which some is left
 * out or withheld: whatever of it is proven must read back, decide, and take no changed byte. */

#include <sodium.h>

#include "base/datetime.h"
#include "evidence/bundle.h"
#include "fuzz.h"
#include "proof/proof-text.h"

#define NOW INT64_C(1800000000)
#define EVENTS 12

static struct bc_skey key;
static char *genuine;
static size_t genuine_len;

/* ---- a log and a register in memory ---- */

struct tree {
    struct bc_hash node[8][32];
};

static enum bc_result get_node(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    must(level < 8 && index < 32);
    *out = ((struct tree *)ctx)->node[level][index];
    return BC_OK;
}

static enum bc_result put_node(void *ctx, unsigned level, uint64_t index, const struct bc_hash *h)
{
    must(level < 8 && index < 32);
    ((struct tree *)ctx)->node[level][index] = *h;
    return BC_OK;
}

struct world {
    struct tree log, registry;
    struct bc_leaf leaves[3]; /* the subject's, and those of notices a and b */
    struct bc_checkpoint c;
    struct bc_bundle *b;
    size_t count; /* events */
};

static void words(struct bc_words *w, const char *word)
{
    w->count = 1;
    memcpy(w->word[0], word, strlen(word) + 1);
}

static void scope(struct fuzz_input *in, struct bc_scope *s)
{
    s->modalities = 1 + (unsigned)fuzz_take(in, 1) % 31;
    s->operations = 1 + (unsigned)fuzz_take(in, 1) % 3;
    words(&s->providers, "fprintd");
}

static void fill_notice(struct fuzz_input *in, struct bc_notice *n)
{
    unsigned which = (unsigned)fuzz_take(in, 1);

    n->id[0] = which & 1 ? 'b' : 'a';
    n->version[0] = which & 2 ? '2' : '1';
    n->keeps_prior = (which & 4) != 0;
    memcpy(n->language, "en", 3);
    memcpy(n->controller, "c \"d\" \\", 8);
    memcpy(n->retention, "r", 2);
    bc_merkle_hash_bytes(n->version, 1, &n->text);
    scope(in, &n->scope);
    n->kind = (enum bc_kind)(which >> 3 & 3);
}

static void fill_grant(struct fuzz_input *in, struct bc_grant *g)
{
    unsigned which = (unsigned)fuzz_take(in, 1);
    char version = which & 2 ? '2' : '1';

    g->notice_id[0] = which & 1 ? 'b' : 'a';
    bc_merkle_hash_bytes(&version, 1, &g->notice);
    scope(in, &g->scope);
    g->kind = (enum bc_kind)(which >> 3 & 3);
    memcpy(g->collected, "x", 2);
    memcpy(g->recorded_by, "x", 2);
    g->valid_from = NOW + (which >> 5);
    g->expires = which & 4 ? g->valid_from + 5 : 0;
}

static void fill_ending(struct fuzz_input *in, struct bc_ending *n)
{
    n->grant_count = fuzz_take(in, 1) % 3;
    for (size_t i = 0; i < n->grant_count; i++)
        n->grants[i] = fuzz_take(in, 1) % EVENTS;
    memcpy(n->means, "x", 2);
    memcpy(n->recorded_by, "x", 2);
}

static void fill_template(struct fuzz_input *in, struct bc_event *e)
{
    if (e->type == BC_EVENT_ENROLL) {
        e->u.enrollment.grant = fuzz_take(in, 1) % EVENTS;
        memcpy(e->u.enrollment.provider, "fprintd", 8);
        e->u.enrollment.modality = (enum bc_modality)(fuzz_take(in, 1) % BC_MODALITIES);
        memcpy(e->u.enrollment.recorded_by, "x", 2);
    } else {
        e->u.attempt.enroll = fuzz_take(in, 1) % EVENTS;
        e->u.attempt.state = (enum bc_deletion)(fuzz_take(in, 1) % BC_DELETIONS);
        e->u.attempt.attempt = 1;
        memcpy(e->u.attempt.answer, "x", 2);
        memcpy(e->u.attempt.recorded_by, "x", 2);
    }
}

static void fill(struct fuzz_input *in, struct bc_event *e)
{
    memset(e, 0, sizeof *e);
    e->type = (enum bc_event_type)(fuzz_take(in, 1) % BC_EVENT_ERASE);
    if (e->type == BC_EVENT_NOTICE)
        fill_notice(in, &e->u.notice);
    else if (e->type == BC_EVENT_GRANT)
        fill_grant(in, &e->u.grant);
    else if (e->type == BC_EVENT_ENROLL || e->type == BC_EVENT_DELETE)
        fill_template(in, e);
    else
        fill_ending(in, &e->u.ending);
    if (e->type != BC_EVENT_NOTICE) {
        struct bc_subject *s = (struct bc_subject *)(uintptr_t)bc_event_subject(e);
        s->uid = 1000;
        memcpy(s->name, "alice", 6);
    }
}

/* Appends the event if it follows from those before it. */
static void append(struct fuzz_input *in, struct world *w)
{
    const struct bc_nodes nodes = {&w->log, get_node, put_node};
    struct bc_bundle_event entry = {.index = w->c.log_size, .salt = {(unsigned char)w->count}};
    struct bc_event e;
    struct bc_leaf *leaf = &w->leaves[0];
    struct bc_hash hash;
    char json[BC_EVENT_MAX];
    size_t len;

    fill(in, &e);
    e.time = NOW + (int64_t)w->count++;
    must(bc_event_encode(&e, json, &len) == BC_OK);
    bc_event_commit(entry.salt, json, len, &entry.commitment);
    if (e.type == BC_EVENT_NOTICE)
        leaf = &w->leaves[e.u.notice.id[0] == 'b' ? 2 : 1];
    if (bc_leaf_apply(leaf, &e, entry.index, &entry.commitment, entry.salt) != BC_OK)
        return;
    entry.payload = (struct bc_bundle_text){json, len};
    entry.event = &e;
    must(bc_bundle_add(w->b, &entry) == BC_OK);
    bc_merkle_leaf(entry.commitment.b, BC_HASH_BYTES, &hash);
    must(bc_merkle_append(&nodes, w->c.log_size++, &hash) == BC_OK);
}

static void settle(struct world *w)
{
    const struct bc_nodes log = {&w->log, get_node, put_node};
    const struct bc_nodes registry = {&w->registry, get_node, put_node};
    unsigned char bytes[BC_LEAF_MAX];
    char body[1024], note[BC_NOTE_MAX];
    struct bc_hash hash;
    size_t len;

    for (uint64_t i = 0; i < 3; i++) {
        bc_merkle_leaf(bytes, bc_leaf_encode(&w->leaves[i], bytes), &hash);
        must(bc_merkle_append(&registry, i, &hash) == BC_OK);
    }
    w->c.register_size = 3;
    w->c.signed_at = NOW + EVENTS;
    memcpy(w->c.origin, "fuzz/bundle", 12);
    must(bc_merkle_root(&log, w->c.log_size, &w->c.log_root) == BC_OK);
    must(bc_merkle_root(&registry, 3, &w->c.register_root) == BC_OK);
    must(bc_checkpoint_format(&w->c, body, sizeof body, &len) == BC_OK);
    must(bc_note_sign(body, len, &key, note, sizeof note, &len) == BC_OK);
    must(bc_bundle_copy(note, len, &w->b->note) == BC_OK);
    for (size_t i = 0; i < w->b->event_count; i++)
        must(bc_merkle_inclusion(&log, i, w->c.log_size, &w->b->events[i].path) == BC_OK);
}

static int is_named(const struct bc_bundle *b, const char *id)
{
    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].event && b->events[i].event->type == BC_EVENT_GRANT &&
            strcmp(b->events[i].event->u.grant.notice_id, id) == 0)
            return 1;
    return 0;
}

/* Of an event whose bit is set the payload goes, or all of it. Returns whether nothing went. */
static int leave_out(struct bc_bundle *b, uint64_t withheld, uint64_t gone)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->event_count; i++) {
        struct bc_bundle_event *e = &b->events[i];
        int other = e->event->type == BC_EVENT_NOTICE && !is_named(b, e->event->u.notice.id);
        if (!other && !((withheld | gone) >> i & 1)) {
            b->events[kept++] = *e;
            continue;
        }
        free(e->payload.data);
        free(e->event);
        e->payload.data = NULL;
        e->event = NULL;
        if (!other && !(gone >> i & 1))
            b->events[kept++] = *e;
    }
    b->event_count = kept;
    return !withheld && !gone;
}

static void add_leaves(struct world *w)
{
    const struct bc_nodes registry = {&w->registry, get_node, NULL};

    for (uint64_t i = 0; i < 3; i++) {
        struct bc_bundle_leaf *l = &w->b->leaves[w->b->leaf_count];
        if (i > 0 && !is_named(w->b, w->leaves[i].name))
            continue;
        l->leaf = w->leaves[i];
        l->slot = i;
        must(bc_merkle_inclusion(&registry, i, 3, &l->path) == BC_OK);
        w->b->leaf_count++;
    }
}

/* A consent may name a version that was never published: then nothing is proven. */
static int all_notices_there(const struct bc_bundle *b)
{
    int accepted;

    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].event && b->events[i].event->type == BC_EVENT_GRANT &&
            !bc_bundle_notice(b, &b->events[i].event->u.grant, BC_BUNDLE_EVER, &accepted, NULL))
            return 0;
    return 1;
}

static struct bc_bundle *make_world(struct fuzz_input *in, int *whole)
{
    struct world *w = calloc(1, sizeof *w);
    struct bc_bundle *b;
    uint64_t withheld = fuzz_take(in, 2), gone = fuzz_take(in, 2);
    size_t n = 1 + fuzz_take(in, 1) % EVENTS;

    must(w && (w->b = bc_bundle_new()));
    w->leaves[0].kind = BC_LEAF_ACCOUNT;
    w->leaves[0].uid = 1000;
    memcpy(w->leaves[0].name, "alice", 6);
    bc_leaf_for_notice("a", &w->leaves[1]);
    bc_leaf_for_notice("b", &w->leaves[2]);
    for (size_t i = 0; i < n; i++)
        append(in, w);
    bc_merkle_empty_root(&w->c.log_root);
    settle(w);
    *whole = leave_out(w->b, withheld, gone) && all_notices_there(w->b);
    add_leaves(w);
    b = w->b;
    free(w);
    return b;
}

/* ---- what must hold ---- */

static const struct bc_bundle_trust later = {&key.pub, 1, NOW + 1000};
static const struct bc_bundle_trust earlier = {&key.pub, 1, NOW - 1000};

static enum bc_result open_file(const char *json, size_t len, struct bc_bundle **out)
{
    struct bc_bundle_error err = {""};
    enum bc_result r = bc_bundle_open(json, len, &later, out, &err);

    must(r == BC_OK ? (*out)->signer == 0 : err.what[0] != '\0');
    return r;
}

static void decide_all(const struct bc_bundle *b)
{
    struct bc_use r = {.subject = {.uid = 1000, .name = "alice"}};

    for (int64_t at = NOW - 1; at < NOW + EVENTS + 10; at++) {
        enum bc_reason any;
        int allowed = 0;
        for (int m = 0; m < BC_MODALITIES; m++) {
            r.modality = (enum bc_modality)m;
            any = bc_bundle_decide(b, &r, at);
            allowed = 0;
            for (size_t i = 0; i < b->event_count; i++)
                allowed |= bc_bundle_consent(b, b->events[i].index, &r, at) == BC_REASON_ALLOW;
            must((any == BC_REASON_ALLOW) == allowed);
        }
    }
}

static void from_history(struct fuzz_input *in)
{
    size_t at = fuzz_take(in, 2), len;
    unsigned char change = (unsigned char)fuzz_take(in, 1);
    int whole;
    struct bc_bundle_error err = {""};
    struct bc_bundle *again = NULL;
    struct bc_bundle *b = make_world(in, &whole);
    char *json;
    enum bc_result r;

    r = bc_bundle_write(b, &later, &json, &len, &err);
    /* All that happened, in its order, and nothing withheld, is proven. */
    if (whole && r != BC_OK)
        (void)fprintf(stderr, "%s\n", err.what);
    must(!whole || r == BC_OK);
    if (r == BC_OK) {
        must(open_file(json, len, &again) == BC_OK);
        decide_all(again);
        bc_bundle_free(again);
        json[at % len] = (char)(json[at % len] ^ change);
        must(change == 0 || open_file(json, len, &again) != BC_OK);
        free(json);
    } else {
        must(bc_bundle_encode(b, &json, &len) == BC_OK);
        must(open_file(json, len, &again) != BC_OK);
        free(json);
    }
    must(bc_bundle_check(b, &earlier, &err) != BC_OK);
    bc_bundle_free(b);
}

static void from_edits(struct fuzz_input *in)
{
    size_t len = genuine_len;
    char *json = malloc(len + 64);
    struct bc_bundle *b = NULL;

    must(json);
    memcpy(json, genuine, len);
    for (int edits = 0; in->left && edits < 16; edits++) {
        size_t at = fuzz_take(in, 2) % len, from = fuzz_take(in, 2) % len, n = fuzz_take(in, 1);
        switch (fuzz_take(in, 1) % 4) {
        case 0:
            json[at] = (char)fuzz_take(in, 1);
            break;
        case 1: /* a part of it elsewhere */
            n = n < len - at ? n : len - at;
            n = n < len - from ? n : len - from;
            memmove(json + at, json + from, n);
            break;
        case 2:
            if (n < len - at) {
                memmove(json + at, json + at + n, len - at - n);
                len -= n;
            }
            break;
        default:
            if (len < genuine_len + 60) {
                memmove(json + at + 1, json + at, len - at);
                json[at] = (char)fuzz_take(in, 1);
                len++;
            }
        }
    }
    if (open_file(json, len, &b) == BC_OK) {
        must(len == genuine_len && memcmp(json, genuine, len) == 0);
        bc_bundle_free(b);
    }
    free(json);
}

static void from_bytes(const uint8_t *data, size_t size)
{
    struct bc_bundle *b = NULL;
    struct bc_proof path;
    char *copy = malloc(size + 1), *again;
    struct bc_line note;
    uint64_t index;
    size_t len;

    must(copy);
    memcpy(copy, data, size);
    copy[size] = '\0';
    must(open_file(copy, size, &b) != BC_OK ||
         (size == genuine_len && memcmp(copy, genuine, size) == 0));
    bc_bundle_free(b);
    if (bc_proof_text_parse_inclusion(copy, size, &index, &path, &note) == BC_OK) {
        again = malloc(BC_PROOF_TEXT_INCLUSION_MAX);
        must(again && bc_proof_text_format_inclusion(index, &path, note, again, &len) == BC_OK);
        must(len == size && memcmp(again, copy, len) == 0);
        free(again);
    }
    free(copy);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const unsigned char seed[BC_SEED_BYTES] = "the seed that all the seeds use";
    /* nothing left out; six events: notice, grant, enrollment, attempt, withdrawal, grant */
    static const uint8_t history[] = {0, 0, 0, 0, 5, 0, 0, 1, 1, 1, 0, 1, 1,
                                      5, 1, 0, 6, 2, 1, 2, 1, 1, 1, 0, 1, 1};
    struct fuzz_input in = {history, sizeof history};
    struct bc_bundle_error err = {""};
    struct bc_bundle *b;
    int whole;

    (void)argc;
    (void)argv;
    must(sodium_init() >= 0 && bc_note_skey_from_seed("fuzz/bundle", seed, &key) == BC_OK);
    b = make_world(&in, &whole);
    must(whole);
    must(b->event_count > 3);
    must(bc_bundle_write(b, &later, &genuine, &genuine_len, &err) == BC_OK);
    bc_bundle_free(b);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    uint64_t way = fuzz_take(&in, 1);

    if (way == 'h')
        from_history(&in);
    else if (way == 'e')
        from_edits(&in);
    else
        from_bytes(data, size);
    return 0;
}
