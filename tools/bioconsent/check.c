/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "request-args.h"
#include "session.h"

static int run_check(struct bc_session *session, const struct bc_args *args)
{
    const char *name = args->operand[0];
    struct bc_request r = {.ask = BC_ASK_EXPLAIN};
    struct bc_subject subject;
    struct bc_client_steps told = {.text = NULL};
    json_t *steps = json_array();
    const char *step = NULL;
    enum bc_reason reason;

    if (!bc_args_given(args, BC_OPTION_MODALITY))
        bc_message_die(BC_EXIT_USAGE, "check needs --modality");
    if (!bc_name_subject_valid(name))
        bc_message_exit(bc_message_fail_reason(BC_REASON_BAD_NAME, "check", ""));
    r.use.external = bc_args_given(args, BC_OPTION_EXTERNAL);
    if (!r.use.external && !bc_subject_args_account(name, &subject))
        bc_message_die(BC_EXIT_NOT_FOUND, "there is no account %s: the gate refuses (%s)", name,
                       bc_reason_id(BC_REASON_UNKNOWN_USER));
    r.use.uid = r.use.external ? 0 : subject.uid;
    (void)snprintf(r.use.user, sizeof r.use.user, "%s", r.use.external ? name : subject.name);
    bc_request_args_terms(args, &r);
    reason = bc_request_args_ask(session, &r, &told);
    while ((step = bc_client_next_step(&told, step))) {
        json_array_append_new(steps, json_string(step));
        if (!session->json && bc_args_given(args, BC_OPTION_VERBOSE))
            (void)printf("  %s\n", step);
    }
    free(told.text);
    if (session->json)
        bc_message_json(json_pack("{s:s, s:b, s:s, s:s, s:s, s:O}", "subject", r.use.user,
                                  "allowed", bc_reason_allows(reason), "reason",
                                  bc_reason_id(reason), "sentence", bc_reason_sentence(reason),
                                  "remedy", bc_reason_remedy(reason), "steps", steps));
    else if (bc_reason_allows(reason))
        (void)printf("%s: allowed. %s\n", r.use.user, bc_reason_sentence(reason));
    else
        (void)printf("%s: refused (%s). %s\nWhat to do: %s\n", r.use.user, bc_reason_id(reason),
                     bc_reason_sentence(reason), bc_reason_remedy(reason));
    json_decref(steps);
    return bc_reason_allows(reason) ? BC_EXIT_OK : BC_EXIT_REFUSED;
}

static void print_consent(const char *user, const json_t *o)
{
    const json_t *grant = json_object_get(o, "grant");
    const char *expires = json_string_value(json_object_get(grant, "expires"));
    char *scope = json_dumps(json_object_get(grant, "modalities"), JSON_COMPACT);

    (void)printf("%s: %s consent to notice %s for %s, from %s until %s: %s\n", user,
                 json_string_value(json_object_get(grant, "kind")),
                 json_string_value(json_object_get(grant, "notice_id")), scope ? scope : "?",
                 json_string_value(json_object_get(grant, "valid_from")),
                 expires ? expires : "withdrawn", json_string_value(json_object_get(o, "state")));
    free(scope);
}

/* No consent in force is an answer too, not a failure. */
static int is_answer(enum bc_reason reason)
{
    return reason == BC_REASON_NO_RECORD || reason == BC_REASON_WITHDRAWN ||
           reason == BC_REASON_WITHDRAWAL_PENDING || reason == BC_REASON_REVOKED ||
           reason == BC_REASON_PURPOSE_ENDED || reason == BC_REASON_ACCEPTANCE_PENDING;
}

static int run_status(struct bc_session *session, const struct bc_args *args)
{
    struct bc_request request = {.ask = BC_ASK_STATUS};
    struct bc_client_steps told = {.text = NULL};
    json_t *consents = json_array(), *receipt = NULL;
    const char *step = NULL;
    enum bc_reason reason;
    int in_force;

    (void)args;
    bc_request_args_own_account(&request);
    reason = bc_request_args_ask(session, &request, &told);
    while ((step = bc_client_next_step(&told, step))) {
        json_t *o = json_loads(step, JSON_REJECT_DUPLICATES, NULL);
        json_t *path = json_object_get(o, "receipt"); /* the caller's newest one */
        if (json_is_string(path)) {
            json_decref(receipt);
            receipt = json_incref(path);
        } else if (json_is_object(o)) {
            json_array_append(consents, o);
            if (!session->json)
                print_consent(request.use.user, o);
        }
        json_decref(o);
    }
    free(told.text);
    in_force = json_array_size(consents) > 0;
    if (session->json)
        bc_message_json(json_pack("{s:s, s:s, s:O, s:O?}", "subject", request.use.user, "reason",
                                  in_force ? "allow" : bc_reason_id(reason), "consents", consents,
                                  "receipt", receipt));
    else if (!in_force)
        (void)printf("%s: %s (%s)\n", request.use.user, bc_reason_sentence(reason),
                     bc_reason_id(reason));
    if (!session->json && receipt)
        (void)printf("Your receipt: %s\n", json_string_value(receipt));
    json_decref(consents);
    json_decref(receipt);
    return in_force || is_answer(reason) ? BC_EXIT_OK : BC_EXIT_REFUSED;
}

const struct bc_verb bc_verb_check = {
    .name = "check",
    .summary = "show what the gate would decide, and why",
    .usage =
        {"USER --modality M [--operation O] [--provider P] [--purpose P] [--external] [--verbose]"},
    .description =
        "Shows what the gate would decide, by asking the same service; with --verbose, step by "
        "step. The exit status is 0 if the gate would allow the use, and 1 if it would refuse it.",
    .examples = {"bioconsent check alice --modality fingerprint --provider fprintd --verbose"},
    .operands_min = 1,
    .operands_max = 1,
    .options = {BC_OPTION_MODALITY, BC_OPTION_OPERATION, BC_OPTION_PROVIDER, BC_OPTION_PURPOSE,
                BC_OPTION_EXTERNAL, BC_OPTION_VERBOSE, -1},
    .run = run_check,
};

const struct bc_verb bc_verb_status = {
    .name = "status",
    .summary = "show your own consents",
    .usage = {""},
    .description =
        "Shows your consents that are in force and names the file of your newest receipt. An "
        "administrator sees the consents of another person with bioconsent list USER.",
    .examples = {"bioconsent status --json"},
    .options = {-1},
    .run = run_status,
};
