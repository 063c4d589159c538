/* SPDX-License-Identifier: BSD-2-Clause */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "request-args.h"
#include "session.h"

static void print_step(json_t *all, const char *text)
{
    if (all)
        json_array_append_new(all, json_string(text));
    else
        (void)printf("  %s\n", text);
}

static int report(const struct bc_session *tool, const struct bc_request *r, enum bc_reason reason,
                  json_t *steps)
{
    if (tool->json)
        bc_message_json(json_pack("{s:s, s:b, s:s, s:s, s:s, s:o}", "subject", r->use.user,
                                  "allowed", bc_reason_allows(reason), "reason",
                                  bc_reason_id(reason), "sentence", bc_reason_sentence(reason),
                                  "remedy", bc_reason_remedy(reason), "steps", steps));
    else if (bc_reason_allows(reason))
        (void)printf("%s: allowed. %s\n", r->use.user, bc_reason_sentence(reason));
    else
        (void)printf("%s: refused (%s). %s\nWhat to do: %s\n", r->use.user, bc_reason_id(reason),
                     bc_reason_sentence(reason), bc_reason_remedy(reason));
    return bc_reason_allows(reason) ? BC_EXIT_OK : BC_EXIT_REFUSED;
}

static int run_check(struct bc_session *tool, const struct bc_args *args)
{
    struct bc_request request = {.ask = BC_ASK_EXPLAIN};
    struct bc_client_steps told = {.text = NULL};
    const char *step = NULL;
    enum bc_reason reason;
    json_t *steps;
    int verbose, code;

    if (!bc_args_given(args, BC_OPTION_MODALITY))
        return bc_message_fail(BC_EXIT_USAGE, "check needs --modality");
    code = bc_request_args_subject(args->operand[0], bc_args_given(args, BC_OPTION_EXTERNAL),
                                   &request);
    if (!code)
        code = bc_request_args_terms(args, &request);
    if (code)
        return code;
    steps = tool->json ? json_array() : NULL;
    verbose = tool->json || bc_args_given(args, BC_OPTION_VERBOSE);
    reason = bc_request_args_ask(tool, &request, &told);
    while (verbose && (step = bc_client_next_step(&told, step)))
        print_step(steps, step);
    free(told.text);
    return report(tool, &request, reason, steps);
}

struct consents {
    json_t *all;
    json_t *receipt; /* the path of the caller's own newest one; NULL: none was named */
};

static void read_consent(struct consents *c, const char *text)
{
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    if (json_is_string(json_object_get(o, "receipt"))) {
        json_decref(c->receipt);
        c->receipt = json_incref(json_object_get(o, "receipt"));
    } else if (json_is_object(o)) {
        json_array_append(c->all, o);
    }
    json_decref(o);
}

static void print_consents(const struct bc_request *request, const json_t *all)
{
    size_t i;
    json_t *o;

    json_array_foreach(all, i, o)
    {
        const json_t *grant = json_object_get(o, "grant");
        const char *expires = json_string_value(json_object_get(grant, "expires"));
        char *scope = json_dumps(json_object_get(grant, "modalities"), JSON_COMPACT);
        (void)printf("%s: %s consent to notice %s for %s, from %s until %s: %s\n",
                     request->use.user, json_string_value(json_object_get(grant, "kind")),
                     json_string_value(json_object_get(grant, "notice_id")), scope ? scope : "?",
                     json_string_value(json_object_get(grant, "valid_from")),
                     expires ? expires : "withdrawn",
                     json_string_value(json_object_get(o, "state")));
        free(scope);
    }
}

static int run_status(struct bc_session *tool, const struct bc_args *args)
{
    struct bc_request request = {.ask = BC_ASK_STATUS};
    const struct passwd *pw = getpwuid(geteuid());
    struct consents consents = {NULL, NULL};
    struct bc_client_steps told = {.text = NULL};
    const char *step = NULL;
    enum bc_reason reason;
    int in_force, code;

    (void)args;
    if (!pw)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "you have no account here");
    code = bc_request_args_subject(pw->pw_name, 0, &request);
    if (code)
        return code;
    consents.all = json_array();
    reason = bc_request_args_ask(tool, &request, &told);
    while ((step = bc_client_next_step(&told, step)))
        read_consent(&consents, step);
    free(told.text);
    in_force = json_array_size(consents.all) > 0;
    if (!tool->json && in_force)
        print_consents(&request, consents.all);
    if (tool->json)
        bc_message_json(json_pack("{s:s, s:s, s:O, s:O?}", "subject", request.use.user, "reason",
                                  in_force ? "allow" : bc_reason_id(reason), "consents",
                                  consents.all, "receipt", consents.receipt));
    else if (!in_force)
        (void)printf("%s: %s (%s)\n", request.use.user, bc_reason_sentence(reason),
                     bc_reason_id(reason));
    if (!tool->json && consents.receipt)
        (void)printf("Your receipt: %s\n", json_string_value(consents.receipt));
    json_decref(consents.all);
    json_decref(consents.receipt);
    return in_force || reason == BC_REASON_NO_RECORD || reason == BC_REASON_WITHDRAWN ||
                   reason == BC_REASON_WITHDRAWAL_PENDING || reason == BC_REASON_REVOKED ||
                   reason == BC_REASON_PURPOSE_ENDED || reason == BC_REASON_ACCEPTANCE_PENDING
               ? BC_EXIT_OK
               : BC_EXIT_REFUSED;
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
