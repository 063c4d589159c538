/* SPDX-License-Identifier: BSD-2-Clause */
#include "template-list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "law-files.h"
#include "store/last-use.h"
#include "store/log-reader.h"

#define ENDINGS (1U << BC_EVENT_WITHDRAW | 1U << BC_EVENT_REVOKE | 1U << BC_EVENT_PURPOSE_ENDED)
#define TOLD (ENDINGS | 1U << BC_EVENT_DELETE | 1U << BC_EVENT_NOTICE)

/* What is read of the store, with room for one event and the consents of one subject. */
struct reading {
    struct bc_session *session;
    struct bc_snapshot snapshot;
    struct bc_event event;
    struct bc_active_consent active[BC_ACTIVE_MAX];
    struct bc_consent consents[BC_ACTIVE_MAX];
    size_t consent_count;
};

static struct reading reading;

static struct reading *open_store(struct bc_session *session)
{
    bc_session_config(session);
    reading.session = session;
    bc_session_snapshot(session, &reading.snapshot, 1);
    return &reading;
}

/* ---- what the register names ---- */

static enum bc_result load_consents(struct reading *r, const struct bc_leaf *leaf)
{
    enum bc_result result = BC_OK;

    r->consent_count = leaf->active_count;
    for (size_t i = 0; i < leaf->active_count && result == BC_OK; i++) {
        result = bc_snapshot_consent(&r->snapshot, &leaf->active[i], &r->active[i]);
        r->consents[i] = r->active[i].consent;
    }
    return result;
}

static enum bc_reason decide_coverage(const struct reading *r, const struct bc_leaf *leaf,
                                      const struct bc_subject *subject, const char *provider,
                                      enum bc_modality modality)
{
    static const enum bc_operation either[] = {BC_AUTHENTICATE, BC_ENROLL};
    enum bc_reason reason = BC_REASON_SCOPE_OPERATION;
    struct bc_use use = {.subject = *subject, .modality = modality};

    (void)snprintf(use.provider, sizeof use.provider, "%s", provider);
    /* Either operation will do: to enroll alone covers a template as well. */
    for (size_t i = 0; i < 2 && reason == BC_REASON_SCOPE_OPERATION; i++) {
        use.operation = either[i];
        reason = bc_decision_make(&r->session->config, &use, r->session->now, r->consents,
                                  r->consent_count, leaf->ended);
    }
    return reason;
}

static enum bc_result add_template(struct reading *r, const struct bc_leaf *leaf,
                                   const struct bc_leaf_entry *entry, struct bc_templates *found)
{
    const struct bc_enrollment *e = &r->event.u.enrollment;
    const struct bc_grant *grant = &r->event.u.grant;
    enum bc_result result = bc_snapshot_event(&r->snapshot, entry, &r->event, NULL);
    struct bc_logged_event past;
    struct bc_template *t;

    if (result != BC_OK || r->event.type != BC_EVENT_ENROLL)
        return result != BC_OK ? result : BC_ERR_CORRUPT;
    found->list = bc_memory_grow(found->list, found->count, &found->room, sizeof *t);
    t = &found->list[found->count++];
    *t = (struct bc_template){.index = entry->index,
                              .subject = e->subject,
                              .modality = e->modality,
                              .grant = e->grant,
                              .facts.enrolled = r->event.time,
                              .identifier_count = e->identifiers.count};
    memcpy(t->provider, e->provider, sizeof t->provider);
    t->identifiers = bc_memory_new(t->identifier_count, sizeof *t->identifiers);
    memcpy(t->identifiers, e->identifiers.item, t->identifier_count * sizeof *t->identifiers);
    t->reason = decide_coverage(r, leaf, &t->subject, t->provider, t->modality);
    t->facts.covered = bc_reason_allows(t->reason);
    (void)bc_last_use_last(r->session->state, leaf, &t->facts.last_use);

    result = bc_log_reader_event(&r->snapshot, t->grant, &r->event, &past);
    if (result == BC_ERR_NO_RECORD) /* the consent it rests on was erased */
        return BC_OK;
    if (result != BC_OK || r->event.type != BC_EVENT_GRANT)
        return result != BC_OK ? result : BC_ERR_CORRUPT;
    t->notice = grant->notice;
    t->laws = grant->jurisdictions;
    t->facts.granted = grant->valid_from;
    t->facts.expires = grant->expires;
    return BC_OK;
}

