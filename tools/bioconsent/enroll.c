/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "delete-template.h"
#include "provider-files.h"
#include "provider/response.h"
#include "provider/template-files.h"
#include "request-args.h"
#include "session.h"
#include "subject-args.h"

#define LOCK "enrolling"   /* in the state folder */
#define PERSON_SECONDS 300 /* the person puts a finger down again and again */
#define STORED_MAX 256     /* files of one account */
#define ENROLLED_MAX 16    /* templates that are looked at */

/* What came of one enrollment: the identifiers that were given, those in the command's answer, and
 * those in the path of each file that was not there before. */
struct enrolled {
    size_t count;
    struct bc_identifiers identifiers[ENROLLED_MAX];
    int renewed; /* one of them took the place of what was there */
};

struct stored_list {
    size_t count;
    struct bc_template_file file[STORED_MAX];
};

static struct enroll {
    struct bc_session *session;
    struct bc_provider provider;
    struct bc_request request; /* to enroll */
    struct bc_subject subject;
    struct bc_identifiers given;
    int existing;
    struct enrolled enrolled;
    uint64_t grant;               /* set: the event of the consent */
    uint64_t event[ENROLLED_MAX]; /* set: of each template */
    int over;                     /* set: there is no consent any more */
    int recorded;                 /* set: they are on record */
} enrollment;

/* ---- arguments ---- */

static void parse_options(struct enroll *e, const struct bc_args *args)
{
    const char *id = bc_args_value(args, BC_OPTION_PROVIDER, NULL);
    const char *file = bc_args_value(args, BC_OPTION_FROM, NULL);
    struct bc_use *use = &e->request.use;
    int code;

    if (!id || !bc_name_word_valid(id))
        bc_message_die(BC_EXIT_USAGE, "enroll needs --provider and a provider's word");
    if (file && file[0] != '/')
        bc_message_die(BC_EXIT_USAGE, "--from %s: write an absolute path", file);
    code = bc_provider_files_find(id, &e->provider);
    if (code)
        bc_message_exit(code);
    for (size_t i = 0; i < args->option[BC_OPTION_IDENTIFIER].count; i++) {
        const char *option = args->option[BC_OPTION_IDENTIFIER].value[i];
        size_t len = strcspn(option, "=");
        const char *value = option + len + 1;
        const struct bc_identifier_rule *rule;

        if (!option[len])
            bc_message_die(BC_EXIT_USAGE, "--identifier %s: write NAME=VALUE", option);
        rule = bc_identifiers_rule(&e->provider.identifiers, option, len);
        if (!rule)
            bc_message_die(BC_EXIT_USAGE, "provider %s has no identifier %.*s", e->provider.id,
                           (int)len, option);
        if (!bc_identifiers_valid(rule, value, strlen(value)))
            bc_message_die(BC_EXIT_USAGE, "identifier %s: %s is not a value for it", rule->name,
                           value);
        if (rule->kind != BC_IDENTIFIER_MANY && bc_identifiers_get(&e->given, rule->name))
            bc_message_die(BC_EXIT_USAGE, "identifier %s is given twice", rule->name);
        if (!bc_identifiers_add(&e->given, rule->name, value))
            bc_message_die(BC_EXIT_USAGE, "too many identifiers");
    }
    bc_subject_args_parse(args, &e->subject);
    e->existing = bc_args_given(args, BC_OPTION_EXISTING);
    e->request.ask = BC_ASK_CHECK;
    use->subject = e->subject;
    use->operation = BC_ENROLL;
    use->modality = e->provider.modality;
    memcpy(use->provider, e->provider.id, sizeof use->provider);
}

/* ---- before ---- */

_Noreturn static void refuse(const struct enroll *e, enum bc_reason reason)
{
    bc_message_die(BC_EXIT_REFUSED, "%s is not enrolled with %s: %s (%s) What to do: %s",
                   e->subject.name, e->provider.id, bc_reason_sentence(reason),
                   bc_reason_id(reason), bc_reason_remedy(reason));
}

/* Refuses without a consent, where the provider has ended the service, and where there is no room
 * for another template on record. */
