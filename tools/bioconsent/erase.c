/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "common/memory.h"
#include "law-files.h"
#include "receipts.h"
#include "store/last-use.h"
#include "store/log-reader.h"
#include "store/pending.h"

/* A grant of the past: by which laws its proof is kept, and from when. */
struct past_grant {
    uint64_t index;
    int64_t ended;
    struct bc_words laws;
};

static struct erasure {
    struct bc_session *session;
    const char *name;
    const char *override;
    struct bc_subject subject;
    struct bc_event event; /* the erasure */
    uint64_t *events;
    size_t count, room;
    struct past_grant *grants;
    size_t grant_count, grant_room;
} erasure;

static void note_event(struct erasure *e, const struct bc_logged_event *past)
{
    const struct bc_event *event = past->event;
    const struct bc_ending *ending = &event->u.ending;

    e->events = bc_memory_grow(e->events, e->count, &e->room, sizeof *e->events);
    e->events[e->count++] = past->index;
    if (event->type == BC_EVENT_GRANT) {
        e->grants = bc_memory_grow(e->grants, e->grant_count, &e->grant_room, sizeof *e->grants);
        e->grants[e->grant_count++] = (struct past_grant){
            .index = past->index, .ended = event->time, .laws = event->u.grant.jurisdictions};
    } else if (event->type == BC_EVENT_WITHDRAW || event->type == BC_EVENT_REVOKE ||
               event->type == BC_EVENT_PURPOSE_ENDED) {
        for (size_t i = 0; i < ending->grant_count; i++)
            for (size_t g = 0; g < e->grant_count; g++)
                if (e->grants[g].index == ending->grants[i])
                    e->grants[g].ended = event->time;
    }
}

/* Finds the leaf of the subject, refuses where something in it is still in force, and notes the
 * subject's events. */
static void read_subject(struct erasure *e, struct bc_transaction *l, struct bc_leaf *leaf,
                         uint64_t *slot)
{
    const struct bc_log_filter wanted = {.types = BC_LOG_FILTER_ALL, .subject = &e->subject};
    struct bc_snapshot *view = bc_transaction_view(l);
    struct bc_log_reader reader;
    struct bc_logged_event past;
    enum bc_result r;

    bc_leaf_for_subject(&e->subject, leaf);
    r = view ? bc_snapshot_leaf(view, leaf, slot) : BC_ERR_SYSTEM;
    if (r == BC_ERR_NO_RECORD)
        bc_message_die(BC_EXIT_NOT_FOUND, "there is no record of %s", e->name);
    if (r != BC_OK)
        bc_message_die_result(r, "subject", e->name);
    if (leaf->active_count)
        bc_message_die(BC_EXIT_REFUSED,
                       "%s has a consent on record that was not ended (event %llu); "
                       "end it first: bioconsent withdraw or revoke",
                       e->name, (unsigned long long)leaf->active[0].index);
    if (leaf->template_count)
        bc_message_die(BC_EXIT_REFUSED,
                       "%s still has a template (event %llu); have it deleted "
                       "first: bioconsent audit, bioconsent delete",
                       e->name, (unsigned long long)leaf->templates[0].index);
    bc_log_reader_begin(&reader, view, &wanted);
    while (bc_log_reader_next(&reader, &past))
        note_event(e, &past);
    r = bc_log_reader_end(&reader);
    if (r != BC_OK)
        bc_message_die_result(r, "subject", e->name);
}

static void check_grant(const struct erasure *e, const struct past_grant *g)
{
    struct bc_law_files laws;
    char until[40];
    int64_t keep;
    int by, code = bc_law_files_load(&g->laws, &laws);

    if (code)
        bc_message_exit(code);
    keep = bc_jurisdiction_due(laws.list, laws.count, BC_CLOCK_PROOF, g->ended, &by);
    if (by >= 0 && keep > e->session->now) {
        bc_message_time(keep, until);
        bc_message_die(BC_EXIT_REFUSED,
                       "%s: the proof of the consent of event %llu must be kept "
                       "until %s (%s: %s); wait, or say why not with --override",
                       e->name, (unsigned long long)g->index, until, laws.list[by].id,
                       laws.list[by].clock[BC_CLOCK_PROOF].clause.text);
    }
    bc_law_files_free(&laws);
}

/* Removes the files about the subject. Nothing here can be undone by a failing commit; without a
 * day of last use deletion comes earlier. */
