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
#define X(name, sentence, reason) BC_REASON_##reason,
        BC_RESULT_LIST(X)
#undef X
    };

    return (unsigned)r < BC_RESULTS ? reasons[r] : BC_REASON_SYSTEM;
}

const char *bc_result_text(enum bc_result r)
{
    static const char *const texts[BC_RESULTS] = {
#define X(name, sentence, reason) sentence,
        BC_RESULT_LIST(X)
#undef X
    };

    return (unsigned)r < BC_RESULTS ? texts[r] : "unknown result";
}
