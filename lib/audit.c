/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "parallel.h"

/* The root of leaves given one by one, compared with the stored nodes on the way. */
struct fold {
    struct bc_nodes stored;
    uint64_t size;
    struct bc_hash level[64];
};

/* What the events, replayed, say about one register slot. Without bytes it belongs to a subject who was
 * erased, until the erasure says so. */
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

struct auditor {
    struct bc_snapshot *s;
    struct bc_audit *out;
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

__attribute__((format(printf, 2, 3))) static enum bc_result found(struct auditor *a,
                                                                  const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(a->out->finding, sizeof a->out->finding, format, args);
    va_end(args);
    return BC_ERR_CORRUPT;
}

static int stored_is(struct fold *f, unsigned level, uint64_t index, const struct bc_hash *h)
{
    struct bc_hash stored;

    return f->stored.get(f->stored.ctx, level, index, &stored) == BC_OK &&
           bc_hash_equal(&stored, h);
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

static enum bc_result room_for_slot(struct auditor *a)
{
    struct replayed *more = bc_grow(a->slots, a->slot_count, &a->slot_room, sizeof *more);

    if (!more)
        return BC_ERR_MEMORY;
    a->slots = more;
    return BC_OK;
}

static enum bc_result keep_leaf(struct auditor *a, uint64_t slot, const struct bc_leaf *leaf)
{
    unsigned char bytes[BC_LEAF_MAX];
    size_t len = bc_leaf_encode(leaf, bytes);
    unsigned char *copy = malloc(len);

    if (!copy)
        return BC_ERR_MEMORY;
    memcpy(copy, bytes, len);
    free(a->slots[slot].bytes);
    a->slots[slot].bytes = copy;
    a->slots[slot].len = len;
    return BC_OK;
}

/* Slots come in order, but for those of the erased, of whom no event says when they came. */
static enum bc_result reach_slot(struct auditor *a, uint64_t slot, uint64_t index)
{
    if (slot > a->s->checkpoint.register_size)
        return found(a, "event %llu: its subject's slot is out of order",
                     (unsigned long long)index);
    while (a->slot_count < slot) {
        enum bc_result r = room_for_slot(a);
        if (r != BC_OK)
            return r;
        a->slots[a->slot_count++] = (struct replayed){0, NULL};
    }
    return BC_OK;
}

/* The table says which slot; that it is the right one shows when the replayed leaf of this slot is
 * compared with the row. */
static enum bc_result slot_of(struct auditor *a, const struct bc_leaf *leaf, uint64_t index,
                              uint64_t *slot)
{
    unsigned char key[BC_LEAF_KEY_MAX];
    struct bc_bytes row;

    if (bc_store_subject(a->s->store, key, bc_leaf_key(leaf, key), slot, &row) != BC_OK)
        return found(a, "event %llu: its subject has no row in the register",
                     (unsigned long long)index);
    return reach_slot(a, *slot, index);
}

static enum bc_result add_erased(struct auditor *a, uint64_t index)
{
    struct erased *more = bc_grow(a->erased, a->erased_count, &a->erased_room, sizeof *more);

    if (!more)
        return BC_ERR_MEMORY;
    a->erased = more;
    a->erased[a->erased_count++] = (struct erased){index, 0};
    return BC_OK;
}

static int compare_erased(const void *a, const void *b)
{
    const struct erased *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

static int name_erased(struct auditor *a, uint64_t index)
{
    struct erased wanted = {index, 0};
    struct erased *e =
        a->erased_count ? bsearch(&wanted, a->erased, a->erased_count, sizeof wanted, compare_erased)
                        : NULL;

    if (!e || e->named)
        return 0;
    e->named = 1;
    a->named++;
    return 1;
}

/* What an erased subject's slot held before is not known any more. */
static enum bc_result replay_erasure(struct auditor *a, uint64_t index, const struct bc_erasure *e)
{
    struct bc_leaf vacant;
    enum bc_result r = e->events[e->event_count - 1] < index
                           ? reach_slot(a, e->slot + 1, index)
                           : found(a, "event %llu: erases what comes after it",
                                   (unsigned long long)index);

    for (size_t i = 0; i < e->event_count && r == BC_OK; i++)
        if (!name_erased(a, e->events[i]))
            r = found(a, "event %llu: erases event %llu, which is there, or erased twice",
                      (unsigned long long)index, (unsigned long long)e->events[i]);
    if (r != BC_OK)
        return r;
    bc_leaf_vacant(&vacant);
    if (a->slots[e->slot].bytes && a->slots[e->slot].bytes[1] != BC_LEAF_VACANT)
        return found(a, "event %llu: empties a slot that is not its own", (unsigned long long)index);
    if (!a->slots[e->slot].bytes)
        a->vacant++;
    return keep_leaf(a, e->slot, &vacant);
}

static enum bc_result replay(struct auditor *a, uint64_t index, const struct checked *c)
{
    struct bc_leaf leaf;
    uint64_t slot;
    enum bc_result r;

    if (c->event.type == BC_EVENT_ERASE)
        return replay_erasure(a, index, &c->event.u.erasure);
    bc_leaf_for_event(&c->event, &leaf);
    r = slot_of(a, &leaf, index, &slot);
    if (r != BC_OK)
        return r;
    if (slot == a->slot_count) {
        r = room_for_slot(a);
        if (r != BC_OK)
            return r;
        a->slots[a->slot_count++] = (struct replayed){0, NULL};
    } else if (!a->slots[slot].bytes) {
        return found(a, "event %llu: its subject's slot is out of order", (unsigned long long)index);
    } else if (bc_leaf_decode(a->slots[slot].bytes, a->slots[slot].len, &leaf) != BC_OK) {
        return BC_ERR_CORRUPT;
    }
    if (bc_leaf_apply(&leaf, &c->event, index, &c->commitment, c->salt.data) != BC_OK)
        return found(a, "event %llu: does not follow from the events before it",
                     (unsigned long long)index);
    return keep_leaf(a, slot, &leaf);
}

static enum bc_result check_notice_text(struct auditor *a, uint64_t index,
                                        const struct bc_notice *n)
{
    struct bc_bytes text;
    struct bc_hash hash;

    if (bc_store_notice(a->s->store, &n->text, &text) != BC_OK)
        return found(a, "event %llu: the notice's text is missing", (unsigned long long)index);
    bc_hash_bytes(text.data, text.len, &hash);
    if (!bc_hash_equal(&hash, &n->text))
        return found(a, "event %llu: the notice's text was changed", (unsigned long long)index);
    a->out->notices++;
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

static enum bc_result check_event(struct auditor *a, uint64_t index, const struct checked *c)
{
    unsigned long long at = index;
    enum bc_result r;

    if (!fold_add(&a->log, &c->leaf))
        return found(a, "event %llu: payload, commitment and log do not agree", at);
    a->out->events++;
    if (c->found == BC_ERR_ERASED)
        return add_erased(a, index);
    if (c->decoded == BC_ERR_MEMORY)
        return BC_ERR_MEMORY;
    if (c->decoded != BC_OK)
        return found(a, "event %llu: not of a form this version knows", at);
    if (c->event.time < a->last_time || c->event.time > a->s->checkpoint.signed_at)
        return found(a, "event %llu: its time is out of order", at);
    a->last_time = c->event.time;
    if (c->event.type == BC_EVENT_NOTICE) {
        r = check_notice_text(a, index, &c->event.u.notice);
        if (r != BC_OK)
            return r;
    }
    return replay(a, index, c);
}

static int read_event(struct auditor *a, uint64_t index, struct checked *c)
{
    c->found = bc_store_event(a->s->store, index, &c->salt, &c->payload);
    return c->found == BC_OK || (c->found == BC_ERR_ERASED &&
                                 bc_store_erased(a->s->store, index, &c->commitment) == BC_OK);
}

/* Events [begin, begin + count). Those before one that is missing are checked first. */
static enum bc_result check_chunk(struct auditor *a, uint64_t begin, size_t count)
{
    enum bc_result r = BC_OK;
    size_t n = 0;

    while (n < count && read_event(a, begin + n, &a->chunk[n]))
        n++;
    bc_parallel(n, check_alone, a->chunk);
    for (size_t i = 0; i < n && r == BC_OK; i++)
        r = check_event(a, begin + i, &a->chunk[i]);
    if (r == BC_OK && n < count)
        r = found(a, "event %llu: missing or misshapen", (unsigned long long)(begin + n));
    return r;
}

static enum bc_result check_row(void *ctx, uint64_t slot, struct bc_bytes leaf)
{
    struct auditor *a = ctx;

    a->rows++;
    if (slot >= a->slot_count || a->slots[slot].len != leaf.len ||
        memcmp(a->slots[slot].bytes, leaf.data, leaf.len) != 0)
        return found(a, "register slot %llu: is not what the events come to",
                     (unsigned long long)slot);
    return BC_OK;
}

static enum bc_result check_register(struct auditor *a)
{
    enum bc_result r = bc_store_subjects(a->s->store, check_row, a);

    if (r != BC_OK)
        return r;
    for (uint64_t i = 0; i < a->slot_count; i++) {
        struct bc_hash leaf;
        if (!a->slots[i].bytes)
            return found(a, "register slot %llu: no event speaks of it", (unsigned long long)i);
        bc_merkle_leaf(a->slots[i].bytes, a->slots[i].len, &leaf);
        if (!fold_add(&a->registry, &leaf))
            return found(a, "register slot %llu: leaf and tree do not agree",
                         (unsigned long long)i);
    }
    a->out->subjects = a->slot_count - a->vacant;
    a->out->erased = a->erased_count;
    if (a->named != a->erased_count)
        return found(a, "%llu events have no payload, and nothing says that they were erased",
                     (unsigned long long)(a->erased_count - a->named));
    return a->rows == a->slot_count - a->vacant ? BC_OK : found(a, "the register has rows without an event");
}

static enum bc_result check_roots(struct auditor *a)
{
    const struct bc_checkpoint *c = &a->s->checkpoint;
    struct bc_hash log, registry;

    fold_root(&a->log, &log);
    fold_root(&a->registry, &registry);
    if (!bc_hash_equal(&log, &c->log_root))
        return found(a, "the log's root is not the signed one");
    if (a->slot_count != c->register_size || !bc_hash_equal(&registry, &c->register_root))
        return found(a, "the register's root is not the signed one");
    return BC_OK;
}

static enum bc_result audit(struct auditor *a, void (*progress)(void *, uint64_t, uint64_t),
                            void *ctx)
{
    uint64_t size = a->s->checkpoint.log_size;
    enum bc_result r = BC_OK;

    for (uint64_t i = 0; i < size && r == BC_OK; i += CHUNK) {
        if (progress)
            progress(ctx, i, size);
        r = check_chunk(a, i, size - i < CHUNK ? (size_t)(size - i) : CHUNK);
    }
    if (r == BC_OK)
        r = check_register(a);
    if (r == BC_OK)
        r = check_roots(a);
    if (progress && r == BC_OK)
        progress(ctx, size, size);
    return r;
}

enum bc_result bc_audit_store(struct bc_snapshot *s,
                              void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
                              struct bc_audit *out)
{
    struct auditor *a = calloc(1, sizeof *a);
    enum bc_result r;

    if (!a)
        return BC_ERR_MEMORY;
    memset(out, 0, sizeof *out);
    a->s = s;
    a->out = out;
    a->log.stored = bc_tiles_nodes(&s->log);
    a->registry.stored = bc_tiles_nodes(&s->registry);
    r = audit(a, progress, ctx);
    for (uint64_t i = 0; i < a->slot_count; i++)
        free(a->slots[i].bytes);
    free(a->slots);
    free(a->erased);
    free(a);
    return r;
}
