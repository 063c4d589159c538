/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll-template.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "provider-files.h"
#include "provider/response.h"
#include "session.h"

#define PERSON_SECONDS 300 /* the person puts a finger down again and again */

/* ---- what lies in files ---- */

static enum bc_result list_pattern(const struct bc_enrollment_order *order, const char *pattern,
                                   struct bc_stored_list *out)
{
    struct bc_template_files *files = malloc(sizeof *files);
    struct bc_template_file file;
    struct stat st;
    int is_template;
    enum bc_result r, ended;

    if (!files)
        return BC_ERR_MEMORY;
    r = bc_template_files_begin(files, &order->provider->handles, pattern, order->account);
    if (r == BC_OK) {
        while (r == BC_OK && bc_template_files_next(files, &st, &is_template, &file)) {
            if (is_template && out->count == BC_STORED_MAX)
                r = BC_ERR_TOO_LARGE;
            else if (is_template)
                out->file[out->count++] = file;
        }
        ended = bc_template_files_end(files);
        r = r == BC_OK ? ended : r;
    }
    free(files);
    return r;
}

static enum bc_result list_files(const struct bc_enrollment_order *order,
                                 struct bc_stored_list *out)
{
    const struct bc_provider *p = order->provider;
    enum bc_result r = BC_OK;

    out->count = 0;
    for (int s = BC_STEP_PROVE; s <= BC_STEP_PROVE_2; s++)
        for (size_t i = 0; i < BC_ABSENT_MAX && r == BC_OK; i++)
            if (p->step[s].absent[i].text[0])
                r = list_pattern(order, p->step[s].absent[i].text, out);
    return r;
}

int bc_enroll_template_in_files(const struct bc_provider *p)
{
    return p->step[BC_STEP_PROVE].absent[0].text[0] || p->step[BC_STEP_PROVE_2].absent[0].text[0];
}

/* Whether the file was there before: 0 no, 1 yes, 2 as it is now. */
static int was_there(const struct bc_stored_list *before, const struct bc_template_file *s)
{
    int there = 0;

    for (size_t i = 0; i < before->count; i++) {
        const struct bc_template_file *b = &before->file[i];
        if (bc_identifiers_equal(&b->handles, &s->handles))
            there = 1;
        if (b->dev == s->dev && b->ino == s->ino && b->changed == s->changed)
            return 2;
    }
    return there;
}

/* Adds the given handles and the file's; 0 where they do not agree, or are too many. */
static int join_handles(const struct bc_identifiers *given, const struct bc_identifiers *found,
                        struct bc_identifiers *out)
{
    *out = *given;
    for (size_t i = 0; i < found->count; i++) {
        const char *have = bc_identifiers_get(given, found->item[i].name);
        if (have ? strcmp(have, found->item[i].value) != 0
                 : !bc_identifiers_add(out, found->item[i].name, found->item[i].value))
            return 0;
    }
    return 1;
}

static void add_file_handles(const struct bc_enrollment_order *order,
                             const struct bc_template_file *s, struct bc_enrolled *out)
{
    if (out->count < BC_ENROLLED_MAX &&
        join_handles(order->given, &s->handles, &out->handles[out->count]))
        out->count++;
}

static int add_new_files(const struct bc_enrollment_order *order,
                         const struct bc_stored_list *before, struct bc_enrolled *out)
{
    struct bc_stored_list *after = malloc(sizeof *after);
    int good = after && list_files(order, after) == BC_OK;

    for (size_t i = 0; good && i < after->count; i++) {
        int there = was_there(before, &after->file[i]);
        if (there == 2)
            continue;
        out->renewed |= there;
        add_file_handles(order, &after->file[i], out);
    }
    free(after);
    return good;
}

/* ---- what the answer says ---- */

static int collect_handles(const struct bc_enrollment_order *order, const struct bc_run_result *r,
                           struct bc_enrolled *out)
{
    const char *spec = order->provider->step[BC_STEP_ENROLL].collect.text, *value;
    size_t len = strcspn(spec, " ");
    const struct bc_identifier_rule *rule =
        bc_identifiers_rule(&order->provider->handles, spec, len);
    struct bc_response *reply, *strings = NULL;
    int good;

    if (!rule || !spec[len] || bc_response_parse(r->out, r->out_len, &reply) != BC_OK)
        return 0;
    out->handles[0] = *order->given;
    good = bc_response_strings(reply, spec + len + 1, &strings) == BC_OK;
    for (size_t i = 0; good && (value = bc_response_string(strings, i)); i++)
        good = bc_identifiers_valid(rule, value, strlen(value)) &&
               bc_identifiers_add(&out->handles[0], rule->name, value);
    bc_response_free(strings);
    bc_response_free(reply);
    out->count = out->handles[0].count > order->given->count;
    return good;
}

/* ---- the command ---- */

