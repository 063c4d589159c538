/* SPDX-License-Identifier: BSD-2-Clause */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "key-io.h"
#include "session.h"

static const char help[] =
    "usage: bioconsent key show\n"
    "       bioconsent key rotate [--seal] [--passphrase-file FILE] [--old-passphrase-file "
    "FILE]\n\n"
    "show prints the verifier keys that this host trusts, and which of them signed the store.\n"
    "rotate makes a new signing key, signs the store with it, and trusts only the new one. Hosts\n"
    "with a copy of the store need the new trusted key too.\n\n"
    "Example: bioconsent key rotate --seal\n";

static void print_key(const struct bc_session *tool, const struct bc_vkey *key)
{
    char vkey[BC_VKEY_MAX];

    bc_note_vkey_format(key, vkey);
    if (tool->json)
        bc_message_json(json_pack("{s:s}", "key", vkey));
    else
        (void)puts(vkey);
}

static int show(struct bc_session *tool)
{
    struct bc_snapshot snapshot;
    char vkey[BC_VKEY_MAX];
    json_t *keys = json_array();
    int code = bc_session_config(tool);

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
        bc_transaction_close(ledger);
        return code;
    }
    tool->policy.keys[0] = r->new.pub;
    tool->policy.key_count = 1;
    code = bc_session_commit(tool, ledger, &r->new);
    return code ? code : write_trusted(tool, r, 0);
}

static int rotate(struct bc_session *tool, struct bc_args *args)
{
    struct rotation r;
    struct bc_transaction *ledger;
    int code = bc_session_config(tool);

    /* Who can't use the old key may not put a new one in its place. */
    if (!code)
        code = bc_session_key(tool, bc_arg_value(args, "old-passphrase-file", NULL), &r.new);
    if (code)
        return code;
    r.old = r.new.pub;
    bc_note_skey_wipe(&r.new);
    code = bc_session_transaction(tool, &ledger);
    if (code)
        return code;
    if (bc_note_skey_generate(tool->policy.origin, &r.new) != BC_OK) {
        bc_transaction_close(ledger);
        return bc_message_fail(BC_EXIT_REFUSED, "no key could be made");
    }
    code = rotate_steps(tool, ledger, &r, bc_arg_value(args, "passphrase-file", NULL),
                        bc_arg(args, "seal")->given);
    if (code == 0)
        print_key(tool, &r.new.pub);
    bc_note_skey_wipe(&r.new);
    return code;
}

static int run(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "seal", .kind = BC_ARG_FLAG},
                               {.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "old-passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_session_args(tool, &bc_verb_key, &args, argc, argv, 1, 1);

    if (code >= 0)
        return code;
    if (strcmp(args.operands[0], "show") == 0)
        return show(tool);
    if (strcmp(args.operands[0], "rotate") == 0)
        return rotate(tool, &args);
    return bc_message_fail(BC_EXIT_USAGE, "key: show or rotate; see bioconsent key --help");
}

const struct bc_verb bc_verb_key = {"key", "show or rotate the signing key", help, run};