static void remove_files(const struct erasure *e, const struct bc_leaf *leaf)
{
    struct bc_session *session = e->session;
    enum bc_result r = bc_last_use_forget(session->state, leaf);

    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: the day of last use of %s: %s",
                       session->config.state_path, e->name, bc_result_text(r));
    if (e->subject.external)
        return;
    bc_receipts_remove(session, &e->subject);
    r = bc_pending_remove_acceptances(session->spool, e->subject.uid);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: the pending acceptances of %s: %s",
                       session->config.spool_path, e->name, bc_result_text(r));
}

/* The erasure names nobody. */
static void set_reason(struct erasure *e, const char *reason)
{
    char *out = e->event.u.erasure.reason;
    int n = snprintf(out, BC_LINE_MAX + 1, "%s%s%s", reason,
                     e->override ? "; proof not kept: " : "", e->override ? e->override : "");

    if (n <= 0 || n > BC_LINE_MAX || !bc_text_clean(out, (size_t)n, 0) || reason[0] == '\0' ||
        (e->override && e->override[0] == '\0'))
        bc_message_die(BC_EXIT_USAGE,
                       "--reason and --override: together 1 to %d bytes of text without "
                       "control characters",
                       BC_LINE_MAX - 18);
    if (strcasestr(out, e->name))
        bc_message_die(BC_EXIT_USAGE, "the reason stays on record, so it may not name %s", e->name);
}

static int run_erase(struct bc_session *session, const struct bc_args *args)
{
    struct erasure *e = &erasure;
    struct bc_erasure *part = &e->event.u.erasure;
    struct bc_transaction *l;
    struct bc_leaf leaf;
    uint64_t slot;

    bc_subject_args_parse(args, &e->subject);
    e->session = session;
    e->name = args->operand[0];
    e->override = bc_args_value(args, BC_OPTION_OVERRIDE, NULL);
    e->event.type = BC_EVENT_ERASE;
    set_reason(e, bc_args_value(args, BC_OPTION_REASON, "requested by the subject"));
    bc_subject_args_operator(part->recorded_by);
    l = bc_session_begin(session, args);
    read_subject(e, l, &leaf, &slot);
    for (size_t i = 0; i < e->grant_count && !e->override; i++)
        check_grant(e, &e->grants[i]);
    remove_files(e, &leaf);
    for (size_t at = 0; at < e->count; at += part->event_count) {
        enum bc_result r;
        part->event_count = e->count - at < BC_ERASED_MAX ? e->count - at : BC_ERASED_MAX;
        memcpy(part->events, e->events + at, part->event_count * sizeof *e->events);
        r = bc_transaction_erase(l, &leaf, slot, &e->event);
        if (r != BC_OK)
            bc_message_die(BC_EXIT_REFUSED, "erase: %s", bc_result_text(r));
    }
    session->rewrite = 1;
    bc_session_end(session);
    if (session->json)
        bc_message_json(json_pack("{s:b, s:I}", "erased", 1, "events", (json_int_t)e->count));
    else
        (void)printf("%zu events of %s are erased, and the store is written anew. Backups still "
                     "hold them.\n",
                     e->count, e->name);
    return BC_EXIT_OK;
}

const struct bc_verb bc_verb_erase = {
    .name = "erase",
    .summary = "erase everything on record about a person",
    .usage = {"USER [--reason TEXT] [--override TEXT] [--external | --uid NUMBER] "
              "[--passphrase-file FILE]"},
    .description =
        "Erases everything that the store holds about USER: the payloads and salts of all events, "
        "the entry in the register, and the receipts. The commitments stay, so the history stays "
        "verifiable. The store is then written anew, because LMDB leaves deleted bytes in free "
        "pages. Erasing the person from backups is the duty of the administrator.\n\nRefused while "
        "a consent is in force, while a template is not known to be deleted, and while a law "
        "requires the proof of consent to be kept. --override TEXT goes on in this last case "
        "alone, and TEXT is recorded. Neither text may name the person.",
    .examples = {"bioconsent erase alice --reason 'requested on 3 March'",
                 "bioconsent erase formerly --uid 1012 --override 'order of the data protection "
                 "authority'"},
    .operands_min = 1,
    .operands_max = 1,
    .options = {BC_OPTION_REASON, BC_OPTION_OVERRIDE, BC_OPTION_EXTERNAL, BC_OPTION_UID,
                BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_erase,
};
