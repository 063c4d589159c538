/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scope-args.h"
#include "session.h"
#include "store/consent-status.h"

struct listing {
    struct bc_session *tool;
    struct bc_snapshot snapshot;
    struct bc_consent_statuses outcomes;
    int code; /* after a message */
};

/* ---- consents ---- */

static const char *name_state(enum bc_reason reason)
{
    if (bc_reason_allows(reason))
        return "active";
    switch (reason) {
    case BC_REASON_WITHDRAWAL_PENDING:
        return "withdrawal pending";
    case BC_REASON_PURPOSE_ENDED:
        return "purpose ended";
    default:
        return bc_reason_id(reason);
    }
}

/* Whether another store takes the consent over: one that ended there would be given anew. */
static int is_portable(const struct bc_consent_status *o)
{
    return !o->ended && o->reason != BC_REASON_WITHDRAWAL_PENDING && o->version &&
           !o->version->replaced;
}

static int print_line(json_t *value)
{
    int failed = !value || json_dumpf(value, stdout, JSON_COMPACT | JSON_SORT_KEYS) != 0 ||
                 putchar('\n') == EOF;

    json_decref(value);
    return failed ? bc_message_fail(BC_EXIT_REFUSED, "the list could not be written: %s",
                                    strerror(errno))
                  : 0;
}

static int print_consent_line(const struct bc_logged_event *past)
{
    json_t *o = json_loadb((const char *)past->payload.data, past->payload.len, 0, NULL);

    (void)json_object_del(o, "v");
    (void)json_object_del(o, "type");
    (void)json_object_del(o, "time");
    return print_line(o);
}

static enum bc_result list_consent(void *ctx, const struct bc_logged_event *past)
{
    struct listing *l = ctx;
    const struct bc_grant *g = &past->event->u.grant;
    struct bc_consent_status o;
    char scope[640], until[40];

    bc_consent_status_of(&l->outcomes, past->index, g, l->tool->now, &o);
    if (l->tool->json) {
        l->code = is_portable(&o) ? print_consent_line(past) : 0;
        return l->code ? BC_ERR_IO : BC_OK;
    }
    bc_scope_args_text(&g->scope, scope, sizeof scope);
    bc_message_time(g->expires, until);
    (void)printf("%-20s %-8s %-18s %-20s %-24s %s\n", g->subject.name,
                 g->subject.external ? "-" : "account", name_state(o.reason), g->notice_id, until,
                 scope);
    return BC_OK;
}

static int list_consents(struct listing *l, const struct bc_subject *subject)
{
    struct bc_log_filter wanted = {.types = 1U << BC_EVENT_GRANT, .subject = subject};
    enum bc_result result =
        bc_consent_status_read(&l->snapshot, &l->tool->policy, l->tool->spool, &l->outcomes);

    if (result != BC_OK)
        return bc_message_fail_result(result, "log", "");
    if (!l->tool->json)
        (void)printf("%-20s %-8s %-18s %-20s %-24s %s\n", "SUBJECT", "KIND", "STATE", "NOTICE",
                     "EXPIRES", "SCOPE");
    result = bc_log_reader_each(&l->snapshot, &wanted, list_consent, l);
    bc_consent_status_free(&l->outcomes);
    if (l->code)
        return l->code;
    return result == BC_OK ? 0 : bc_message_fail_result(result, "log", "");
}

/* ---- events ---- */

static void describe_event(const struct bc_event *e, char *out, size_t cap)
{
    char scope[640];

    switch (e->type) {
    case BC_EVENT_NOTICE:
        bc_scope_args_text(&e->u.notice.scope, scope, sizeof scope);
        (void)snprintf(out, cap, "notice %s, version %s: %s", e->u.notice.id, e->u.notice.version,
                       scope);
        return;
    case BC_EVENT_GRANT:
        bc_scope_args_text(&e->u.grant.scope, scope, sizeof scope);
        (void)snprintf(out, cap, "grant by %s on notice %s (%s, given by %s, %s): %s",
                       e->u.grant.subject.name, e->u.grant.notice_id,
                       bc_vocabulary_name(BC_VOCABULARY_KIND, e->u.grant.kind),
                       bc_vocabulary_name(BC_VOCABULARY_GIVEN_BY, e->u.grant.given_by),
                       e->u.grant.collected, scope);
        return;
    case BC_EVENT_ENROLL:
        (void)snprintf(out, cap, "enrollment of %s (%s) at %s", e->u.enrollment.subject.name,
                       bc_vocabulary_name(BC_VOCABULARY_MODALITY, e->u.enrollment.modality),
                       e->u.enrollment.provider);
        return;
    case BC_EVENT_DELETE:
        (void)snprintf(
            out, cap, "deletion of the template of %s (event %llu), attempt %llu: %s: %s",
            e->u.attempt.subject.name, (unsigned long long)e->u.attempt.enroll,
            (unsigned long long)e->u.attempt.attempt,
            bc_vocabulary_name(BC_VOCABULARY_DELETION, e->u.attempt.state), e->u.attempt.answer);
        return;
    case BC_EVENT_ERASE:
        (void)snprintf(out, cap, "erasure of %zu events: %s", e->u.erasure.event_count,
                       e->u.erasure.reason);
        return;
    default:
        (void)snprintf(out, cap, "%s by %s: %s", bc_vocabulary_name(BC_VOCABULARY_EVENT, e->type),
                       e->u.ending.subject.name, e->u.ending.means);
    }
}

