/* SPDX-License-Identifier: BSD-2-Clause */
#include "proof/inclusion-proof.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proof/proof-lines.h"

#define MAGIC "c2sp.org/tlog-proof@v1"

enum bc_result bc_inclusion_proof_format(uint64_t index, const struct bc_proof *path,
                                         const char *note, size_t note_len, char *out, size_t cap,
                                         size_t *len)
{
    char lines[BC_PROOF_TEXT_MAX];
    size_t lines_len;
    enum bc_result r = bc_proof_lines_format(path, lines, sizeof lines, &lines_len);
    int head;

    if (r != BC_OK)
        return r;
    head = snprintf(out, cap, MAGIC "\nindex %llu\n%.*s\n", (unsigned long long)index,
                    (int)lines_len, lines);
    if (head < 0 || (size_t)head >= cap || note_len > cap - (size_t)head)
        return BC_ERR_TOO_LARGE;
    memcpy(out + head, note, note_len);
    *len = (size_t)head + note_len;
    return BC_OK;
}

enum bc_result bc_inclusion_proof_parse(const char *text, size_t len, uint64_t *index,
                                        struct bc_proof *path, const char **note, size_t *note_len)
{
    const char *at = text, *end = text + len;
    struct bc_line line;
    struct bc_proof p;
    uint64_t i;
    int empty;

    if (len > BC_TLOG_PROOF_MAX)
        return BC_ERR_TOO_LARGE;
    if (!bc_text_next_line(&at, end, &line) || line.len != strlen(MAGIC) ||
        memcmp(line.s, MAGIC, line.len) != 0)
        return BC_ERR_INVALID;
    if (!bc_text_next_line(&at, end, &line) || !bc_text_take_label(&line, "index ") ||
        bc_text_parse_number(line.s, line.len, INT64_MAX, &i) != BC_OK ||
        bc_proof_lines_parse(&at, end, &p, &empty) != BC_OK || !empty || at == end)
        return BC_ERR_INVALID;
    *index = i;
    *path = p;
    *note = at;
    *note_len = (size_t)(end - at);
    return BC_OK;
}
