/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/text.h"
#include "law-files.h"
#include "receipts.h"
#include "session.h"
#include "store/last-use.h"
#include "store/log-reader.h"
#include "store/pending.h"

/* A grant of the past: by which laws its proof is kept, and from when. */
struct past_grant {
    uint64_t index;
    int64_t ended;
    struct bc_words laws;
};

struct erasing {
    struct bc_session *tool;
    const char *name;
    const char *override;
    struct bc_subject subject;
    struct bc_event *event; /* the erasure */
    uint64_t *events;
    size_t count, room;
    struct past_grant *grants;
    size_t grant_count, grant_room;
};

static enum bc_result note_grant(struct erasing *e, const struct bc_logged_event *past)
{
    const struct bc_grant *g = &past->event->u.grant;
    void *longer = bc_array_grow(e->grants, e->grant_count, &e->grant_room, sizeof *e->grants);

    if (!longer)
        return BC_ERR_MEMORY;
    e->grants = longer;
    e->grants[e->grant_count++] = (struct past_grant){
        .index = past->index, .ended = past->event->time, .laws = g->jurisdictions};
    return BC_OK;
}

static void note_ending(struct erasing *e, const struct bc_event *ending)
{
    for (size_t i = 0; i < ending->u.ending.grant_count; i++)
        for (size_t g = 0; g < e->grant_count; g++)
            if (e->grants[g].index == ending->u.ending.grants[i])
                e->grants[g].ended = ending->time;
}

static enum bc_result note(void *ctx, const struct bc_logged_event *past)
{
    struct erasing *e = ctx;
    void *longer = bc_array_grow(e->events, e->count, &e->room, sizeof *e->events);

    if (!longer)
        return BC_ERR_MEMORY;
    e->events = longer;
    e->events[e->count++] = past->index;
    if (past->event->type == BC_EVENT_GRANT)
        return note_grant(e, past);
    if (past->event->type == BC_EVENT_WITHDRAW || past->event->type == BC_EVENT_REVOKE ||
        past->event->type == BC_EVENT_PURPOSE_ENDED)
        note_ending(e, past->event);
    return BC_OK;
}

static int check_grant(const struct erasing *e, const struct past_grant *g)
{
    struct bc_law_files laws;
    char until[40];
    int64_t keep;
    int by, code = bc_law_files_load(&g->laws, &laws);

    if (code)
        return code;
    keep = bc_jurisdiction_proof_due(laws.list, laws.count, g->ended, &by);
    if (by >= 0 && keep > e->tool->now) {
        bc_message_time(keep, until);
        code = bc_message_fail(BC_EXIT_REFUSED,
                               "%s: the proof of the consent of event %llu must be kept "
                               "until %s (%s: %s); wait, or say why not with --override",
                               e->name, (unsigned long long)g->index, until, laws.list[by].id,
                               laws.list[by].proof.clause.text);
    }
    bc_law_files_free(&laws);
    return code;
}

static int check_leaf(const struct erasing *e, const struct bc_leaf *leaf)
{
    if (leaf->active_count)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "%s has a consent on record that was not ended (event %llu); "
                               "end it first: bioconsent withdraw or revoke",
                               e->name, (unsigned long long)leaf->active[0].index);
    if (leaf->template_count)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "%s still has a template (event %llu); have it deleted "
                               "first: bioconsent audit, bioconsent delete",
                               e->name, (unsigned long long)leaf->templates[0].index);
    return 0;
}

/* Nothing here can be undone by a failing commit; without a day of last use deletion comes earlier.
 */
static int forget(const struct erasing *e, const struct bc_leaf *leaf)
{
    enum bc_result r = bc_last_use_forget(e->tool->state, leaf);
    int code;

    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: the day of last use of %s: %s",
                               e->tool->policy.state_path, e->name, bc_result_text(r));
    code = bc_receipts_remove(e->tool, &e->subject);
    if (code)
        return code;
    r = e->subject.external ? BC_OK : bc_pending_remove_acceptances(e->tool->spool, e->subject.uid);
    return r == BC_OK ? 0
                      : bc_message_fail(BC_EXIT_REFUSED,
                                        "%s: what %s accepted, and waits to be signed: %s",
                                        e->tool->policy.spool_path, e->name, bc_result_text(r));
}

