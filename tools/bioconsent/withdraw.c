/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "receipts.h"
#include "request-args.h"
#include "session.h"

/* Writes the name of the account that logged in, which stays the same under sudo and su: by the
 * kernel's login uid, else by the terminal. Returns 0 where the host does not know it. */
static int find_login_name(char out[BC_SUBJECT_MAX + 1])
{
    char text[16] = "";
    const char *name = getlogin();
    const struct passwd *pw;
    uint64_t uid;
    int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        (void)close(fd);
    if (len > 0 && bc_text_parse_number(text, strcspn(text, "\n"), UINT32_MAX - 1, &uid) == BC_OK) {
        pw = getpwuid((uid_t)uid);
        name = pw ? pw->pw_name : NULL;
    }
    if (!name || !bc_name_subject_valid(name))
        return 0;
    (void)snprintf(out, BC_SUBJECT_MAX + 1, "%s", name);
    return 1;
}

static int end_consent(struct bc_session *session, const struct bc_args *args,
                       enum bc_event_type type, const char *fallback)
{
    static struct bc_event e;
    struct bc_ending *ending = &e.u.ending;
    const char *why = bc_args_value(args, BC_OPTION_REASON, fallback);
    struct bc_transaction *t;
    struct bc_leaf leaf;
    enum bc_result r;
    uint64_t index;

    bc_subject_args_parse(args, &ending->subject);
    if (why[0] == '\0' || strlen(why) > BC_LINE_MAX || !bc_text_clean(why, strlen(why), 0))
        bc_message_die(BC_EXIT_USAGE, "--reason: text of 1 to %d bytes without control characters",
                       BC_LINE_MAX);
    e.type = type;
    memcpy(ending->means, why, strlen(why) + 1);
    bc_subject_args_operator(ending->recorded_by);
    t = bc_session_begin(session, args);
    bc_leaf_for_subject(&ending->subject, &leaf);
    r = bc_snapshot_leaf(&t->snapshot, &leaf, NULL);
    if (r != BC_OK && r != BC_ERR_NO_RECORD)
        bc_message_die_result(r, "subject", ending->subject.name);
    /* The purpose of a template may end after its consent. */
    if (leaf.active_count || (type == BC_EVENT_PURPOSE_ENDED && leaf.template_count)) {
        ending->grant_count = leaf.active_count;
        for (size_t i = 0; i < leaf.active_count; i++)
            ending->grants[i] = leaf.active[i].index;
        r = bc_transaction_append(t, &e, &index);
        if (r != BC_OK)
            bc_message_die(BC_EXIT_REFUSED, "%s", bc_result_text(r));
        bc_receipts_note(session, &ending->subject, index);
    } else if (!bc_session_has_withdrawal(session, &ending->subject)) {
        bc_message_die(BC_EXIT_NOT_FOUND, "%s has no consent in force; nothing to end",
                       ending->subject.name);
    }
    bc_session_end(session);
    if (session->json)
        bc_message_json(json_pack("{s:s, s:s, s:o}", "subject", ending->subject.name, "event",
                                  bc_vocabulary_name(BC_VOCABULARY_EVENT, type), "receipts",
                                  bc_receipts_json(session)));
    else
        (void)printf("The consent of %s is %s.\n", ending->subject.name,
                     type == BC_EVENT_WITHDRAW ? "withdrawn"
                     : type == BC_EVENT_REVOKE ? "revoked"
                                               : "ended with its purpose");
    return BC_EXIT_OK;
}

