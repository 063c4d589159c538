/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/threads.h"

/* The root of leaves given one by one, compared with the stored nodes on the way. */
struct fold {
    struct bc_nodes stored;
    uint64_t size;
    struct bc_hash level[64];
};

/* What the events, replayed, say about one register slot. Without bytes it belongs to a subject who
 * was erased, until the erasure says so. */
struct replayed {
    size_t len;
    unsigned char *bytes;
};

/* An event without a payload, and whether an erasure has named it. */
struct erased {
    uint64_t index;
    int named;
};

/* One event on its way through the checks that need no other event. */
struct checked {
    struct bc_bytes salt, payload;
    struct bc_hash commitment, leaf;
    enum bc_result found; /* BC_OK, or BC_ERR_ERASED: commitment is all there is */
    enum bc_result decoded;
    struct bc_event event;
};

#define CHUNK 256

struct bc_verify {
    struct bc_snapshot *s;
    struct bc_verified *out;
    enum bc_result result; /* of the events so far */
    int64_t last_time;
    struct fold log;
    struct fold registry;
    struct replayed *slots;
    uint64_t slot_count;
    size_t slot_room;
    uint64_t rows;
    uint64_t vacant;
    struct erased *erased; /* events without a payload, ascending */
    size_t erased_count;
    size_t erased_room;
    size_t named;
    struct checked chunk[CHUNK];
};

__attribute__((format(printf, 2, 3))) static enum bc_result found(struct bc_verify *v,
                                                                  const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(v->out->finding, sizeof v->out->finding, format, args);
    va_end(args);
    return BC_ERR_CORRUPT;
}

static int stored_is(struct fold *f, unsigned level, uint64_t index, const struct bc_hash *h)
{
    struct bc_hash stored;

    return f->stored.get(f->stored.ctx, level, index, &stored) == BC_OK &&
           bc_merkle_hash_equal(&stored, h);
}

static int fold_add(struct fold *f, const struct bc_hash *leaf)
{
    struct bc_hash h = *leaf;
    unsigned level = 0;
    uint64_t index = f->size;

    while (stored_is(f, level, index, &h)) {
        if (!(index & 1)) {
            f->level[level] = h;
            f->size++;
            return 1;
        }
        bc_merkle_node(&f->level[level], &h, &h);
        index >>= 1;
        level++;
    }
    return 0;
}

static void fold_root(const struct fold *f, struct bc_hash *root)
{
    int have = 0;

    bc_merkle_empty_root(root);
    for (unsigned level = 0; level < 64; level++) {
        if (!(f->size >> level & 1))
            continue;
        if (have)
            bc_merkle_node(&f->level[level], root, root);
        else
            *root = f->level[level];
        have = 1;
    }
}

static enum bc_result room_for_slot(struct bc_verify *v)
{
    struct replayed *more = bc_array_grow(v->slots, v->slot_count, &v->slot_room, sizeof *more);

    if (!more)
        return BC_ERR_MEMORY;
    v->slots = more;
    return BC_OK;
}

static enum bc_result keep_leaf(struct bc_verify *v, uint64_t slot, const struct bc_leaf *leaf)
{
    unsigned char bytes[BC_LEAF_MAX];
    size_t len = bc_leaf_encode(leaf, bytes);
    unsigned char *copy = malloc(len);

    if (!copy)
        return BC_ERR_MEMORY;
    memcpy(copy, bytes, len);
    free(v->slots[slot].bytes);
    v->slots[slot].bytes = copy;
    v->slots[slot].len = len;
    return BC_OK;
}

/* Slots come in order, but for those of the erased, of whom no event says when they came. */
static enum bc_result reach_slot(struct bc_verify *v, uint64_t slot, uint64_t index)
{
    if (slot > v->s->checkpoint.register_size)
        return found(v, "event %llu: its subject's slot is out of order",
                     (unsigned long long)index);
    while (v->slot_count < slot) {
        enum bc_result r = room_for_slot(v);
        if (r != BC_OK)
            return r;
        v->slots[v->slot_count++] = (struct replayed){0, NULL};
    }
    return BC_OK;
}

/* The table says which slot; that it is the right one shows when the replayed leaf of this slot is
 * compared with the row. */
static enum bc_result slot_of(struct bc_verify *v, const struct bc_leaf *leaf, uint64_t index,
                              uint64_t *slot)
{
    unsigned char key[BC_LEAF_KEY_MAX];
    struct bc_bytes row;

    if (bc_store_subject(v->s->store, key, bc_leaf_key(leaf, key), slot, &row) != BC_OK)
        return found(v, "event %llu: its subject has no row in the register",
                     (unsigned long long)index);
    return reach_slot(v, *slot, index);
}

static enum bc_result add_erased(struct bc_verify *v, uint64_t index)
{
    struct erased *more = bc_array_grow(v->erased, v->erased_count, &v->erased_room, sizeof *more);

