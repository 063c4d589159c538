/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/result.h"

static const char *const texts[BC_RESULTS] = {
    [BC_OK] = "done",
    [BC_ERR_INVALID] = "not of the required form",
    [BC_ERR_NOT_FOUND] = "does not exist",
    [BC_ERR_EXISTS] = "exists already",
    [BC_ERR_MEMORY] = "out of memory",
    [BC_ERR_IO] = "cannot be read or written",
    [BC_ERR_UNTRUSTED] = "owner or mode let somebody else write it, or a folder above it",
    [BC_ERR_TOO_LARGE] = "larger than allowed",
    [BC_ERR_SIGNATURE] = "the signature is wrong",
    [BC_ERR_UNKNOWN_KEY] = "not signed by a trusted key",
    [BC_ERR_CORRUPT] = "damaged or altered: it contradicts the signed checkpoint",
    [BC_ERR_ROLLBACK] = "older than what this host has already seen",
    [BC_ERR_FORK] = "another history than the one this host has seen",
    [BC_ERR_BUSY] = "locked by another process",
    [BC_ERR_PASSPHRASE] = "the passphrase does not open the key",
    [BC_ERR_CLOCK] = "the clock stands before the time of the newest checkpoint",
    [BC_ERR_ERASED] = "erased: only its commitment is left",
    [BC_ERR_CRYPTO] = "the cryptographic library failed",
};

const char *bc_result_text(enum bc_result r)
{
    if ((unsigned)r >= BC_RESULTS)
        return "unknown result";
    return texts[r];
}
