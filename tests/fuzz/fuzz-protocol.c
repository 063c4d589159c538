/* SPDX-License-Identifier: BSD-2-Clause */

/* What module and helper say to each other. A request has one form; of all bytes, only one answer
 * to this nonce is an allowance. */

#include "client/protocol.h"
#include "fuzz.h"

static const char nonce[] = "7369787465656e206279746573202e00"; /* "sixteen bytes ." */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char answer[BC_ANSWER_MAX];
    size_t len = bc_protocol_format_answer(nonce, BC_REASON_ALLOW, answer);

    (void)argc;
    (void)argv;
    must(bc_protocol_parse_answer(nonce, answer, len) == BC_REASON_ALLOW);
    return 0;
}

static void answers(const char *packet, size_t len)
{
    enum bc_reason reason = bc_protocol_parse_answer(nonce, packet, len);
    char genuine[BC_ANSWER_MAX];
    size_t genuine_len;

    must((unsigned)reason < BC_REASONS);
    if (reason == BC_REASON_HELPER || reason == BC_REASON_INTERNAL)
        return;
    genuine_len = bc_protocol_format_answer(nonce, reason, genuine);
    must(len == genuine_len && memcmp(packet, genuine, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bc_request r;
    char again[BC_REQUEST_MAX];
    size_t len;

    answers((const char *)data, size);
    if (bc_protocol_parse_request((const char *)data, size, &r) != BC_OK)
        return 0;
    must(bc_protocol_format_request(&r, again, &len) == BC_OK);
    must(len == size && memcmp(again, data, size) == 0);
    must(bc_name_subject_valid(r.use.subject.name) && (unsigned)r.ask < BC_ASKS &&
         (unsigned)r.use.modality < BC_MODALITIES && (unsigned)r.use.operation < BC_OPERATIONS);
    return 0;
}
