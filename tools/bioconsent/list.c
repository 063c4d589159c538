/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/log-reader.h"
#include "scope-args.h"
#include "base/text.h"
#include "session.h"

static const char list_help[] =
    "usage: bioconsent list\n\n"
    "Lists every subject with the consents in force.\n\n"
    "Example: bioconsent list --json\n";

static const char log_help[] =
    "usage: bioconsent log [--subject USER]\n\n"
    "Prints the history: every event, each proven against the signed log.\n\n"
    "Example: bioconsent log --subject alice\n";

struct listing {
    struct bc_session *tool;
    struct bc_snapshot *snapshot;
    struct bc_event *event;
    json_t *out; /* NULL: a table */
    const char *subject;
};

static void list_grant(struct listing *l, const struct bc_leaf *leaf, uint64_t index)
{
    const struct bc_grant *g = &l->event->u.grant;
    const char *state = g->expires && g->expires <= l->tool->now ? "expired" : "in force";
    char scope[640], until[40];

    bc_scope_args_text(&g->scope, scope, sizeof scope);
    bc_message_time(g->expires, until);
    if (l->out)
        json_array_append_new(l->out,
                              json_pack("{s:s, s:I, s:b, s:I, s:s, s:s, s:s, s:s, s:I}", "subject",
                                        leaf->name, "uid", (json_int_t)leaf->uid, "external",
                                        leaf->kind == BC_LEAF_EXTERNAL, "event", (json_int_t)index,
                                        "notice", g->notice_id, "state", state, "kind",
                                        bc_vocabulary_name(BC_VOCABULARY_KIND, g->kind), "scope", scope, "expires",
                                        (json_int_t)g->expires));
    else
        (void)printf("%-20s %-8s %-9s %-20s %-24s %s\n", leaf->name,
                     leaf->kind == BC_LEAF_EXTERNAL ? "-" : "account", state, g->notice_id, until,
                     scope);
}

static void list_ended(struct listing *l, const struct bc_leaf *leaf)
{
    const char *state = leaf->ended == 'w'   ? "withdrawn"
                        : leaf->ended == 'r' ? "revoked"
                        : leaf->ended == 'p' ? "ended"
                                             : "none";

    if (l->out)
        json_array_append_new(l->out, json_pack("{s:s, s:I, s:b, s:s}", "subject", leaf->name,
                                                "uid", (json_int_t)leaf->uid, "external",
                                                leaf->kind == BC_LEAF_EXTERNAL, "state", state));
    else
        (void)printf("%-20s %-8s %-9s\n", leaf->name,
                     leaf->kind == BC_LEAF_EXTERNAL ? "-" : "account", state);
}

static enum bc_result list_leaf(void *ctx, uint64_t slot, struct bc_bytes bytes)
{
    struct listing *l = ctx;
    struct bc_leaf leaf;
    enum bc_reason reason;

    (void)slot;
    if (bc_leaf_decode(bytes.data, bytes.len, &leaf) != BC_OK)
        return BC_ERR_CORRUPT;
    if (leaf.kind == BC_LEAF_NOTICE)
        return BC_OK;
    reason = bc_snapshot_leaf(l->snapshot, &leaf, NULL);
    for (size_t i = 0; reason == BC_REASON_ALLOW && i < leaf.live_count; i++) {
        reason = bc_snapshot_event(l->snapshot, &leaf.live[i], l->event, NULL);
        if (reason == BC_REASON_ALLOW && l->event->type != BC_EVENT_GRANT)
            reason = BC_REASON_CORRUPT;
        if (reason == BC_REASON_ALLOW)
            list_grant(l, &leaf, leaf.live[i].index);
    }
    if (reason == BC_REASON_ALLOW && leaf.live_count == 0)
        list_ended(l, &leaf);
    return reason == BC_REASON_ALLOW ? BC_OK : BC_ERR_CORRUPT;
}

static int list_rows(struct listing *l)
{
    enum bc_result r;

    if (!l->out)
        (void)printf("%-20s %-8s %-9s %-20s %-24s %s\n", "SUBJECT", "KIND", "STATE", "NOTICE",
                     "EXPIRES", "SCOPE");
    r = bc_store_subjects(l->snapshot->store, list_leaf, l);
    return r == BC_OK ? BC_EXIT_OK : bc_message_fail_reason(bc_snapshot_reason(r), "register", "");
}

static void describe_grant(const struct bc_grant *g, char *out, size_t cap)
{
    char scope[640];

    bc_scope_args_text(&g->scope, scope, sizeof scope);
    (void)snprintf(out, cap, "grant by %s on notice %s (%s, given by %s, %s): %s", g->subject.name,
                   g->notice_id, bc_vocabulary_name(BC_VOCABULARY_KIND, g->kind), bc_vocabulary_name(BC_VOCABULARY_GIVEN_BY, g->giver), g->collected,
                   scope);
}

