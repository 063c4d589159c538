/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "common/output.h"
#include "session.h"
#include "subject-evidence.h"

static const char help[] =
    "usage: bioconsent evidence SUBJECT [--external | --uid N] [--output FILE]\n"
    "       bioconsent evidence SUBJECT ... [--external] --directory DIR\n"
    "           [--since TIME] [--until TIME] [--provider P] [--notice ID]\n\n"
    "Writes evidence of consent that anybody verifies with bioconsent-verify(1) and our key, "
    "without\n"
    "the store: the subject's events, their proofs and the notices, in one file a subject. It\n"
    "tells nothing about anybody else. With several subjects: DIR/NAME-UID.json.\n\n"
    "  --since, --until  consents that were in force at some time from here to there\n"
    "  --provider        consents that name this provider\n"
    "  --notice          consents by this notice\n\n"
    "Examples: bioconsent evidence alice --output alice.json\n"
    "          bioconsent evidence alice bob --directory /root/request-7 --provider rekognition\n";

struct exporting {
    struct bc_session *tool;
    struct bc_args *args;
    struct bc_evidence wanted;
    char file[BC_SUBJECT_MAX + 32]; /* name of the last one made */
    struct bc_snapshot snapshot;
};

static int take_time(struct bc_args *args, const char *name, int64_t *out)
{
    const char *value = bc_arg_value(args, name, NULL);

    if (value && bc_datetime_parse(value, strlen(value), out) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--%s %s: write it as 2026-11-24T07:10:01Z", name,
                               value);
    return 0;
}

static int take_wanted(struct exporting *x)
{
    int code = take_time(x->args, "since", &x->wanted.since);

    x->wanted.until = BC_BUNDLE_EVER;
    if (!code)
        code = take_time(x->args, "until", &x->wanted.until);
    x->wanted.provider = bc_arg_value(x->args, "provider", NULL);
    x->wanted.notice = bc_arg_value(x->args, "notice", NULL);
    if (!code && x->wanted.since > x->wanted.until)
        code = bc_message_fail(BC_EXIT_USAGE, "--since is after --until");
    return code;
}

static void set_file(struct exporting *x, const struct bc_bundle *b)
{
    struct bc_subject who;

    bc_bundle_subject(b, &who);
    if (who.external)
        (void)snprintf(x->file, sizeof x->file, "%s-external.json", who.name);
    else
        (void)snprintf(x->file, sizeof x->file, "%s-%lu.json", who.name, (unsigned long)who.uid);
}

static int encode(struct exporting *x, struct bc_bundle *b, char **json, size_t *len)
{
    const struct bc_config *policy = &x->tool->policy;
    struct bc_bundle_error err = {""};
    enum bc_result r;

    set_file(x, b);
    r = bc_bundle_write(b, policy->keys, policy->key_count, x->tool->now, json, len, &err);
    return r == BC_OK
               ? 0
               : bc_message_fail(BC_EXIT_STORE, "the evidence would not verify: %s", err.what);
}

static int make(struct exporting *x, const struct bc_subject *subject, char **json, size_t *len)
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

static int to_directory(struct exporting *x, const char *directory, const char *name)
{
    struct bc_subject subject;
    char path[4096], *json = NULL;
    size_t len = 0;
    int code = bc_subject_args_find(name, bc_arg(x->args, "external")->given, &subject);

    if (!code)
        code = make(x, &subject, &json, &len);
    if (!json)
        return code;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, x->file) >= sizeof path)
        code = bc_message_fail(BC_EXIT_USAGE, "%s: the path is too long", directory);
    if (!code)
        code = bc_output_write(path, json, len);
    free(json);
    if (!code && !x->tool->json)
        (void)printf("%s\n", path);
    return code;
}

static int to_directory_each(struct exporting *x, const char *directory)
{
    int code = 0;

    for (size_t i = 0; i < x->args->operand_count && !code; i++)
        code = to_directory(x, directory, x->args->operands[i]);
    if (!code && x->tool->json)
        bc_message_json(json_pack("{s:I, s:s}", "files", (json_int_t)x->args->operand_count,
                                  "directory", directory));
    return code;
}

static int to_file(struct exporting *x, const char *path)
{
    struct bc_subject subject;
    char *json = NULL;
    size_t len = 0;
    int code = bc_subject_args_parse(x->args, &subject);

    if (!code)
        code = make(x, &subject, &json, &len);
    if (json)
        code = bc_output_write(path, json, len);
    free(json);
    return code;
}

static int export(struct exporting *x)
{
    const char *directory = bc_arg_value(x->args, "directory", NULL);
    const char *path = bc_arg_value(x->args, "output", NULL);
    int code = take_wanted(x);

    if (!code &&
        (directory ? path != NULL || bc_arg(x->args, "uid")->given : x->args->operand_count > 1))
        code = bc_message_fail(
            BC_EXIT_USAGE, "several subjects need --directory, which excludes --output and --uid");
    if (!code)
        code = bc_session_config(x->tool);
    if (!code)
        code = bc_session_snapshot(x->tool, &x->snapshot, 1);
    if (code)
        return code;
    code = directory ? to_directory_each(x, directory) : to_file(x, path);
    bc_store_close(x->snapshot.store);
    return code;
}

static int run(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "output", .kind = BC_ARG_ONE},
                               {.name = "directory", .kind = BC_ARG_ONE},
                               {.name = "since", .kind = BC_ARG_ONE},
                               {.name = "until", .kind = BC_ARG_ONE},
                               {.name = "provider", .kind = BC_ARG_ONE},
                               {.name = "notice", .kind = BC_ARG_ONE},
                               BC_SUBJECT_OPTIONS,
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct exporting *x;
    int code = bc_session_args(tool, &bc_verb_evidence, &args, argc, argv, 1, BC_ARGS_OPERANDS_MAX);

    if (code >= 0)
        return code;
    x = calloc(1, sizeof *x);
    if (!x)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    x->tool = tool;
    x->args = &args;
    code = export(x);
    free(x);
    return code;
}

const struct bc_verb bc_verb_evidence = {"evidence", "what others can check without us", help, run};
