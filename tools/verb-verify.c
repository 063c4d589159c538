/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "audit.h"
#include "calendar.h"
#include "receipts.h"
#include "seen.h"
#include "tool.h"

static const char verify_help[] =
    "usage: bioconsent verify\n\n"
    "Checks the whole store: every payload against its commitment, the log's root, the register's\n"
    "root by replaying all events, signature, times, and the texts of the notices.\n"
    "Exit: 0 all right, 5 damaged or not to be trusted.\n\n"
    "Example: bioconsent verify --json\n";

static const char refresh_help[] =
    "usage: bioconsent refresh [--passphrase-file FILE]\n\n"
    "Signs the store anew with the present time, signs the pending withdrawals, and writes the files\n"
    "of the current notices where they are missing or damaged.\n\n"
    "Example: bioconsent refresh\n";

static const char restore_help[] =
    "usage: bioconsent accept-restore\n\n"
    "After a deliberate restore from a backup: checks the whole store that is in place now, and\n"
    "makes this host accept it although it is older than what was seen. Logged. Consents that were\n"
    "withdrawn after the backup come back to life: withdraw them again first thing.\n\n"
    "Example: bioconsent accept-restore\n";

static int audit(struct bc_tool *tool, struct bc_snapshot *s, struct bc_audit *out)
{
    enum bc_result r = bc_audit_store(s, tool->json ? NULL : bc_progress, NULL, out);

    if (r == BC_OK)
        return 0;
    if (tool->json)
        bc_print_json(json_pack("{s:b, s:s}", "valid", 0, "finding", out->finding));
    return bc_fail(r == BC_ERR_CORRUPT ? BC_EXIT_STORE : BC_EXIT_REFUSED,
                   "%s: %s%s%s. What to do: %s", tool->policy.store_path, bc_result_text(r),
                   out->finding[0] ? ": " : "", out->finding, bc_reason_remedy(BC_CORRUPT));
}

static int report(struct bc_tool *tool, const struct bc_snapshot *s, const struct bc_audit *a)
{
    const struct bc_checkpoint *c = &s->checkpoint;
    char when[40], utc[BC_TIME_TEXT_BYTES];

    bc_print_time(c->signed_at, when);
    bc_time_format(c->signed_at, utc);
    if (tool->json)
        bc_print_json(json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:s}", "valid", 1, "origin", c->origin,
                                "events", (json_int_t)a->events, "register",
                                (json_int_t)a->subjects, "notices", (json_int_t)a->notices, "erased",
                                (json_int_t)a->erased, "signed", utc));
    else
        (void)printf("%s: all right. %llu events (%llu erased), %llu register leaves, %llu notice "
                     "versions, signed %s.\n",
                     c->origin, (unsigned long long)a->events, (unsigned long long)a->erased,
                     (unsigned long long)a->subjects,
                     (unsigned long long)a->notices, when);
    return BC_EXIT_OK;
}

static int simple_args(struct bc_tool *tool, const struct bc_verb *verb, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "json", .kind = BC_ARG_FLAG}, {.name = NULL}};
    struct bc_args args = {.options = options};

    return bc_tool_args(tool, verb, &args, argc, argv, 0, 0);
}

static int run_verify(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_snapshot snapshot;
    struct bc_audit result;
    int code = simple_args(tool, &bc_verb_verify, argc, argv);

    if (code >= 0)
        return code;
    code = bc_tool_policy(tool);
    if (!code)
        code = bc_tool_snapshot(tool, &snapshot, 1);
    if (code)
        return code;
    code = audit(tool, &snapshot, &result);
    if (!code)
        code = report(tool, &snapshot, &result);
    if (!code && bc_store_wants_rewrite(snapshot.store))
        bc_say("an erasure was cut off: its bytes are still in the file; run: bioconsent refresh");
    bc_store_close(snapshot.store);
    return code;
}

static int run_refresh(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_tool_args(tool, &bc_verb_refresh, &args, argc, argv, 0, 0);

    if (code >= 0)
        return code;
    tool->notices_changed = 1; /* their files may be missing or damaged */
    code = bc_tool_write(tool, bc_arg_value(&args, "passphrase-file", NULL), NULL, NULL);
    if (code)
        return code;
    if (tool->json)
        bc_print_json(json_pack("{s:b, s:I, s:o}", "refreshed", 1, "withdrawals",
                                (json_int_t)tool->pending_count, "receipts",
                                bc_receipts_json(tool)));
    else
        (void)printf("The store is signed anew; %zu waiting withdrawals were signed.\n",
                     tool->pending_count);
    return BC_EXIT_OK;
}

static int accept(struct bc_tool *tool, struct bc_snapshot *s)
{
    struct bc_audit result;
    int code = audit(tool, s, &result);

    if (code)
        return code;
    if (bc_seen_record(tool->state, NULL, (const char *)s->note.data, s->note.len, tool->owner,
                       tool->group) != BC_OK)
        return bc_fail(BC_EXIT_REFUSED, "%s could not be written", tool->policy.state_path);
    openlog("bioconsent", LOG_PID, LOG_AUTHPRIV);
    syslog(LOG_WARNING, "accept-restore: log size %llu of %s is accepted as the newest state",
           (unsigned long long)s->checkpoint.log_size, s->checkpoint.origin);
    closelog();
    bc_receipts_update_notices(tool, s);
    return report(tool, s, &result);
}

static int run_accept_restore(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_snapshot snapshot;
    int code = simple_args(tool, &bc_verb_accept_restore, argc, argv);

    if (code >= 0)
        return code;
    code = bc_tool_policy(tool);
    if (!code)
        code = bc_tool_snapshot(tool, &snapshot, 0);
    if (code)
        return code;
    code = accept(tool, &snapshot);
    bc_store_close(snapshot.store);
    return code;
}

const struct bc_verb bc_verb_verify = {"verify", "check the whole store", verify_help, run_verify};
const struct bc_verb bc_verb_refresh = {"refresh", "sign the store anew", refresh_help,
                                        run_refresh};
const struct bc_verb bc_verb_accept_restore = {
    "accept-restore", "accept an older store after a deliberate restore", restore_help,
    run_accept_restore};
