/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LOG_READER_H
#define BC_LOG_READER_H

#include "store/snapshot.h"

/*
 * The past: events of the log that no leaf names any more, each proven to
 * stand in the log that the checkpoint signs.
 */

#define BC_LOG_FILTER_ALL ((1U << BC_EVENT_TYPES) - 1)

/* Which events: a bit set of 1 << type, and of one subject where subject is not NULL. */
struct bc_log_filter {
    unsigned types;
    const struct bc_subject *subject;
};

/* An event of the past. event and payload are valid until the next one is read. */
struct bc_logged_event {
    uint64_t index;
    struct bc_hash commitment;
    const struct bc_event *event;
    struct bc_bytes salt;
    struct bc_bytes payload;
};

/* Reads the event at index and proves that it stands there. *event must outlive *out.
 * BC_OK, BC_ERR_NO_RECORD (it was erased), BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_log_reader_event(struct bc_snapshot *s, uint64_t index, struct bc_event *event,
                                   struct bc_logged_event *out);

/*
 * Reads the wanted events, oldest first, passing over erased ones:
 *
 *     bc_log_reader_begin(&reader, s, &wanted);
 *     while (bc_log_reader_next(&reader, &past))
 *         ...
 *     result = bc_log_reader_end(&reader);
 */
struct bc_log_reader {
    struct bc_snapshot *s;
    struct bc_log_filter wanted;
    struct bc_log_marks {
        char type[BC_EVENT_TYPES][32];
        char name[BC_SUBJECT_MAX + 32];
    } marks;
    struct bc_event event;
    uint64_t index;
    enum bc_result result; /* where the caller sets it, the reading ends with it */
};

/* Begins. s and wanted->subject must outlive the reader. */
void bc_log_reader_begin(struct bc_log_reader *reader, struct bc_snapshot *s,
                         const struct bc_log_filter *wanted);

/* Reads and proves the next event. 1, or 0 at the end or at the first failure. Looks at each
 * payload's bytes before it parses any. */
int bc_log_reader_next(struct bc_log_reader *reader, struct bc_logged_event *past);

/* Ends it, wherever it stands. BC_OK, BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_log_reader_end(struct bc_log_reader *reader);

#endif
