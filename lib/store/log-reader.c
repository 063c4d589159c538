/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/log-reader.h"

#include <stdio.h>
#include <string.h>

/* Proves the event whose salt and payload have been read, and parses it. */
static enum bc_result take_event(struct bc_snapshot *s, uint64_t index, struct bc_event *event,
                                 struct bc_logged_event *past)
{
    struct bc_bytes commitment;
    enum bc_result r;

    bc_event_commit(past->salt.data, past->payload.data, past->payload.len, &past->commitment);
    commitment = (struct bc_bytes){past->commitment.b, BC_HASH_BYTES};
    r = bc_tile_prove(&s->log, index, commitment, s->checkpoint.log_size, &s->checkpoint.log_root);
    if (r == BC_OK)
        r = bc_event_decode((const char *)past->payload.data, past->payload.len, event);
    if (r == BC_OK && event->time > s->checkpoint.signed_at)
        r = BC_ERR_CORRUPT;
    past->index = index;
    past->event = event;
    return bc_snapshot_result(r);
}

enum bc_result bc_log_reader_event(struct bc_snapshot *s, uint64_t index, struct bc_event *event,
                                   struct bc_logged_event *out)
{
    struct bc_logged_event past;
    enum bc_result r = bc_store_event(s->store, index, &past.salt, &past.payload);

    if (r != BC_OK)
        return r == BC_ERR_ERASED ? BC_ERR_NO_RECORD : bc_snapshot_result(r);
    r = take_event(s, index, event, &past);
    if (r == BC_OK)
        *out = past;
    return r;
}

/* Most payloads that are not wanted are told by their bytes, without parsing: a wanted one holds
 * the mark of its type, and of its subject. The canonical form has no space; a quote inside of a
 * text is escaped, so neither mark can stand in one. */
void bc_log_reader_begin(struct bc_log_reader *reader, struct bc_snapshot *s,
                         const struct bc_log_filter *wanted)
{
    const struct bc_subject *subject = wanted->subject;
    struct bc_log_marks *m = &reader->marks;

    memset(reader, 0, sizeof *reader);
    reader->s = s;
    reader->wanted = *wanted;
    for (int t = 0; t < BC_EVENT_TYPES; t++)
        if (wanted->types & (1U << t))
            (void)snprintf(m->type[t], sizeof m->type[t], "\"type\":\"%s\"",
                           bc_vocabulary_name(BC_VOCABULARY_EVENT, (unsigned)t));
    if (subject && !strpbrk(subject->name, "\"\\"))
        (void)snprintf(m->name, sizeof m->name, "\"%s\":\"%s\"",
                       subject->external ? "external" : "subject", subject->name);
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

int bc_log_reader_next(struct bc_log_reader *reader, struct bc_logged_event *past)
{
    while (reader->result == BC_OK && reader->index < reader->s->checkpoint.log_size) {
        uint64_t i = reader->index++;
        enum bc_result r = bc_store_event(reader->s->store, i, &past->salt, &past->payload);
        if (r == BC_ERR_ERASED || (r == BC_OK && !may_be_wanted(&reader->marks, past->payload)))
            continue;
        reader->result =
            r == BC_OK ? take_event(reader->s, i, &reader->event, past) : BC_ERR_CORRUPT;
        if (reader->result == BC_OK && is_wanted(&reader->wanted, &reader->event))
            return 1;
    }
    return 0;
}

enum bc_result bc_log_reader_end(struct bc_log_reader *reader)
{
    return reader->result;
}
