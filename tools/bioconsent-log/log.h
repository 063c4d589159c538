/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LOG_H
#define BC_LOG_H

#include "base/args.h"
#include "common/message.h"
#include "consent/config.h"
#include "store/snapshot.h"

/* What the commands of bioconsent-log share. None of them writes to the store or to what this host
 * has seen. What fails here ends the program after a message, unless it says otherwise. */

#define BC_LOG_CHECKPOINT "checkpoint" /* the file in a published folder */

struct bc_log {
    const char *config_path; /* path of the configuration */
    int64_t now;             /* POSIX seconds */
    int json;                /* --json was given */
    int config_loaded;
    struct bc_config config; /* valid after bc_log_load_config */
    uid_t owner;             /* who may own the store, other than root */
};

/* The options of all commands. */
enum bc_log_option {
    BC_LOG_ANSWER,
    BC_LOG_CONFIG,
    BC_LOG_EVIDENCE,
    BC_LOG_HELP,
    BC_LOG_JSON,
    BC_LOG_KEY,
    BC_LOG_OLD_SIZE,
    BC_LOG_OUTPUT,
    BC_LOG_PROOF,
    BC_LOG_WITNESS,
    BC_LOG_OPTIONS
};

/* One command of the program. */
struct bc_log_command {
    const char *name;
    const char *summary; /* a few words */
    const char *help;    /* usage, description and examples; the options follow by table */
    size_t operands;     /* how many it must have */
    /* What it takes besides --config, --json and --help; -1 ends it. */
    int options[BC_LOG_OPTIONS];
    /* Returns the exit code, after a message where it is not 0. */
    int (*run)(struct bc_log *log, const struct bc_args *args);
};

extern const struct bc_log_command bc_log_publish, bc_log_submit, bc_log_compare;

/* Loads the configuration once. */
void bc_log_load_config(struct bc_log *log);

/* Loads the configuration, opens the store read-only, and verifies its checkpoint, the clock, and
 * that it follows what this host has seen. No writer can commit until bc_store_close(s->store). */
void bc_log_open_store(struct bc_log *log, struct bc_snapshot *s);

/* A signed note as it is in a file, unverified. */
struct bc_log_note {
    size_t len;
    size_t text_len; /* of the text with its last newline; 0 if the file is not a note */
    char bytes[BC_NOTE_MAX];
};

/* Reads the note in an open folder. Does not end the program: returns BC_OK, BC_ERR_NOT_FOUND,
 * BC_ERR_TOO_LARGE, BC_ERR_MEMORY, BC_ERR_IO with errno; *out is then untouched. */
enum bc_result bc_log_read_note(int folder, const char *name, struct bc_log_note *out);

#endif
