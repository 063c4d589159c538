/* SPDX-License-Identifier: BSD-2-Clause */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "common/message.h"
#include "receipts.h"
#include "session.h"

#define WIDTH 92 /* columns of a description */

/* ---- help ---- */

static void print_usage(FILE *to, const struct bc_verb *verb)
{
    for (size_t i = 0; verb->usage[i]; i++)
        (void)fprintf(to, "%s bioconsent %s%s%s\n", i ? "      " : "usage:", verb->name,
                      verb->usage[i][0] ? " " : "", verb->usage[i]);
}

/* Prints the whole help of a verb: usage, description, options, examples. */
static void print_verb(const struct bc_verb *verb)
{
    int list[BC_VERB_OPTIONS_MAX + 4];

    bc_verbs_options(verb, list);
    print_usage(stdout, verb);
    (void)putchar('\n');
    for (const char *text = verb->description; *text; text += text[0] == '\n') {
        size_t len = strcspn(text, "\n");
        if (len)
            bc_text_fold(stdout, text, len, WIDTH, 0);
        else
            (void)putchar('\n');
        text += len;
    }
    (void)fputs("\nOptions:\n", stdout);
    bc_args_help(stdout, bc_verb_options, list);
    if (verb->examples[0])
        (void)fputs("\nExamples:\n", stdout);
    for (size_t i = 0; verb->examples[i]; i++)
        (void)printf("  %s\n", verb->examples[i]);
}

/* Prints the list of all verbs, with the exit codes. */
static void print_program(FILE *to)
{
    (void)fputs("usage: bioconsent VERB [OPERAND ...] [--OPTION ...]\n\n"
                "Manages the signed store of consents that pam_bioconsent(8) asks.\n",
                to);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++) {
        (void)fprintf(to, "\n%s:\n", g->title);
        for (const struct bc_verb *const *v = g->verbs; *v; v++)
            (void)fprintf(to, "  %-15s %s\n", (*v)->name, (*v)->summary);
    }
    (void)fputs("\nMore about a verb: bioconsent help VERB\n\n"
                "Examples:\n"
                "  bioconsent init\n"
                "  bioconsent grant alice login-fingerprint\n"
                "  bioconsent check alice --modality fingerprint --verbose\n"
                "  bioconsent withdraw\n\nExit status:\n",
                to);
    for (int code = 0; bc_message_exit_text(code); code++)
        (void)fprintf(to, "  %d  %s\n", code, bc_message_exit_text(code));
}

/* Prints the usage of every verb that begins with this word, such as "store status". Returns
 * whether there is one. */
static int print_operations(FILE *to, const char *word)
{
    size_t len = strlen(word);
    int found = 0;

    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++)
            if (strncmp((*v)->name, word, len) == 0 && (*v)->name[len] == ' ') {
                print_usage(to, *v);
                found = 1;
            }
    return found;
}

/* The verb was mistyped: names the nearest one, or the first of those that begin with this word. */
static int fail_verb(const char *typed)
{
    const char *names[64], *nearest;
    size_t count = 0, len = strlen(typed);

    if (print_operations(stderr, typed))
        return bc_message_fail(BC_EXIT_USAGE, "%s: name one of these operations", typed);
    if (typed[0] == '-')
        return bc_message_fail(BC_EXIT_USAGE, "%s: options follow the verb; see bioconsent --help",
                               typed);
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++)
            names[count++] = (*v)->name;
    nearest = bc_args_nearest(typed, names, count);
    for (size_t i = 0; !nearest && len > 0 && i < count; i++)
        if (strncmp(names[i], typed, len) == 0)
            nearest = names[i];
    if (nearest)
        return bc_message_fail(BC_EXIT_USAGE, "unknown verb: %s; did you mean bioconsent %s?",
                               typed, nearest);
    return bc_message_fail(BC_EXIT_USAGE, "unknown verb: %s; see bioconsent --help", typed);
}

/* ---- verbs ---- */

/* Returns the verb that the first one or two words of argv[0..argc) name, and sets *words to their
 * number. NULL where they name none. */
