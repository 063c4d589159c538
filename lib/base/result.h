/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_RESULT_H
#define BC_RESULT_H

/*
 * The outcome of a call. A call that does not return BC_OK has left its outputs
 * untouched. BC_OK means "no error" and never "allowed": an allowance is an enum
 * bc_reason, and only the decision makes one.
 *
 * X(NAME, sentence, REASON): the sentence has no full stop; REASON is the refusal
 * of a decision in which a step ended so (reason.h). BC_OK is no failure, so its
 * refusal is INTERNAL.
 */
#define BC_RESULT_LIST(X)                                                                          \
    X(OK, "done", INTERNAL)                                                                        \
    X(ERR_INVALID, "not of the required form", CORRUPT)                                            \
    X(ERR_NOT_FOUND, "does not exist", NO_STORE)                                                   \
    X(ERR_EXISTS, "exists already", SYSTEM)                                                        \
    X(ERR_MEMORY, "out of memory", SYSTEM)                                                         \
    X(ERR_SYSTEM, "the system ran out of resources", SYSTEM)                                       \
    X(ERR_IO, "cannot be read or written", NO_STORE)                                               \
    X(ERR_UNTRUSTED, "its owner or mode, or a folder above it, lets another user write it",        \
      UNTRUSTED_FILE)                                                                              \
    X(ERR_TOO_LARGE, "larger than allowed", CORRUPT)                                               \
    X(ERR_SIGNATURE, "the signature is wrong", BAD_SIGNATURE)                                      \
    X(ERR_UNKNOWN_KEY, "not signed by a trusted key", UNKNOWN_KEY)                                 \
    X(ERR_ORIGIN, "belongs to another origin", ORIGIN)                                             \
    X(ERR_CORRUPT, "damaged or altered: it contradicts the signed checkpoint", CORRUPT)            \
    X(ERR_ROLLBACK, "older than what this host has already seen", ROLLED_BACK)                     \
    X(ERR_FORK, "another history than the one this host has seen", FORKED)                         \
    X(ERR_STALE, "not refreshed in time", STALE)                                                   \
    X(ERR_BUSY, "locked by another process", BUSY)                                                 \
    X(ERR_PASSPHRASE, "the passphrase does not open the key", SYSTEM)                              \
    X(ERR_CLOCK, "the clock is behind the time of the newest checkpoint", CLOCK)                   \
    X(ERR_ERASED, "erased: only its commitment is left", SYSTEM)                                   \
    X(ERR_NO_RECORD, "there is no record of it", NO_RECORD)                                        \
    X(ERR_MISMATCH, "the record belongs to another account of this name", ACCOUNT_MISMATCH)        \
    X(ERR_SUPERSEDED, "replaced by a newer version", SUPERSEDED)                                   \
    X(ERR_NO_NOTICE, "there is no notice that can be accepted", NO_NOTICE)                         \
    X(ERR_NOT_RECORDED, "it could not be recorded", NOT_RECORDED)                                  \
    X(ERR_CRYPTO, "the cryptographic library failed", SYSTEM)

enum bc_result {
#define X(name, sentence, reason) BC_##name,
    BC_RESULT_LIST(X)
#undef X
        BC_RESULTS
};

/* Returns the sentence for r, without a final full stop. Never NULL. */
const char *bc_result_text(enum bc_result r);

#endif
