/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "key-io.h"
#include "session.h"

static int run_key_show(struct bc_session *session, const struct bc_args *args)
{
    static struct bc_snapshot snapshot;
    char vkey[BC_VKEY_MAX];
    json_t *keys = json_array();

    (void)args;
    bc_session_config(session);
    bc_session_snapshot(session, &snapshot, 0);
    for (size_t i = 0; i < session->config.key_count; i++) {
        int signed_by = i == snapshot.signer;
        bc_note_vkey_format(&session->config.keys[i], vkey);
        json_array_append_new(keys,
                              json_pack("{s:s, s:b}", "key", vkey, "signed_the_store", signed_by));
        if (!session->json)
            (void)printf("%s%s\n", vkey, signed_by ? "  (signed the store)" : "");
    }
    bc_store_close(snapshot.store);
    if (session->json)
        bc_message_json(keys);
    else
        json_decref(keys);
    return BC_EXIT_OK;
}

/* Writes trusted-keys with these keys, each once. */
static void write_trusted(const struct bc_session *session, const struct bc_vkey *const *keys,
                          size_t count)
{
    char text[4 * (BC_VKEY_MAX + 1)] = "", vkey[BC_VKEY_MAX + 1];
    size_t used = 0;
    int code;

    for (size_t i = 0; i < count; i++) {
        bc_note_vkey_format(keys[i], vkey);
        memcpy(vkey + strlen(vkey), "\n", 2);
        if (!strstr(text, vkey))
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", vkey);
    }
    code = bc_key_io_write_trusted(session->config.trusted_keys_path, text, used, 0644);
    if (code)
        bc_message_exit(code);
}

/* Killed at any moment, the store is signed by a key that is trusted, and signing.key is one. So
 * the signer of the store and the old key stay trusted until the new one has signed; keys of
 * earlier rotations that were killed do not. */
static int run_key_rotate(struct bc_session *session, const struct bc_args *args)
{
    const char *passphrase_file = bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL);
    struct bc_vkey old, signer;
    const struct bc_vkey *trusted[] = {&session->key.pub, &signer, &old};
    char vkey[BC_VKEY_MAX], *passphrase = NULL;

    /* Only a person who can use the old key may replace it. A key that was sealed stays so. */
    bc_session_key(session, args);
    if (session->key_sealed || passphrase_file || bc_args_given(args, BC_OPTION_SEAL))
        passphrase = bc_key_io_read_passphrase(passphrase_file, 1);
    signer = session->config.keys[bc_session_begin(session, args)->snapshot.signer];
    old = session->key.pub;
    bc_note_skey_wipe(&session->key);
    if (bc_note_skey_generate(session->config.origin, &session->key) != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "no key could be made");
    write_trusted(session, trusted, 3);
    bc_key_io_write(&session->key, session->config.signing_key_path, passphrase);
    bc_key_io_free_passphrase(passphrase);
    session->config.keys[0] = session->key.pub;
    session->config.key_count = 1;
    bc_session_commit(session);
    write_trusted(session, trusted, 1);
    bc_note_vkey_format(&session->key.pub, vkey);
    if (session->json)
        bc_message_json(json_pack("{s:s}", "key", vkey));
    else
        (void)puts(vkey);
    return BC_EXIT_OK;
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
