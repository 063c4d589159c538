/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "scope-args.h"
#include "session.h"
#include "store/consent-status.h"

/* Prints a JSON value on a line of its own, and releases it. */
static void print_line(json_t *value)
{
    if (!value || json_dumpf(value, stdout, JSON_COMPACT | JSON_SORT_KEYS) != 0 ||
        putchar('\n') == EOF)
        bc_message_die(BC_EXIT_REFUSED, "the list could not be written: %s", strerror(errno));
    json_decref(value);
}

static json_t *load_payload(const struct bc_logged_event *past)
{
    return json_loadb((const char *)past->payload.data, past->payload.len, 0, NULL);
}

/* ---- consents ---- */

#define CONSENT_COLUMNS "%-20s %-8s %-18s %-20s %-24s %s\n"

static const char *name_state(enum bc_reason reason)
{
    return bc_reason_allows(reason)                 ? "active"
           : reason == BC_REASON_WITHDRAWAL_PENDING ? "withdrawal pending"
           : reason == BC_REASON_PURPOSE_ENDED      ? "purpose ended"
                                                    : bc_reason_id(reason);
}

static void list_consents(const struct bc_session *session, struct bc_snapshot *snapshot,
                          const struct bc_subject *subject)
{
    const struct bc_log_filter wanted = {.types = 1U << BC_EVENT_GRANT, .subject = subject};
    struct bc_consent_statuses statuses;
    struct bc_consent_status status;
    struct bc_log_reader reader;
    struct bc_logged_event past;
    char scope[640], until[40];
    enum bc_result r =
        bc_consent_status_read(snapshot, &session->config, session->spool, &statuses);

    if (r != BC_OK)
        bc_message_die_result(r, "log", "");
    if (!session->json)
        (void)printf(CONSENT_COLUMNS, "SUBJECT", "KIND", "STATE", "NOTICE", "EXPIRES", "SCOPE");
    bc_log_reader_begin(&reader, snapshot, &wanted);
    while (bc_log_reader_next(&reader, &past)) {
        const struct bc_grant *g = &past.event->u.grant;
        bc_consent_status_of(&statuses, past.index, g, session->now, &status);
        if (!session->json) {
            bc_scope_args_text(&g->scope, scope, sizeof scope);
            bc_message_time(g->expires, until);
            (void)printf(CONSENT_COLUMNS, g->subject.name, g->subject.external ? "-" : "account",
                         name_state(status.reason), g->notice_id, until, scope);
        } else if (!status.ended && status.reason != BC_REASON_WITHDRAWAL_PENDING &&
                   status.version && !status.version->replaced) {
            /* Another store takes it over; one that has ended would be given anew there. */
            json_t *o = load_payload(&past);
            (void)json_object_del(o, "v");
            (void)json_object_del(o, "type");
            (void)json_object_del(o, "time");
            print_line(o);
        }
    }
    r = bc_log_reader_end(&reader);
    if (r != BC_OK)
        bc_message_die_result(r, "log", "");
    bc_consent_status_free(&statuses);
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

static void list_events(const struct bc_session *session, struct bc_snapshot *snapshot,
                        const struct bc_subject *subject)
{
    static struct bc_event event;
    struct bc_logged_event past;
    char text[2048], when[40];

    for (uint64_t i = 0; i < snapshot->checkpoint.log_size; i++) {
        enum bc_result r = bc_log_reader_event(snapshot, i, &event, &past);
        const struct bc_subject *about = r == BC_OK ? bc_event_subject(&event) : NULL;
        if (r != BC_OK && r != BC_ERR_NO_RECORD)
            bc_message_die_result(r, "log", "");
        if (subject && (!about || !bc_event_subject_equal(about, subject)))
            continue;
        if (session->json)
            print_line(r == BC_OK ? json_pack("{s:I, s:o}", "event", (json_int_t)i, "payload",
                                              load_payload(&past))
                                  : json_pack("{s:I, s:b}", "event", (json_int_t)i, "erased", 1));
        else if (r == BC_OK) {
            describe_event(&event, text, sizeof text);
            bc_message_time(event.time, when);
            (void)printf("%6llu  %s  %s\n", (unsigned long long)i, when, text);
        } else
            (void)printf("%6llu  erased\n", (unsigned long long)i);
    }
}

static int run_list(struct bc_session *session, const struct bc_args *args)
{
    static const int about_a_person[] = {BC_OPTION_EXTERNAL, BC_OPTION_UID, -1};
    const int named = args->operand_count > 0;
    static struct bc_snapshot snapshot;
    struct bc_subject subject;

    if (named)
        bc_subject_args_parse(args, &subject);
    else
        bc_subject_args_alone(args, "list", about_a_person);
    bc_session_config(session);
    bc_session_snapshot(session, &snapshot, 1);
    if (bc_args_given(args, BC_OPTION_EVENTS))
        list_events(session, &snapshot, named ? &subject : NULL);
    else
        list_consents(session, &snapshot, named ? &subject : NULL);
    bc_store_close(snapshot.store);
    return BC_EXIT_OK;
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