static void check_permission(struct enroll *e)
{
    enum bc_reason reason = bc_request_args_ask(e->session, &e->request, NULL);
    static struct bc_snapshot snapshot;
    struct bc_leaf leaf;
    enum bc_result r;

    if (!bc_reason_allows(reason))
        refuse(e, reason);
    if (e->provider.ended && e->provider.ended <= e->session->now)
        bc_message_die(BC_EXIT_REFUSED, "%s was ended by its provider: %s", e->provider.name.text,
                       e->provider.ended_source.text);
    bc_session_snapshot(e->session, &snapshot, 1);
    bc_leaf_for_subject(&e->subject, &leaf);
    r = bc_snapshot_leaf(&snapshot, &leaf, NULL);
    bc_store_close(snapshot.store);
    if (r != BC_OK)
        bc_message_die_result(r, "store", "");
    if (leaf.template_count == BC_TEMPLATES_MAX)
        bc_message_die(BC_EXIT_REFUSED, "%s has %d templates already", e->subject.name,
                       BC_TEMPLATES_MAX);
}

/* One at a time: what is new in files is told by looking before and after. Held until we end. */
static void lock_enrollments(const struct bc_session *session)
{
    int fd = openat(session->state, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return;
    if (fd >= 0 && errno == EWOULDBLOCK)
        bc_message_die(BC_EXIT_BUSY, "another process is enrolling on this host; try again");
    bc_message_die(BC_EXIT_REFUSED, "%s/" LOCK ": %s", session->config.state_path, strerror(errno));
}

/* ---- what lies in files ---- */

static enum bc_result list_pattern(const struct bc_provider *p, const char *pattern,
                                   const char *account, struct stored_list *out)
{
    struct bc_template_files files;
    struct bc_template_file file;
    struct stat st;
    int is_template;
    enum bc_result ended, r = bc_template_files_begin(&files, &p->identifiers, pattern, account);

    if (r != BC_OK)
        return r;
    while (r == BC_OK && bc_template_files_next(&files, &st, &is_template, &file)) {
        if (is_template && out->count == STORED_MAX)
            r = BC_ERR_TOO_LARGE;
        else if (is_template)
            out->file[out->count++] = file;
    }
    ended = bc_template_files_end(&files);
    return r == BC_OK ? ended : r;
}

static enum bc_result list_files(const struct bc_provider *p, const char *account,
                                 struct stored_list *out)
{
    enum bc_result r = BC_OK;

    out->count = 0;
    for (int s = BC_STEP_PROVE; s <= BC_STEP_PROVE_2; s++)
        for (size_t i = 0; i < BC_ABSENT_MAX && r == BC_OK; i++)
            if (p->step[s].absent[i].text[0])
                r = list_pattern(p, p->step[s].absent[i].text, account, out);
    return r;
}

/* Whether files tell what is stored: the proof of the provider is a path. */
static int lies_in_files(const struct bc_provider *p)
{
    return p->step[BC_STEP_PROVE].absent[0].text[0] || p->step[BC_STEP_PROVE_2].absent[0].text[0];
}

/* Adds the given identifiers and the file's, unless they do not agree, or are too many. */
static void add_file(const struct bc_identifiers *given, const struct bc_template_file *file,
                     struct enrolled *out)
{
    struct bc_identifiers all = *given;

    for (size_t i = 0; i < file->identifiers.count; i++) {
        const struct bc_identifier *found = &file->identifiers.item[i];
        const char *have = bc_identifiers_get(given, found->name);
        if (have ? strcmp(have, found->value) != 0
                 : !bc_identifiers_add(&all, found->name, found->value))
            return;
    }
    if (out->count < ENROLLED_MAX)
        out->identifiers[out->count++] = all;
}

/* Adds the files that were not there before, or not as they are now. */
static enum bc_result add_new_files(const struct bc_provider *p, const struct bc_filling *f,
                                    const struct stored_list *before, struct enrolled *out)
{
    static struct stored_list after;
    enum bc_result r = list_files(p, f->account, &after);

    for (size_t i = 0; r == BC_OK && i < after.count; i++) {
        const struct bc_template_file *file = &after.file[i];
        int renewed = 0, same = 0;
        for (size_t k = 0; k < before->count; k++) {
            const struct bc_template_file *b = &before->file[k];
            renewed |= bc_identifiers_equal(&b->identifiers, &file->identifiers);
            same |= b->dev == file->dev && b->ino == file->ino && b->changed == file->changed;
        }
        if (same)
            continue;
        out->renewed |= renewed;
        add_file(f->identifiers, file, out);
    }
    return r;
}

/* ---- the command ---- */

/* Reads the identifiers that the answer gives. Returns 0 where they cannot be read. */
static int collect_identifiers(const struct bc_provider *p, const struct bc_identifiers *given,
                               const struct bc_run_result *run, struct enrolled *out)
{
    const struct bc_step *s = &p->step[BC_STEP_ENROLL];
    const struct bc_identifier_rule *rule =
        bc_identifiers_rule(&p->identifiers, s->collect.text, strcspn(s->collect.text, " "));
    struct bc_identifiers *all = &out->identifiers[0];
    json_t *strings = NULL;
    const char *value;
    int good = rule && !bc_provider_files_collect(s, run, &strings);

    *all = *given;
    for (size_t i = 0; good && (value = json_string_value(json_array_get(strings, i))); i++)
        good = bc_identifiers_valid(rule, value, strlen(value)) &&
               bc_identifiers_add(all, rule->name, value);
    json_decref(strings);
    out->count = all->count > given->count;
    return good;
}

/* Runs the command, however long it takes; quiet sends its output to standard error. */
static enum bc_result run_enroll_command(const struct bc_provider *provider,
                                         const struct bc_filling *f, int quiet,
                                         struct bc_run_result *run)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    const struct bc_step *s = &provider->step[BC_STEP_ENROLL];
    int terminal = !s->collect.text[0];
    int output = quiet && terminal ? dup(STDOUT_FILENO) : -1;
    struct bc_provider p = *provider;
    enum bc_result result;

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        (void)signal(signals[i], SIG_IGN);
    if (terminal && p.timeout < PERSON_SECONDS)
        p.timeout = PERSON_SECONDS;
    if (output >= 0)
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    result = bc_provider_files_run(&p, s->command.text, f, 0, terminal, run);
    if (output >= 0) {
        (void)dup2(output, STDOUT_FILENO);
        close(output);
    }
    return result;
}

