/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/bundle.h"

#include <stdlib.h>
#include <string.h>

#define refuse(err, ...) bc_bundle_fail(err, BC_ERR_CORRUPT, __VA_ARGS__)
#define number(index) ((unsigned long long)(index))

/* ---- against the signature ---- */

static enum bc_result check_note(struct bc_bundle *b, const struct bc_bundle_trust *trust,
                                 struct bc_bundle_error *err)
{
    const struct bc_bundle_text *note = &b->note;
    struct bc_checkpoint *checkpoint = &b->checkpoint;
    size_t text_len;
    enum bc_result r =
        bc_note_open(note->data, note->len, trust->keys, trust->key_count, &text_len, &b->signer);

    if (r != BC_OK)
        return bc_bundle_fail(err, r, "the checkpoint: %s", bc_result_text(r));
    if (bc_checkpoint_parse(note->data, text_len, checkpoint) != BC_OK)
        return bc_bundle_fail(err, BC_ERR_INVALID, "the checkpoint is not one of a consent store");
    if (strcmp(checkpoint->origin, trust->keys[b->signer].name) != 0)
        return refuse(err, "the checkpoint is of another log: %s", checkpoint->origin);
    if (checkpoint->signed_at > trust->now + BC_BUNDLE_CLOCK_ALLOWANCE)
        return bc_bundle_fail(err, BC_ERR_CLOCK,
                              "the checkpoint was signed in the future, by the clock of this host");
    return BC_OK;
}

/* The subject's first, then notices by their id. */
static enum bc_result check_leaves(const struct bc_bundle *b, struct bc_bundle_error *err)
{
    unsigned char bytes[BC_LEAF_MAX];
    struct bc_hash hash;

    if (b->leaf_count == 0 || b->leaves[0].leaf.kind == BC_LEAF_NOTICE ||
        b->leaves[0].leaf.kind == BC_LEAF_VACANT)
        return refuse(err, "the leaf of the subject is missing");
    for (size_t i = 0; i < b->leaf_count; i++) {
        const struct bc_bundle_leaf *l = &b->leaves[i];
        if (i > 0 && l->leaf.kind != BC_LEAF_NOTICE)
            return refuse(err, "a leaf of another subject");
        if (i > 1 && strcmp(b->leaves[i - 1].leaf.name, l->leaf.name) >= 0)
            return refuse(err, "the leaves of the notices are not in order");
        bc_merkle_leaf(bytes, bc_leaf_encode(&l->leaf, bytes), &hash);
        if (bc_merkle_verify_inclusion(l->slot, b->checkpoint.register_size, &hash,
                                       &b->checkpoint.register_root, l->path.hash,
                                       l->path.count) != BC_OK)
            return refuse(err, "the leaf of slot %llu is not in the register", number(l->slot));
    }
    return BC_OK;
}

static enum bc_result check_events(const struct bc_bundle *b, struct bc_bundle_error *err)
{
    const struct bc_checkpoint *checkpoint = &b->checkpoint;
    struct bc_subject subject;
    struct bc_hash leaf;
    int64_t last = 0;

    bc_leaf_subject(&b->leaves[0].leaf, &subject);
    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_bundle_event *e = &b->events[i];
        const struct bc_subject *who = e->event ? bc_event_subject(e->event) : NULL;
        if (i > 0 && b->events[i - 1].index >= e->index)
            return refuse(err, "event %llu is out of order", number(e->index));
        if (e->event && e->event->time < last)
            return refuse(err, "event %llu is earlier than the one before it", number(e->index));
        bc_merkle_leaf(e->commitment.b, BC_HASH_BYTES, &leaf);
        if (bc_merkle_verify_inclusion(e->index, checkpoint->log_size, &leaf, &checkpoint->log_root,
                                       e->path.hash, e->path.count) != BC_OK)
            return refuse(err,
                          "event %llu does not stand in the log: its text, its salt, its number or "
                          "its proof is wrong",
                          number(e->index));
        if (!e->event)
            continue;
        if (e->event->time > checkpoint->signed_at)
            return refuse(err, "event %llu is later than the checkpoint", number(e->index));
        if (who ? !bc_event_subject_equal(who, &subject) : e->event->type != BC_EVENT_NOTICE)
            return refuse(err, "event %llu is not about this subject", number(e->index));
        last = e->event->time;
    }
    return BC_OK;
}

