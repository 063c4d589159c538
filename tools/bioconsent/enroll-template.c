/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll-template.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "provider-files.h"
#include "provider/response.h"
#include "provider/template-files.h"

#define PERSON_SECONDS 300 /* the person puts a finger down again and again */

/* ---- what lies in files ---- */

#define STORED_MAX 256 /* files of one account */

struct stored_list {
    size_t count;
    struct bc_template_file file[STORED_MAX];
};

static enum bc_result list_pattern(const struct bc_provider *p, const char *pattern,
                                   const char *account, struct stored_list *out)
{
    struct bc_template_files files;
    struct bc_template_file file;
    struct stat st;
    int is_template;
    enum bc_result ended, r = bc_template_files_begin(&files, &p->handles, pattern, account);

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

int bc_enroll_template_in_files(const struct bc_provider *p)
{
    return p->step[BC_STEP_PROVE].absent[0].text[0] || p->step[BC_STEP_PROVE_2].absent[0].text[0];
}

/* Adds the given identifiers and the file's, unless they do not agree, or are too many. */
static void add_file(const struct bc_identifiers *given, const struct bc_template_file *file,
                     struct bc_enrolled *out)
{
    struct bc_identifiers all = *given;

    for (size_t i = 0; i < file->handles.count; i++) {
        const struct bc_identifier *found = &file->handles.item[i];
        const char *have = bc_identifiers_get(given, found->name);
        if (have ? strcmp(have, found->value) != 0
                 : !bc_identifiers_add(&all, found->name, found->value))
            return;
    }
    if (out->count < BC_ENROLLED_MAX)
        out->identifiers[out->count++] = all;
}

/* Adds the files that were not there before, or not as they are now. */
static enum bc_result add_new_files(const struct bc_provider *p, const struct bc_filling *f,
                                    const struct stored_list *before, struct bc_enrolled *out)
{
    static struct stored_list after;
    enum bc_result r = list_files(p, f->account, &after);

    for (size_t i = 0; r == BC_OK && i < after.count; i++) {
        const struct bc_template_file *file = &after.file[i];
        int renewed = 0, same = 0;
        for (size_t k = 0; k < before->count; k++) {
            const struct bc_template_file *b = &before->file[k];
            renewed |= bc_identifiers_equal(&b->handles, &file->handles);
            same |= b->dev == file->dev && b->ino == file->ino && b->changed == file->changed;
        }
        if (same)
            continue;
        out->renewed |= renewed;
        add_file(f->handles, file, out);
    }
    return r;
}

/* ---- the command ---- */

/* Reads the identifiers that the answer gives. Returns 0 where they cannot be read. */
static int collect_identifiers(const struct bc_provider *p, const struct bc_identifiers *given,
                               const struct bc_run_result *run, struct bc_enrolled *out)
{
    const struct bc_step *s = &p->step[BC_STEP_ENROLL];
    const struct bc_identifier_rule *rule =
        bc_identifiers_rule(&p->handles, s->collect.text, strcspn(s->collect.text, " "));
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

/* With no other output than is wanted, for as long as it takes. */
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

_Noreturn static void die_fill(const struct bc_provider *p, enum bc_result r)
{
    const char *command = p->step[BC_STEP_ENROLL].command.text;

    if (!command[0])
        bc_message_die(BC_EXIT_REFUSED,
                       "provider %s has no command that enrolls: enroll as it is "
                       "designed, then record it: bioconsent enroll --existing",
                       p->id);
    if (r == BC_ERR_NOT_FOUND)
        bc_message_die(BC_EXIT_USAGE,
                       "provider %s enrolls by this command, and something that it names "
                       "was not given (--identifier, --from): %s",
                       p->id, command);
    bc_message_die(BC_EXIT_USAGE, "provider %s: its command can't be filled in: %s", p->id,
                   bc_result_text(r));
}

void bc_enroll_template_run(const struct bc_provider *p, const struct bc_filling *f, int quiet,
                            struct bc_enrolled *out)
{
    static struct stored_list before;
    int done, failed, looked = 1;
    struct bc_run_result run;
    char said[256];
    enum bc_result r = list_files(p, f->account, &before);

    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: what is stored already can't be listed: %s", p->id,
                       bc_result_text(r));
    r = run_enroll_command(p, f, quiet, &run);
    if (r != BC_OK)
        die_fill(p, r);
    done = bc_provider_files_succeeded(&run);
    failed = run.end == BC_RUN_EXITED ? run.status != 0 : run.end == BC_RUN_NOT_STARTED;
    bc_subprocess_text(&run, said, sizeof said);
    if (failed)
        ; /* it says that there is nothing; what was killed says nothing */
    else if (bc_enroll_template_in_files(p))
        looked = add_new_files(p, f, &before, out) == BC_OK;
    else if (p->step[BC_STEP_ENROLL].collect.text[0])
        looked = collect_identifiers(p, f->handles, &run, out) || !done;
    else if (done)
        out->identifiers[out->count++] = *f->handles;
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

void bc_enroll_template_existing(const struct bc_provider *p, const struct bc_filling *f,
                                 struct bc_enrolled *out)
{
    static struct stored_list none;
    enum bc_result r = add_new_files(p, f, &none, out);

    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: what is stored can't be listed: %s", p->id,
                       bc_result_text(r));
    if (!bc_enroll_template_in_files(p))
        out->identifiers[out->count++] = *f->handles;
    if (out->count == 0)
        bc_message_die(BC_EXIT_NOT_FOUND, "%s holds no such template of %s", p->id, f->account);
}
