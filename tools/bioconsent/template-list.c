/* SPDX-License-Identifier: BSD-2-Clause */
#include "template-list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "law-files.h"
#include "store/active-consent.h"
#include "store/last-use.h"

#define ENDINGS (1U << BC_EVENT_WITHDRAW | 1U << BC_EVENT_REVOKE | 1U << BC_EVENT_PURPOSE_ENDED)
#define TOLD (ENDINGS | 1U << BC_EVENT_DELETE | 1U << BC_EVENT_NOTICE)

struct gathering {
    struct bc_session *tool;
    struct bc_snapshot snapshot;
    const struct bc_subject *subject;
    struct bc_templates found;
    struct bc_event *event;         /* room for one */
    struct bc_active_consent *live; /* BC_ACTIVE_MAX */
    struct bc_consent consents[BC_ACTIVE_MAX];
    size_t consent_count;
};

/* ---- what the register names ---- */

static enum bc_result load_consents(struct gathering *g, const struct bc_leaf *leaf)
{
    enum bc_result result = BC_OK;

    g->consent_count = leaf->active_count;
    for (size_t i = 0; i < leaf->active_count && result == BC_OK; i++) {
        result = bc_active_consent_load(&g->snapshot, &leaf->active[i], &g->live[i]);
        g->consents[i] = g->live[i].consent;
    }
    return result;
}

/* Either operation will do: to enroll alone covers a template as well. */
static enum bc_reason decide_coverage(const struct gathering *g, const struct bc_leaf *leaf,
                                      const struct bc_template *t)
{
    struct bc_use use = {.external = t->subject.external,
                         .uid = t->subject.uid,
                         .operation = BC_AUTHENTICATE,
                         .modality = t->modality};
    enum bc_reason reason;

    memcpy(use.user, t->subject.name, sizeof use.user);
    memcpy(use.provider, t->provider, sizeof use.provider);
    reason = bc_decision_make(&g->tool->policy, &use, g->tool->now, g->consents, g->consent_count,
                              leaf->ended);
    use.operation = BC_ENROLL;
    if (reason == BC_REASON_SCOPE_OPERATION)
        reason = bc_decision_make(&g->tool->policy, &use, g->tool->now, g->consents,
                                  g->consent_count, leaf->ended);
    return reason;
}

static struct bc_template *add_row(struct bc_templates *t)
{
    struct bc_template *longer = bc_array_grow(t->list, t->count, &t->room, sizeof *longer);

    if (!longer)
        return NULL;
    t->list = longer;
    memset(&t->list[t->count], 0, sizeof t->list[0]);
    return &t->list[t->count++];
}

/* The consent it rests on, which may have been erased. */
static enum bc_result add_grant(struct gathering *g, struct bc_template *t)
{
    struct bc_logged_event past;
    enum bc_result result = bc_log_reader_event(&g->snapshot, t->grant, g->event, &past);

    if (result == BC_ERR_NO_RECORD)
        return BC_OK;
    if (result != BC_OK || g->event->type != BC_EVENT_GRANT)
        return result != BC_OK ? result : BC_ERR_CORRUPT;
    t->notice = g->event->u.grant.notice;
    t->laws = g->event->u.grant.jurisdictions;
    t->facts.granted = g->event->u.grant.valid_from;
    t->facts.expires = g->event->u.grant.expires;
    return BC_OK;
}

static enum bc_result add_template(struct gathering *g, const struct bc_leaf *leaf,
                                   const struct bc_leaf_entry *entry)
{
    const struct bc_enrollment *e = &g->event->u.enrollment;
    enum bc_result result = bc_snapshot_event(&g->snapshot, entry, g->event, NULL);
    struct bc_template *t;

    if (result != BC_OK || g->event->type != BC_EVENT_ENROLL)
        return result != BC_OK ? result : BC_ERR_CORRUPT;
    t = add_row(&g->found);
    if (!t)
        return BC_ERR_SYSTEM;
    t->index = entry->index;
    t->subject = e->subject;
    t->modality = e->modality;
    t->grant = e->grant;
    memcpy(t->provider, e->provider, sizeof t->provider);
    t->facts.enrolled = g->event->time;
    t->handle_count = e->identifiers.count;
    t->handles = calloc(e->identifiers.count + 1, sizeof *t->handles);
    if (!t->handles)
        return BC_ERR_SYSTEM;
    memcpy(t->handles, e->identifiers.item, e->identifiers.count * sizeof *t->handles);
    t->reason = decide_coverage(g, leaf, t);
    t->facts.covered = bc_reason_allows(t->reason);
    (void)bc_last_use_last(g->tool->state, leaf, &t->facts.last_use);
    return add_grant(g, t);
}

static enum bc_result add_leaf(struct gathering *g, struct bc_bytes bytes)
{
    struct bc_subject subject;
    struct bc_leaf leaf;
    enum bc_result result;

