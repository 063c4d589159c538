/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "delete-template.h"
#include "enroll-template.h"
#include "provider-files.h"
#include "record-template.h"
#include "request-args.h"
#include "session.h"
#include "subject-args.h"

#define LOCK "enrolling" /* in the state folder */

struct enroll {
    struct bc_session *tool;
    struct bc_provider provider;
    struct bc_request request;
    struct bc_subject subject;
    struct bc_identifiers given;
    struct bc_enrollment_order order;
    struct bc_enrolled enrolled;
    struct bc_record record;
    int existing;
};

/* ---- arguments ---- */

static int parse_identifier(struct enroll *e, const char *name, size_t len, const char *value)
{
    const struct bc_identifier_rule *rule = bc_identifiers_rule(&e->provider.handles, name, len);

    if (!rule)
        return bc_message_fail(BC_EXIT_USAGE, "provider %s has no identifier %.*s", e->provider.id,
                               (int)len, name);
    if (!bc_identifiers_valid(rule, value, strlen(value)))
        return bc_message_fail(BC_EXIT_USAGE, "identifier %s: %s is not a value for it", rule->name,
                               value);
    if (rule->kind != BC_IDENTIFIER_MANY && bc_identifiers_get(&e->given, rule->name))
        return bc_message_fail(BC_EXIT_USAGE, "identifier %s is given twice", rule->name);
    if (!bc_identifiers_add(&e->given, rule->name, value))
        return bc_message_fail(BC_EXIT_USAGE, "too many identifiers");
    return 0;
}

static int parse_identifiers(struct enroll *e, const struct bc_args *args)
{
    int code = 0;

    for (size_t i = 0; i < args->option[BC_OPTION_IDENTIFIER].count && !code; i++) {
        const char *value = args->option[BC_OPTION_IDENTIFIER].value[i];
        size_t len = strcspn(value, "=");
        if (!value[len])
            return bc_message_fail(BC_EXIT_USAGE, "--identifier %s: write NAME=VALUE", value);
        code = parse_identifier(e, value, len, value + len + 1);
    }
    return code;
}

static int parse_options(struct enroll *e, const struct bc_args *args)
{
    const char *file = bc_args_value(args, BC_OPTION_FROM, NULL),
               *id = bc_args_value(args, BC_OPTION_PROVIDER, NULL);
    int code;

    if (!id || !bc_name_word_valid(id))
        return bc_message_fail(BC_EXIT_USAGE, "enroll needs --provider and a provider's word");
    if (file && file[0] != '/')
        return bc_message_fail(BC_EXIT_USAGE, "--from %s: write an absolute path", file);
    code = bc_provider_files_find(id, &e->provider);
    if (!code)
        code = parse_identifiers(e, args);
    if (!code)
        code = bc_subject_args_parse(args, &e->subject);
    e->existing = bc_args_given(args, BC_OPTION_EXISTING);
    e->request = (struct bc_request){.ask = BC_ASK_CHECK,
                                     .use.external = e->subject.external,
                                     .use.uid = e->subject.uid,
                                     .use.operation = BC_ENROLL,
                                     .use.modality = e->provider.modality};
    memcpy(e->request.use.user, e->subject.name, sizeof e->request.use.user);
    memcpy(e->request.use.provider, e->provider.id, sizeof e->request.use.provider);
    e->order = (struct bc_enrollment_order){.provider = &e->provider,
                                            .account = e->subject.name,
                                            .file = file,
                                            .given = &e->given,
                                            .quiet = e->tool->json};
    e->record = (struct bc_record){.provider = &e->provider,
                                   .request = &e->request,
                                   .subject = &e->subject,
                                   .enrolled = &e->enrolled};
    return code;
}

/* ---- before ---- */

static int may_begin(struct enroll *e)
{
    enum bc_reason reason = bc_request_args_ask(e->tool, &e->request, NULL);

    if (!bc_reason_allows(reason))
        return bc_record_template_refuse(&e->record, reason);
    if (e->provider.ended && e->provider.ended <= e->tool->now)
        return bc_message_fail(BC_EXIT_REFUSED, "%s was ended by its provider: %s",
                               e->provider.name.text, e->provider.ended_source.text);
    return bc_record_template_ready(e->tool, &e->record);
}

/* ---- where it could not be recorded ---- */

static void undo_one(const struct enroll *e, const struct bc_identifiers *handles)
{
    const struct bc_deletion_order order = {.provider = &e->provider,
                                            .account = e->subject.name,
                                            .handles = handles,
                                            .state = -1,
                                            .now = e->tool->now};
    struct bc_deletion_outcome outcome;

    bc_delete_template_run(&order, &outcome);
    if (outcome.state == BC_DELETION_CONFIRMED)
        bc_message_print("the template was deleted again: %s", outcome.answer);
    else if (outcome.state == BC_DELETION_FAILED)
        bc_message_print(
            "the template is still with %s (%s): delete it there; bioconsent audit --look finds it",
            e->provider.name.text, outcome.answer);
    else
        bc_message_print("%s was told to delete the template again (%s); bioconsent audit --look "
                         "finds what is left",
                         e->provider.name.text, outcome.answer);
}

