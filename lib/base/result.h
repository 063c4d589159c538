/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_RESULT_H
#define BC_RESULT_H

/*
 * The outcome of a call. A call that does not return BC_OK has left its outputs
 * untouched. BC_OK means "no error" and never "allowed": an allowance is an enum
 * bc_reason, and only the decision makes one.
 *
 * X(NAME, sentence): the sentence has no full stop.
 */
#define BC_RESULT_LIST(X)                                                                          \
    X(OK, "done")                                                                                  \
    X(ERR_INVALID, "not of the required form")                                                     \
    X(ERR_NOT_FOUND, "does not exist")                                                             \
    X(ERR_EXISTS, "exists already")                                                                \
    X(ERR_MEMORY, "out of memory")                                                                 \
    X(ERR_SYSTEM, "the system ran out of resources")                                               \
    X(ERR_IO, "cannot be read or written")                                                         \
    X(ERR_UNTRUSTED, "its owner or mode, or a folder above it, lets another user write it")        \
    X(ERR_TOO_LARGE, "larger than allowed")                                                        \
    X(ERR_SIGNATURE, "the signature is wrong")                                                     \
    X(ERR_UNKNOWN_KEY, "not signed by a trusted key")                                              \
    X(ERR_ORIGIN, "belongs to another origin")                                                     \
    X(ERR_CORRUPT, "damaged or altered: it contradicts the signed checkpoint")                     \
    X(ERR_ROLLBACK, "older than what this host has already seen")                                  \
    X(ERR_FORK, "another history than the one this host has seen")                                 \
    X(ERR_STALE, "not refreshed in time")                                                          \
    X(ERR_BUSY, "locked by another process")                                                       \
    X(ERR_PASSPHRASE, "the passphrase does not open the key")                                      \
    X(ERR_CLOCK, "the clock is behind the time of the newest checkpoint")                          \
    X(ERR_ERASED, "erased: only its commitment is left")                                           \
    X(ERR_NO_RECORD, "there is no record of it")                                                   \
    X(ERR_MISMATCH, "the record belongs to another account of this name")                          \
    X(ERR_SUPERSEDED, "replaced by a newer version")                                               \
    X(ERR_NO_NOTICE, "there is no notice that can be accepted")                                    \
    X(ERR_NOT_RECORDED, "it could not be recorded")                                                \
    X(ERR_CRYPTO, "the cryptographic library failed")

enum bc_result {
#define X(name, sentence) BC_##name,
    BC_RESULT_LIST(X)
#undef X
        BC_RESULTS
};

/* Returns the sentence for r, without a final full stop. Never NULL. */
const char *bc_result_text(enum bc_result r);

#endif
