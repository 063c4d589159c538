/* SPDX-License-Identifier: BSD-2-Clause */

/* Checkpoints have one form: what is read is written as the same bytes. */

#include <sodium.h>

#include "fuzz.h"
#include "proof/checkpoint.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(sodium_init() >= 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bc_checkpoint c;
    struct bc_hash empty;
    char again[1024];
    size_t len;

    if (bc_checkpoint_parse((const char *)data, size, &c) != BC_OK)
        return 0;
    must(bc_checkpoint_format(&c, again, sizeof again, &len) == BC_OK);
    must(len == size && memcmp(again, data, size) == 0);
    must(c.signed_at >= 0 && bc_note_key_name_valid(c.origin));
    bc_merkle_empty_root(&empty);
    must(c.log_size || bc_merkle_hash_equal(&c.log_root, &empty));
    must(c.register_size || bc_merkle_hash_equal(&c.register_root, &empty));
    return 0;
}
