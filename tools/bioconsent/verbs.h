/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_VERBS_H
#define BC_VERBS_H

#include <stddef.h>

#include "base/args.h"

/*
 * The verbs of bioconsent and the options that they take. Help, the manual page
 * and the completions for bash and zsh are made from these tables.
 */

/* Every option, as a number: X(NUMBER, name, kind, value, help). One spelling means one thing in
 * every verb. */
#define BC_OPTION_LIST(X)                                                                          \
    X(AUTHORITY, "authority", BC_ARGS_VALUE, "TEXT", "the right by which the representative acts") \
    X(CONFIG, "config", BC_ARGS_VALUE, "FILE", "use this configuration")                           \
    X(CONFIRM, "confirm", BC_ARGS_VALUE, "NUMBER",                                                 \
      "record that a person knows this template to be deleted")                                    \
    X(DISCARD, "discard", BC_ARGS_FLAG, NULL, "remove the acceptances that cannot be signed")      \
    X(DRY_RUN, "dry-run", BC_ARGS_FLAG, NULL, "show what would be done, and change nothing")       \
    X(DUE, "due", BC_ARGS_FLAG, NULL, "every template whose deletion is due")                      \
    X(EDITORIAL, "editorial", BC_ARGS_VALUE, "TEXT",                                               \
      "the version changes words only, and earlier consents still count; TEXT says what changed")  \
    X(EVENTS, "events", BC_ARGS_FLAG, NULL, "list the events, each proven against the signed log") \
    X(EXISTING, "existing", BC_ARGS_FLAG, NULL, "record a template that is there already")         \
    X(EXPIRES, "expires", BC_ARGS_VALUE, "TIME", "when the consent ends")                          \
    X(EXTERNAL, "external", BC_ARGS_FLAG, NULL, "USER has no account on this host")                \
    X(FROM, "from", BC_ARGS_VALUE, "FILE",                                                         \
      "the file to read: consents as JSON lines or CSV, or a picture to enroll")                   \
    X(GIVEN_BY, "given-by", BC_ARGS_VALUE, "WHO", "self, representative or guardian")              \
    X(HELP, "help", BC_ARGS_FLAG, NULL, "print this help")                                         \
    X(IDENTIFIER, "identifier", BC_ARGS_EACH, "NAME=VALUE",                                        \
      "what names the template at its provider, such as finger=left-thumb")                        \
    X(JSON, "json", BC_ARGS_FLAG, NULL, "write JSON for programs")                                 \
    X(KIND, "kind", BC_ARGS_VALUE, "KIND",                                                         \
      "notice-only, affirmative, explicit or written-release")                                     \
    X(LOOK, "look", BC_ARGS_FLAG, NULL, "also look where the providers keep templates")            \
    X(MODALITY, "modality", BC_ARGS_LIST, "M", "fingerprint, face, voice, palm or iris")           \
    X(NAMES, "names", BC_ARGS_FLAG, NULL, "name the people")                                       \
    X(NOTICE, "notice", BC_ARGS_VALUE, "ID", "only consents to this notice")                       \
    X(OPERATION, "operation", BC_ARGS_LIST, "O", "authenticate or enroll")                         \
    X(ORIGIN, "origin", BC_ARGS_VALUE, "NAME",                                                     \
      "the name of the store and its key, such as consent.example/host1")                          \
    X(OUTPUT, "output", BC_ARGS_VALUE, "FILE", "write to FILE, whole or not at all")               \
    X(OVERRIDE, "override", BC_ARGS_VALUE, "TEXT",                                                 \
      "erase although a law requires retention; TEXT says why")                                    \
    X(PAPER, "paper", BC_ARGS_VALUE, "SHA256", "the SHA-256 of the signed paper")                  \
    X(PASSPHRASE_FILE, "passphrase-file", BC_ARGS_VALUE, "FILE",                                   \
      "read the passphrase of the signing key from FILE")                                          \
    X(PROOF, "proof", BC_ARGS_VALUE, "SHA256",                                                     \
      "the SHA-256 of the document that shows the authority")                                      \
    X(PROVIDER, "provider", BC_ARGS_LIST, "P", "the matcher or service, such as fprintd")          \
    X(PURPOSE, "purpose", BC_ARGS_LIST, "P", "the purpose, such as login")                         \
    X(PURPOSE_ENDED, "purpose-ended", BC_ARGS_FLAG, NULL,                                          \
      "the purpose, such as employment, is over")                                                  \
    X(REASON, "reason", BC_ARGS_VALUE, "TEXT", "a reason, which is recorded with the event")       \
    X(REPRESENTATIVE, "representative", BC_ARGS_VALUE, "NAME", "the person who acts for USER")     \
    X(ROOT, "root", BC_ARGS_VALUE, "DIR", "read the system whose root directory is DIR")           \
    X(SEAL, "seal", BC_ARGS_FLAG, NULL, "seal the new key with a passphrase")                      \
    X(SINCE, "since", BC_ARGS_VALUE, "TIME",                                                       \
      "only consents that were in force at this time or later")                                    \
    X(STATE_DIR, "state-dir", BC_ARGS_VALUE, "DIR",                                                \
      "where store, state, spool, notices and receipts go")                                        \
    X(TEMPLATE, "template", BC_ARGS_VALUE, "NUMBER", "only this template")                         \
    X(UID, "uid", BC_ARGS_VALUE, "NUMBER", "the user number on record, where the account is gone") \
    X(UNTIL, "until", BC_ARGS_VALUE, "TIME",                                                       \
      "only consents that were in force at this time or earlier")                                  \
    X(VALID_FROM, "valid-from", BC_ARGS_VALUE, "TIME", "when the consent begins")                  \
    X(VERBOSE, "verbose", BC_ARGS_FLAG, NULL, "show each step")                                    \
    X(WITHIN, "within", BC_ARGS_VALUE, "PERIOD",                                                   \
      "only templates whose deletion is due within this time, such as 30d")                        \
    X(YES, "yes", BC_ARGS_FLAG, NULL, "do not ask")

