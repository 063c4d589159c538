/* SPDX-License-Identifier: BSD-2-Clause */
#include "request-args.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "verbs.h"

void bc_request_args_own_account(struct bc_request *out)
{
    const struct passwd *pw = getpwuid(geteuid());

    if (!pw || !bc_name_subject_valid(pw->pw_name))
        bc_message_die(BC_EXIT_NOT_FOUND, "you have no account here");
    out->use.subject.uid = pw->pw_uid;
    memcpy(out->use.subject.name, pw->pw_name, strlen(pw->pw_name) + 1);
}

static void parse_word_option(const struct bc_args *args, int option, char out[BC_WORD_MAX + 1])
{
    const char *value = bc_args_value(args, option, "");

    if (value[0] && !bc_name_word_valid(value))
        bc_message_die(BC_EXIT_USAGE, "--%s %s: use a-z 0-9 . _ -", bc_verb_options[option].name,
                       value);
    (void)snprintf(out, BC_WORD_MAX + 1, "%s", value);
}

void bc_request_args_terms(const struct bc_args *args, struct bc_request *out)
{
    const char *modality = bc_args_value(args, BC_OPTION_MODALITY, "fingerprint");
    const char *operation = bc_args_value(args, BC_OPTION_OPERATION, "authenticate");

    if (!bc_vocabulary_parse(BC_VOCABULARY_MODALITY, modality, &out->use.modality))
        bc_message_die(BC_EXIT_USAGE, "--modality: fingerprint, face, voice, palm or iris");
    if (!bc_vocabulary_parse(BC_VOCABULARY_OPERATION, operation, &out->use.operation))
        bc_message_die(BC_EXIT_USAGE, "--operation: authenticate or enroll");
    parse_word_option(args, BC_OPTION_PROVIDER, out->use.provider);
    parse_word_option(args, BC_OPTION_PURPOSE, out->use.purpose);
}

enum bc_reason bc_request_args_ask(const struct bc_session *session, struct bc_request *request,
                                   struct bc_client_steps *steps)
{
    struct bc_fault fault;

    /* The service reads only the installed configuration, so --config starts the program instead.
     */
    return bc_client_ask(session->config_given ? BC_HELPER_PATH : NULL,
                         session->config_given ? session->config_path : NULL, request, steps,
                         &fault);
}
