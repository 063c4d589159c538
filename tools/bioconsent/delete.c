/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "delete-template.h"
#include "provider-files.h"
#include "provider/known-ids.h"
#include "store/pending.h"
#include "subject-args.h"
#include "template-list.h"

#define ATTEMPTS_MAX 10
#define LOCK_NAME "deletion.lock"

/* One run of the verb. */
static struct deletion {
    struct bc_session *session;
    const struct bc_args *args;
    int due;              /* only those whose deletion is due */
    const char *provider; /* only those of this one; NULL: any */
    int64_t number;       /* only this one, and no limit holds it back; -1: any */
    const char *reason;   /* a person confirms, and this is how; NULL */
    int lock;             /* descriptor, or -1 */
    json_t *out;
    size_t done, all;
    size_t open; /* not deleted, or not known to be */
} deletion;

/* ---- one at a time ---- */

/* Locks or unlocks the byte of the template's number in one file: the process that holds it works
 * on that template. The kernel unlocks it when the process ends. Only our user may own the file:
 * another user who can write the folder could hold it forever. Returns 1, or 0 with errno set. */
static int lock_template(struct deletion *d, uint64_t index, short type)
{
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    struct flock range = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)index, .l_len = 1};
    struct stat st;

    if (d->lock < 0 && (d->lock = openat(d->session->state, LOCK_NAME, flags, 0600)) < 0)
        return 0;
    if (fstat(d->lock, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
        errno = EPERM;
        return 0;
    }
    return fcntl(d->lock, F_OFD_SETLK, &range) == 0;
}

/* ---- one template ---- */

static void print_result(struct deletion *d, const struct bc_template *t, const char *state,
                         const char *answer)
{
    d->done++;
    if (d->out)
        json_array_append_new(d->out,
                              json_pack("{s:I, s:s, s:s, s:s, s:s}", "template",
                                        (json_int_t)t->index, "subject", t->subject.name,
                                        "provider", t->provider, "state", state, "answer", answer));
    else
        (void)printf("[%zu/%zu] %s, %s, template %llu: %s: %s\n", d->done, d->all, t->subject.name,
                     t->provider, (unsigned long long)t->index, state, answer);
    (void)fflush(stdout);
}

/* Why --due leaves it to a person; NULL if it does not. */
static const char *left_to_a_person(const struct deletion *d, const struct bc_template *t,
                                    const struct bc_provider *p)
{
    if (d->number >= 0)
        return NULL;
    if (t->attempts && t->state == BC_DELETION_UNVERIFIED)
        return "it was deleted and cannot be verified: see for yourself, then bioconsent delete "
               "--confirm";
    if (t->attempts && t->state == BC_DELETION_INSTRUCTED && p->advice[0].text[0])
        return "it has to be done by hand, then: bioconsent delete --confirm";
    if (t->attempts >= ATTEMPTS_MAX)
        return "it failed too often: fix the cause, then bioconsent delete --template";
    return NULL;
}

static void record_attempt(struct deletion *d, const struct bc_template *t,
                           const struct bc_deletion_outcome *outcome)
{
    struct bc_event e = {.type = BC_EVENT_DELETE};
    struct bc_attempt *a = &e.u.attempt;
    struct bc_transaction *l;
    enum bc_result r;

    a->subject = t->subject;
    a->enroll = t->index;
    a->attempt = t->attempts + 1;
    a->state = outcome->state;
    memcpy(a->answer, outcome->answer, sizeof a->answer);
    bc_subject_args_operator(a->recorded_by);
    d->session->now = (int64_t)time(NULL); /* time has passed while the provider answered */
    l = bc_session_begin(d->session, d->args);
    r = bc_transaction_append(l, &e, NULL);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "template %llu: the attempt could not be recorded: %s",
                       (unsigned long long)t->index, bc_result_text(r));
    bc_session_commit(d->session);
}

