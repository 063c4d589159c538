/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "receipts.h"
#include "session.h"

/* In the order in which somebody new meets them. */
static const struct group {
    const char *title;
    const struct bc_verb *verbs[12]; /* NULL ends them */
} groups[] = {
    {"The store", {&bc_verb_init, &bc_verb_key, &bc_verb_store, &bc_verb_list}},
    {"Notices", {&bc_verb_notice}},
    {"Giving and taking back",
     {&bc_verb_grant, &bc_verb_accept, &bc_verb_sign_pending, &bc_verb_withdraw, &bc_verb_revoke,
      &bc_verb_status}},
    {"The gate", {&bc_verb_check, &bc_verb_lint}},
    {"Templates", {&bc_verb_enroll, &bc_verb_audit, &bc_verb_delete, &bc_verb_erase}},
    {"For others", {&bc_verb_report, &bc_verb_evidence}},
};

#define GROUPS (sizeof groups / sizeof groups[0])

static void usage(FILE *to)
{
    (void)fputs("usage: bioconsent [--config FILE] VERB ...\n\n"
                "Manages the signed store of consents that pam_bioconsent(8) asks.\n",
                to);
    for (size_t g = 0; g < GROUPS; g++) {
        (void)fprintf(to, "\n%s:\n", groups[g].title);
        for (const struct bc_verb *const *v = groups[g].verbs; *v; v++)
            (void)fprintf(to, "  %-15s %s\n", (*v)->name, (*v)->summary);
    }
    (void)fputs(
        "\nEach verb explains itself: bioconsent VERB --help\n"
        "Examples:\n"
        "  bioconsent init\n"
        "  bioconsent grant alice login-fingerprint\n"
        "  bioconsent check alice --modality fingerprint --verbose\n"
        "  bioconsent withdraw\n"
        "Exit: 0 done or allowed, 1 refused or failed, 2 usage, 3 not found, 4 busy,\n"
        "      5 the store is damaged or not to be trusted,\n"
        "      6 recorded and signed, but a receipt or notice could not be written as a file\n",
        to);
}

static const struct bc_verb *find_verb(const char *name)
{
    for (size_t g = 0; g < GROUPS; g++)
        for (const struct bc_verb *const *v = groups[g].verbs; *v; v++)
            if (strcmp((*v)->name, name) == 0)
                return *v;
    return NULL;
}

/* A program that is started with one of these closed would write its messages into the store. */
static void ensure_standard_files(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
        if (fd < 0)
            _exit(BC_EXIT_REFUSED);
    } while (fd <= STDERR_FILENO);
    (void)close(fd);
}

static int run(struct bc_session *tool, int argc, char **argv)
{
    const struct bc_verb *verb;

    if (argc > 1 && strcmp(argv[0], "--config") == 0) {
        tool->config = argv[1];
        tool->config_given = 1;
        argc -= 2;
        argv += 2;
    }
    if (argc < 1) {
        usage(stderr);
        return BC_EXIT_USAGE;
    }
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "--version") == 0) {
        if (argv[0][2] == 'h')
            usage(stdout);
        else
            (void)puts("bioconsent " BC_VERSION);
        return BC_EXIT_OK;
    }
    verb = find_verb(argv[0]);
    if (!verb)
        return bc_message_fail(BC_EXIT_USAGE, "unknown verb: %s; see bioconsent --help", argv[0]);
    return verb->run(tool, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    static struct bc_session tool = {.config = BC_CONFIG_PATH, .state = -1, .spool = -1};
    int code;

    ensure_standard_files();
    (void)umask(077);
    if (sodium_init() < 0)
        return bc_message_fail(BC_EXIT_REFUSED, "libsodium could not be initialised");
    tool.now = (int64_t)time(NULL);
    code = run(&tool, argc - 1, argv + 1);
    bc_receipts_write(&tool); /* of verbs that commit by steps of their own */
    if (!tool.json)
        bc_receipts_print(&tool);
    bc_receipts_free(&tool);
    if (tool.unwritten && code == BC_EXIT_OK)
        code = BC_EXIT_UNWRITTEN;
    if (fflush(stdout) != 0 && code == BC_EXIT_OK)
        code = bc_message_fail(BC_EXIT_REFUSED, "standard output could not be written");
    return code;
}