/* Runs the command with the account, the file and the identifiers of f, at the terminal unless its
 * answer is to be read; quiet: what it prints goes to standard error. Also where it ends the
 * program, *out, which is empty before, holds what has come of it. Signals that would end the
 * program are ignored from now on, since a template must not be left unknown. */
static void run_enrollment(const struct bc_provider *p, const struct bc_filling *f, int quiet,
                           struct enrolled *out)
{
    const struct bc_step *step = &p->step[BC_STEP_ENROLL];
    static struct stored_list before;
    int done, failed, looked = 1;
    struct bc_run_result run;
    char said[256];
    enum bc_result r = list_files(p, f->account, &before);

    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: what is stored already can't be listed: %s", p->id,
                       bc_result_text(r));
    r = run_enroll_command(p, f, quiet, &run);
    if (r != BC_OK && !step->command.text[0])
        bc_message_die(BC_EXIT_REFUSED,
                       "provider %s has no command that enrolls: enroll as it is "
                       "designed, then record it: bioconsent enroll --existing",
                       p->id);
    if (r == BC_ERR_NOT_FOUND)
        bc_message_die(BC_EXIT_USAGE,
                       "provider %s enrolls by this command, and something that it names "
                       "was not given (--identifier, --from): %s",
                       p->id, step->command.text);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_USAGE, "provider %s: its command can't be filled in: %s", p->id,
                       bc_result_text(r));
    done = bc_provider_files_succeeded(&run);
    failed = run.end == BC_RUN_EXITED ? run.status != 0 : run.end == BC_RUN_NOT_STARTED;
    bc_subprocess_text(&run, said, sizeof said);
    if (failed)
        ; /* it says that there is nothing; what was killed says nothing */
    else if (lies_in_files(p))
        looked = add_new_files(p, f, &before, out) == BC_OK;
    else if (step->collect.text[0])
        looked = collect_identifiers(p, f->identifiers, &run, out) || !done;
    else if (done)
        out->identifiers[out->count++] = *f->identifiers;
    bc_subprocess_free(&run);
    if (!done)
        bc_message_die(BC_EXIT_REFUSED, "%s did not enroll %s: %s%s", p->id, f->account, said,
                       failed ? ""
                              : "; if it made a template all the same, bioconsent audit --look "
                                "finds it");
    if (!looked)
        bc_message_die(BC_EXIT_REFUSED,
                       "%s enrolled %s, but its answer or its files can't be read: "
                       "run bioconsent audit --look",
                       p->id, f->account);
    if (out->count == 0)
        bc_message_die(BC_EXIT_REFUSED, "%s says that it is done, but made no template", p->id);
    if (out->count > 1)
        bc_message_die(BC_EXIT_REFUSED,
                       "%zu templates of %s came at once, and which is which can't be told: "
                       "run bioconsent audit --look",
                       out->count, f->account);
}

