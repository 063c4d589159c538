/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "common/output.h"
#include "session.h"
#include "subject-evidence.h"

static void parse_time_option(const struct bc_args *args, int option, int64_t *out)
{
    const char *value = bc_args_value(args, option, NULL);

    if (value && bc_datetime_parse(value, strlen(value), out) != BC_OK)
        bc_message_die(BC_EXIT_USAGE, "--%s %s: write it as 2026-11-24T07:10:01Z",
                       bc_verb_options[option].name, value);
}

static int run_evidence(struct bc_session *session, const struct bc_args *args)
{
    struct bc_evidence wanted = {.until = BC_BUNDLE_EVER,
                                 .provider = bc_args_value(args, BC_OPTION_PROVIDER, NULL),
                                 .notice = bc_args_value(args, BC_OPTION_NOTICE, NULL)};
    struct bc_bundle_trust trust;
    struct bc_bundle_error err = {""};
    static struct bc_snapshot snapshot;
    struct bc_subject subject;
    struct bc_bundle *b;
    enum bc_result r;
    char *json;
    size_t len;
    int code;

    parse_time_option(args, BC_OPTION_SINCE, &wanted.since);
    parse_time_option(args, BC_OPTION_UNTIL, &wanted.until);
    if (wanted.since > wanted.until)
        bc_message_die(BC_EXIT_USAGE, "--since is after --until");
    bc_session_config(session);
    bc_session_snapshot(session, &snapshot, 1);
    bc_subject_args_parse(args, &subject);
    r = bc_subject_evidence_make(&snapshot, &subject, &wanted, &b);
    if (r == BC_ERR_NO_RECORD)
        bc_message_die(BC_EXIT_NOT_FOUND, "%s: no consent here that was asked for", subject.name);
    if (r == BC_ERR_SYSTEM)
        bc_message_die(BC_EXIT_REFUSED,
                       "%s: no memory, or more than one file of evidence holds (%d events): narrow "
                       "it with --since, --until, --provider or --notice",
                       subject.name, BC_BUNDLE_EVENTS_MAX);
    if (r != BC_OK)
        bc_message_die_result(r, "store", "");
    trust = (struct bc_bundle_trust){session->config.keys, session->config.key_count, session->now};
    r = bc_bundle_write(b, &trust, &json, &len, &err);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_STORE, "the evidence would not verify: %s", err.what);
    code = bc_output_write(bc_args_value(args, BC_OPTION_OUTPUT, NULL), json, len);
    free(json);
    bc_bundle_free(b);
    bc_store_close(snapshot.store);
    return code;
}

const struct bc_verb bc_verb_evidence = {
    .name = "evidence",
    .summary = "write evidence that others can verify",
    .usage = {"USER [--output FILE] [--since TIME] [--until TIME] [--provider P] [--notice ID] "
              "[--external | --uid NUMBER]"},
    .description = "Writes evidence of consent that anybody can verify with bioconsent-verify(1) "
                   "and the key of this host, without the store: the events of the person, their "
                   "proofs and the notices, in one file. The file holds nothing about other "
                   "people. --since, --until, --provider and --notice narrow it to some consents.",
    .examples = {"bioconsent evidence alice --output alice.json"},
    .operands_min = 1,
    .operands_max = 1,
    .options = {BC_OPTION_OUTPUT, BC_OPTION_SINCE, BC_OPTION_UNTIL, BC_OPTION_PROVIDER,
                BC_OPTION_NOTICE, BC_OPTION_EXTERNAL, BC_OPTION_UID, -1},
    .run = run_evidence,
};