static void ignore_endings(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        (void)signal(signals[i], SIG_IGN);
}

/* With no other output than is wanted, for as long as it takes. */
static enum bc_result run_enroll_command(const struct bc_enrollment_order *order, int terminal,
                                         struct bc_run_result *r)
{
    const char *command = order->provider->step[BC_STEP_ENROLL].command.text;
    const struct bc_filling f = {
        .account = order->account, .file = order->file, .handles = order->given};
    struct bc_provider p = *order->provider;
    int output = order->quiet && terminal ? dup(STDOUT_FILENO) : -1;
    enum bc_result result;

    if (terminal && p.timeout < PERSON_SECONDS)
        p.timeout = PERSON_SECONDS;
    if (output >= 0)
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    result = bc_provider_files_run(&p, command, &f, 0, terminal, r);
    if (output >= 0) {
        (void)dup2(output, STDOUT_FILENO);
        close(output);
    }
    return result;
}

static int fail_fill(const struct bc_enrollment_order *order, enum bc_result r)
{
    const struct bc_provider *p = order->provider;

    if (!p->step[BC_STEP_ENROLL].command.text[0])
        return bc_message_fail(BC_EXIT_REFUSED,
                               "provider %s has no command that enrolls: enroll as it is "
                               "designed, then record it: bioconsent enroll --existing",
                               p->id);
    if (r == BC_ERR_NOT_FOUND)
        return bc_message_fail(BC_EXIT_USAGE,
                               "provider %s enrolls by this command, and something that it "
                               "names was not given (--handle, --finger, --file): %s",
                               p->id, p->step[BC_STEP_ENROLL].command.text);
    return bc_message_fail(BC_EXIT_USAGE, "provider %s: its command can't be filled in: %s", p->id,
                           bc_result_text(r));
}

static int run_and_look(const struct bc_enrollment_order *order,
                        const struct bc_stored_list *before, struct bc_enrolled *out)
{
    const struct bc_provider *p = order->provider;
    int terminal = !p->step[BC_STEP_ENROLL].collect.text[0];
    struct bc_run_result r;
    char said[256];
    enum bc_result result;
    int done, failed, looked = 1;

    ignore_endings();
    result = run_enroll_command(order, terminal, &r);
    if (result != BC_OK)
        return fail_fill(order, result);
    done = r.end == BC_RUN_EXITED && r.status == 0;
    failed = r.end == BC_RUN_EXITED ? r.status != 0 : r.end == BC_RUN_NOT_STARTED;
    bc_subprocess_text(&r, said, sizeof said);
    if (failed)
        ; /* it says that there is nothing; what was killed says nothing */
    else if (bc_enroll_template_in_files(p))
        looked = add_new_files(order, before, out);
    else if (!terminal)
        looked = collect_handles(order, &r, out) || !done;
    else if (done)
        out->handles[out->count++] = *order->given;
    bc_subprocess_free(&r);
    if (!done)
        return bc_message_fail(
            BC_EXIT_REFUSED, "%s did not enroll %s: %s%s", p->id, order->account, said,
            failed ? "" : "; if it made a template all the same, bioconsent audit --look finds it");
    if (!looked)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "%s enrolled %s, but its answer or its files can't be read: "
                               "run bioconsent audit --look",
                               p->id, order->account);
    if (out->count == 0)
        return bc_message_fail(BC_EXIT_REFUSED, "%s says that it is done, but made no template",
                               p->id);
    if (out->count > 1)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "%zu templates of %s came at once, and which is which can't be "
                               "told: run bioconsent audit --look",
                               out->count, order->account);
    return 0;
}

int bc_enroll_template_run(const struct bc_enrollment_order *order, struct bc_enrolled *out)
{
    struct bc_stored_list *before = malloc(sizeof *before);
    enum bc_result r = before ? list_files(order, before) : BC_ERR_MEMORY;
    int code;

    memset(out, 0, sizeof *out);
    if (r == BC_OK)
        code = run_and_look(order, before, out);
    else
        code = bc_message_fail(BC_EXIT_REFUSED, "%s: what is stored already can't be listed: %s",
                               order->provider->id, bc_result_text(r));
    free(before);
    return code;
}

int bc_enroll_template_existing(const struct bc_enrollment_order *order, struct bc_enrolled *out)
{
    struct bc_stored_list *there = malloc(sizeof *there);
    enum bc_result r = there ? list_files(order, there) : BC_ERR_MEMORY;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; r == BC_OK && i < there->count; i++)
        add_file_handles(order, &there->file[i], out);
    if (!bc_enroll_template_in_files(order->provider))
        out->handles[out->count++] = *order->given;
    free(there);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: what is stored can't be listed: %s",
                               order->provider->id, bc_result_text(r));
    if (out->count == 0)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "%s holds no such template of %s",
                               order->provider->id, order->account);
    return 0;
}