static int append_all(struct erasing *e, struct bc_transaction *l, const struct bc_leaf *leaf,
                      uint64_t slot)
{
    struct bc_erasure *erasure = &e->event->u.erasure;

    for (size_t at = 0; at < e->count; at += erasure->event_count) {
        enum bc_result r;
        erasure->event_count = e->count - at < BC_ERASED_MAX ? e->count - at : BC_ERASED_MAX;
        memcpy(erasure->events, e->events + at, erasure->event_count * sizeof *e->events);
        r = bc_transaction_erase(l, leaf, slot, e->event);
        if (r != BC_OK)
            return bc_message_fail(BC_EXIT_REFUSED, "erase: %s", bc_result_text(r));
    }
    e->tool->rewrite = 1;
    return 0;
}

static int erase(struct bc_session *tool, struct bc_transaction *l, void *ctx)
{
    struct erasing *e = ctx;
    struct bc_log_filter wanted = {.types = BC_LOG_FILTER_ALL, .subject = &e->subject};
    struct bc_snapshot *view = bc_transaction_view(l);
    struct bc_leaf leaf;
    enum bc_result result;
    uint64_t slot;
    int code;

    (void)tool;
    bc_leaf_for_subject(&e->subject, &leaf);
    result = view ? bc_snapshot_leaf(view, &leaf, &slot) : BC_ERR_SYSTEM;
    if (result == BC_ERR_NO_RECORD)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "there is no record of %s", e->name);
    if (result == BC_OK)
        result = bc_log_reader_each(view, &wanted, note, e);
    if (result != BC_OK)
        return bc_message_fail_result(result, "subject", e->name);
    code = check_leaf(e, &leaf);
    for (size_t i = 0; i < e->grant_count && !code && !e->override; i++)
        code = check_grant(e, &e->grants[i]);
    if (!code)
        code = forget(e, &leaf);
    return code ? code : append_all(e, l, &leaf, slot);
}

/* The erasure names nobody. */
static int set_reason(struct erasing *e, const char *result)
{
    char *out = e->event->u.erasure.reason;
    int n = snprintf(out, BC_LINE_MAX + 1, "%s%s%s", result,
                     e->override ? "; proof not kept: " : "", e->override ? e->override : "");

    if (n <= 0 || n > BC_LINE_MAX || !bc_text_clean(out, (size_t)n, 0) || result[0] == '\0' ||
        (e->override && e->override[0] == '\0'))
        return bc_message_fail(BC_EXIT_USAGE,
                               "--reason and --override: together 1 to %d bytes of text without "
                               "control characters",
                               BC_LINE_MAX - 18);
    if (strcasestr(out, e->name))
        return bc_message_fail(BC_EXIT_USAGE, "the reason stays on record, so it may not name %s",
                               e->name);
    return 0;
}

static int run_erasure(struct bc_session *tool, const struct bc_args *args, struct erasing *e)
{
    int code = bc_subject_args_parse(args, &e->subject);

    if (!code)
        code = set_reason(e, bc_args_value(args, BC_OPTION_REASON, "requested by the subject"));
    if (code)
        return code;
    e->event->type = BC_EVENT_ERASE;
    bc_subject_args_operator(e->event->u.erasure.recorded_by);
    code = bc_session_write(tool, bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL), erase, e);
    if (!code && tool->json)
        bc_message_json(json_pack("{s:b, s:I}", "erased", 1, "events", (json_int_t)e->count));
    else if (!code)
        (void)printf(
            "%zu events of %s are erased, and the store is written anew. Backups still hold "
            "them.\n",
            e->count, e->name);
    return code;
}

static int run_erase(struct bc_session *tool, const struct bc_args *args)
{
    struct erasing e = {.tool = tool};
    int code;

    e.name = args->operand[0];
    e.override = bc_args_value(args, BC_OPTION_OVERRIDE, NULL);
    e.event = calloc(1, sizeof *e.event);
    code = e.event ? run_erasure(tool, args, &e) : bc_message_fail(BC_EXIT_REFUSED, "no memory");
    free(e.event);
    free(e.events);
    free(e.grants);
    return code;
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
