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
    switch (r) {
    case BC_OK:
        return BC_REASON_INTERNAL;
    case BC_ERR_NO_RECORD:
        return BC_REASON_NO_RECORD;
    case BC_ERR_MISMATCH:
        return BC_REASON_ACCOUNT_MISMATCH;
    case BC_ERR_SUPERSEDED:
        return BC_REASON_SUPERSEDED;
    case BC_ERR_NO_NOTICE:
        return BC_REASON_NO_NOTICE;
    case BC_ERR_NOT_RECORDED:
        return BC_REASON_NOT_RECORDED;
    case BC_ERR_ORIGIN:
        return BC_REASON_ORIGIN;
    case BC_ERR_STALE:
        return BC_REASON_STALE;
    case BC_ERR_UNTRUSTED:
        return BC_REASON_UNTRUSTED_FILE;
    case BC_ERR_UNKNOWN_KEY:
        return BC_REASON_UNKNOWN_KEY;
    case BC_ERR_SIGNATURE:
        return BC_REASON_BAD_SIGNATURE;
    case BC_ERR_BUSY:
        return BC_REASON_BUSY;
    case BC_ERR_CLOCK:
        return BC_REASON_CLOCK;
    case BC_ERR_ROLLBACK:
        return BC_REASON_ROLLED_BACK;
    case BC_ERR_FORK:
        return BC_REASON_FORKED;
    case BC_ERR_NOT_FOUND:
    case BC_ERR_IO:
        return BC_REASON_NO_STORE;
    case BC_ERR_CORRUPT:
    case BC_ERR_INVALID:
    case BC_ERR_TOO_LARGE:
        return BC_REASON_CORRUPT;
    default:
        return BC_REASON_SYSTEM;
    }
}
