/* SPDX-License-Identifier: BSD-2-Clause */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "key-io.h"
#include "receipts.h"
#include "sign-withdrawals.h"
#include "store/last-seen.h"
#include "store/last-use.h"

static int service_owner(struct bc_session *tool)
{
    const struct passwd *pw;

    tool->owner = geteuid();
    tool->group = getegid();
    if (geteuid() != 0)
        return 0;
    pw = getpwnam(BC_SERVICE_USER);
    if (!pw)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "there is no user %s; run: bioconsent init",
                               BC_SERVICE_USER);
    tool->owner = pw->pw_uid;
    tool->group = pw->pw_gid;
    return 0;
}

static int fail_policy(const struct bc_session *tool, enum bc_result r,
                       const struct bc_ini_file_error *err)
{
    if (r == BC_ERR_NOT_FOUND)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "%s: %s; run: bioconsent init",
                               err->where.path[0] ? err->where.path : tool->config,
                               bc_result_text(r));
    return bc_message_fail_ini_file(r, err, tool->config);
}

static int open_folder(const struct bc_session *tool, const char *path, int *fd)
{
    struct bc_where where = {""};
    enum bc_result r = bc_file_open_folder(path, tool->owner, 0, fd, &where);

    if (r == BC_OK)
        return 0;
    if (geteuid() != 0)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "%s: only root may use it; for yourself there are "
                               "bioconsent status, check and withdraw",
                               where.path);
    return bc_message_fail(BC_EXIT_STORE, "%s: %s; mend its owner and mode", where.path,
                           bc_result_text(r));
}

int bc_session_load_config(struct bc_session *tool)
{
    struct bc_ini_file_error err = {.line = 0};
    enum bc_result r;
    int code = service_owner(tool);

    if (code || tool->policy_loaded)
        return code;
    r = bc_config_load(tool->config, tool->owner, &tool->policy, &err);
    if (r != BC_OK)
        return fail_policy(tool, r, &err);
    tool->policy_loaded = 1;
    return 0;
}

int bc_session_config(struct bc_session *tool)
{
    int code = bc_session_load_config(tool);

    if (!code && tool->state < 0)
        code = open_folder(tool, tool->policy.state_path, &tool->state);
    if (!code && tool->spool < 0)
        code = open_folder(tool, tool->policy.spool_path, &tool->spool);
    return code;
}

int bc_session_key(struct bc_session *tool, const char *passphrase_file, struct bc_skey *key)
{
    return bc_key_io_read(tool->policy.signing_key_path, passphrase_file, key, NULL);
}

/* ---- store ---- */

static void say_waiting(void *ctx, int pid)
{
    (void)ctx;
    (void)fprintf(stderr, "bioconsent: waiting for another process (%d) to finish with the store\n",
                  pid);
}

struct bc_store_options bc_session_store_options(const struct bc_session *tool)
{
    return (struct bc_store_options){.folder = tool->policy.store_path,
                                     .owner = tool->owner,
                                     .group = tool->group,
                                     .wait_ms = BC_STORE_WRITER_WAIT_MS,
                                     .waiting = say_waiting};
}

int bc_session_transaction(struct bc_session *tool, struct bc_transaction **ledger)
{
    struct bc_store_options options = bc_session_store_options(tool);
    struct bc_transaction *opened;
    struct bc_where where = {""};
    enum bc_result r;
    enum bc_result result =
        bc_transaction_open(&options, &tool->policy, tool->state, tool->now, &opened, &where);

    if (result != BC_OK)
        return bc_message_fail_result(result, "store", where.path);
    if (bc_last_use_init(tool->state, tool->owner, tool->group) != BC_OK)
        bc_message_print("%s/" BC_LAST_USE_FOLDER ": can't be made; last uses will not be noted",
                         tool->policy.state_path);
    tool->rewrite = bc_store_wants_rewrite(opened->store);
    r = bc_sign_withdrawals_sign(tool, opened);
    if (r != BC_OK) {
        bc_transaction_close(opened);
        return bc_message_fail(BC_EXIT_REFUSED, "waiting withdrawals: %s", bc_result_text(r));
    }
    *ledger = opened;
    return 0;
}

/* Whoever was killed between erasing and this left it to the next who writes. */
static int rewrite(struct bc_session *tool)
{
    struct bc_store_options options = bc_session_store_options(tool);
    struct bc_where where = {""};
    enum bc_result r = bc_store_rewrite(&options, &where);
    int saved = errno;

    if (r == BC_OK)
        return 0;
    return bc_message_fail(
        r == BC_ERR_BUSY ? BC_EXIT_BUSY : BC_EXIT_REFUSED,
        "%s: what was erased is signed as erased, but its bytes are still in the file: "
        "%s%s%s; mend that, then: bioconsent store refresh",
        tool->policy.store_path, bc_result_text(r), r == BC_ERR_IO ? ": " : "",
        r == BC_ERR_IO ? strerror(saved) : "");
}

int bc_session_commit(struct bc_session *tool, struct bc_transaction *ledger,
                      const struct bc_skey *key)
{
    int seen = 0;
    enum bc_result r = bc_transaction_commit(ledger, key, &seen);
    int saved = errno;

    bc_transaction_close(ledger);
    if (r != BC_OK)
        return bc_message_fail(r == BC_ERR_BUSY ? BC_EXIT_BUSY : BC_EXIT_REFUSED,
                               "nothing was changed: %s%s%s", bc_result_text(r),
                               r == BC_ERR_IO ? ": " : "", r == BC_ERR_IO ? strerror(saved) : "");
    if (!seen)
        bc_message_print("the change is done; %s could not be updated", tool->policy.state_path);
    bc_file_sweep(tool->state, tool->now);
    bc_file_sweep(tool->spool, tool->now);
    bc_sign_withdrawals_clear(tool);
    tool->files_due = 1;
    return tool->rewrite ? rewrite(tool) : 0;
}

int bc_session_write(struct bc_session *tool, const char *passphrase_file, bc_session_change change,
                     void *ctx)
{
    struct bc_transaction *ledger = NULL;
    struct bc_skey key;
    int code = bc_session_config(tool);

    if (!code)
        code = bc_session_key(tool, passphrase_file, &key);
    if (code)
        return code;
    code = bc_session_transaction(tool, &ledger);
    if (!code && change && (code = change(tool, ledger, ctx)))
        bc_transaction_close(ledger);
    else if (!code)
        code = bc_session_commit(tool, ledger, &key);
    bc_note_skey_wipe(&key);
    bc_receipts_write(tool);
    return code;
}

int bc_session_snapshot(struct bc_session *tool, struct bc_snapshot *snapshot, int check_seen)
{
    struct bc_store_options options = bc_session_store_options(tool);
    struct bc_where where = {""};
    struct bc_store *store = NULL;
    struct bc_last_seen_mark mark;
    int newer;
    enum bc_result result = bc_store_open(&options, BC_STORE_READ, &store, &where);

    if (result == BC_OK)
        result = bc_snapshot_open(store, &tool->policy, snapshot);
    if (result == BC_OK)
        result = bc_snapshot_clock(snapshot, &tool->policy, tool->now);
    if (result == BC_OK && check_seen)
        result = bc_last_seen_compare(tool->state, snapshot, &mark, &newer);
    if (result != BC_OK) {
        bc_store_close(store);
        return bc_message_fail_result(result, "store", where.path);
    }
    return 0;
}
