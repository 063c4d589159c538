/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/proof-text.h"

#include <stdio.h>
#include <string.h>

#define MAGIC "c2sp.org/tlog-proof@v1"

size_t bc_proof_text_format(const struct bc_proof *proof, char out[BC_PROOF_TEXT_MAX])
{
    char *at = out;

    for (size_t i = 0; i < proof->count; i++) {
        bc_encoding_base64_encode(proof->hash[i].b, BC_HASH_BYTES, at);
        at += strlen(at);
        *at++ = '\n';
    }
    return (size_t)(at - out);
}

enum bc_result bc_proof_text_parse(const char **at, const char *end, struct bc_proof *proof,
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

enum bc_result bc_proof_text_format_inclusion(uint64_t index, const struct bc_proof *path,
                                              struct bc_line note,
                                              char out[BC_PROOF_TEXT_INCLUSION_MAX], size_t *len)
{
    size_t n = (size_t)snprintf(out, BC_PROOF_TEXT_INCLUSION_MAX, MAGIC "\nindex %llu\n",
                                (unsigned long long)index);

    n += bc_proof_text_format(path, out + n);
    out[n++] = '\n';
    if (note.len > BC_PROOF_TEXT_INCLUSION_MAX - n)
        return BC_ERR_TOO_LARGE;
    memcpy(out + n, note.s, note.len);
    *len = n + note.len;
    return BC_OK;
}

enum bc_result bc_proof_text_parse_inclusion(const char *text, size_t len, uint64_t *index,
                                             struct bc_proof *path, struct bc_line *note)
{
    const char *at = text, *end = text + len;
    struct bc_line magic, line;
    struct bc_proof p;
    uint64_t i;
    int empty;

    if (len > BC_PROOF_TEXT_INCLUSION_MAX)
        return BC_ERR_TOO_LARGE;
    if (!bc_text_next_line(&at, end, &magic) || magic.len != strlen(MAGIC) ||
        memcmp(magic.s, MAGIC, magic.len) != 0 || !bc_text_next_line(&at, end, &line) ||
        !bc_text_take_label(&line, "index ") ||
        bc_text_parse_number(line.s, line.len, INT64_MAX, &i) != BC_OK ||
        bc_proof_text_parse(&at, end, &p, &empty) != BC_OK || !empty || at == end)
        return BC_ERR_INVALID;
    *index = i;
    *path = p;
    *note = (struct bc_line){at, (size_t)(end - at)};
    return BC_OK;
}