static void delete_one(struct deletion *d, const struct bc_template *t)
{
    struct bc_deletion_outcome outcome = {.state = BC_DELETION_CONFIRMED};
    struct bc_enrollment enrollment;
    static struct bc_provider p;
    const struct bc_deletion_order order = {.provider = &p,
                                            .account = t->subject.name,
                                            .identifiers = &enrollment.identifiers,
                                            .template = t->index,
                                            .state = d->session->state,
                                            .now = (int64_t)time(NULL)};
    const char *left = !d->reason && bc_provider_files_find(t->provider, &p)
                           ? "its provider is not known here"
                           : left_to_a_person(d, t, &p);

    if (!left && !lock_template(d, t->index, F_WRLCK))
        left = errno == EAGAIN || errno == EACCES
                   ? "another process is deleting it"
                   : "deletion.lock in the state folder is not a regular file of this user";
    if (left) {
        d->open++;
        print_result(d, t, "left", left);
        return;
    }
    /* Under its lock, and again from the store: another process may have deleted it since. */
    d->session->now = order.now;
    if (!bc_template_list_fetch(d->session, &t->subject, t->index, &enrollment)) {
        (void)lock_template(d, t->index, F_UNLCK);
        print_result(d, t, "gone", "another process has had it deleted meanwhile");
        return;
    }
    if (d->reason)
        (void)snprintf(outcome.answer, sizeof outcome.answer, "a person: %s", d->reason);
    else
        bc_delete_template_run(&order, &outcome);
    record_attempt(d, t, &outcome);
    print_result(d, t, bc_vocabulary_name(BC_VOCABULARY_DELETION, outcome.state), outcome.answer);
    if (outcome.state == BC_DELETION_CONFIRMED || outcome.state == BC_DELETION_SERVICE_ENDED)
        bc_known_ids_forget(d->session->state, t->index);
    else
        d->open++;
    /* What the answer of a service may still need a person for. */
    for (size_t i = 0; !d->out && !d->reason && i < BC_ADVICE_MAX; i++)
        if (p.advice[i].text[0])
            (void)printf("        %s\n", p.advice[i].text);
    (void)lock_template(d, t->index, F_UNLCK);
}

/* ---- all of them ---- */

static int is_chosen(const struct deletion *d, const struct bc_template *t)
{
    if (d->due && !t->obligation.due)
        return 0;
    if (d->number >= 0 && t->index != (uint64_t)d->number)
        return 0;
    return !d->provider || strcmp(d->provider, t->provider) == 0;
}

/* Pending withdrawals are signed first: what they end is due as well. */
static void sign_withdrawals(struct bc_session *session, const struct bc_args *args)
{
    struct bc_pending_list list;
    size_t withdrawals = 0;

    if (bc_pending_read(session->spool, (uid_t)-1, &list) != BC_OK)
        return;
    for (size_t i = 0; i < list.count; i++)
        withdrawals += list.item[i].kind == BC_PENDING_WITHDRAWAL && list.item[i].fault == BC_OK;
    bc_pending_free(&list);
    if (withdrawals) {
        (void)bc_session_begin(session, args);
        bc_session_commit(session);
    }
}

/* Where a failure ends the program, the JSON still tells about the templates before it. */
static int print_json(int code)
{
    bc_message_json(deletion.out);
    return code;
}

/* ---- arguments ---- */

static void check_forms(const struct bc_args *args)
{
    static const int for_a_user[] = {BC_OPTION_TEMPLATE, BC_OPTION_CONFIRM, BC_OPTION_EXTERNAL,
                                     BC_OPTION_UID, -1};
    int due = bc_args_given(args, BC_OPTION_DUE), confirm = bc_args_given(args, BC_OPTION_CONFIRM);
    int one = bc_args_given(args, BC_OPTION_TEMPLATE) + confirm;
    const char *reason = bc_args_value(args, BC_OPTION_REASON, NULL);

    if (!args->operand_count)
        bc_subject_args_alone(args, "delete", for_a_user);
    if (!due && !args->operand_count)
        bc_message_die(BC_EXIT_USAGE, "delete: name a user, or --due; see bioconsent help delete");
    if (one + due > 1 || (one && bc_args_given(args, BC_OPTION_PROVIDER)))
        bc_message_die(BC_EXIT_USAGE, "delete: --template or --confirm names one template, without "
                                      "--due and --provider");
    if (confirm != (reason != NULL))
        bc_message_die(BC_EXIT_USAGE, "delete: --confirm and --reason go together");
    if (reason && (reason[0] == '\0' || strlen(reason) > BC_LINE_MAX - 16 ||
                   !bc_text_clean(reason, strlen(reason), 0)))
        bc_message_die(BC_EXIT_USAGE, "--reason: text of 1 to %d bytes without control characters",
                       BC_LINE_MAX - 16);
}

