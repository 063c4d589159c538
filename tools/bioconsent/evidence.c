/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "common/output.h"
#include "session.h"
#include "subject-evidence.h"

struct exporting {
    struct bc_session *tool;
    const struct bc_args *args;
    struct bc_evidence wanted;
    struct bc_snapshot snapshot;
};

static int parse_time_option(const struct bc_args *args, int option, int64_t *out)
{
    const char *value = bc_args_value(args, option, NULL);

    if (value && bc_datetime_parse(value, strlen(value), out) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--%s %s: write it as 2026-11-24T07:10:01Z",
                               bc_verb_options[option].name, value);
    return 0;
}

static int parse_filter(struct exporting *x)
{
    int code = parse_time_option(x->args, BC_OPTION_SINCE, &x->wanted.since);

    x->wanted.until = BC_BUNDLE_EVER;
    if (!code)
        code = parse_time_option(x->args, BC_OPTION_UNTIL, &x->wanted.until);
    x->wanted.provider = bc_args_value(x->args, BC_OPTION_PROVIDER, NULL);
    x->wanted.notice = bc_args_value(x->args, BC_OPTION_NOTICE, NULL);
    if (!code && x->wanted.since > x->wanted.until)
        code = bc_message_fail(BC_EXIT_USAGE, "--since is after --until");
    return code;
}

static int encode(struct exporting *x, struct bc_bundle *b, char **json, size_t *len)
{
    const struct bc_config *policy = &x->tool->policy;
    const struct bc_bundle_trust trust = {policy->keys, policy->key_count, x->tool->now};
    struct bc_bundle_error err = {""};
    enum bc_result r;

    r = bc_bundle_write(b, &trust, json, len, &err);
    return r == BC_OK
               ? 0
               : bc_message_fail(BC_EXIT_STORE, "the evidence would not verify: %s", err.what);
}

static int make_evidence(struct exporting *x, const struct bc_subject *subject, char **json,
                         size_t *len)
{
    struct bc_bundle *b;
    enum bc_result result = bc_subject_evidence_make(&x->snapshot, subject, &x->wanted, &b);
    int code;

    if (result == BC_ERR_NO_RECORD)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "%s: no consent here that was asked for",
                               subject->name);
    if (result == BC_ERR_SYSTEM)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "%s: no memory, or more than one file of evidence holds (%d "
                               "events): narrow it with --since, --until, --provider or --notice",
                               subject->name, BC_BUNDLE_EVENTS_MAX);
    if (result != BC_OK)
        return bc_message_fail_result(result, "store", "");
    code = encode(x, b, json, len);
    bc_bundle_free(b);
    return code;
}

static int write_evidence(struct exporting *x, const char *path)
{
    struct bc_subject subject;
    char *json = NULL;
    size_t len = 0;
    int code = bc_subject_args_parse(x->args, &subject);

    if (!code)
        code = make_evidence(x, &subject, &json, &len);
    if (json)
        code = bc_output_write(path, json, len);
    free(json);
    return code;
}

static int run_evidence(struct bc_session *tool, const struct bc_args *args)
{
    struct exporting x = {.tool = tool, .args = args};
    int code = parse_filter(&x);

    if (!code)
        code = bc_session_config(tool);
    if (!code)
        code = bc_session_snapshot(tool, &x.snapshot, 1);
    if (code)
        return code;
    code = write_evidence(&x, bc_args_value(args, BC_OPTION_OUTPUT, NULL));
    bc_store_close(x.snapshot.store);
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