static void describe(const struct bc_event *e, char *out, size_t cap)
{
    char scope[640];

    switch (e->type) {
    case BC_EVENT_NOTICE:
        bc_scope_args_text(&e->u.notice.scope, scope, sizeof scope);
        (void)snprintf(out, cap, "notice %s, version %s: %s", e->u.notice.id, e->u.notice.version,
                       scope);
        return;
    case BC_EVENT_GRANT:
        describe_grant(&e->u.grant, out, cap);
        return;
    case BC_EVENT_ENROLL:
        (void)snprintf(out, cap, "enrollment of %s (%s) at %s", e->u.enrollment.subject.name,
                       bc_vocabulary_name(BC_VOCABULARY_MODALITY, e->u.enrollment.modality), e->u.enrollment.provider);
        return;
    case BC_EVENT_DELETE:
        (void)snprintf(out, cap, "deletion of the template of %s (event %llu), attempt %llu: %s: %s",
                       e->u.attempt.subject.name, (unsigned long long)e->u.attempt.enroll,
                       (unsigned long long)e->u.attempt.attempt,
                       bc_vocabulary_name(BC_VOCABULARY_DELETION, e->u.attempt.state), e->u.attempt.answer);
        return;
    case BC_EVENT_ERASE:
        (void)snprintf(out, cap, "erasure of %zu events: %s", e->u.erasure.event_count,
                       e->u.erasure.reason);
        return;
    default:
        (void)snprintf(out, cap, "%s by %s: %s", bc_event_type_name(e->type),
                       e->u.ending.subject.name, e->u.ending.how);
    }
}

static void log_erased(const struct listing *l, uint64_t index)
{
    if (l->subject)
        return;
    if (l->out)
        json_array_append_new(l->out, json_pack("{s:I, s:b}", "event", (json_int_t)index, "erased", 1));
    else
        (void)printf("%6llu  erased\n", (unsigned long long)index);
}

static void log_past(const struct listing *l, const struct bc_logged_event *past)
{
    const struct bc_subject *subject = bc_event_subject(past->event);
    char text[2048], when[40];

    if (l->subject && (!subject || strcmp(subject->name, l->subject) != 0))
        return;
    if (l->out) {
        json_array_append_new(l->out,
                              json_pack("{s:I, s:o}", "event", (json_int_t)past->index, "payload",
                                        json_loadb((const char *)past->payload.data,
                                                   past->payload.len, 0, NULL)));
        return;
    }
    describe(past->event, text, sizeof text);
    bc_message_time(past->event->time, when);
    (void)printf("%6llu  %s  %s\n", (unsigned long long)past->index, when, text);
}

static int log_rows(struct listing *l)
{
    for (uint64_t i = 0; i < l->snapshot->checkpoint.log_size; i++) {
        struct bc_logged_event past;
        enum bc_reason reason = bc_log_reader_event(l->snapshot, i, l->event, &past);
        if (reason == BC_REASON_NO_RECORD)
            log_erased(l, i);
        else if (reason != BC_REASON_ALLOW)
            return bc_message_fail_reason(reason, "log", "");
        else
            log_past(l, &past);
    }
    return BC_EXIT_OK;
}

static int with_snapshot(struct bc_session *tool, const char *subject, int (*rows)(struct listing *))
{
    struct bc_snapshot snapshot;
    struct listing l = {.tool = tool, .snapshot = &snapshot, .subject = subject};
    int code = bc_session_config(tool);

    if (!code)
        code = bc_session_snapshot(tool, &snapshot, 1);
    if (code)
        return code;
    l.event = malloc(sizeof *l.event);
    l.out = tool->json ? json_array() : NULL;
    code = l.event ? rows(&l) : bc_message_fail(BC_EXIT_REFUSED, "no memory");
    bc_store_close(snapshot.store);
    free(l.event);
    if (l.out && code == BC_EXIT_OK)
        bc_message_json(l.out);
    else
        json_decref(l.out);
    return code;
}

static int run_list(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "json", .kind = BC_ARG_FLAG}, {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_session_args(tool, &bc_verb_list, &args, argc, argv, 0, 0);

    return code >= 0 ? code : with_snapshot(tool, NULL, list_rows);
}

static int run_log(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "subject", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_session_args(tool, &bc_verb_log, &args, argc, argv, 0, 0);

    return code >= 0 ? code
                     : with_snapshot(tool, bc_arg_value(&args, "subject", NULL), log_rows);
}

const struct bc_verb bc_verb_list = {"list", "all subjects and their consents", list_help,
                                     run_list};
const struct bc_verb bc_verb_log = {"log", "the history, event by event", log_help, run_log};