static const struct bc_verb *find_verb(int argc, char **argv, int *words)
{
    char two[64];

    (void)snprintf(two, sizeof two, "%s %s", argv[0], argc > 1 ? argv[1] : "");
    for (const struct bc_verb_group *g = bc_verb_groups; g->title; g++)
        for (const struct bc_verb *const *v = g->verbs; *v; v++)
            if (strcmp((*v)->name, argv[0]) == 0 || strcmp((*v)->name, two) == 0) {
                *words = strchr((*v)->name, ' ') ? 2 : 1;
                return *v;
            }
    return NULL;
}

static int print_help(int argc, char **argv)
{
    const struct bc_verb *verb;
    int words;

    if (argc == 0) {
        print_program(stdout);
        return BC_EXIT_OK;
    }
    verb = find_verb(argc, argv, &words);
    if (!verb)
        return print_operations(stdout, argv[0]) ? BC_EXIT_OK : fail_verb(argv[0]);
    print_verb(verb);
    return BC_EXIT_OK;
}

static int run_verb(struct bc_session *session, int argc, char **argv)
{
    const char *word = argv[0];
    int allowed[BC_VERB_OPTIONS_MAX + 4], words = 0;
    static struct bc_args args;
    const struct bc_verb *verb;

    if (argc == 0) {
        print_program(stderr);
        return BC_EXIT_USAGE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return print_help(0, argv);
    if (strcmp(word, "help") == 0)
        return print_help(argc - 1, argv + 1);
    if (strcmp(word, "--version") == 0) {
        (void)puts("bioconsent " BC_VERSION);
        return BC_EXIT_OK;
    }
    verb = find_verb(argc, argv, &words);
    if (!verb)
        return fail_verb(word);
    for (int i = words; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_verb(verb);
            return BC_EXIT_OK;
        }
    bc_verbs_options(verb, allowed);
    if (!bc_args_parse(&args, bc_verb_options, allowed, argc - words, argv + words))
        return bc_message_fail(BC_EXIT_USAGE, "%s: %s; see bioconsent help %s", verb->name,
                               args.error, verb->name);
    if (args.operand_count < verb->operands_min || args.operand_count > verb->operands_max) {
        print_usage(stderr, verb);
        return BC_EXIT_USAGE;
    }
    for (const int *o = allowed; *o >= 0 && !verb->takes_lists; o++)
        if (bc_verb_options[*o].kind == BC_ARGS_LIST && args.option[*o].count > 1)
            return bc_message_fail(BC_EXIT_USAGE,
                                   "%s: option --%s takes one value here; see "
                                   "bioconsent help %s",
                                   verb->name, bc_verb_options[*o].name, verb->name);
    session->json = bc_args_given(&args, BC_OPTION_JSON);
    session->config_given = bc_args_given(&args, BC_OPTION_CONFIG);
    session->config_path = bc_args_value(&args, BC_OPTION_CONFIG, BC_CONFIG_PATH);
    return verb->run(session, &args);
}

static struct bc_session session = {.config_path = BC_CONFIG_PATH, .state = -1, .spool = -1};

/* Whatever ends the program: nothing half done stays open, and what was committed gets its files.
 */
static int finish_session(int code)
{
    if (session.transaction)
        bc_session_abandon(&session);
    bc_session_wipe_key(&session);
    bc_receipts_write(&session);
    if (!session.json)
        bc_receipts_print(&session);
    if (session.unwritten && code == BC_EXIT_OK)
        code = BC_EXIT_UNWRITTEN;
    if (fflush(stdout) != 0 && code == BC_EXIT_OK)
        code = bc_message_fail(BC_EXIT_REFUSED, "standard output could not be written");
    return code;
}

int main(int argc, char **argv)
{
    bc_message_open_files();
    (void)umask(077);
    if (sodium_init() < 0)
        return bc_message_fail(BC_EXIT_REFUSED, "libsodium could not be initialised");
    session.now = (int64_t)time(NULL);
    bc_message_at_exit(finish_session);
    bc_message_exit(run_verb(&session, argc - 1, argv + 1));
}
