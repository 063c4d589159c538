/* SPDX-License-Identifier: BSD-2-Clause */

/* What witnesses and log owners send: answers with cosignatures, and proofs. The oracle: the
 * witness has cosigned the note once, at one time, so nothing else may be put on it; and a proof
 * has one form. */

#include <sodium.h>

#include "fuzz.h"
#include "proof/cosignature.h"
#include "proof/proof-text.h"

#define NOTE "fuzz/log\n1\nroot\n\n\xe2\x80\x94 fuzz/log AAAAAAA=\n"
#define TIME 1700000000

/* The key from the seed "the seed that all the seeds use", as one of type BC_KEY_COSIGNATURE. */
#define WITNESS "fuzz/witness+fe92ee0f+BA9WNGJZiMH0JDor8vNUvzJWiDLtW4/IVRGTpw9Zi7u1"

static struct bc_vkey witness;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(sodium_init() >= 0 && bc_note_vkey_parse(WITNESS, BC_KEY_COSIGNATURE, &witness) == BC_OK);
    return 0;
}

static void answer(const char *text, size_t size)
{
    char out[BC_NOTE_MAX];
    size_t len;
    int64_t time;

    if (bc_cosignature_find(text, size, &witness, &time) == BC_OK)
        must(time == TIME && strncmp(text, NOTE, strlen("fuzz/log\n1\nroot\n\n")) == 0);
    if (bc_cosignature_attach(NOTE, strlen(NOTE), text, size, &witness, out, &len) != BC_OK)
        return;
    must(len <= sizeof out && memcmp(out, NOTE, strlen(NOTE)) == 0);
    must(bc_cosignature_find(out, len, &witness, &time) == BC_OK && time == TIME);
}

static void proof(const char *text, size_t size)
{
    static char again[BC_PROOF_TEXT_MAX];
    const char *at = text;
    struct bc_proof p;
    size_t len;
    int empty;

    if (bc_proof_text_parse(&at, text + size, &p, &empty) != BC_OK)
        return;
    must(p.count <= BC_PROOF_MAX && at >= text && at <= text + size);
    len = bc_proof_text_format(&p, again);
    must(len + (empty ? 1 : 0) == (size_t)(at - text) && memcmp(again, text, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);

    must(copy);
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    answer(copy, size);
    proof(copy, size);
    free(copy);
    return 0;
}
