/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/threads.h"

#define CHUNK 256

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
    uint64_t vacant;
    struct erased *erased; /* events without a payload, ascending */
    size_t erased_count;
    size_t erased_room;
    size_t named;
    struct checked chunk[CHUNK];
};

__attribute__((format(printf, 2, 3))) static enum bc_result report(struct bc_verify *v,
                                                                   const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(v->out->finding, sizeof v->out->finding, format, args);
    va_end(args);
    return BC_ERR_CORRUPT;
}

/* Returns 0 where a stored node is not what the leaves come to. */
static int fold_leaf(struct fold *f, const struct bc_hash *leaf)
{
    struct bc_hash h = *leaf, stored;
    uint64_t index = f->size;

    for (unsigned level = 0;; level++, index >>= 1) {
        if (f->stored.get(f->stored.ctx, level, index, &stored) != BC_OK ||
            !bc_merkle_hash_equal(&stored, &h))
            return 0;
        if (!(index & 1)) {
            f->level[level] = h;
            f->size++;
            return 1;
        }
        bc_merkle_node(&f->level[level], &h, &h);
    }
}

/* The subtrees of which the root is made are those that were computed last of each level. */
static enum bc_result get_computed(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    (void)index;
    *out = ((const struct fold *)ctx)->level[level];
    return BC_OK;
}

static int has_root(struct fold *f, const struct bc_hash *wanted)
{
    const struct bc_nodes computed = {.ctx = f, .get = get_computed};
    struct bc_hash root;

    return bc_merkle_root(&computed, f->size, &root) == BC_OK &&
           bc_merkle_hash_equal(&root, wanted);
}

/* ---- the register, replayed ---- */

/* Slots come in order, but for those of the erased, of whom no event says when they came. */
static enum bc_result reach_slot(struct bc_verify *v, uint64_t slot, uint64_t index)
{
    if (slot >= v->s->checkpoint.register_size)
        return report(v, "event %" PRIu64 ": its subject's slot is out of order", index);
    while (v->slot_count <= slot) {
        struct replayed *more = bc_array_grow(v->slots, v->slot_count, &v->slot_room, sizeof *more);
        if (!more)
            return BC_ERR_MEMORY;
        v->slots = more;
        v->slots[v->slot_count++] = (struct replayed){0, NULL};
    }
    return BC_OK;
}

static enum bc_result set_slot(struct bc_verify *v, uint64_t slot, const struct bc_leaf *leaf)
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

static int compare_erased(const void *a, const void *b)
{
    const struct erased *x = a, *y = b;

    return (x->index > y->index) - (x->index < y->index);
}

/* What an erased subject's slot held before is not known any more. */
static enum bc_result replay_erasure(struct bc_verify *v, uint64_t index,
                                     const struct bc_erasure *e)
{
    const struct bc_leaf vacant = {.kind = BC_LEAF_VACANT};
    enum bc_result r;

    if (e->events[e->event_count - 1] >= index)
        return report(v, "event %" PRIu64 ": erases what comes after it", index);
    r = reach_slot(v, e->slot, index);
    if (r != BC_OK)
        return r;
    for (size_t i = 0; i < e->event_count; i++) {
        struct erased wanted = {e->events[i], 0}, *found = NULL;
        if (v->erased_count)
            found = bsearch(&wanted, v->erased, v->erased_count, sizeof wanted, compare_erased);
        if (!found || found->named)
            return report(
                v, "event %" PRIu64 ": erases event %" PRIu64 ", which is there, or erased twice",
                index, wanted.index);
        found->named = 1;
        v->named++;
    }
    if (!v->slots[e->slot].bytes)
        v->vacant++;
    else if (v->slots[e->slot].bytes[1] != BC_LEAF_VACANT)
        return report(v, "event %" PRIu64 ": empties a slot that is not its own", index);
    return set_slot(v, e->slot, &vacant);
}

/* The table says which slot; that it is the right one shows when the replayed leaf of this slot is
 * compared with the row. */
static enum bc_result replay_event(struct bc_verify *v, uint64_t index, const struct checked *c)
{
    unsigned char key[BC_LEAF_KEY_MAX];
    struct bc_bytes row;
    struct bc_leaf leaf;
    uint64_t slot;
    int is_new;
    enum bc_result r;

    bc_leaf_for_event(&c->event, &leaf);
    if (bc_store_subject(v->s->store, key, bc_leaf_key(&leaf, key), &slot, &row) != BC_OK)
        return report(v, "event %" PRIu64 ": its subject has no row in the register", index);
    is_new = slot >= v->slot_count;
    r = reach_slot(v, slot, index);
    if (r == BC_OK && !is_new && !v->slots[slot].bytes)
        r = report(v, "event %" PRIu64 ": its subject's slot is out of order", index);
    else if (r == BC_OK && !is_new)
        r = bc_leaf_decode(v->slots[slot].bytes, v->slots[slot].len, &leaf);
    if (r != BC_OK)
        return r;
    if (bc_leaf_apply(&leaf, &c->event, index, &c->commitment, c->salt.data) != BC_OK)
        return report(v, "event %" PRIu64 ": does not follow from the events before it", index);
    return set_slot(v, slot, &leaf);
}

