/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TOOL_H
#define BC_TOOL_H

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

#include "args.h"
#include "ledger.h"
#include "policy.h"
#include "reason.h"
#include "subject.h"

/* What the verbs of bioconsent share: exit codes, messages, and the ways in to configuration, key
 * and store. */

enum bc_exit {
    BC_EXIT_OK = 0,
    BC_EXIT_REFUSED = 1,   /* refused, or failed */
    BC_EXIT_USAGE = 2,
    BC_EXIT_NOT_FOUND = 3,
    BC_EXIT_BUSY = 4,
    BC_EXIT_STORE = 5,     /* the store is damaged, or not to be trusted */
};

struct bc_tool {
    const char *config;     /* path of the configuration */
    int config_given;
    int json;
    int64_t now;
    mode_t umask;           /* that we were started with */
    uid_t owner;            /* of the store: the service user's, or our own */
    gid_t group;
    struct bc_policy policy;
    int policy_loaded;
    int state;              /* descriptors of the state and spool folder, or -1 */
    int spool;
    uint32_t pending[1024]; /* uids whose withdrawal is in the open transaction */
    size_t pending_count;
    int rewrite;            /* the store holds what was erased until it is rewritten */
};

/* One verb: its name, what it does, usage with examples, and its function. */
struct bc_verb {
    const char *name;
    const char *summary;
    const char *help;
    int (*run)(struct bc_tool *tool, int argc, char **argv);
};

/* Says "bioconsent: …" on standard error. */
__attribute__((format(printf, 1, 2))) void bc_say(const char *format, ...);

/* The same, and has the value of code. */
#define bc_fail(code, ...) (bc_say(__VA_ARGS__), (code))

/* Says why in one sentence with the remedy, and returns the exit code that fits. */
int bc_fail_reason(enum bc_reason reason, const char *what, const char *path);

/* Says what is wrong with a file of settings; which: its name where err has none. Returns the exit
 * code. */
int bc_fail_settings(enum bc_result r, const struct bc_settings_error *err, const char *which);

/* Parses the verb's arguments, which always may hold --json and --help. Returns -1 to go on, else the
 * exit code. */
int bc_tool_args(struct bc_tool *tool, const struct bc_verb *verb, struct bc_args *args, int argc,
                 char **argv, size_t operands_min, size_t operands_max);

/* Loads the configuration once and opens the folders it names. Returns 0 or the exit code. */
int bc_tool_policy(struct bc_tool *tool);

/* Reads the signing key, asking for its passphrase if it is sealed (from file, if not NULL). */
int bc_tool_key(struct bc_tool *tool, const char *passphrase_file, struct bc_skey *key);

/* Opens the ledger, and turns waiting withdrawals into events. */
int bc_tool_ledger(struct bc_tool *tool, struct bc_ledger **ledger);

/* Commits and closes the ledger in any case, then takes what was signed out of the spool. */
int bc_tool_commit(struct bc_tool *tool, struct bc_ledger *ledger, const struct bc_skey *key);

/* All of it: configuration, key, ledger, the change (which may be NULL, and returns 0 or an exit code
 * after a message), commit. Nothing is written unless all of it succeeds. */
typedef int (*bc_tool_change)(struct bc_tool *tool, struct bc_ledger *ledger, void *ctx);
int bc_tool_write(struct bc_tool *tool, const char *passphrase_file, bc_tool_change change,
                  void *ctx);

/* Opens the store for reading and verifies its checkpoint, clock and history. Close with
 * bc_store_close. seen 0 leaves the history unchecked. */
int bc_tool_snapshot(struct bc_tool *tool, struct bc_snapshot *snapshot, int check_seen);

/* The same, to put beside the checkpoint what it does not sign: bc_store_commit, then bc_store_close. */
int bc_tool_snapshot_to_write(struct bc_tool *tool, struct bc_snapshot *snapshot);

/* Who runs this, for recorded_by: the login name, with the name before sudo. */
void bc_tool_operator(char out[BC_LINE_MAX + 1]);

/* Prints a JSON value and a newline, and releases it. */
void bc_print_json(json_t *value);

/* A time for people: local, or "-" for 0. */
void bc_print_time(int64_t t, char out[40]);

/* Draws a progress bar on standard error if that is a terminal. */
void bc_progress(void *ctx, uint64_t done, uint64_t all);

extern const struct bc_verb bc_verb_obligations, bc_verb_delete, bc_verb_audit;
extern const struct bc_verb bc_verb_lint_pam;
extern const struct bc_verb bc_verb_enroll;
extern const struct bc_verb bc_verb_run, bc_verb_doors, bc_verb_init, bc_verb_key, bc_verb_notice, bc_verb_grant,
    bc_verb_accept, bc_verb_sign_pending, bc_verb_receipt,
    bc_verb_withdraw, bc_verb_revoke, bc_verb_status, bc_verb_check, bc_verb_list, bc_verb_verify,
    bc_verb_refresh, bc_verb_log, bc_verb_import, bc_verb_accept_restore, bc_verb_jurisdiction,
    bc_verb_purpose_ended, bc_verb_erase, bc_verb_export, bc_verb_report, bc_verb_evidence;

extern const struct bc_verb bc_verb_checkpoint, bc_verb_witness, bc_verb_publish;

#endif
