/* SPDX-License-Identifier: BSD-2-Clause */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "key-io.h"
#include "session.h"

static void print_key(const struct bc_session *tool, const struct bc_vkey *key)
{
    char vkey[BC_VKEY_MAX];

    bc_note_vkey_format(key, vkey);
    if (tool->json)
        bc_message_json(json_pack("{s:s}", "key", vkey));
    else
        (void)puts(vkey);
}

static int run_key_show(struct bc_session *tool, const struct bc_args *args)
{
    struct bc_snapshot snapshot;
    char vkey[BC_VKEY_MAX];
    json_t *keys = json_array();
    int code = bc_session_config(tool);

    (void)args;
    if (!code)
        code = bc_session_snapshot(tool, &snapshot, 0);
    if (code) {
        json_decref(keys);
        return code;
    }
    for (size_t i = 0; i < tool->policy.key_count; i++) {
        int signed_by = i == snapshot.signer;
        bc_note_vkey_format(&tool->policy.keys[i], vkey);
        json_array_append_new(keys,
                              json_pack("{s:s, s:b}", "key", vkey, "signed_the_store", signed_by));
        if (!tool->json)
            (void)printf("%s%s\n", vkey, signed_by ? "  (signed the store)" : "");
    }
    bc_store_close(snapshot.store);
    if (tool->json)
        bc_message_json(keys);
    else
        json_decref(keys);
    return BC_EXIT_OK;
}

/* The keys at hand while one is put in the other's place. */
struct rotation {
    struct bc_vkey signer; /* of the store as it is */
    struct bc_vkey old;    /* in signing.key */
    struct bc_skey new;
};

static int same_key(const struct bc_vkey *a, const struct bc_vkey *b)
{
    return strcmp(a->name, b->name) == 0 && memcmp(a->pk, b->pk, BC_ED25519_BYTES) == 0;
}

static size_t add_key(const struct bc_vkey *key, char *text, size_t used, size_t cap)
{
    char vkey[BC_VKEY_MAX];

    bc_note_vkey_format(key, vkey);
    return used + (size_t)snprintf(text + used, cap - used, "%s\n", vkey);
}

/* Beside the new key, only what a kill at this moment would need: what rotations that were killed
 * before have left would add up. */
static int write_trusted(const struct bc_session *tool, const struct rotation *r, int keep_old)
{
    char text[4 * (BC_VKEY_MAX + 1)];
    size_t used = 0;

    if (keep_old)
        used = add_key(&r->signer, text, used, sizeof text);
    if (keep_old && !same_key(&r->signer, &r->old))
        used = add_key(&r->old, text, used, sizeof text);
    (void)add_key(&r->new.pub, text, used, sizeof text);
    return bc_key_io_write_trusted(tool->policy.trusted_keys_path, text, strlen(text), 0644);
}

/* Killed at any moment, the store is signed by a key that is trusted, and signing.key is one. */
static int rotate_steps(struct bc_session *tool, struct bc_transaction *ledger, struct rotation *r,
                        const char *phrase_file, int seal)
{
    int code;

    r->signer = tool->policy.keys[ledger->snapshot.signer];
    code = write_trusted(tool, r, 1);
    if (!code)
        code = bc_key_io_write(&r->new, tool->policy.signing_key_path, phrase_file, seal);
    if (code) {
        bc_session_abandon(tool);
        return code;
    }
    tool->policy.keys[0] = r->new.pub;
    tool->policy.key_count = 1;
    code = bc_session_commit_ledger(tool, ledger, &r->new);
    return code ? code : write_trusted(tool, r, 0);
}

static int run_key_rotate(struct bc_session *tool, const struct bc_args *args)
{
    const char *passphrase_file = bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL);
    struct rotation r;
    struct bc_transaction *ledger;
    int sealed = 0, code = bc_session_config(tool);

    /* Only a person who can use the old key may replace it. A key that was sealed stays so. */
    if (!code)
        code = bc_key_io_read(tool->policy.signing_key_path, passphrase_file, &r.new, &sealed);
    if (code)
        return code;
    r.old = r.new.pub;
    bc_note_skey_wipe(&r.new);
    code = bc_session_transaction(tool, &ledger);
    if (code)
        return code;
    if (bc_note_skey_generate(tool->policy.origin, &r.new) != BC_OK) {
        bc_session_abandon(tool);
        return bc_message_fail(BC_EXIT_REFUSED, "no key could be made");
    }
    code = rotate_steps(tool, ledger, &r, passphrase_file,
                        sealed || bc_args_given(args, BC_OPTION_SEAL));
    if (code == 0)
        print_key(tool, &r.new.pub);
    bc_note_skey_wipe(&r.new);
    return code;
}

const struct bc_verb bc_verb_key_show = {
    .name = "key show",
    .summary = "print the trusted verifier keys",
    .usage = {""},
    .description =
        "Prints the verifier keys that this host trusts, and marks the key that signed the store.",
    .examples = {"bioconsent key show"},
    .options = {-1},
    .run = run_key_show,
};

const struct bc_verb bc_verb_key_rotate = {
    .name = "key rotate",
    .summary = "replace the signing key",
    .usage = {"[--seal] [--passphrase-file FILE]"},
    .description = "Makes a new signing key, signs the store with it, and trusts only the new key. "
                   "The new key is sealed if the old one is, or if --seal or --passphrase-file is "
                   "given. --passphrase-file unlocks the old key and seals the new one. Hosts with "
                   "a copy of the store need the new trusted key too.",
    .examples = {"bioconsent key rotate --seal"},
    .options = {BC_OPTION_SEAL, BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_key_rotate,
};