/* ---- events ---- */

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
    struct bc_bytes text;
    struct bc_hash hash;

    if (!fold_leaf(&v->log, &c->leaf))
        return report(v, "event %" PRIu64 ": payload, commitment and log do not agree", index);
    v->out->events++;
    if (c->found == BC_ERR_ERASED) {
        struct erased *more =
            bc_array_grow(v->erased, v->erased_count, &v->erased_room, sizeof *more);
        if (!more)
            return BC_ERR_MEMORY;
        v->erased = more;
        v->erased[v->erased_count++] = (struct erased){index, 0};
        return BC_OK;
    }
    if (c->decoded == BC_ERR_MEMORY)
        return BC_ERR_MEMORY;
    if (c->decoded != BC_OK)
        return report(v, "event %" PRIu64 ": not of a form this version knows", index);
    if (c->event.time < v->last_time || c->event.time > v->s->checkpoint.signed_at)
        return report(v, "event %" PRIu64 ": its time is out of order", index);
    v->last_time = c->event.time;
    if (c->event.type == BC_EVENT_ERASE)
        return replay_erasure(v, index, &c->event.u.erasure);
    if (c->event.type == BC_EVENT_NOTICE) {
        if (bc_store_notice(v->s->store, &c->event.u.notice.text, &text) != BC_OK)
            return report(v, "event %" PRIu64 ": the notice's text is missing", index);
        bc_merkle_hash_bytes(text.data, text.len, &hash);
        if (!bc_merkle_hash_equal(&hash, &c->event.u.notice.text))
            return report(v, "event %" PRIu64 ": the notice's text was changed", index);
        v->out->notices++;
    }
    return replay_event(v, index, c);
}

/* ---- the end ---- */

/* Compares the register with what the events came to, and both roots with the signed ones. */
static enum bc_result check_trees(struct bc_verify *v)
{
    const struct bc_checkpoint *wanted = &v->s->checkpoint;
    struct bc_store_cursor c = {.store = v->s->store};
    uint64_t slot, rows = 0;
    struct bc_bytes row;
    enum bc_result r;

    for (; bc_store_cursor_subject(&c, &slot, &row); rows++)
        if (slot >= v->slot_count || v->slots[slot].len != row.len ||
            memcmp(v->slots[slot].bytes, row.data, row.len) != 0)
            c.result = report(v, "register slot %" PRIu64 ": is not what the events come to", slot);
    r = bc_store_cursor_end(&c);
    if (r != BC_OK)
        return r;
    for (uint64_t i = 0; i < v->slot_count; i++) {
        struct bc_hash leaf;
        if (!v->slots[i].bytes)
            return report(v, "register slot %" PRIu64 ": no event speaks of it", i);
        bc_merkle_leaf(v->slots[i].bytes, v->slots[i].len, &leaf);
        if (!fold_leaf(&v->registry, &leaf))
            return report(v, "register slot %" PRIu64 ": leaf and tree do not agree", i);
    }
    v->out->subjects = v->slot_count - v->vacant;
    v->out->erased = v->erased_count;
    if (v->named != v->erased_count)
        return report(v, "%zu events have no payload, and nothing says that they were erased",
                      v->erased_count - v->named);
    if (rows != v->slot_count - v->vacant)
        return report(v, "the register has rows without an event");
    if (!has_root(&v->log, &wanted->log_root))
        return report(v, "the log's root is not the signed one");
    if (v->slot_count != wanted->register_size || !has_root(&v->registry, &wanted->register_root))
        return report(v, "the register's root is not the signed one");
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
    uint64_t begin = v->out->events, left = v->s->checkpoint.log_size - begin;
    size_t n = 0, count = left < CHUNK ? (size_t)left : CHUNK;

    if (v->result != BC_OK || left == 0)
        return 0;
    for (; n < count; n++) {
        struct checked *c = &v->chunk[n];
        c->found = bc_store_event(v->s->store, begin + n, &c->salt, &c->payload);
        if (c->found != BC_OK && (c->found != BC_ERR_ERASED ||
                                  bc_store_erased(v->s->store, begin + n, &c->commitment) != BC_OK))
            break;
    }
    bc_threads_run(n, check_alone, v->chunk);
    /* Those before one that is missing are checked first. */
    for (size_t i = 0; i < n && v->result == BC_OK; i++)
        v->result = check_event(v, begin + i, &v->chunk[i]);
    if (v->result == BC_OK && n < count)
        v->result = report(v, "event %" PRIu64 ": missing or misshapen", begin + n);
    return v->result == BC_OK;
}

enum bc_result bc_verify_end(struct bc_verify *v)
{
    enum bc_result r;

    /* A caller that stopped early has not verified the store. */
    while (bc_verify_step(v))
        ;
    r = v->result == BC_OK ? check_trees(v) : v->result;
    for (uint64_t i = 0; i < v->slot_count; i++)
        free(v->slots[i].bytes);
    free(v->slots);
    free(v->erased);
    free(v);
    return r;
}
