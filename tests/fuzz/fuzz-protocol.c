/* SPDX-License-Identifier: BSD-2-Clause */

/* What module and helper say to each other. A request has one form; of all bytes, only one answer to
 * this nonce is an allowance. */

#include "fuzz.h"
#include "client/protocol.h"

static const unsigned char nonce[BC_NONCE_BYTES] = "sixteen bytes .";

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char answer[BC_ANSWER_MAX];
    size_t len = bc_answer_format(nonce, BC_ALLOW, answer);

    (void)argc;
    (void)argv;
    must(bc_answer_parse(nonce, answer, len) == BC_ALLOW);
    return 0;
}

static void answers(const char *packet, size_t len)
{
    enum bc_reason reason = bc_answer_parse(nonce, packet, len);
    char genuine[BC_ANSWER_MAX];
    size_t genuine_len;

    must((unsigned)reason < BC_REASONS);
    if (reason == BC_HELPER || reason == BC_INTERNAL)
        return;
    genuine_len = bc_answer_format(nonce, reason, genuine);
    must(len == genuine_len && memcmp(packet, genuine, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bc_request r;
    char again[BC_REQUEST_MAX];
    size_t len;

    answers((const char *)data, size);
    if (bc_request_parse((const char *)data, size, &r) != BC_OK)
        return 0;
    must(bc_request_format(&r, again, &len) == BC_OK);
    must(len == size && memcmp(again, data, size) == 0);
    must(bc_subject_name_valid(r.user) && (unsigned)r.ask < BC_ASKS &&
         (unsigned)r.modality < BC_MODALITIES && (unsigned)r.operation < BC_OPERATIONS);
    return 0;
}