static enum bc_result add_leaf(struct reading *r, struct bc_bytes bytes,
                               const struct bc_subject *wanted, struct bc_templates *found)
{
    struct bc_subject subject;
    struct bc_leaf leaf;
    enum bc_result result;

    if (bc_leaf_decode(bytes.data, bytes.len, &leaf) != BC_OK)
        return BC_ERR_CORRUPT;
    if (leaf.kind == BC_LEAF_NOTICE || leaf.template_count == 0)
        return BC_OK;
    bc_leaf_subject(&leaf, &subject);
    if (wanted && !bc_event_subject_equal(wanted, &subject))
        return BC_OK;
    result = bc_snapshot_leaf(&r->snapshot, &leaf, NULL);
    if (result == BC_OK)
        result = load_consents(r, &leaf);
    for (size_t i = 0; i < leaf.template_count && result == BC_OK; i++)
        result = add_template(r, &leaf, &leaf.templates[i], found);
    return result == BC_OK ? BC_OK : result == BC_ERR_SYSTEM ? BC_ERR_MEMORY : BC_ERR_CORRUPT;
}

/* ---- what the history tells about them ---- */

static void note_ending(struct bc_template *t, const struct bc_event *e)
{
    const struct bc_ending *ending = &e->u.ending;
    /* The purpose ended when there was no consent any more. */
    int ended = ending->grant_count == 0 && t->facts.ending == BC_CAUSE_NONE;

    for (size_t i = 0; i < ending->grant_count; i++)
        ended |= ending->grants[i] == t->grant;
    if (!ended)
        return;
    t->facts.ended = e->time;
    t->facts.ending = e->type == BC_EVENT_WITHDRAW ? BC_CAUSE_WITHDRAWN
                      : e->type == BC_EVENT_REVOKE ? BC_CAUSE_REVOKED
                                                   : BC_CAUSE_PURPOSE_ENDED;
}

/* A law that the notice declared to leave this case alone sets no deadline. */
static void note_exemptions(struct bc_template *t, const struct bc_notice *n)
{
    size_t kept = 0;

    if (!bc_merkle_hash_equal(&t->notice, &n->text))
        return;
    for (size_t i = 0; i < t->laws.count; i++)
        if (!bc_law_files_exempt(n, t->laws.word[i]))
            memmove(t->laws.word[kept++], t->laws.word[i], sizeof t->laws.word[0]);
    t->laws.count = kept;
}

static int by_subject(const void *a, const void *b)
{
    const struct bc_template *x = a, *y = b;
    int order = strcmp(x->subject.name, y->subject.name);

    if (order == 0)
        order = (x->subject.uid > y->subject.uid) - (x->subject.uid < y->subject.uid);
    return order ? order : x->subject.external - y->subject.external;
}

/* The templates of the event's subject, which stand side by side. */
static size_t find_first_of_subject(const struct bc_templates *t, const struct bc_subject *subject)
{
    struct bc_template key = {.subject = *subject};
    const struct bc_template *at = bsearch(&key, t->list, t->count, sizeof key, by_subject);

    while (at && at > t->list && by_subject(at - 1, &key) == 0)
        at--;
    return at ? (size_t)(at - t->list) : t->count;
}

static void note_event(const struct bc_templates *found, const struct bc_event *e)
{
    const struct bc_subject *subject = bc_event_subject(e);
    const struct bc_attempt *attempt = &e->u.attempt;

    for (size_t i = 0; !subject && i < found->count; i++)
        note_exemptions(&found->list[i], &e->u.notice);
    for (size_t i = subject ? find_first_of_subject(found, subject) : found->count;
         i < found->count && bc_event_subject_equal(subject, &found->list[i].subject); i++) {
        struct bc_template *t = &found->list[i];
        if (e->type != BC_EVENT_DELETE) {
            note_ending(t, e);
        } else if (attempt->enroll == t->index) {
            t->attempts = attempt->attempt;
            t->state = attempt->state;
            t->attempted = e->time;
            memcpy(t->answer, attempt->answer, sizeof t->answer);
        }
    }
}

/* ---- what the laws make of it ---- */

/* The laws of the template before are often those of this one. */
static void find_deadlines(const struct bc_session *session, const struct bc_templates *found)
{
    struct bc_law_files laws = {.list = NULL};
    const struct bc_words *loaded = NULL;

    for (size_t i = 0; i < found->count; i++) {
        struct bc_template *t = &found->list[i];
        int code, by = -1;
        if (!loaded || !bc_event_words_within(&t->laws, loaded) ||
            !bc_event_words_within(loaded, &t->laws)) {
            bc_law_files_free(&laws);
            code = bc_law_files_load(&t->laws, &laws);
            if (code)
                bc_message_exit(code);
            loaded = &t->laws;
        }
        bc_deletion_deadline_find(&t->facts, laws.list, laws.count, session->now, &t->obligation);
        (void)snprintf(t->clause, sizeof t->clause, "%s",
                       bc_deletion_deadline_clause(&t->obligation, laws.list));
        if (t->obligation.law >= 0)
            memcpy(t->law, laws.list[t->obligation.law].id, sizeof t->law);
        if (t->facts.covered)
            t->clock_end = bc_deletion_deadline_of_last_use(&t->facts, laws.list, laws.count, &by);
    }
    bc_law_files_free(&laws);
}

