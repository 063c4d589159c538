/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "receipts.h"
#include "store-verb.h"

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

static int run_store_verify(struct bc_session *tool, const struct bc_args *args)
{
    struct bc_snapshot snapshot;
    struct bc_verified verified;
    int code = bc_session_config(tool);

    (void)args;
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

static int run_store_refresh(struct bc_session *tool, const struct bc_args *args)
{
    int code;

    tool->notices_changed = 1; /* the public folder may have been changed by another program */
    code = bc_session_write(tool, bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL), NULL, NULL);
    if (code)
        return code;
    if (tool->json)
        bc_message_json(json_pack("{s:b, s:I, s:o}", "refreshed", 1, "withdrawals",
                                  (json_int_t)tool->pending_count, "receipts",
                                  bc_receipts_json(tool)));
    else
        (void)printf("The store is signed anew; %zu pending withdrawals were signed.\n",
                     tool->pending_count);
    return BC_EXIT_OK;
}

static int run_store_status(struct bc_session *tool, const struct bc_args *args)
{
    (void)args;
    return bc_store_verb_status(tool);
}

static int run_store_backup(struct bc_session *tool, const struct bc_args *args)
{
    return bc_store_verb_backup(tool, args->operand[0]);
}

static int run_store_restore(struct bc_session *tool, const struct bc_args *args)
{
    return bc_store_verb_restore(tool, args->operand_count ? args->operand[0] : NULL,
                                 bc_args_given(args, BC_OPTION_YES));
}

const struct bc_verb bc_verb_store_status = {
    .name = "store status",
    .summary = "show the state of the store, and what differs from init",
    .usage = {""},
    .description =
        "Shows where the store is, what its checkpoint signs, what is pending, whether the gate "
        "accepts the store, and which owners and modes differ from what init makes. The exit "
        "status is 1 if any differs or if the gate would refuse the store.",
    .examples = {"bioconsent store status --json"},
    .options = {-1},
    .run = run_store_status,
};

const struct bc_verb bc_verb_store_verify = {
    .name = "store verify",
    .summary = "verify the whole store",
    .usage = {""},
    .description =
        "Verifies every payload, both trees by replaying all events, the signature, the times and "
        "the texts. The exit status is 5 if the store is damaged or not to be trusted.",
    .examples = {"bioconsent store verify"},
    .options = {-1},
    .run = run_store_verify,
};

const struct bc_verb bc_verb_store_refresh = {
    .name = "store refresh",
    .summary = "sign the store and the pending withdrawals again",
    .usage = {"[--passphrase-file FILE]"},
    .description = "Signs the store and the pending withdrawals with the present time, and writes "
                   "the files of the notices again.",
    .examples = {"bioconsent store refresh"},
    .options = {BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_store_refresh,
};

const struct bc_verb bc_verb_store_backup = {
    .name = "store backup",
    .summary = "copy the store to a file",
    .usage = {"FILE"},
    .description = "Writes a copy of the store to FILE, verified whole, which only root can read. "
                   "It holds no key.",
    .examples = {"bioconsent store backup /root/consents.backup"},
    .operands_min = 1,
    .operands_max = 1,
    .options = {-1},
    .run = run_store_backup,
};

const struct bc_verb bc_verb_store_restore = {
    .name = "store restore",
    .summary = "put a backup in place",
    .usage = {"[FILE] [--yes]"},
    .description =
        "Verifies FILE, shows which events it lacks, asks, and puts it in place as the newest "
        "store that this host has seen. Without FILE it accepts the store that is in place. A "
        "consent that was withdrawn after the backup is in force again: withdraw it first.",
    .examples = {"bioconsent store restore /root/consents.backup"},
    .operands_max = 1,
    .options = {BC_OPTION_YES, -1},
    .run = run_store_restore,
};