/* ---- events against the register ---- */

static int lists_event(const struct bc_leaf_entry *list, size_t count,
                       const struct bc_bundle_event *e)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].index == e->index)
            return bc_merkle_hash_equal(&list[i].commitment, &e->commitment);
    return 0;
}

static int is_deleted(const struct bc_bundle *b, uint64_t enroll)
{
    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].event && bc_event_deletes(b->events[i].event, enroll))
            return 1;
    return 0;
}

/* Whether the register says of the event what the events here say. */
static enum bc_result check_state(const struct bc_bundle *b, const struct bc_bundle_event *e,
                                  struct bc_bundle_error *err)
{
    const struct bc_leaf *subject = &b->leaves[0].leaf, *leaf;
    const struct bc_grant *g = &e->event->u.grant;
    const struct bc_event *enroll;
    int ended, accepted;

    switch (e->event->type) {
    case BC_EVENT_GRANT:
        if (!bc_bundle_notice(b, g, BC_BUNDLE_EVER, &accepted, NULL) ||
            !bc_bundle_notice_leaf(b, g->notice_id))
            return refuse(err, "the notice of event %llu is missing", number(e->index));
        ended = bc_bundle_ending(b, e->index, BC_BUNDLE_EVER) != NULL;
        if (lists_event(subject->active, subject->active_count, e) == ended)
            return refuse(err,
                          ended
                              ? "event %llu is in force, but an event here ends it"
                              : "event %llu is not in force any more, and what ended it is missing",
                          number(e->index));
        return BC_OK;
    case BC_EVENT_ENROLL:
        if (lists_event(subject->templates, subject->template_count, e) == is_deleted(b, e->index))
            return refuse(err,
                          "the register and the events do not agree on the template of event %llu",
                          number(e->index));
        return BC_OK;
    case BC_EVENT_NOTICE:
        leaf = bc_bundle_notice_leaf(b, e->event->u.notice.id);
        if (!leaf)
            return refuse(err, "the leaf of the notice of event %llu is missing", number(e->index));
        if (lists_event(leaf->active, leaf->active_count, e) ==
            bc_bundle_replaced(b, e->index, BC_BUNDLE_EVER))
            return refuse(err,
                          "the register and the events do not agree on the notice of event %llu",
                          number(e->index));
        return BC_OK;
    case BC_EVENT_DELETE:
        enroll = bc_bundle_event(b, e->event->u.attempt.enroll);
        if (!enroll || enroll->type != BC_EVENT_ENROLL)
            return refuse(err, "the enrollment that event %llu is about is missing",
                          number(e->index));
        return BC_OK;
    default:
        return BC_OK;
    }
}

/* ---- nothing that no grant names ---- */

/* Each text once, in the order in which the grants name them. */
static enum bc_result check_texts(const struct bc_bundle *b, struct bc_bundle_error *err)
{
    size_t next = 0;

    for (size_t i = 0; i < b->event_count && next < b->text_count; i++) {
        const struct bc_event *e = b->events[i].event;
        struct bc_hash hash;
        if (!e || e->type != BC_EVENT_GRANT)
            continue;
        bc_merkle_hash_bytes(b->texts[next].data, b->texts[next].len, &hash);
        next += (size_t)bc_merkle_hash_equal(&hash, &e->u.grant.notice);
    }
    if (next < b->text_count)
        return refuse(err, "the text of notice %zu is not one that a consent names", next);
    return BC_OK;
}

enum bc_result bc_bundle_check(struct bc_bundle *b, const struct bc_bundle_trust *trust,
                               struct bc_bundle_error *err)
{
    enum bc_result r = check_note(b, trust, err);

    if (r == BC_OK)
        r = check_leaves(b, err);
    if (r == BC_OK)
        r = check_events(b, err);
    for (size_t i = 0; i < b->event_count && r == BC_OK; i++)
        if (b->events[i].event)
            r = check_state(b, &b->events[i], err);
    for (size_t i = 1; i < b->leaf_count && r == BC_OK; i++)
        if (!bc_bundle_names(b, b->leaves[i].leaf.name))
            r = refuse(err, "no consent here names the notice %s", b->leaves[i].leaf.name);
    return r == BC_OK ? check_texts(b, err) : r;
}
