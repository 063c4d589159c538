/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/result.h"

static const char *const texts[BC_RESULTS] = {
#define X(name, sentence, reason) [BC_##name] = sentence,
    BC_RESULT_LIST(X)
#undef X
};

const char *bc_result_text(enum bc_result r)
{
    return (unsigned)r < BC_RESULTS ? texts[r] : "unknown result";
}