/* Sets *out, which is empty before, to the templates that are there already, and that the account
 * and the identifiers of f fit. */
static void find_existing(const struct bc_provider *p, const struct bc_filling *f,
                          struct enrolled *out)
{
    static struct stored_list none;
    enum bc_result r = add_new_files(p, f, &none, out);

    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: what is stored can't be listed: %s", p->id,
                       bc_result_text(r));
    if (!lies_in_files(p))
        out->identifiers[out->count++] = *f->identifiers;
    if (out->count == 0)
        bc_message_die(BC_EXIT_NOT_FOUND, "%s holds no such template of %s", p->id, f->account);
}

/* ---- recording ---- */

/* Finds an active consent that covers the enrollment, and sets e->grant. Refuses without one. */
static void find_grant(struct enroll *e, struct bc_transaction *l, struct bc_leaf *leaf)
{
    static struct bc_active_consent active;
    const struct bc_config *config = &e->session->config;
    const struct bc_use *use = &e->request.use;
    enum bc_reason reason = BC_REASON_INTERNAL;
    enum bc_result r;

    bc_leaf_for_subject(&e->subject, leaf);
    r = bc_transaction_leaf(l, leaf, NULL);
    if (r == BC_OK)
        reason = bc_decision_make(config, use, e->session->now, NULL, 0, leaf->ended);
    for (size_t i = 0; r == BC_OK && i < leaf->active_count && !bc_reason_allows(reason); i++) {
        e->grant = leaf->active[i].index;
        r = bc_snapshot_consent(&l->snapshot, &leaf->active[i], &active);
        if (r == BC_OK)
            reason = bc_decision_on_consent(config, use, e->session->now, &active.consent);
    }
    if (r == BC_OK && bc_reason_allows(reason))
        return;
    e->over = r == BC_OK || r == BC_ERR_NO_RECORD || r == BC_ERR_MISMATCH;
    refuse(e, r == BC_OK ? reason : bc_reason_of_result(r));
}

/* Whether a template is on record with these identifiers and on this consent; sets its event. */
static int is_recorded(const struct enroll *e, struct bc_snapshot *s, const struct bc_leaf *leaf,
                       const struct bc_identifiers *identifiers, uint64_t *event)
{
    static struct bc_event t;
    const struct bc_enrollment *known = &t.u.enrollment;

    for (size_t i = 0; i < leaf->template_count; i++)
        if (bc_snapshot_event(s, &leaf->templates[i], &t, NULL) == BC_OK &&
            known->grant == e->grant && strcmp(known->provider, e->provider.id) == 0 &&
            bc_identifiers_equal(&known->identifiers, identifiers)) {
            *event = leaf->templates[i].index;
            return 1;
        }
    return 0;
}

/* Asks the store for the consent anew, since it may have been withdrawn meanwhile, and records. */
static void record_templates(struct enroll *e, const struct bc_args *args)
{
    static struct bc_event event = {.type = BC_EVENT_ENROLL};
    struct bc_enrollment *made = &event.u.enrollment;
    struct bc_transaction *l;
    struct bc_leaf leaf;

    for (size_t i = 0; i < e->enrolled.count; i++) {
        const char *which = "", *fault = bc_identifiers_fault(&e->provider.identifiers,
                                                              &e->enrolled.identifiers[i], &which);
        if (fault) /* what can't be named can't be deleted */
            bc_message_die(BC_EXIT_USAGE, "identifier %s: %s", which, fault);
    }
    e->session->now = (int64_t)time(NULL); /* it took a while */
    l = bc_session_begin(e->session, args);
    find_grant(e, l, &leaf);
    made->subject = e->subject;
    made->grant = e->grant;
    made->modality = e->provider.modality;
    memcpy(made->provider, e->provider.id, sizeof made->provider);
    bc_subject_args_operator(made->recorded_by);
    for (size_t i = 0; i < e->enrolled.count; i++) {
        enum bc_result r;
        made->identifiers = e->enrolled.identifiers[i];
        if (is_recorded(e, &l->snapshot, &leaf, &made->identifiers, &e->event[i]))
            continue;
        r = bc_transaction_append(l, &event, &e->event[i]);
        if (r != BC_OK)
            bc_message_die(BC_EXIT_REFUSED, "the template was not recorded: %s", bc_result_text(r));
    }
    bc_session_end(e->session);
    e->recorded = 1;
}

