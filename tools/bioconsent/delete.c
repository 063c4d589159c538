/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
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
struct deleting {
    struct bc_session *tool;
    struct bc_skey key;
    const char *how; /* a person confirms; NULL */
    int by_name;     /* one template was named: no limit holds it back */
    int lock;
    json_t *out;
    size_t done, all;
    size_t open; /* not deleted, or not known to be */
};

/* ---- one at a time ---- */

/* Only our user may own the lock: another user who can write the folder could hold it forever. */
static int open_lock(const struct bc_session *tool)
{
    struct stat st;
    int fd = openat(tool->state, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                    0600);

    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())) {
        (void)close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

/* The byte of the template's number in one file: the process that holds it works on that template.
 * The kernel lets go when the process ends. */
static int lock_template(struct deleting *d, uint64_t index)
{
    struct flock range = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)index, .l_len = 1};

    if (d->lock < 0)
        d->lock = open_lock(d->tool);
    return d->lock >= 0 && fcntl(d->lock, F_OFD_SETLK, &range) == 0;
}

static void unlock_template(const struct deleting *d, uint64_t index)
{
    struct flock range = {
        .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = (off_t)index, .l_len = 1};

    (void)fcntl(d->lock, F_OFD_SETLK, &range);
}

/* Time has passed while the provider answered. */
static int record(struct deleting *d, struct bc_event *e)
{
    struct bc_transaction *ledger;
    enum bc_result r;
    int code;

    d->tool->now = (int64_t)time(NULL);
    code = bc_session_transaction(d->tool, &ledger);
    if (code)
        return code;
    r = bc_transaction_append(ledger, e, NULL);
    if (r == BC_OK)
        return bc_session_commit_ledger(d->tool, ledger, &d->key);
    bc_session_abandon(d->tool);
    return bc_message_fail(BC_EXIT_REFUSED, "template %llu: the attempt could not be recorded: %s",
                           (unsigned long long)e->u.attempt.enroll, bc_result_text(r));
}

/* ---- what came of it ---- */

static int is_done(enum bc_deletion state)
{
    return state == BC_DELETION_CONFIRMED || state == BC_DELETION_SERVICE_ENDED;
}

