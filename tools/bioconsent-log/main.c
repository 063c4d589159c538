/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/last-seen.h"

/* ---- what the commands share ---- */

void bc_log_load_config(struct bc_log *log)
{
    struct bc_ini_file_error err = {.line = 0};
    const struct passwd *pw;
    enum bc_result r;

    if (log->config_loaded)
        return;
    log->owner = geteuid();
    if (log->owner == 0) {
        pw = getpwnam(BC_SERVICE_USER);
        if (!pw)
            bc_message_die(BC_EXIT_NOT_FOUND, "there is no user %s; run: bioconsent init",
                           BC_SERVICE_USER);
        log->owner = pw->pw_uid;
    }
    r = bc_config_load(log->config_path, log->owner, &log->config, &err);
    if (r == BC_ERR_NOT_FOUND)
        bc_message_die(BC_EXIT_NOT_FOUND, "%s: %s; run: bioconsent init",
                       err.where.path[0] ? err.where.path : log->config_path, bc_result_text(r));
    if (r != BC_OK)
        bc_message_die_ini_file(r, &err, log->config_path);
    log->config_loaded = 1;
}

static void say_waiting(void *ctx, int pid)
{
    (void)ctx;
    (void)fprintf(
        stderr, "bioconsent-log: waiting for another process (%d) to finish with the store\n", pid);
}

void bc_log_open_store(struct bc_log *log, struct bc_snapshot *s)
{
    struct bc_store_options options = {.wait_ms = BC_STORE_WRITER_WAIT_MS, .waiting = say_waiting};
    struct bc_where where = {""};
    struct bc_store *store = NULL;
    struct bc_last_seen_mark mark;
    int newer, state = -1;
    enum bc_result r;

    bc_log_load_config(log);
    options.folder = log->config.store_path;
    options.owner = log->owner;
    options.group = (gid_t)-1;
    r = bc_store_open(&options, BC_STORE_READ, &store, &where);
    if (r == BC_OK)
        r = bc_snapshot_open(store, &log->config, s);
    if (r == BC_OK)
        r = bc_snapshot_clock(s, &log->config, log->now);
    if (r == BC_OK)
        r = bc_file_open_folder(log->config.state_path, log->owner, 0, &state, &where);
    /* Nothing is recorded as seen: that is for those who decide by the store. */
    if (r == BC_OK)
        r = bc_last_seen_compare(state, s, &mark, &newer);
    if (r == BC_ERR_UNTRUSTED && geteuid() != 0)
        bc_message_die(BC_EXIT_REFUSED, "%s: only root, or its owner, may read the store",
                       where.path);
    if (r != BC_OK)
        bc_message_die_result(r, "store", where.path);
    (void)close(state);
}

enum bc_result bc_log_read_note(int folder, const char *name, struct bc_log_note *out)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const char *end;
    char *data;
    size_t len;
    enum bc_result r;

    if (fd < 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    r = bc_file_read_open(fd, sizeof out->bytes, &data, &len);
    (void)close(fd);
    if (r != BC_OK)
        return r;
    memcpy(out->bytes, data, len);
    out->len = len;
    end = memmem(data, len, "\n\n", 2);
    out->text_len = end ? (size_t)(end + 1 - data) : 0;
    free(data);
    return BC_OK;
}

/* ---- the program ---- */

static const struct bc_log_command *const commands[] = {&bc_log_publish, &bc_log_submit,
                                                        &bc_log_compare};

#define COMMANDS (sizeof commands / sizeof commands[0])

