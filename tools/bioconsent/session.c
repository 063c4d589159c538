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

void bc_session_find_owner(struct bc_session *session)
{
    const struct passwd *pw;

    session->owner = geteuid();
    session->group = getegid();
    if (geteuid() != 0)
        return;
    pw = getpwnam(BC_SERVICE_USER);
    if (!pw)
        bc_message_die(BC_EXIT_NOT_FOUND, "there is no user %s; run: bioconsent init",
                       BC_SERVICE_USER);
    session->owner = pw->pw_uid;
    session->group = pw->pw_gid;
}

static int open_folder(const struct bc_session *session, const char *path)
{
    struct bc_where where = {""};
    int fd = -1;
    enum bc_result r = bc_file_open_folder(path, session->owner, 0, &fd, &where);

    if (r != BC_OK && geteuid() != 0)
        bc_message_die(BC_EXIT_REFUSED,
                       "%s: only root may use it; for yourself there are "
                       "bioconsent status, check and withdraw",
                       where.path);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_STORE, "%s: %s; fix its owner and mode", where.path,
                       bc_result_text(r));
    return fd;
}

void bc_session_load_config(struct bc_session *session)
{
    struct bc_ini_file_error err = {.line = 0};
    enum bc_result r;

    if (session->policy_loaded)
        return;
    bc_session_find_owner(session);
    r = bc_config_load(session->config, session->owner, &session->policy, &err);
    if (r == BC_ERR_NOT_FOUND)
        bc_message_die(BC_EXIT_NOT_FOUND, "%s: %s; run: bioconsent init",
                       err.where.path[0] ? err.where.path : session->config, bc_result_text(r));
    if (r != BC_OK)
        bc_message_die_ini_file(r, &err, session->config);
    session->policy_loaded = 1;
}

void bc_session_config(struct bc_session *session)
{
    bc_session_load_config(session);
    if (session->state < 0)
        session->state = open_folder(session, session->policy.state_path);
    if (session->spool < 0)
        session->spool = open_folder(session, session->policy.spool_path);
}

void bc_session_key(struct bc_session *session, const struct bc_args *args)
{
    int code;

    bc_session_config(session);
    if (session->key_loaded)
        return;
    code =
        bc_key_io_read(session->policy.signing_key_path,
                       bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL), &session->key, NULL);
    if (code)
        bc_message_exit(code);
    session->key_loaded = 1;
}

void bc_session_wipe_key(struct bc_session *session)
{
    bc_note_skey_wipe(&session->key);
    session->key_loaded = 0;
}

/* ---- store ---- */

static void say_waiting(void *ctx, int pid)
{
    (void)ctx;
    (void)fprintf(stderr, "bioconsent: waiting for another process (%d) to finish with the store\n",
                  pid);
}

struct bc_store_options bc_session_store_options(const struct bc_session *session)
{
    return (struct bc_store_options){.folder = session->policy.store_path,
                                     .owner = session->owner,
                                     .group = session->group,
                                     .wait_ms = BC_STORE_WRITER_WAIT_MS,
                                     .waiting = say_waiting};
}

struct bc_transaction *bc_session_begin(struct bc_session *session, const struct bc_args *args)
{
    struct bc_store_options options;
    struct bc_where where = {""};
    enum bc_result r;

    bc_session_key(session, args);
    options = bc_session_store_options(session);
    r = bc_transaction_open(&options, &session->policy, session->state, session->now,
                            &session->transaction, &where);
    if (r != BC_OK)
        bc_message_die_result(r, "store", where.path);
    if (bc_last_use_init(session->state, session->owner, session->group) != BC_OK)
        bc_message_print("%s/" BC_LAST_USE_FOLDER ": cannot be made; last uses will not be noted",
                         session->policy.state_path);
    session->rewrite = bc_store_wants_rewrite(session->transaction->store);
    r = bc_sign_withdrawals_sign(session);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "pending withdrawals: %s", bc_result_text(r));
    return session->transaction;
}

void bc_session_abandon(struct bc_session *session)
{
    bc_transaction_close(session->transaction);
    session->transaction = NULL;
}

/* A process that was killed between an erasure and its rewrite leaves the rewrite to the next
 * writer. */
static void rewrite_store(struct bc_session *session)
{
    struct bc_store_options options = bc_session_store_options(session);
    struct bc_where where = {""};
    enum bc_result r = bc_store_rewrite(&options, &where);
    int saved = errno;

    if (r != BC_OK)
        bc_message_die(r == BC_ERR_BUSY ? BC_EXIT_BUSY : BC_EXIT_REFUSED,
                       "%s: what was erased is signed as erased, but its bytes are still in the "
                       "file: %s%s%s; fix that, then: bioconsent store refresh",
                       session->policy.store_path, bc_result_text(r), r == BC_ERR_IO ? ": " : "",
                       r == BC_ERR_IO ? strerror(saved) : "");
}

void bc_session_commit(struct bc_session *session)
{
    int seen = 0;
    enum bc_result r = bc_transaction_commit(session->transaction, &session->key, &seen);
    int saved = errno;

    bc_session_abandon(session);
    if (r != BC_OK)
        bc_message_die(r == BC_ERR_BUSY ? BC_EXIT_BUSY : BC_EXIT_REFUSED,
                       "nothing was changed: %s%s%s", bc_result_text(r), r == BC_ERR_IO ? ": " : "",
                       r == BC_ERR_IO ? strerror(saved) : "");
    if (!seen)
        bc_message_print("the change is done; %s could not be updated", session->policy.state_path);
    bc_file_sweep(session->state, session->now);
    bc_file_sweep(session->spool, session->now);
    bc_sign_withdrawals_clear(session);
    session->files_due = 1;
    if (session->rewrite)
        rewrite_store(session);
}

void bc_session_end(struct bc_session *session)
{
    bc_session_commit(session);
    bc_session_wipe_key(session);
    bc_receipts_write(session);
}

enum bc_result bc_session_try_snapshot(struct bc_session *session, struct bc_snapshot *snapshot,
                                       int check_seen, struct bc_where *where)
{
    struct bc_store_options options = bc_session_store_options(session);
    struct bc_store *store = NULL;
    struct bc_last_seen_mark mark;
    int newer;
    enum bc_result r = bc_store_open(&options, BC_STORE_READ, &store, where);

    if (r == BC_OK)
        r = bc_snapshot_open(store, &session->policy, snapshot);
    if (r == BC_OK)
        r = bc_snapshot_clock(snapshot, &session->policy, session->now);
    if (r == BC_OK && check_seen)
        r = bc_last_seen_compare(session->state, snapshot, &mark, &newer);
    if (r != BC_OK)
        bc_store_close(store);
    return r;
}

void bc_session_snapshot(struct bc_session *session, struct bc_snapshot *snapshot, int check_seen)
{
    struct bc_where where = {""};
    enum bc_result r = bc_session_try_snapshot(session, snapshot, check_seen, &where);

    if (r != BC_OK)
        bc_message_die_result(r, "store", where.path);
}
