/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

static const struct bc_log_command *const commands[] = {&bc_log_publish, &bc_log_submit,
                                                        &bc_log_compare};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void print_usage(FILE *to)
{
    (void)fputs(
        "usage: bioconsent-log [--config FILE] publish DIR\n"
        "       bioconsent-log [--config FILE] submit DIR --witness VKEY ...\n"
        "       bioconsent-log [--config FILE] compare FILE FILE ...\n\n"
        "Lets others see that a store of consents has one history only: publishes its log, has\n"
        "witnesses cosign its checkpoints, and compares checkpoints. It reads the store and never\n"
        "writes to it. No part of the gate depends on it.\n\n",
        to);
    for (size_t i = 0; i < COMMANDS; i++)
        (void)fprintf(to, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    (void)fputs("\nEach command explains itself: bioconsent-log COMMAND --help\n"
                "Examples:\n"
                "  bioconsent-log publish /srv/www/consent-log\n"
                "  bioconsent-log submit /srv/www/consent-log --witness \"$W\" --output request\n"
                "  curl --data-binary @request https://witness.example/add-checkpoint >answer\n"
                "  bioconsent-log submit /srv/www/consent-log --witness \"$W\" --answer answer\n"
                "  bioconsent-log compare checkpoint-of-may checkpoint-of-june\n"
                "Exit: 0 done, 1 refused or failed, 2 usage, 3 not found, 4 busy,\n"
                "      5 the store or a checkpoint is damaged or not to be trusted\n",
                to);
}

/* A program that is started with one of these closed would write its messages into another file. */
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

static int run_command(struct bc_log *log, int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[0], "--config") == 0) {
        log->config = argv[1];
        argc -= 2;
        argv += 2;
    }
    if (argc < 1) {
        print_usage(stderr);
        return BC_EXIT_USAGE;
    }
    if (strcmp(argv[0], "--help") == 0) {
        print_usage(stdout);
        return BC_EXIT_OK;
    }
    if (strcmp(argv[0], "--version") == 0) {
        (void)puts("bioconsent-log " BC_VERSION);
        return BC_EXIT_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, argv[0]) == 0)
            return commands[i]->run(log, argc - 1, argv + 1);
    return bc_message_fail(BC_EXIT_USAGE, "unknown command: %s; see bioconsent-log --help",
                           argv[0]);
}

int main(int argc, char **argv)
{
    static struct bc_log log = {.config = BC_CONFIG_PATH};
    int code;

    ensure_standard_files();
    (void)umask(077);
    if (sodium_init() < 0)
        return bc_message_fail(BC_EXIT_REFUSED, "libsodium could not be initialised");
    log.now = (int64_t)time(NULL);
    code = run_command(&log, argc - 1, argv + 1);
    if (fflush(stdout) != 0 && code == BC_EXIT_OK)
        code = bc_message_fail(BC_EXIT_REFUSED, "standard output could not be written");
    return code;
}