static void report(struct deleting *d, const struct bc_template *t, const char *state,
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
static const char *left_to_a_person(const struct deleting *d, const struct bc_template *t,
                                    const struct bc_provider *p)
{
    if (d->by_name)
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

static int attempt(struct deleting *d, const struct bc_template *t,
                   const struct bc_enrollment *enrollment, const struct bc_provider *p)
{
    struct bc_deletion_outcome outcome = {.state = BC_DELETION_CONFIRMED};
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_attempt *a;
    int code;

    if (!e)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    if (d->how)
        (void)snprintf(outcome.answer, sizeof outcome.answer, "a person: %s", d->how);
    else
        bc_delete_template_run(&(struct bc_deletion_order){.provider = p,
                                                           .account = t->subject.name,
                                                           .handles = &enrollment->identifiers,
                                                           .template = t->index,
                                                           .state = d->tool->state,
                                                           .now = d->tool->now},
                               &outcome);
    e->type = BC_EVENT_DELETE;
    a = &e->u.attempt;
    a->subject = t->subject;
    a->enroll = t->index;
    a->attempt = t->attempts + 1;
    a->state = outcome.state;
    memcpy(a->answer, outcome.answer, sizeof a->answer);
    bc_subject_args_operator(a->recorded_by);
    code = record(d, e);
    free(e);
    if (code)
        return code;
    report(d, t, bc_vocabulary_name(BC_VOCABULARY_DELETION, outcome.state), outcome.answer);
    if (is_done(outcome.state))
        bc_known_ids_forget(d->tool->state, t->index);
    else
        d->open++;
    return 0;
}

/* What the answer of a service may still need a person for. */
static void advise(const struct deleting *d, const struct bc_provider *p)
{
    for (size_t i = 0; !d->out && !d->how && i < BC_ADVICE_MAX; i++)
        if (p->advice[i].text[0])
            (void)printf("        %s\n", p->advice[i].text);
}

/* Under its lock, and again from the store: somebody else may have been at it since. */
static int delete_locked(struct deleting *d, struct bc_template *t, const struct bc_provider *p)
{
    struct bc_enrollment *enrollment = calloc(1, sizeof *enrollment);
    int code = enrollment ? 0 : bc_message_fail(BC_EXIT_REFUSED, "no memory");

    d->tool->now = (int64_t)time(NULL);
    if (!code)
        code = bc_template_list_fetch(d->tool, &t->subject, t->index, enrollment);
    if (code == BC_EXIT_NOT_FOUND) {
        report(d, t, "gone", "another process has had it deleted meanwhile");
        code = 0;
    } else if (!code) {
        code = attempt(d, t, enrollment, p);
        if (!code)
            advise(d, p);
    }
    free(enrollment);
    return code;
}

static int delete_one(struct deleting *d, struct bc_template *t)
{
    struct bc_provider *p = calloc(1, sizeof *p);
    const char *left = NULL;
    int code = p ? 0 : bc_message_fail(BC_EXIT_REFUSED, "no memory");

    if (!code && !d->how && bc_provider_files_find(t->provider, p)) {
        left = "its provider is not known here";
    } else if (!code) {
        left = left_to_a_person(d, t, p);
    }
    if (!code && !left && !lock_template(d, t->index))
        left = errno == EAGAIN || errno == EACCES ? "another process is at it"
                                                  : "deletion.lock in the state folder is not ours";
    else if (!code && !left) {
        code = delete_locked(d, t, p);
        unlock_template(d, t->index);
    }
    if (!code && left) {
        d->open++;
        report(d, t, "left", left);
    }
    free(p);
    return code;
}

/* ---- which ones ---- */

struct choice {
    int due;
    const char *provider; /* NULL: any */
    int64_t number;       /* -1: any */
};

static int chosen(const struct choice *c, const struct bc_template *t)
{
    if (c->due && !t->obligation.due)
        return 0;
    if (c->number >= 0 && t->index != (uint64_t)c->number)
        return 0;
    return !c->provider || strcmp(c->provider, t->provider) == 0;
}

static int delete_all(struct deleting *d, const struct choice *c, struct bc_templates *t)
{
    int code = 0;

    for (size_t i = 0; i < t->count; i++)
        d->all += (size_t)chosen(c, &t->list[i]);
    for (size_t i = 0; !code && i < t->count; i++)
        if (chosen(c, &t->list[i]))
            code = delete_one(d, &t->list[i]);
    if (!code && c->number >= 0 && d->all == 0)
        code = bc_message_fail(BC_EXIT_NOT_FOUND,
                               "there is no template %lld of this subject; see "
                               "bioconsent audit",
                               (long long)c->number);
    if (!code && !d->out && d->all == 0)
        (void)puts("No template has to be deleted.");
    return code ? code : d->open ? BC_EXIT_REFUSED : BC_EXIT_OK;
}

/* Pending withdrawals are signed first: what they end is due as well. */
static void sign_pending(struct bc_session *tool, const struct bc_args *args)
{
    struct bc_pending_list list;
    size_t withdrawals = 0;

    if (bc_pending_read(tool->spool, (uid_t)-1, &list) != BC_OK)
        return;
    for (size_t i = 0; i < list.count; i++)
        withdrawals += list.item[i].kind == BC_PENDING_WITHDRAWAL && list.item[i].fault == BC_OK;
    bc_pending_free(&list);
    if (withdrawals) {
        (void)bc_session_begin(tool, args);
        bc_session_commit(tool);
    }
}

static int delete_chosen(struct bc_session *tool, const struct bc_args *args,
                         const struct choice *c, const struct bc_subject *subject)
{
    struct deleting d = {.tool = tool,
                         .lock = -1,
                         .by_name = c->number >= 0,
                         .how = bc_args_value(args, BC_OPTION_REASON, NULL)};
    struct bc_templates templates = {NULL, 0, 0};
    int code = bc_session_config(tool);

    if (!code)
        bc_session_key(tool, args), d.key = tool->key;
    if (code)
        return code;
    d.out = tool->json ? json_array() : NULL;
    sign_pending(tool, args);
    code = bc_template_list_gather(tool, subject, &templates);
    if (!code)
        code = delete_all(&d, c, &templates);
    bc_template_list_free(&templates);
    bc_note_skey_wipe(&d.key);
    if (d.lock >= 0)
        (void)close(d.lock);
    if (d.out)
        bc_message_json(d.out);
    return code;
}

/* ---- arguments ---- */

static int parse_number_option(const struct bc_args *args, int option, int64_t *out)
{
    const char *text = bc_args_value(args, option, NULL);
    uint64_t n;

    if (!text)
        return 0;
    if (bc_text_parse_number(text, strlen(text), INT64_MAX, &n) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE,
                               "--%s: the number of a template; see bioconsent audit",
                               bc_verb_options[option].name);
    *out = (int64_t)n;
    return 0;
}

static int check_forms(const struct bc_args *args)
{
    static const int for_a_user[] = {BC_OPTION_TEMPLATE, BC_OPTION_CONFIRM, BC_OPTION_EXTERNAL,
                                     BC_OPTION_UID, -1};
    int due = bc_args_given(args, BC_OPTION_DUE), confirm = bc_args_given(args, BC_OPTION_CONFIRM);
    int one = bc_args_given(args, BC_OPTION_TEMPLATE) + confirm;
    const char *reason = bc_args_value(args, BC_OPTION_REASON, NULL);
    int code = args->operand_count ? 0 : bc_subject_args_alone(args, "delete", for_a_user);

    if (code)
        return code;
    if (!due && !args->operand_count)
        return bc_message_fail(BC_EXIT_USAGE,
                               "delete: name a user, or --due; see bioconsent help delete");
    if (one + due > 1 || (one && bc_args_given(args, BC_OPTION_PROVIDER)))
        return bc_message_fail(BC_EXIT_USAGE,
                               "delete: --template or --confirm names one template, without --due "
                               "and --provider");
    if (confirm != (reason != NULL))
        return bc_message_fail(BC_EXIT_USAGE, "delete: --confirm and --reason go together");
    if (reason && (reason[0] == '\0' || strlen(reason) > BC_LINE_MAX - 16 ||
                   !bc_text_clean(reason, strlen(reason), 0)))
        return bc_message_fail(BC_EXIT_USAGE,
                               "--reason: text of 1 to %d bytes without control characters",
                               BC_LINE_MAX - 16);
    return 0;
}

static int run_delete(struct bc_session *tool, const struct bc_args *args)
{
    struct choice choice = {.number = -1};
    struct bc_subject subject;
    int code;

    code = check_forms(args);
    if (!code)
        code = parse_number_option(args, BC_OPTION_TEMPLATE, &choice.number);
    if (!code)
        code = parse_number_option(args, BC_OPTION_CONFIRM, &choice.number);
    if (code)
        return code;
    choice.due = bc_args_given(args, BC_OPTION_DUE);
    choice.provider = bc_args_value(args, BC_OPTION_PROVIDER, NULL);
    if (args->operand_count)
        code = bc_subject_args_parse(args, &subject);
    return code ? code : delete_chosen(tool, args, &choice, args->operand_count ? &subject : NULL);
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