enum bc_option {
#define X(number, name, kind, value, help) BC_OPTION_##number,
    BC_OPTION_LIST(X)
#undef X
        BC_OPTIONS
};

#define BC_VERB_OPTIONS_MAX 24

struct bc_session;

/* One verb: its words, its text, and its function. */
struct bc_verb {
    const char *name;        /* one word, or two such as "notice publish" */
    const char *summary;     /* one line of the list of verbs */
    const char *usage[5];    /* what follows the name, one string a form; NULL ends them */
    const char *description; /* plain sentences; a blank line separates paragraphs */
    const char *examples[5]; /* whole command lines; NULL ends them */
    size_t operands_min, operands_max;
    int takes_lists; /* whether options of the kind BC_ARGS_LIST may have more than one value */
    /* What it takes besides --config, --json and --help, which every verb takes; -1 ends it. */
    int options[BC_VERB_OPTIONS_MAX];
    /* Returns the exit code after a message. */
    int (*run)(struct bc_session *session, const struct bc_args *args);
};

/* A group of verbs in help and manual. */
struct bc_verb_group {
    const char *title;
    const struct bc_verb *verbs[12]; /* NULL ends them */
};

/* The verbs in the order in which a newcomer meets them; a group without a title ends them. */
extern const struct bc_verb_group bc_verb_groups[];

/* The options by number; an option without a name ends them. */
extern const struct bc_args_option bc_verb_options[];

/* Sets list to all options that the verb takes, those of every verb included; -1 ends it. */
void bc_verbs_options(const struct bc_verb *verb, int list[BC_VERB_OPTIONS_MAX + 4]);

/* One file a verb, or a few verbs that belong together. */
extern const struct bc_verb bc_verb_accept, bc_verb_audit, bc_verb_check, bc_verb_delete,
    bc_verb_enroll, bc_verb_erase, bc_verb_evidence, bc_verb_grant, bc_verb_init,
    bc_verb_key_rotate, bc_verb_key_show, bc_verb_lint, bc_verb_list, bc_verb_notice_lint,
    bc_verb_notice_list, bc_verb_notice_publish, bc_verb_notice_show, bc_verb_report,
    bc_verb_revoke, bc_verb_sign, bc_verb_status, bc_verb_store_backup, bc_verb_store_refresh,
    bc_verb_store_restore, bc_verb_store_status, bc_verb_store_verify, bc_verb_withdraw;

#endif
