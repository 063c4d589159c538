/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/log-reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum bc_result row_reason(enum bc_result r)
{
    if (r == BC_OK)
        return BC_OK;
    if (r == BC_ERR_ERASED)
        return BC_ERR_NO_RECORD;
    return r == BC_ERR_MEMORY || r == BC_ERR_CRYPTO ? BC_ERR_SYSTEM : BC_ERR_CORRUPT;
}

static enum bc_result prove(struct bc_snapshot *s, uint64_t index, const struct bc_hash *commitment)
{
    const struct bc_checkpoint *c = &s->checkpoint;
    struct bc_nodes nodes = bc_tile_nodes(&s->log);
    struct bc_proof proof;
    struct bc_hash leaf;
    enum bc_result r = bc_merkle_inclusion(&nodes, index, c->log_size, &proof);

    if (r != BC_OK)
        return r;
    bc_merkle_leaf(commitment->b, BC_HASH_BYTES, &leaf);
    return bc_merkle_verify_inclusion(index, c->log_size, &leaf, &c->log_root, proof.hash,
                                      proof.count);
}

/* Salt and payload have been read. */
static enum bc_result take(struct bc_snapshot *s, uint64_t index, struct bc_event *event,
                           struct bc_logged_event *past)
{
    enum bc_result r;

    bc_event_commit(past->salt.data, past->payload.data, past->payload.len, &past->commitment);
    r = prove(s, index, &past->commitment);
    if (r == BC_OK)
        r = bc_event_decode((const char *)past->payload.data, past->payload.len, event);
    if (r == BC_OK && event->time > s->checkpoint.signed_at)
        r = BC_ERR_CORRUPT;
    past->index = index;
    past->event = event;
    return r;
}

enum bc_result bc_log_reader_event(struct bc_snapshot *s, uint64_t index, struct bc_event *event,
                                   struct bc_logged_event *out)
{
    struct bc_logged_event past;
    enum bc_result r = bc_store_event(s->store, index, &past.salt, &past.payload);

    if (r == BC_OK)
        r = take(s, index, event, &past);
    if (r == BC_OK)
        *out = past;
    return row_reason(r);
}

/* Most payloads that are not wanted are told by their bytes, without parsing: a wanted one holds
 * the mark of its type, and of its subject. The canonical form has no space; a quote inside of a
 * text is escaped, so neither mark can stand in one. */
static void make_marks(const struct bc_log_filter *wanted, struct bc_log_marks *m)
{
    memset(m, 0, sizeof *m);
    for (int t = 0; t < BC_EVENT_TYPES; t++)
        if (wanted->types & (1U << t))
            (void)snprintf(m->type[t], sizeof m->type[t], "\"type\":\"%s\"",
                           bc_event_type_name((enum bc_event_type)t));
    if (wanted->subject && !strpbrk(wanted->subject->name, "\"\\"))
        (void)snprintf(m->name, sizeof m->name, "\"%s\":\"%s\"",
                       wanted->subject->external ? "external" : "subject", wanted->subject->name);
}

static int holds(struct bc_bytes payload, const char *mark)
{
    return mark[0] && memmem(payload.data, payload.len, mark, strlen(mark)) != NULL;
}

static int may_be_wanted(const struct bc_log_marks *m, struct bc_bytes payload)
{
    if (m->name[0] && !holds(payload, m->name))
        return 0;
    for (int t = 0; t < BC_EVENT_TYPES; t++)
        if (holds(payload, m->type[t]))
            return 1;
    return 0;
}

static int is_wanted(const struct bc_log_filter *wanted, const struct bc_event *e)
{
    const struct bc_subject *subject = bc_event_subject(e);

    return (wanted->types & (1U << e->type)) &&
           (!wanted->subject || (subject && bc_event_subject_equal(subject, wanted->subject)));
}

void bc_log_reader_begin(struct bc_log_reader *reader, struct bc_snapshot *s,
                         const struct bc_log_filter *wanted)
{
    memset(reader, 0, sizeof *reader);
    reader->s = s;
    reader->wanted = *wanted;
    make_marks(wanted, &reader->marks);
    reader->event = malloc(sizeof *reader->event);
    reader->result = reader->event ? BC_OK : BC_ERR_SYSTEM;
}

int bc_log_reader_next(struct bc_log_reader *reader, struct bc_logged_event *past)
{
    while (reader->result == BC_OK && reader->index < reader->s->checkpoint.log_size) {
        uint64_t i = reader->index++;
        enum bc_result r = bc_store_event(reader->s->store, i, &past->salt, &past->payload);
        if (r == BC_ERR_ERASED || (r == BC_OK && !may_be_wanted(&reader->marks, past->payload)))
            continue;
        reader->result =
            r == BC_OK ? row_reason(take(reader->s, i, reader->event, past)) : BC_ERR_CORRUPT;
        if (reader->result == BC_OK && is_wanted(&reader->wanted, reader->event))
            return 1;
    }
    return 0;
}

enum bc_result bc_log_reader_end(struct bc_log_reader *reader)
{
    free(reader->event);
    reader->event = NULL;
    return reader->result;
}

enum bc_result
bc_log_reader_each(struct bc_snapshot *s, const struct bc_log_filter *wanted,
                   enum bc_result (*each)(void *ctx, const struct bc_logged_event *past), void *ctx)
{
    struct bc_log_reader reader;
    struct bc_logged_event past;
    enum bc_result r = BC_OK, ended;

    bc_log_reader_begin(&reader, s, wanted);
    while (r == BC_OK && bc_log_reader_next(&reader, &past))
        r = each(ctx, &past);
    ended = bc_log_reader_end(&reader);
    return r != BC_OK ? r : ended;
}