static int run_withdraw(struct bc_session *session, const struct bc_args *args)
{
    static const int for_a_user[] = {BC_OPTION_REASON, BC_OPTION_EXTERNAL, BC_OPTION_UID,
                                     BC_OPTION_PASSPHRASE_FILE, -1};
    const struct passwd *pw = getpwuid(geteuid());
    const char *root = pw ? pw->pw_name : "root";
    struct bc_request request = {.ask = BC_ASK_WITHDRAW};
    char person[BC_SUBJECT_MAX + 1];
    enum bc_reason reason;

    /* A person who gives the own name means what the verb means without a name. */
    if (args->operand_count &&
        (geteuid() == 0 || !pw || strcmp(pw->pw_name, args->operand[0]) != 0))
        return end_consent(session, args, BC_EVENT_WITHDRAW, "told the administrator");
    bc_subject_args_alone(args, "withdraw", for_a_user);
    /* "sudo bioconsent withdraw" would withdraw the consent of root, which is seldom the person who
     * typed sudo. */
    if (geteuid() == 0 && find_login_name(person) && strcmp(person, root) != 0)
        bc_message_die(BC_EXIT_USAGE,
                       "withdraw: whose consent? You are %s, logged in as %s. For %s: "
                       "bioconsent withdraw %s; for %s: bioconsent withdraw %s",
                       root, person, person, person, root, root);
    if (geteuid() == 0)
        bc_message_die(BC_EXIT_USAGE,
                       "withdraw: whose consent? You are %s, and this host does not know who "
                       "logged in. For a person: bioconsent withdraw USER; for %s: bioconsent "
                       "withdraw %s",
                       root, root, root);
    bc_request_args_own_account(&request);
    reason = bc_request_args_ask(session, &request, NULL);
    if (reason != BC_REASON_RECORDED)
        return bc_message_fail_reason(reason, "the withdrawal was NOT recorded", "");
    if (session->json)
        bc_message_json(
            json_pack("{s:s, s:b}", "subject", request.use.subject.name, "withdrawn", 1));
    else
        (void)printf(
            "Your consent is withdrawn. From now on no biometric of yours is used here;\n"
            "sign in with your password. Once the administrator has signed it, bioconsent\n"
            "status names the file of your receipt.\n");
    return BC_EXIT_OK;
}

static int run_revoke(struct bc_session *session, const struct bc_args *args)
{
    return bc_args_given(args, BC_OPTION_PURPOSE_ENDED)
               ? end_consent(session, args, BC_EVENT_PURPOSE_ENDED, "the purpose is over")
               : end_consent(session, args, BC_EVENT_REVOKE, "ended by the controller");
}

const struct bc_verb bc_verb_withdraw = {
    .name = "withdraw",
    .summary = "withdraw consent",
    .usage = {"", "USER [--reason TEXT] [--external | --uid NUMBER] [--passphrase-file FILE]"},
    .description = "Withdraws consent. Without USER: your own, at once, without an administrator; "
                   "the administrator signs it later. Root must name USER. With USER: the "
                   "administrator records that USER has withdrawn, and signs it.",
    .examples = {"bioconsent withdraw",
                 "bioconsent withdraw alice --reason 'by letter of 3 March'"},
    .operands_max = 1,
    .options = {BC_OPTION_REASON, BC_OPTION_EXTERNAL, BC_OPTION_UID, BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_withdraw,
};

const struct bc_verb bc_verb_revoke = {
    .name = "revoke",
    .summary = "end the consents of a person on behalf of the controller",
    .usage = {"USER [--purpose-ended] [--reason TEXT] [--external | --uid NUMBER] "
              "[--passphrase-file FILE]"},
    .description = "Ends the consents of USER on behalf of the controller. --purpose-ended says "
                   "that the purpose, such as the employment, is over; the periods of retention "
                   "that count from the end of the purpose then begin (see bioconsent audit).",
    .examples = {"bioconsent revoke alice --reason 'the contract was void'",
                 "bioconsent revoke alice --purpose-ended --reason 'left on 30 June'"},
    .operands_min = 1,
    .operands_max = 1,
    .options = {BC_OPTION_PURPOSE_ENDED, BC_OPTION_REASON, BC_OPTION_EXTERNAL, BC_OPTION_UID,
                BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_revoke,
};