static int run_delete(struct bc_session *session, const struct bc_args *args)
{
    const int option =
        bc_args_given(args, BC_OPTION_CONFIRM) ? BC_OPTION_CONFIRM : BC_OPTION_TEMPLATE;
    const char *number = bc_args_value(args, option, NULL);
    struct deletion *d = &deletion;
    struct bc_templates templates = {.list = NULL};
    struct bc_subject subject;
    uint64_t n = 0;

    check_forms(args);
    if (number && bc_text_parse_number(number, strlen(number), INT64_MAX, &n) != BC_OK)
        bc_message_die(BC_EXIT_USAGE, "--%s: the number of a template; see bioconsent audit",
                       bc_verb_options[option].name);
    if (args->operand_count)
        bc_subject_args_parse(args, &subject);
    *d = (struct deletion){.session = session,
                           .args = args,
                           .due = bc_args_given(args, BC_OPTION_DUE),
                           .provider = bc_args_value(args, BC_OPTION_PROVIDER, NULL),
                           .number = number ? (int64_t)n : -1,
                           .reason = bc_args_value(args, BC_OPTION_REASON, NULL),
                           .lock = -1};
    bc_session_key(session, args);
    sign_withdrawals(session, args);
    if (session->json) {
        d->out = json_array();
        bc_message_at_exit(print_json);
    }
    bc_template_list_gather(session, args->operand_count ? &subject : NULL, &templates);
    for (size_t i = 0; i < templates.count; i++)
        d->all += (size_t)is_chosen(d, &templates.list[i]);
    if (d->number >= 0 && d->all == 0)
        bc_message_die(BC_EXIT_NOT_FOUND,
                       "there is no template %lld of this subject; see bioconsent audit",
                       (long long)d->number);
    for (size_t i = 0; i < templates.count; i++)
        if (is_chosen(d, &templates.list[i]))
            delete_one(d, &templates.list[i]);
    if (!d->out && d->all == 0)
        (void)puts("No template has to be deleted.");
    bc_template_list_free(&templates);
    return d->open ? BC_EXIT_REFUSED : BC_EXIT_OK;
}

const struct bc_verb bc_verb_delete = {
    .name = "delete",
    .summary = "have templates deleted by their providers",
    .usage = {"--due [USER] [--provider P]", "USER [--provider P]", "USER --template NUMBER",
              "USER --confirm NUMBER --reason TEXT"},
    .description =
        "Has templates deleted by their providers, and records every attempt with its result. "
        "--due deletes the templates whose consent is over or whose retention has ended; "
        "bioconsent audit lists them. USER without --due deletes all templates of this person, or "
        "one of them, whether a consent covers them or not. --confirm records that a person knows "
        "a template to be deleted where no command can verify it; --reason says how. Repeating a "
        "deletion is harmless. After 10 attempts --due leaves a template to a person, who names it "
        "with --template. The exit status is 1 if a template is not deleted yet.",
    .examples =
        {"bioconsent delete --due", "bioconsent delete alice --provider fprintd",
         "bioconsent delete alice --template 17",
         "bioconsent delete alice --confirm 17 --reason 'deleted in the console, ticket 4711'"},
    .operands_max = 1,
    .options = {BC_OPTION_DUE, BC_OPTION_PROVIDER, BC_OPTION_TEMPLATE, BC_OPTION_CONFIRM,
                BC_OPTION_REASON, BC_OPTION_EXTERNAL, BC_OPTION_UID, BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_delete,
};