    if (bc_leaf_decode(bytes.data, bytes.len, &leaf) != BC_OK)
        return BC_ERR_CORRUPT;
    if (leaf.kind == BC_LEAF_NOTICE || leaf.template_count == 0)
        return BC_OK;
    bc_leaf_subject(&leaf, &subject);
    if (g->subject && !bc_event_subject_equal(g->subject, &subject))
        return BC_OK;
    result = bc_snapshot_leaf(&g->snapshot, &leaf, NULL);
    if (result == BC_OK)
        result = load_consents(g, &leaf);
    for (size_t i = 0; i < leaf.template_count && result == BC_OK; i++)
        result = add_template(g, &leaf, &leaf.templates[i]);
    return result == BC_OK ? BC_OK : result == BC_ERR_SYSTEM ? BC_ERR_MEMORY : BC_ERR_CORRUPT;
}

/* ---- what the history tells about them ---- */

static enum bc_deletion_cause cause_of_ending(enum bc_event_type type)
{
    if (type == BC_EVENT_WITHDRAW)
        return BC_CAUSE_WITHDRAWN;
    return type == BC_EVENT_REVOKE ? BC_CAUSE_REVOKED : BC_CAUSE_PURPOSE_ENDED;
}

static void note_ending(struct bc_template *t, const struct bc_event *e)
{
    /* The purpose ended when there was no consent any more. */
    if (e->u.ending.grant_count == 0 && t->facts.ending == BC_CAUSE_NONE) {
        t->facts.ending = cause_of_ending(e->type);
        t->facts.ended = e->time;
    }
    for (size_t i = 0; i < e->u.ending.grant_count; i++)
        if (e->u.ending.grants[i] == t->grant) {
            t->facts.ending = cause_of_ending(e->type);
            t->facts.ended = e->time;
        }
}

