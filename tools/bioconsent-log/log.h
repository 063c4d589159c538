/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LOG_H
#define BC_LOG_H

#include "base/args.h"
#include "common/message.h"
#include "consent/config.h"
#include "store/snapshot.h"

/* What the commands of bioconsent-log share. None of them writes to the store or to what this host
 * has seen. */

struct bc_log {
    const char *config; /* path of the configuration */
    int64_t now;        /* POSIX seconds */
    int json;           /* --json was given */
    int policy_loaded;
    struct bc_config policy; /* valid after bc_log_policy */
    uid_t owner;             /* who may own the store, other than root */
};

/* One command: its name, what it does in a few words, its help with examples, and its function,
 * which returns the exit code. */
struct bc_log_command {
    const char *name;
    const char *summary;
    const char *help;
    int (*run)(struct bc_log *log, int argc, char **argv);
};

extern const struct bc_log_command bc_log_publish, bc_log_submit, bc_log_compare;

/* Parses the command's arguments; --help is always among them, and options must have "json".
 * Returns -1 to go on, else the exit code after a message. */
int bc_log_args(struct bc_log *log, const struct bc_log_command *command, struct bc_args *args,
                int argc, char **argv, size_t operands);

/* Loads the configuration once. Returns 0, or the exit code after a message. */
int bc_log_policy(struct bc_log *log);

/* Loads the configuration, opens the store read-only, and verifies its checkpoint, the clock, and
 * that it follows what this host has seen. No writer can commit until bc_store_close(s->store).
 * Returns 0, or the exit code after a message. */
int bc_log_store(struct bc_log *log, struct bc_snapshot *s);

#endif