static void undo(const struct enroll *e)
{
    if (e->enrolled.renewed && !e->record.over) {
        bc_message_print("the template took the place of one that was there before, and is left: "
                         "bioconsent enroll "
                         "--existing records it, bioconsent audit --look finds it");
        return;
    }
    for (size_t i = 0; i < e->enrolled.count; i++)
        undo_one(e, &e->enrolled.handles[i]);
}

/* ---- all of it ---- */

static json_t *handles_json(const struct bc_identifiers *handles)
{
    json_t *all = json_array();

    for (size_t i = 0; i < handles->count; i++)
        json_array_append_new(all, json_pack("{s:s, s:s}", "name", handles->item[i].name, "value",
                                             handles->item[i].value));
    return all;
}

static int report(const struct enroll *e)
{
    json_t *all = json_array();

    for (size_t i = 0; i < e->enrolled.count; i++) {
        json_array_append_new(all, json_pack("{s:I, s:o}", "event", (json_int_t)e->record.event[i],
                                             "handles", handles_json(&e->enrolled.handles[i])));
        if (e->tool->json)
            continue;
        (void)printf("The template of %s with %s is recorded (event %" PRIu64 ", on the consent of "
                     "event %" PRIu64 ").\n",
                     e->subject.name, e->provider.id, e->record.event[i], e->record.grant);
        for (size_t h = 0; h < e->enrolled.handles[i].count; h++)
            (void)printf("  %-10s %s\n", e->enrolled.handles[i].item[h].name,
                         e->enrolled.handles[i].item[h].value);
    }
    if (e->tool->json)
        bc_message_json(json_pack("{s:s, s:s, s:I, s:O}", "subject", e->subject.name, "provider",
                                  e->provider.id, "grant", (json_int_t)e->record.grant, "templates",
                                  all));
    json_decref(all);
    return BC_EXIT_OK;
}

/* One at a time: what is new in files is told by looking before and after. Held until we end. */
static int lock_enrollments(const struct enroll *e)
{
    int fd = openat(e->tool->state, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (fd >= 0 && errno == EWOULDBLOCK)
        return bc_message_fail(BC_EXIT_BUSY,
                               "another process is enrolling on this host; try again");
    return bc_message_fail(BC_EXIT_REFUSED, "%s/" LOCK ": %s", e->tool->policy.state_path,
                           strerror(errno));
}

static struct enroll *unsigned_enrollment;

static int undo_unsigned(int code)
{
    if (code && !unsigned_enrollment->existing && !unsigned_enrollment->record.signed_for)
        undo(unsigned_enrollment);
    return code;
}

static int enroll(struct enroll *e, const struct bc_args *args)
{
    int code = bc_session_config(e->tool);

    if (!code)
        code = may_begin(e);
    if (!code && bc_enroll_template_in_files(&e->provider))
        code = lock_enrollments(e);
    if (!code) /* before anything is made that could not be signed for */
        bc_session_key(e->tool, args);
    if (code)
        return code;
    unsigned_enrollment = e;
    bc_message_at_exit(undo_unsigned);
    code = e->existing ? bc_enroll_template_existing(&e->order, &e->enrolled)
                       : bc_enroll_template_run(&e->order, &e->enrolled);
    if (!code)
        code = bc_record_template_all(e->tool, &e->record, &e->tool->key);
    return code ? code : report(e);
}

static int run_enroll(struct bc_session *tool, const struct bc_args *args)
{
    static struct enroll room;
    struct enroll *e = &room;
    int code;

    e->tool = tool;
    code = parse_options(e, args);
    if (!code)
        code = enroll(e, args);
    if (code) /* what undoes the enrollment still needs it */
        bc_message_exit(code);
    unsigned_enrollment->record.signed_for = 1;
    return code;
}

const struct bc_verb bc_verb_enroll = {
    .name = "enroll",
    .summary = "enroll a template, and record it",
    .usage = {"USER --provider P [--identifier NAME=VALUE ...] [--from FILE] [--existing] "
              "[--external | --uid NUMBER] [--passphrase-file FILE]"},
    .description =
        "Asks for the consent to enroll, runs the enrollment of the provider, and records the "
        "template. If it cannot be recorded, or if the consent was withdrawn meanwhile, the "
        "template is deleted again. --identifier gives a value that the command of the provider "
        "needs, such as finger=right-index-finger for fprintd; see bioconsent-provider(5). --from "
        "is the absolute path of a file, such as a picture, for services that take one. --existing "
        "records a template that is there already and runs no command.",
    .examples =
        {"bioconsent enroll alice --provider fprintd --identifier finger=right-index-finger",
         "bioconsent enroll alice --provider aws-rekognition --identifier region=eu-west-1 "
         "--identifier collection=staff --from /root/alice.jpg"},
    .operands_min = 1,
    .operands_max = 1,
    .options = {BC_OPTION_PROVIDER, BC_OPTION_IDENTIFIER, BC_OPTION_FROM, BC_OPTION_EXISTING,
                BC_OPTION_EXTERNAL, BC_OPTION_UID, BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_enroll,
};