static void note_attempt(struct bc_template *t, const struct bc_event *e)
{
    if (e->u.attempt.enroll != t->index)
        return;
    t->attempts = e->u.attempt.attempt;
    t->state = e->u.attempt.state;
    t->attempted = e->time;
    memcpy(t->answer, e->u.attempt.answer, sizeof t->answer);
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

static enum bc_result note_past_event(void *ctx, const struct bc_logged_event *past)
{
    struct gathering *g = ctx;
    const struct bc_event *e = past->event;
    const struct bc_subject *subject = bc_event_subject(e);

    for (size_t i = 0; !subject && i < g->found.count; i++)
        note_exemptions(&g->found.list[i], &e->u.notice);
    for (size_t i = subject ? find_first_of_subject(&g->found, subject) : g->found.count;
         i < g->found.count && bc_event_subject_equal(subject, &g->found.list[i].subject); i++) {
        if (e->type == BC_EVENT_DELETE)
            note_attempt(&g->found.list[i], e);
        else
            note_ending(&g->found.list[i], e);
    }
    return BC_OK;
}

static int read_store(struct gathering *g)
{
    const struct bc_log_filter wanted = {.types = TOLD};
    struct bc_store_cursor c = {.store = g->snapshot.store};
    enum bc_result result, r = BC_OK;
    struct bc_bytes leaf;
    uint64_t slot;

    while (r == BC_OK && bc_store_cursor_subject(&c, &slot, &leaf))
        r = add_leaf(g, leaf);
    result = bc_store_cursor_end(&c);
    if (r == BC_OK)
        r = result;
    if (r != BC_OK)
        return bc_message_fail_result(r, "templates", "");
    if (g->found.count == 0)
        return 0;
    qsort(g->found.list, g->found.count, sizeof g->found.list[0], by_subject);
    result = bc_log_reader_each(&g->snapshot, &wanted, note_past_event, g);
    return result == BC_OK ? 0 : bc_message_fail_result(result, "log", "");
}

/* ---- what the laws make of it ---- */

/* The laws of the template before are often those of this one. */
struct law_books {
    struct bc_words words;
    struct bc_law_files laws;
};

static int load_laws(struct law_books *b, const struct bc_words *words)
{
    struct bc_law_files laws;
    int code;

    if (b->laws.list && bc_event_words_within(words, &b->words) &&
        bc_event_words_within(&b->words, words))
        return 0;
    code = bc_law_files_load(words, &laws);
    if (code)
        return code;
    bc_law_files_free(&b->laws);
    b->laws = laws;
    b->words = *words;
    return 0;
}

static int find_deadline(struct bc_session *tool, struct law_books *b, struct bc_template *t)
{
    const struct bc_jurisdiction *laws;
    int by = -1, code = load_laws(b, &t->laws);

    if (code)
        return code;
    laws = b->laws.list;
    bc_deletion_deadline_find(&t->facts, laws, b->laws.count, tool->now, &t->obligation);
    (void)snprintf(t->clause, sizeof t->clause, "%s",
                   bc_deletion_deadline_clause(&t->obligation, laws));
    if (t->obligation.law >= 0)
        memcpy(t->law, laws[t->obligation.law].id, sizeof t->law);
    if (t->facts.covered)
        t->clock_end = bc_deletion_deadline_of_last_use(&t->facts, laws, b->laws.count, &by);
    return 0;
}

static int find_deadlines(struct bc_session *tool, struct bc_templates *t)
{
    struct law_books books = {.laws = {.list = NULL}};
    int code = 0;

    for (size_t i = 0; !code && i < t->count; i++)
        code = find_deadline(tool, &books, &t->list[i]);
    bc_law_files_free(&books.laws);
    return code;
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

/* Room for one subject, and the store. */
static int begin_gathering(struct gathering *g, struct bc_session *tool)
{
    g->tool = tool;
    g->event = calloc(1, sizeof *g->event);
    g->live = calloc(BC_ACTIVE_MAX, sizeof *g->live);
    if (!g->event || !g->live)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    return bc_session_snapshot(tool, &g->snapshot, 1);
}

static void end_gathering(struct gathering *g)
{
    free(g->event);
    free(g->live);
    free(g);
}

int bc_template_list_gather(struct bc_session *tool, const struct bc_subject *subject,
                            struct bc_templates *out)
{
    struct gathering *g = calloc(1, sizeof *g);
    int code = g ? bc_session_config(tool) : bc_message_fail(BC_EXIT_REFUSED, "no memory");

    if (code) {
        free(g);
        return code;
    }
    g->subject = subject;
    code = begin_gathering(g, tool);
    if (!code) {
        code = read_store(g);
        bc_store_close(g->snapshot.store);
    }
    if (!code)
        code = find_deadlines(tool, &g->found);
    if (code) {
        bc_template_list_free(&g->found);
    } else {
        if (g->found.count)
            qsort(g->found.list, g->found.count, sizeof g->found.list[0], by_due);
        *out = g->found;
    }
    end_gathering(g);
    return code;
}

void bc_template_list_free(struct bc_templates *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->list[i].handles);
    free(t->list);
    *t = (struct bc_templates){NULL, 0, 0};
}

/* ---- one of them ---- */

static enum bc_result fetch_enrollment(struct bc_snapshot *s, const struct bc_subject *subject,
                                       uint64_t index, struct bc_event *event)
{
    struct bc_leaf leaf;
    enum bc_result result;

    bc_leaf_for_subject(subject, &leaf);
    result = bc_snapshot_leaf(s, &leaf, NULL);
    if (result != BC_OK)
        return result;
    for (size_t i = 0; i < leaf.template_count; i++)
        if (leaf.templates[i].index == index)
            return bc_snapshot_event(s, &leaf.templates[i], event, NULL);
    return BC_ERR_NO_RECORD;
}

int bc_template_list_fetch(struct bc_session *tool, const struct bc_subject *subject,
                           uint64_t index, struct bc_enrollment *out)
{
    struct bc_event *event = calloc(1, sizeof *event);
    struct bc_snapshot snapshot;
    enum bc_result result;
    int code = event ? bc_session_snapshot(tool, &snapshot, 1)
                     : bc_message_fail(BC_EXIT_REFUSED, "no memory");

    if (!code) {
        result = fetch_enrollment(&snapshot, subject, index, event);
        bc_store_close(snapshot.store);
        if (result == BC_ERR_NO_RECORD)
            code = BC_EXIT_NOT_FOUND;
        else if (result != BC_OK)
            code = bc_message_fail_result(result, "template", subject->name);
        else
            *out = event->u.enrollment;
    }
    free(event);
    return code;
}

static enum bc_result find_coverage(struct gathering *g, const struct bc_template *t,
                                    enum bc_reason *out)
{
    struct bc_leaf leaf;
    enum bc_result result;

    bc_leaf_for_subject(&t->subject, &leaf);
    result = bc_snapshot_leaf(&g->snapshot, &leaf, NULL);
    if (result == BC_OK)
        result = load_consents(g, &leaf);
    if (result == BC_ERR_NO_RECORD || result == BC_ERR_MISMATCH)
        *out = bc_reason_of_result(result);
    else if (result != BC_OK)
        return result;
    else
        *out = decide_coverage(g, &leaf, t);
    return BC_OK;
}

int bc_template_list_coverage(struct bc_session *tool, const struct bc_subject *subject,
                              const char *provider, enum bc_modality modality, enum bc_reason *out)
{
    struct bc_template wanted = {.subject = *subject, .modality = modality};
    struct gathering *g = calloc(1, sizeof *g);
    int code = g ? begin_gathering(g, tool) : bc_message_fail(BC_EXIT_REFUSED, "no memory");
    enum bc_result result;

    if (!code) {
        (void)snprintf(wanted.provider, sizeof wanted.provider, "%s", provider);
        result = find_coverage(g, &wanted, out);
        bc_store_close(g->snapshot.store);
        if (result != BC_OK)
            code = bc_message_fail_result(result, "consents of", subject->name);
    }
    if (g)
        end_gathering(g);
    return code;
}

const char *bc_template_list_cause(const struct bc_template *t)
{
    return t->obligation.why == BC_CAUSE_UNCOVERED
               ? bc_reason_id(t->reason)
               : bc_deletion_deadline_cause_name(t->obligation.why);
}
