/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/reason.h"

#include <string.h>

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

enum bc_reason bc_reason_from_id(const char *id, size_t len)
{
    for (int r = 0; r < BC_REASON_ALLOW; r++)
        if (strlen(entries[r].id) == len && memcmp(entries[r].id, id, len) == 0)
            return (enum bc_reason)r;
    return BC_REASON_INTERNAL;
}