/* ---- where it could not be recorded ---- */

/* Runs when the program ends, wherever that is: what was enrolled and is not on record is deleted
 * again. Where files are due, the commit was durable and only what follows it failed. The change
 * that failed is closed first, so that other processes can use the store while the provider's
 * commands run. */
static int undo_enrollment(int code)
{
    const struct enroll *e = &enrollment;
    struct bc_deletion_order order = {
        .provider = &e->provider, .account = e->subject.name, .state = -1};
    struct bc_deletion_outcome outcome;

    if (!code || e->existing || e->recorded || e->session->files_due)
        return code;
    bc_session_abandon(e->session);
    if (e->enrolled.renewed && !e->over) {
        bc_message_print(
            "the template took the place of one that was there before, and is left: bioconsent "
            "enroll --existing records it, bioconsent audit --look finds it");
        return code;
    }
    order.now = e->session->now;
    for (size_t i = 0; i < e->enrolled.count; i++) {
        order.identifiers = &e->enrolled.identifiers[i];
        bc_delete_template_run(&order, &outcome);
        if (outcome.state == BC_DELETION_CONFIRMED)
            bc_message_print("the template was deleted again: %s", outcome.answer);
        else if (outcome.state == BC_DELETION_FAILED)
            bc_message_print("the template is still with %s (%s): delete it there; bioconsent "
                             "audit --look finds it",
                             e->provider.name.text, outcome.answer);
        else
            bc_message_print("%s was told to delete the template again (%s); bioconsent audit "
                             "--look finds what is left",
                             e->provider.name.text, outcome.answer);
    }
    return code;
}

/* ---- all of it ---- */

static void print_result(const struct enroll *e)
{
    const int json = e->session->json;
    json_t *all = json_array();

    for (size_t i = 0; i < e->enrolled.count; i++) {
        json_t *named = json_array();
        if (!json)
            (void)printf("The template of %s with %s is recorded (event %" PRIu64
                         ", on the consent of event %" PRIu64 ").\n",
                         e->subject.name, e->provider.id, e->event[i], e->grant);
        for (size_t k = 0; k < e->enrolled.identifiers[i].count; k++) {
            const struct bc_identifier *one = &e->enrolled.identifiers[i].item[k];
            json_array_append_new(named,
                                  json_pack("{s:s, s:s}", "name", one->name, "value", one->value));
            if (!json)
                (void)printf("  %-10s %s\n", one->name, one->value);
        }
        json_array_append_new(
            all, json_pack("{s:I, s:o}", "event", (json_int_t)e->event[i], "identifiers", named));
    }
    if (json)
        bc_message_json(json_pack("{s:s, s:s, s:I, s:O}", "subject", e->subject.name, "provider",
                                  e->provider.id, "grant", (json_int_t)e->grant, "templates", all));
    json_decref(all);
}

static int run_enroll(struct bc_session *session, const struct bc_args *args)
{
    struct enroll *e = &enrollment;
    struct bc_filling f = {.file = bc_args_value(args, BC_OPTION_FROM, NULL),
                           .identifiers = &e->given,
                           .account = e->subject.name};

    e->session = session;
    parse_options(e, args);
    bc_session_config(session);
    check_permission(e);
    if (lies_in_files(&e->provider))
        lock_enrollments(session);
    bc_session_key(session, args); /* before anything is made that could not be signed for */
    bc_message_at_exit(undo_enrollment);
    if (e->existing)
        find_existing(&e->provider, &f, &e->enrolled);
    else
        run_enrollment(&e->provider, &f, session->json, &e->enrolled);
    record_templates(e, args);
    print_result(e);
    return BC_EXIT_OK;
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