    if (!more)
        return BC_ERR_MEMORY;
    v->erased = more;
    v->erased[v->erased_count++] = (struct erased){index, 0};
    return BC_OK;
}

static int compare_erased(const void *a, const void *b)
{
    const struct erased *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

static int name_erased(struct bc_verify *v, uint64_t index)
{
    struct erased wanted = {index, 0};
    struct erased *e = v->erased_count ? bsearch(&wanted, v->erased, v->erased_count, sizeof wanted,
                                                 compare_erased)
                                       : NULL;

    if (!e || e->named)
        return 0;
    e->named = 1;
    v->named++;
    return 1;
}

/* What an erased subject's slot held before is not known any more. */
static enum bc_result replay_erasure(struct bc_verify *v, uint64_t index,
                                     const struct bc_erasure *e)
{
    struct bc_leaf vacant;
    enum bc_result r =
        e->events[e->event_count - 1] < index
            ? reach_slot(v, e->slot + 1, index)
            : found(v, "event %llu: erases what comes after it", (unsigned long long)index);

    for (size_t i = 0; i < e->event_count && r == BC_OK; i++)
        if (!name_erased(v, e->events[i]))
            r = found(v, "event %llu: erases event %llu, which is there, or erased twice",
                      (unsigned long long)index, (unsigned long long)e->events[i]);
    if (r != BC_OK)
        return r;
    bc_leaf_vacant(&vacant);
    if (v->slots[e->slot].bytes && v->slots[e->slot].bytes[1] != BC_LEAF_VACANT)
        return found(v, "event %llu: empties a slot that is not its own",
                     (unsigned long long)index);
    if (!v->slots[e->slot].bytes)
        v->vacant++;
    return keep_leaf(v, e->slot, &vacant);
}

static enum bc_result replay(struct bc_verify *v, uint64_t index, const struct checked *c)
{
    struct bc_leaf leaf;
    uint64_t slot;
    enum bc_result r;

    if (c->event.type == BC_EVENT_ERASE)
        return replay_erasure(v, index, &c->event.u.erasure);
    bc_leaf_for_event(&c->event, &leaf);
    r = slot_of(v, &leaf, index, &slot);
    if (r != BC_OK)
        return r;
    if (slot == v->slot_count) {
        r = room_for_slot(v);
        if (r != BC_OK)
            return r;
        v->slots[v->slot_count++] = (struct replayed){0, NULL};
    } else if (!v->slots[slot].bytes) {
        return found(v, "event %llu: its subject's slot is out of order",
                     (unsigned long long)index);
    } else if (bc_leaf_decode(v->slots[slot].bytes, v->slots[slot].len, &leaf) != BC_OK) {
        return BC_ERR_CORRUPT;
    }
    if (bc_leaf_apply(&leaf, &c->event, index, &c->commitment, c->salt.data) != BC_OK)
        return found(v, "event %llu: does not follow from the events before it",
                     (unsigned long long)index);
    return keep_leaf(v, slot, &leaf);
}

static enum bc_result check_notice_text(struct bc_verify *v, uint64_t index,
                                        const struct bc_notice *n)
{
    struct bc_bytes text;
    struct bc_hash hash;

    if (bc_store_notice(v->s->store, &n->text, &text) != BC_OK)
        return found(v, "event %llu: the notice's text is missing", (unsigned long long)index);
    bc_merkle_hash_bytes(text.data, text.len, &hash);
    if (!bc_merkle_hash_equal(&hash, &n->text))
        return found(v, "event %llu: the notice's text was changed", (unsigned long long)index);
    v->out->notices++;
    return BC_OK;
}

static void check_alone(void *ctx, size_t i)
{
    struct checked *c = (struct checked *)ctx + i;

    if (c->found == BC_OK)
        bc_event_commit(c->salt.data, c->payload.data, c->payload.len, &c->commitment);
    bc_merkle_leaf(c->commitment.b, BC_HASH_BYTES, &c->leaf);
    if (c->found == BC_OK)
        c->decoded = bc_event_decode((const char *)c->payload.data, c->payload.len, &c->event);
}

static enum bc_result check_event(struct bc_verify *v, uint64_t index, const struct checked *c)
{
    unsigned long long at = index;
    enum bc_result r;

    if (!fold_add(&v->log, &c->leaf))
        return found(v, "event %llu: payload, commitment and log do not agree", at);
    v->out->events++;
    if (c->found == BC_ERR_ERASED)
        return add_erased(v, index);
    if (c->decoded == BC_ERR_MEMORY)
        return BC_ERR_MEMORY;
    if (c->decoded != BC_OK)
        return found(v, "event %llu: not of a form this version knows", at);
    if (c->event.time < v->last_time || c->event.time > v->s->checkpoint.signed_at)
        return found(v, "event %llu: its time is out of order", at);
    v->last_time = c->event.time;
    if (c->event.type == BC_EVENT_NOTICE) {
        r = check_notice_text(v, index, &c->event.u.notice);
        if (r != BC_OK)
            return r;
    }
    return replay(v, index, c);
}

static int read_event(struct bc_verify *v, uint64_t index, struct checked *c)
{
    c->found = bc_store_event(v->s->store, index, &c->salt, &c->payload);
    return c->found == BC_OK || (c->found == BC_ERR_ERASED &&
                                 bc_store_erased(v->s->store, index, &c->commitment) == BC_OK);
}

/* Events [begin, begin + count). Those before one that is missing are checked first. */
static enum bc_result check_chunk(struct bc_verify *v, uint64_t begin, size_t count)
{
    enum bc_result r = BC_OK;
    size_t n = 0;

    while (n < count && read_event(v, begin + n, &v->chunk[n]))
        n++;
    bc_threads_run(n, check_alone, v->chunk);
    for (size_t i = 0; i < n && r == BC_OK; i++)
        r = check_event(v, begin + i, &v->chunk[i]);
    if (r == BC_OK && n < count)
        r = found(v, "event %llu: missing or misshapen", (unsigned long long)(begin + n));
    return r;
}

static enum bc_result check_rows(struct bc_verify *v)
{
    struct bc_store_cursor c = {.store = v->s->store};
    enum bc_result r = BC_OK, ended;
    struct bc_bytes leaf;
    uint64_t slot;

    while (r == BC_OK && bc_store_cursor_subject(&c, &slot, &leaf)) {
        v->rows++;
        if (slot >= v->slot_count || v->slots[slot].len != leaf.len ||
            memcmp(v->slots[slot].bytes, leaf.data, leaf.len) != 0)
            r = found(v, "register slot %llu: is not what the events come to",
                      (unsigned long long)slot);
    }
    ended = bc_store_cursor_end(&c);
    return r != BC_OK ? r : ended;
}

static enum bc_result check_register(struct bc_verify *v)
{
    enum bc_result r = check_rows(v);

    if (r != BC_OK)
        return r;
    for (uint64_t i = 0; i < v->slot_count; i++) {
        struct bc_hash leaf;
        if (!v->slots[i].bytes)
            return found(v, "register slot %llu: no event speaks of it", (unsigned long long)i);
        bc_merkle_leaf(v->slots[i].bytes, v->slots[i].len, &leaf);
        if (!fold_add(&v->registry, &leaf))
            return found(v, "register slot %llu: leaf and tree do not agree",
                         (unsigned long long)i);
    }
    v->out->subjects = v->slot_count - v->vacant;
    v->out->erased = v->erased_count;
    if (v->named != v->erased_count)
        return found(v, "%llu events have no payload, and nothing says that they were erased",
                     (unsigned long long)(v->erased_count - v->named));
    return v->rows == v->slot_count - v->vacant
               ? BC_OK
               : found(v, "the register has rows without an event");
}

static enum bc_result check_roots(struct bc_verify *v)
{
    const struct bc_checkpoint *c = &v->s->checkpoint;
    struct bc_hash log, registry;

    fold_root(&v->log, &log);
    fold_root(&v->registry, &registry);
    if (!bc_merkle_hash_equal(&log, &c->log_root))
        return found(v, "the log's root is not the signed one");
    if (v->slot_count != c->register_size || !bc_merkle_hash_equal(&registry, &c->register_root))
        return found(v, "the register's root is not the signed one");
    return BC_OK;
}

enum bc_result bc_verify_begin(struct bc_snapshot *s, struct bc_verified *out, struct bc_verify **v)
{
    struct bc_verify *begun = calloc(1, sizeof *begun);

    if (!begun)
        return BC_ERR_MEMORY;
    memset(out, 0, sizeof *out);
    begun->s = s;
    begun->out = out;
    begun->log.stored = bc_tile_nodes(&s->log);
    begun->registry.stored = bc_tile_nodes(&s->registry);
    *v = begun;
    return BC_OK;
}

int bc_verify_step(struct bc_verify *v)
{
    uint64_t done = v->out->events, left = v->s->checkpoint.log_size - done;

    if (v->result != BC_OK || left == 0)
        return 0;
    v->result = check_chunk(v, done, left < CHUNK ? (size_t)left : CHUNK);
    return v->result == BC_OK;
}

enum bc_result bc_verify_end(struct bc_verify *v)
{
    enum bc_result r;

    /* A caller that stopped early has not verified the store. */
    while (bc_verify_step(v))
        ;
    r = v->result;
    if (r == BC_OK)
        r = check_register(v);
    if (r == BC_OK)
        r = check_roots(v);
    for (uint64_t i = 0; i < v->slot_count; i++)
        free(v->slots[i].bytes);
    free(v->slots);
    free(v->erased);
    free(v);
    return r;
}
