/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PAM_LINT_H
#define BC_PAM_LINT_H

#include "pam/pam-stack.h"

/* What can be wrong with gates and matchers in a service: identifier, what it means, what to do.
 * The one list for the tool and the manual page. */
#define BC_PAM_FINDING_LIST(X)                                                                     \
    X(UNGATED, "ungated", "A biometric module can run although no gate has asked for consent.",    \
      "put the gate directly before it: [ignore=ignore default=1] pam_bioconsent.so "              \
      "modality=...; requisite where nothing but the matcher decides")                             \
    X(ACCOUNT_ONLY, "account-only",                                                                \
      "The gate stands in the account stage only, when the biometric has been read already; some " \
      "programs never call that stage.",                                                           \
      "put the gate into auth, directly before the matcher")                                       \
    X(WRONG_GATE, "wrong-gate", "The gate's modality or provider is not that of the matcher.",     \
      "name the matcher's own modality= and provider=")                                            \
    X(WRONG_OPERATION, "wrong-operation",                                                          \
      "The gate asks about an operation that this stage does not perform.",                        \
      "leave operation= out: auth and account authenticate, password enrolls")                     \
    X(BAD_OPTION, "bad-option", "The gate does not understand its options: it refuses everybody.", \
      "fix the options: see pam_bioconsent(8)")                                                    \
    X(RUNS_REFUSED, "runs-though-refused", "The matcher runs although the gate refuses.",          \
      "use [ignore=ignore default=1] directly before the matcher, or requisite where nothing but " \
      "the matcher decides: required, sufficient and optional never stop the next line")           \
    X(NEVER_REACHED, "never-reached", "The matcher does not run although the gate allows.",        \
      "let an allowance go on to the next line: ignore=ignore")                                    \
    X(SKIPS_OTHER, "skips-other", "A refusal jumps over a line that is not this gate's matcher.",  \
      "use default=1, with the matcher as the very next line; gate and matcher in one profile")    \
    X(PAST_END, "past-end",                                                                        \
      "A refusal jumps past the end of the stack, which libpam counts as a failure.",              \
      "use default=1, with the matcher as the very next line, and a line behind it")               \
    X(LOCKED_OUT, "locked-out", "A person who refuses is kept out, despite another way in.",       \
      "use [ignore=ignore default=1] directly before the matcher, in auth")                        \
    X(NO_PASSWORD, "no-password",                                                                  \
      "There is no way in without the biometric: a person who refuses is kept out.",               \
      "accept a password as well; a consent that cannot be refused may be none")                   \
    X(OPEN_DOOR, "open-door", "A person who refuses is let in without any check.",                 \
      "use requisite: nothing but the matcher decides here")                                       \
    X(ONLY_CHECK, "jump-over-only-check",                                                          \
      "The gate jumps over the only check; another line's vote would then let people in.",         \
      "use requisite: nothing but the matcher decides here")                                       \
    X(SUCCESS_COUNTS, "success-counts",                                                            \
      "The gate's control would take its success for a sign-in: consent is no authentication.",    \
      "ignore success: [ignore=ignore default=1], or requisite before a matcher that is required") \
    X(UNREADABLE, "unreadable", "A file cannot be read: no regular file of text, or too large.",   \
      "replace it; libpam refuses everybody, or fails at this include")                            \
    X(MISSING, "missing-include", "What this line includes is not there: libpam lets it fail.",    \
      "install the file, or remove the line")                                                      \
    X(CYCLE, "cycle", "A file includes itself: libpam may crash.", "break the cycle")              \
    X(TOO_MANY, "too-large", "The service has too many files, lines, levels or paths.",            \
      "make it simpler; nothing else in it can be judged")                                         \
    X(LONG_LINE, "long-line",                                                                      \
      "A line has more than 1022 bytes: libpam 1.5 cuts it and takes the rest for another.",       \
      "shorten the line, comments too")                                                            \
    X(OPEN_END, "open-end", "The file ends with a line to be continued: libpam refuses it.",       \
      "remove the last backslash")                                                                 \
    X(BAD_LINE, "bad-line", "A stage, control or module is missing or unknown: the line fails.",   \
      "see pam.d(5)")                                                                              \
    X(FPRINTD_OPEN, "fprintd-open",                                                                \
      "fprintd may enroll and verify without consent: polkit's rule is not in force.",             \
      "install the rule again; remove a file that differs from it or sorts before it")             \
    X(FPRINTD_REFUSED, "fprintd-refused",                                                          \
      "polkitd may not ask about consents, so its rule has fprintd refuse everybody but root.",    \
      "add polkitd to the group bioconsent: gpasswd --add polkitd bioconsent")

enum bc_pam_finding_id {
#define X(name, id, sentence, remedy) BC_FINDING_##name,
    BC_PAM_FINDING_LIST(X)
#undef X
        BC_FINDINGS
};

struct bc_pam_lint_text {
    const char *name, *sentence, *remedy;
};

/* Never NULL. */
const struct bc_pam_lint_text *bc_pam_lint_text(enum bc_pam_finding_id id);

/* A line of a file; file is NULL if there is none to name. */
struct bc_pam_place {
    const char *file;
    unsigned number;    /* 0: the file as a whole */
    const char *module; /* "" if there is none */
};

struct bc_pam_finding {
    enum bc_pam_finding_id id;
    enum bc_pam_stage stage; /* BC_PAM_STAGES: of the files themselves */
    struct bc_pam_place gate, matcher, other;
    const char *detail; /* the option that is wrong, or NULL */
};

/* Lists what is wrong with a service. *out is the caller's to free, and may be NULL where *count is
 * 0; its strings live as long as the service. name is the service's, to know those that are meant
 * to have a matcher only, such as gdm-fingerprint. BC_ERR_MEMORY: *out and *count are untouched. */
enum bc_result bc_pam_lint(const struct bc_pam_service *service, const char *name,
                           struct bc_pam_finding **out, size_t *count);

#endif
