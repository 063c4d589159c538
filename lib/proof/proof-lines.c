/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/proof-lines.h"

#include <string.h>

/* A newline takes the place of the NUL. */
#define LINE_BYTES bc_encoding_base64_bytes(BC_HASH_BYTES)

enum bc_result bc_proof_lines_format(const struct bc_proof *proof, char *out, size_t cap,
                                     size_t *len)
{
    char base64[LINE_BYTES];

    if (proof->count > BC_PROOF_MAX || proof->count * LINE_BYTES > cap)
        return BC_ERR_TOO_LARGE;
    for (size_t i = 0; i < proof->count; i++) {
        bc_encoding_base64_encode(proof->hash[i].b, BC_HASH_BYTES, base64);
        base64[LINE_BYTES - 1] = '\n';
        memcpy(out + i * LINE_BYTES, base64, LINE_BYTES);
    }
    *len = proof->count * LINE_BYTES;
    return BC_OK;
}

enum bc_result bc_proof_lines_parse(const char **at, const char *end, struct bc_proof *proof,
                                    int *empty)
{
    const char *next = *at;
    struct bc_proof p = {.count = 0};
    struct bc_line line;
    int ended = 0;

    while (bc_text_next_line(&next, end, &line)) {
        ended = line.len == 0;
        if (ended)
            break;
        if (p.count == BC_PROOF_MAX ||
            bc_encoding_base64_decode(line.s, line.len, p.hash[p.count].b, BC_HASH_BYTES) != BC_OK)
            return BC_ERR_INVALID;
        p.count++;
    }
    if (!ended && next != end)
        return BC_ERR_INVALID;
    *at = next;
    *proof = p;
    *empty = ended;
    return BC_OK;
}
