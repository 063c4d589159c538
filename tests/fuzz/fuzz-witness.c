/* SPDX-License-Identifier: BSD-2-Clause */

/* What a witness reads from strangers, and the policies of witnesses. The oracle: a request that is read
 * is written again byte for byte; a policy that is read can be followed, by none in an endless way; and
 * a witness that knows no log cosigns nothing. */

#include <sodium.h>

#include "fuzz.h"
#include "witness.h"

static struct bc_skey key;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const unsigned char seed[BC_SEED_BYTES] = "the seed that all the seeds use";

    (void)argc;
    (void)argv;
    must(sodium_init() >= 0 && bc_skey_from_seed("fuzz/witness", seed, &key) == BC_OK);
    return 0;
}

static void request(const char *text, size_t size)
{
    static struct bc_quorum nobody;
    static char again[BC_WITNESS_REQUEST_MAX];
    const struct bc_witness w = {&key, &nobody, -1, 1700000000};
    struct bc_witness_request r;
    struct bc_witness_answer a;
    size_t len;

    bc_witness_answer(&w, text, size, &a);
    must(a.status == BC_WITNESS_BAD_REQUEST || a.status == BC_WITNESS_UNKNOWN_LOG);
    if (bc_witness_request_parse(text, size, &r) != BC_OK)
        return;
    must(r.proof.count <= BC_PROOF_MAX && r.note > text && r.note + r.note_len == text + size);
    must(bc_witness_request_format(&r, again, sizeof again, &len) == BC_OK);
    must(len == size && memcmp(again, text, size) == 0);
}

/* Every member stands before its group, in one group only. */
static void followed(const struct bc_quorum *q)
{
    unsigned seen[BC_QUORUM_NAMES_MAX] = {0};

    must(q->given && q->name_count <= BC_QUORUM_NAMES_MAX && q->log_count <= BC_QUORUM_LOGS_MAX);
    must(q->root == BC_QUORUM_NAMES_MAX || q->root < q->name_count);
    for (size_t i = 0; i < q->name_count; i++) {
        const struct bc_quorum_name *n = &q->names[i];
        must(n->name[0] != '\0' && strcmp(n->name, "none") != 0);
        must(!n->group || (n->need >= 1 && n->need <= n->count));
        for (size_t m = 0; n->group && m < n->count; m++)
            must(n->members[m] < i && ++seen[n->members[m]] == 1);
    }
}

static void policy(const char *text, size_t size)
{
    static const char note[] = "text\n\n\xe2\x80\x94 nobody AAAAAAA=\n";
    static const struct bc_quorum_time now = {1700000000, 0, 0};
    static struct bc_quorum q;
    struct bc_settings_error err;

    if (bc_quorum_parse("p", text, size, &q, &err) == BC_OK) {
        followed(&q);
        must((bc_quorum_check(&q, note, strlen(note), &now) == BC_OK) ==
             (q.root == BC_QUORUM_NAMES_MAX));
    }
    if (bc_quorum_parse_logs("l", text, size, &q, &err) == BC_OK)
        must(q.log_count >= 1 && q.name_count == 0 && !q.given);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);
    uint64_t conflict;

    must(copy);
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    request(copy, size);
    policy(copy, size);
    if (bc_witness_conflict_size(copy, size, &conflict) == BC_OK)
        must(conflict <= INT64_MAX && strncmp(copy, "refused 409 ", 12) == 0);
    free(copy);
    return 0;
}
