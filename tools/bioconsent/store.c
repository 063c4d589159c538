/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "store-verb.h"

static const char help[] =
    "usage: bioconsent store status | verify\n"
    "       bioconsent store refresh [--passphrase-file FILE]\n"
    "       bioconsent store backup FILE\n"
    "       bioconsent store restore [FILE] [--yes]\n\n"
    "status   where the store is, what is signed, what is pending, whether the gate accepts the "
    "store,\n"
    "         and which owners and modes differ from what init makes (exit 1 if any does)\n"
    "verify   checks every payload, both trees by replaying all events, the signature, times and\n"
    "         texts (exit 5 if the store is damaged or not to be trusted)\n"
    "refresh  signs the store and the pending withdrawals with the present time\n"
    "backup   writes a copy to FILE, verified whole, for root alone; it holds no key\n"
    "restore  verifies FILE, says which events it lacks, asks, and puts it in place as the newest\n"
    "         store that this host has seen. Without FILE: accepts the store that is in place.\n"
    "         A consent that was withdrawn after the backup is in force again: withdraw it "
    "first.\n\n"
    "Examples: bioconsent store status --json\n"
    "          bioconsent store backup /root/consents.backup\n"
    "          bioconsent store restore /root/consents.backup\n";

int bc_store_verb_verify(const struct bc_session *tool, struct bc_snapshot *s, const char *name,
                         struct bc_verified *out)
{
    struct bc_verify *v;
    enum bc_result r = bc_verify_begin(s, out, &v);

    if (r == BC_OK) {
        while (bc_verify_step(v))
            if (!tool->json)
                bc_message_progress(NULL, out->events, s->checkpoint.log_size);
        r = bc_verify_end(v);
    } else {
        out->finding[0] = '\0';
    }
    if (r == BC_OK)
        return 0;
    if (tool->json)
        bc_message_json(json_pack("{s:b, s:s}", "valid", 0, "finding", out->finding));
    return bc_message_fail(r == BC_ERR_CORRUPT ? BC_EXIT_STORE : BC_EXIT_REFUSED,
                           "%s: %s%s%s. What to do: %s", name, bc_result_text(r),
                           out->finding[0] ? ": " : "", out->finding,
                           bc_reason_remedy(BC_REASON_CORRUPT));
}

static void print_verified(const struct bc_session *tool, const struct bc_snapshot *s,
                           const struct bc_verified *v)
{
    const struct bc_checkpoint *c = &s->checkpoint;
    char when[40], utc[BC_TIME_TEXT_BYTES];

    bc_message_time(c->signed_at, when);
    bc_datetime_format(c->signed_at, utc);
    if (tool->json)
        bc_message_json(json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:s}", "valid", 1, "origin",
                                  c->origin, "events", (json_int_t)v->events, "register",
                                  (json_int_t)v->subjects, "notices", (json_int_t)v->notices,
                                  "erased", (json_int_t)v->erased, "signed", utc));
    else
        (void)printf("%s: all right. %llu events (%llu erased), %llu register leaves, %llu notice "
                     "versions, signed %s.\n",
                     c->origin, (unsigned long long)v->events, (unsigned long long)v->erased,
                     (unsigned long long)v->subjects, (unsigned long long)v->notices, when);
}

static int verify(struct bc_session *tool)
{
    struct bc_snapshot snapshot;
    struct bc_verified verified;
    int code = bc_session_config(tool);

    if (!code)
        code = bc_session_snapshot(tool, &snapshot, 1);
    if (code)
        return code;
    code = bc_store_verb_verify(tool, &snapshot, tool->policy.store_path, &verified);
    if (!code)
        print_verified(tool, &snapshot, &verified);
    if (!code && bc_store_wants_rewrite(snapshot.store))
        bc_message_print(
            "an erasure was cut off: its bytes are still in the file; run: bioconsent store "
            "refresh");
    bc_store_close(snapshot.store);
    return code;
}

static int refresh(struct bc_session *tool, const char *passphrase_file)
{
    int code = bc_session_write(tool, passphrase_file, NULL, NULL);

    if (code)
        return code;
    if (tool->json)
        bc_message_json(json_pack("{s:b, s:I}", "refreshed", 1, "withdrawals",
                                  (json_int_t)tool->pending_count));
    else
        (void)printf("The store is signed anew; %zu pending withdrawals were signed.\n",
                     tool->pending_count);
    return BC_EXIT_OK;
}

static int run(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "yes", .kind = BC_ARG_FLAG},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    const char *operation, *file, *passphrase_file;
    int yes, code = bc_session_args(tool, &bc_verb_store, &args, argc, argv, 1, 2);

    if (code >= 0)
        return code;
    operation = args.operands[0];
    file = args.operand_count == 2 ? args.operands[1] : NULL;
    passphrase_file = bc_arg_value(&args, "passphrase-file", NULL);
    yes = bc_arg(&args, "yes")->given;
    if (passphrase_file && strcmp(operation, "refresh") != 0)
        return bc_message_fail(BC_EXIT_USAGE, "store: --passphrase-file is for refresh");
    if (yes && strcmp(operation, "restore") != 0)
        return bc_message_fail(BC_EXIT_USAGE, "store: --yes is for restore");
    if (strcmp(operation, "restore") == 0)
        return bc_store_verb_restore(tool, file, yes);
    if (strcmp(operation, "backup") == 0 && file)
        return bc_store_verb_backup(tool, file);
    if (strcmp(operation, "status") == 0 && !file)
        return bc_store_verb_status(tool);
    if (strcmp(operation, "verify") == 0 && !file)
        return verify(tool);
    if (strcmp(operation, "refresh") == 0 && !file)
        return refresh(tool, passphrase_file);
    return bc_message_fail(BC_EXIT_USAGE,
                           "store: status, verify, refresh, backup FILE or restore [FILE]; see "
                           "bioconsent store --help");
}

const struct bc_verb bc_verb_store = {"store", "look after the store: status, backup, restore",
                                      help, run};