static int by_due(const void *a, const void *b)
{
    const struct bc_template *x = a, *y = b;
    int64_t due = x->obligation.due ? x->obligation.due : BC_TIME_MAX;
    int64_t other = y->obligation.due ? y->obligation.due : BC_TIME_MAX;

    if (due != other)
        return due < other ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

void bc_template_list_gather(struct bc_session *session, const struct bc_subject *subject,
                             struct bc_templates *out)
{
    const struct bc_log_filter wanted = {.types = TOLD};
    struct reading *r = open_store(session);
    struct bc_store_cursor cursor = {.store = r->snapshot.store};
    struct bc_log_reader reader;
    struct bc_logged_event past;
    enum bc_result ended, result = BC_OK;
    const char *what = "templates";
    struct bc_bytes leaf;
    uint64_t slot;

    while (result == BC_OK && bc_store_cursor_subject(&cursor, &slot, &leaf))
        result = add_leaf(r, leaf, subject, out);
    ended = bc_store_cursor_end(&cursor);
    result = result == BC_OK ? ended : result;
    if (result == BC_OK && out->count) {
        what = "log";
        qsort(out->list, out->count, sizeof out->list[0], by_subject);
        bc_log_reader_begin(&reader, &r->snapshot, &wanted);
        while (bc_log_reader_next(&reader, &past))
            note_event(out, past.event);
        result = bc_log_reader_end(&reader);
    }
    bc_store_close(r->snapshot.store);
    if (result != BC_OK)
        bc_message_die_result(result, what, "");
    find_deadlines(session, out);
    if (out->count)
        qsort(out->list, out->count, sizeof out->list[0], by_due);
}

void bc_template_list_free(struct bc_templates *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->list[i].identifiers);
    free(t->list);
    *t = (struct bc_templates){NULL, 0, 0};
}

/* ---- one of them ---- */

int bc_template_list_fetch(struct bc_session *session, const struct bc_subject *subject,
                           uint64_t index, struct bc_enrollment *out)
{
    struct reading *r = open_store(session);
    struct bc_leaf leaf;
    enum bc_result result;
    size_t i = 0;

    bc_leaf_for_subject(subject, &leaf);
    result = bc_snapshot_leaf(&r->snapshot, &leaf, NULL);
    while (result == BC_OK && i < leaf.template_count && leaf.templates[i].index != index)
        i++;
    if (result == BC_OK && i == leaf.template_count)
        result = BC_ERR_NO_RECORD;
    if (result == BC_OK)
        result = bc_snapshot_event(&r->snapshot, &leaf.templates[i], &r->event, NULL);
    bc_store_close(r->snapshot.store);
    if (result != BC_OK && result != BC_ERR_NO_RECORD)
        bc_message_die_result(result, "template", subject->name);
    if (result == BC_OK)
        *out = r->event.u.enrollment;
    return result == BC_OK;
}

enum bc_reason bc_template_list_coverage(struct bc_session *session,
                                         const struct bc_subject *subject, const char *provider,
                                         enum bc_modality modality)
{
    struct reading *r = open_store(session);
    struct bc_leaf leaf;
    enum bc_reason reason;
    enum bc_result result;

    bc_leaf_for_subject(subject, &leaf);
    result = bc_snapshot_leaf(&r->snapshot, &leaf, NULL);
    if (result == BC_OK)
        result = load_consents(r, &leaf);
    reason = result == BC_OK ? decide_coverage(r, &leaf, subject, provider, modality)
                             : bc_reason_of_result(result);
    bc_store_close(r->snapshot.store);
    if (result != BC_OK && result != BC_ERR_NO_RECORD && result != BC_ERR_MISMATCH)
        bc_message_die_result(result, "consents of", subject->name);
    return reason;
}

const char *bc_template_list_cause(const struct bc_template *t)
{
    return t->obligation.why == BC_CAUSE_UNCOVERED
               ? bc_reason_id(t->reason)
               : bc_vocabulary_name(BC_VOCABULARY_CAUSE, t->obligation.why);
}