static int print_event(const struct listing *l, const struct bc_logged_event *past)
{
    char text[2048], when[40];

    if (l->tool->json)
        return print_line(
            json_pack("{s:I, s:o}", "event", (json_int_t)past->index, "payload",
                      json_loadb((const char *)past->payload.data, past->payload.len, 0, NULL)));
    describe_event(past->event, text, sizeof text);
    bc_message_time(past->event->time, when);
    (void)printf("%6llu  %s  %s\n", (unsigned long long)past->index, when, text);
    return 0;
}

static int print_erased(const struct listing *l, uint64_t index)
{
    if (l->tool->json)
        return print_line(json_pack("{s:I, s:b}", "event", (json_int_t)index, "erased", 1));
    (void)printf("%6llu  erased\n", (unsigned long long)index);
    return 0;
}

static int list_events(struct listing *l, const struct bc_subject *subject)
{
    struct bc_event *event = malloc(sizeof *event);
    int code = event ? 0 : bc_message_fail(BC_EXIT_REFUSED, "no memory");

    for (uint64_t i = 0; i < l->snapshot.checkpoint.log_size && !code; i++) {
        struct bc_logged_event past;
        enum bc_result result = bc_log_reader_event(&l->snapshot, i, event, &past);
        const struct bc_subject *who = result == BC_OK ? bc_event_subject(event) : NULL;
        if (result != BC_OK && result != BC_ERR_NO_RECORD)
            code = bc_message_fail_result(result, "log", "");
        else if (subject && (!who || !bc_event_subject_equal(who, subject)))
            continue;
        else
            code = result == BC_OK ? print_event(l, &past) : print_erased(l, i);
    }
    free(event);
    return code;
}

static int run_list(struct bc_session *tool, const struct bc_args *args)
{
    struct listing l = {.tool = tool};
    struct bc_subject subject;
    const struct bc_subject *who = NULL;
    int code = 0;

    if (args->operand_count) {
        code = bc_subject_args_parse(args, &subject);
        who = &subject;
    } else {
        code = bc_subject_args_alone(args, "list",
                                     (const int[]){BC_OPTION_EXTERNAL, BC_OPTION_UID, -1});
    }
    if (!code)
        code = bc_session_config(tool);
    if (!code)
        code = bc_session_snapshot(tool, &l.snapshot, 1);
    if (code)
        return code;
    code = bc_args_given(args, BC_OPTION_EVENTS) ? list_events(&l, who) : list_consents(&l, who);
    bc_store_close(l.snapshot.store);
    return code;
}

const struct bc_verb bc_verb_list = {
    .name = "list",
    .summary = "list consents with their status, or the history",
    .usage = {"[USER] [--events] [--external | --uid NUMBER]"},
    .description =
        "Lists consents with their status: active, withdrawal pending, withdrawn, revoked, purpose "
        "ended, expired, superseded, not yet valid. --events lists the history instead, each event "
        "proven against the signed log before it is printed. With USER, only entries about this "
        "person.\n\n--json writes one object a line. Of consents, it writes those that bioconsent "
        "grant --from takes over into another store: none that has ended, none whose notice was "
        "replaced, and none whose withdrawal is pending. With --events it writes every event.",
    .examples = {"bioconsent list alice", "bioconsent list --json >consents.jsonl",
                 "bioconsent list --events --json | jq ."},
    .operands_max = 1,
    .options = {BC_OPTION_EVENTS, BC_OPTION_EXTERNAL, BC_OPTION_UID, -1},
    .run = run_list,
};
