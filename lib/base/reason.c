/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/reason.h"

struct entry {
    const char *id;
    const char *sentence;
    const char *remedy;
};

static const struct entry entries[BC_REASONS] = {
#define X(name, id, sentence, remedy) {id, sentence, remedy},
    BC_REASON_LIST(X)
#undef X
};

static const struct entry *entry_of(enum bc_reason r)
{
    return (unsigned)r < BC_REASONS ? &entries[r] : &entries[BC_REASON_INTERNAL];
}

const char *bc_reason_id(enum bc_reason r)
{
    return entry_of(r)->id;
}

const char *bc_reason_sentence(enum bc_reason r)
{
    return entry_of(r)->sentence;
}

const char *bc_reason_remedy(enum bc_reason r)
{
    return entry_of(r)->remedy;
}

int bc_reason_allows(enum bc_reason r)
{
    return r == BC_REASON_ALLOW;
}

enum bc_reason bc_reason_of_result(enum bc_result r)
{
    static const enum bc_reason reasons[BC_RESULTS] = {
        [BC_ERR_NO_RECORD] = BC_REASON_NO_RECORD,
        [BC_ERR_MISMATCH] = BC_REASON_ACCOUNT_MISMATCH,
        [BC_ERR_SUPERSEDED] = BC_REASON_SUPERSEDED,
        [BC_ERR_NO_NOTICE] = BC_REASON_NO_NOTICE,
        [BC_ERR_NOT_RECORDED] = BC_REASON_NOT_RECORDED,
        [BC_ERR_ORIGIN] = BC_REASON_ORIGIN,
        [BC_ERR_STALE] = BC_REASON_STALE,
        [BC_ERR_UNTRUSTED] = BC_REASON_UNTRUSTED_FILE,
        [BC_ERR_UNKNOWN_KEY] = BC_REASON_UNKNOWN_KEY,
        [BC_ERR_SIGNATURE] = BC_REASON_BAD_SIGNATURE,
        [BC_ERR_BUSY] = BC_REASON_BUSY,
        [BC_ERR_CLOCK] = BC_REASON_CLOCK,
        [BC_ERR_ROLLBACK] = BC_REASON_ROLLED_BACK,
        [BC_ERR_FORK] = BC_REASON_FORKED,
        [BC_ERR_NOT_FOUND] = BC_REASON_NO_STORE,
        [BC_ERR_IO] = BC_REASON_NO_STORE,
        [BC_ERR_CORRUPT] = BC_REASON_CORRUPT,
        [BC_ERR_INVALID] = BC_REASON_CORRUPT,
        [BC_ERR_TOO_LARGE] = BC_REASON_CORRUPT,
    };

    if (r == BC_OK)
        return BC_REASON_INTERNAL;
    /* A result that the table does not name is 0 there. */
    return (unsigned)r < BC_RESULTS && reasons[r] ? reasons[r] : BC_REASON_SYSTEM;
}