static const struct bc_args_option options[] = {
    [BC_LOG_ANSWER] = {"answer", BC_ARGS_VALUE, "FILE",
                       "the answer of the witness; - is standard input"},
    [BC_LOG_CONFIG] = {"config", BC_ARGS_VALUE, "FILE", "use this configuration"},
    [BC_LOG_EVIDENCE] = {"evidence", BC_ARGS_VALUE, "DIR",
                         "keep both checkpoints there if they contradict each other"},
    [BC_LOG_HELP] = {"help", BC_ARGS_FLAG, NULL, "print this help"},
    [BC_LOG_JSON] = {"json", BC_ARGS_FLAG, NULL, "write JSON for programs"},
    [BC_LOG_KEY] = {"key", BC_ARGS_LIST, "VKEY",
                    "a key of the log; default: the trusted keys of this host"},
    [BC_LOG_OLD_SIZE] = {"old-size", BC_ARGS_VALUE, "N",
                         "the size that the witness has cosigned before"},
    [BC_LOG_OUTPUT] = {"output", BC_ARGS_VALUE, "FILE", "write to FILE, whole or not at all"},
    [BC_LOG_PROOF] = {"proof", BC_ARGS_VALUE, "FILE",
                      "a consistency proof between the checkpoints"},
    [BC_LOG_WITNESS] = {"witness", BC_ARGS_VALUE, "VKEY", "the verifier key of the witness"},
    [BC_LOG_OPTIONS] = {NULL, BC_ARGS_FLAG, NULL, NULL},
};

static void print_usage(FILE *to)
{
    (void)fputs(
        "usage: bioconsent-log publish DIR\n"
        "       bioconsent-log submit DIR --witness VKEY ...\n"
        "       bioconsent-log compare FILE FILE ...\n\n"
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

int main(int argc, char **argv)
{
    int allowed[BC_LOG_OPTIONS + 4] = {BC_LOG_CONFIG, BC_LOG_JSON, BC_LOG_HELP};
    static struct bc_log log = {.config_path = BC_CONFIG_PATH};
    const struct bc_log_command *command = NULL;
    const char *names[COMMANDS], *nearest, *word = argc > 1 ? argv[1] : "";
    static struct bc_args args;
    size_t n = 3;

    bc_message_open_files();
    (void)umask(077);
    if (sodium_init() < 0)
        return bc_message_fail(BC_EXIT_REFUSED, "libsodium could not be initialised");
    log.now = (int64_t)time(NULL);
    bc_message_at_exit(bc_message_flush);
    if (argc < 2) {
        print_usage(stderr);
        bc_message_exit(BC_EXIT_USAGE);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_usage(stdout);
        bc_message_exit(BC_EXIT_OK);
    }
    if (strcmp(word, "--version") == 0) {
        (void)puts("bioconsent-log " BC_VERSION);
        bc_message_exit(BC_EXIT_OK);
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i]->name;
        if (strcmp(names[i], word) == 0)
            command = commands[i];
    }
    nearest = bc_args_nearest(word, names, COMMANDS);
    if (!command)
        bc_message_die(BC_EXIT_USAGE, "unknown command: %s; %s%s", word,
                       nearest ? "did you mean bioconsent-log " : "see bioconsent-log --help",
                       nearest ? nearest : "");
    for (const int *o = command->options; *o >= 0; o++)
        allowed[n++] = *o;
    allowed[n] = -1;
    if (!bc_args_parse(&args, options, allowed, argc - 2, argv + 2))
        bc_message_die(BC_EXIT_USAGE, "%s: %s; see bioconsent-log %s --help", word, args.error,
                       word);
    if (bc_args_given(&args, BC_LOG_HELP)) {
        (void)printf("%s\nOptions:\n", command->help);
        bc_args_help(stdout, options, allowed);
        bc_message_exit(BC_EXIT_OK);
    }
    if (args.operand_count != command->operands)
        bc_message_die(BC_EXIT_USAGE, "%s: wrong number of operands; see bioconsent-log %s --help",
                       word, word);
    log.json = bc_args_given(&args, BC_LOG_JSON);
    log.config_path = bc_args_value(&args, BC_LOG_CONFIG, BC_CONFIG_PATH);
    bc_message_exit(command->run(&log, &args));
}
