/* SPDX-License-Identifier: BSD-2-Clause */

/* Signed notes. The oracle knows which texts the key has signed: nothing else may open. */

#include <sodium.h>

#include "fuzz.h"
#include "proof/note.h"

static const char *const genuine[] = {"genuine one\n", "genuine two\nof two lines\n"};
static struct bc_skey key;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const unsigned char seed[BC_SEED_BYTES] = "the seed that all the seeds use";
    char note[BC_NOTE_MAX];
    size_t len, text, signer;

    (void)argc;
    (void)argv;
    must(sodium_init() >= 0 && bc_note_skey_from_seed("fuzz/note", seed, &key) == BC_OK);
    for (size_t i = 0; i < 2; i++) {
        must(bc_note_sign(genuine[i], strlen(genuine[i]), &key, note, sizeof note, &len) == BC_OK);
        must(bc_note_open(note, len, &key.pub, 1, &text, &signer) == BC_OK);
    }
    return 0;
}

static int is_genuine(const char *text, size_t len)
{
    for (size_t i = 0; i < 2; i++)
        if (len == strlen(genuine[i]) && memcmp(text, genuine[i], len) == 0)
            return 1;
    return 0;
}

static void keys_in(const char *text)
{
    struct bc_vkey vkey;
    struct bc_skey skey;
    char again[BC_VKEY_MAX], secret[BC_SKEY_MAX];

    if (bc_note_vkey_parse(text, BC_KEY_NOTE, &vkey) == BC_OK) {
        bc_note_vkey_format(&vkey, again);
        must(strcmp(again, text) == 0);
    }
    if (bc_note_skey_parse(text, &skey) == BC_OK) {
        bc_note_skey_format(&skey, secret);
        must(strcmp(secret, text) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t text, signer = 99;
    char *copy = malloc(size + 1);

    must(copy);
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    if (bc_note_open(copy, size, &key.pub, 1, &text, &signer) == BC_OK)
        must(signer == 0 && text <= size && is_genuine(copy, text));
    keys_in(copy);
    free(copy);
    return 0;
}
