/* SPDX-License-Identifier: BSD-2-Clause */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/encoding.h"
#include "key-io.h"
#include "receipts.h"
#include "store/last-seen.h"
#include "store/last-use.h"
#include "store/pending.h"

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

    if (session->config_loaded)
        return;
    bc_session_find_owner(session);
    r = bc_config_load(session->config_path, session->owner, &session->config, &err);
    if (r == BC_ERR_NOT_FOUND)
        bc_message_die(BC_EXIT_NOT_FOUND, "%s: %s; run: bioconsent init",
                       err.where.path[0] ? err.where.path : session->config_path,
                       bc_result_text(r));
    if (r != BC_OK)
        bc_message_die_ini_file(r, &err, session->config_path);
    session->config_loaded = 1;
}

void bc_session_config(struct bc_session *session)
{
    bc_session_load_config(session);
    if (session->state < 0)
        session->state = open_folder(session, session->config.state_path);
    if (session->spool < 0)
        session->spool = open_folder(session, session->config.spool_path);
}

void bc_session_key(struct bc_session *session, const struct bc_args *args)
{
    bc_session_config(session);
    if (session->key_loaded)
        return;
    bc_key_io_read(session->config.signing_key_path,
                   bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL), &session->key,
                   &session->key_sealed);
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
    return (struct bc_store_options){.folder = session->config.store_path,
                                     .owner = session->owner,
                                     .group = session->group,
                                     .wait_ms = BC_STORE_WRITER_WAIT_MS,
                                     .waiting = say_waiting};
}

/* ---- pending withdrawals ---- */

static enum bc_result sign_withdrawal(struct bc_session *session, const struct bc_pending *p)
{
    struct bc_event e = {.type = BC_EVENT_WITHDRAW};
    struct bc_ending *ending = &e.u.ending;
    char hex[2 * BC_HASH_BYTES + 1];
    struct bc_leaf leaf;
    uint64_t index;
    enum bc_result r;

    bc_leaf_for_subject(&p->subject, &leaf);
    r = bc_snapshot_leaf(&session->transaction->snapshot, &leaf, NULL);
    if (r != BC_OK && r != BC_ERR_NO_RECORD)
        return BC_ERR_CORRUPT;
    session->pending[session->pending_count++] = p->subject.uid;
    if (r == BC_ERR_NO_RECORD || leaf.active_count == 0)
        return BC_OK;
    ending->subject = p->subject;
    ending->grant_count = leaf.active_count;
    for (size_t i = 0; i < leaf.active_count; i++)
        ending->grants[i] = leaf.active[i].index;
    bc_encoding_hex_encode(p->file.b, BC_HASH_BYTES, hex);
    (void)snprintf(ending->means, sizeof ending->means, "by the subject, on this host (SHA-256 %s)",
                   hex);
    bc_subject_args_operator(ending->recorded_by);
    r = bc_transaction_append(session->transaction, &e, &index);
    if (r == BC_OK)
        bc_receipts_note(session, &p->subject, index);
    return r;
}

/* Appends an event for each pending withdrawal, and keeps its uid in session->pending. A file that
 * is not a withdrawal is named in a message and left in place. */
static void sign_withdrawals(struct bc_session *session)
{
    const size_t most = sizeof session->pending / sizeof session->pending[0];
    struct bc_pending_list list;
    enum bc_result r = bc_pending_read(session->spool, session->owner, &list);

    session->pending_count = 0;
    for (size_t i = 0; r == BC_OK && i < list.count && session->pending_count < most; i++) {
        const struct bc_pending *p = &list.item[i];
        if (p->kind == BC_PENDING_WITHDRAWAL && p->fault == BC_OK)
            r = sign_withdrawal(session, p);
        else if (p->kind != BC_PENDING_ACCEPTANCE)
            bc_message_print(
                "pending withdrawal %s cannot be read; it stays, and the gate still refuses",
                p->name);
    }
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "pending withdrawals: %s", bc_result_text(r));
    bc_pending_free(&list);
}

/* Removes the signed withdrawals from the pending ones, and the acceptances that they cancel: no
 * acceptance is taken while the withdrawal is pending, so what is there is older. */
static void remove_withdrawals(const struct bc_session *session)
{
    for (size_t i = 0; i < session->pending_count; i++) {
        uint32_t uid = session->pending[i];
        if (bc_pending_remove_acceptances(session->spool, uid) != BC_OK ||
            bc_pending_remove_withdrawal(session->spool, uid) != BC_OK)
            bc_message_print("the withdrawal of uid %u is signed; its file in %s stays", uid,
                             session->config.spool_path);
    }
}

int bc_session_has_withdrawal(const struct bc_session *session, const struct bc_subject *subject)
{
    for (size_t i = 0; i < session->pending_count; i++)
        if (!subject->external && session->pending[i] == subject->uid)
            return 1;
    return 0;
}

/* ---- changes ---- */

struct bc_transaction *bc_session_begin(struct bc_session *session, const struct bc_args *args)
{
    struct bc_store_options options;
    struct bc_where where = {""};
    enum bc_result r;

    bc_session_key(session, args);
    options = bc_session_store_options(session);
    r = bc_transaction_open(&options, &session->config, session->state, session->now,
                            &session->transaction, &where);
    if (r != BC_OK)
        bc_message_die_result(r, "store", where.path);
    if (bc_last_use_init(session->state, session->owner, session->group) != BC_OK)
        bc_message_print("%s/" BC_LAST_USE_FOLDER ": cannot be made; last uses will not be noted",
                         session->config.state_path);
    session->rewrite = bc_store_wants_rewrite(session->transaction->store);
    sign_withdrawals(session);
    return session->transaction;
}

void bc_session_abandon(struct bc_session *session)
{
    bc_transaction_close(session->transaction);
    session->transaction = NULL;
}

void bc_session_commit(struct bc_session *session)
{
    struct bc_store_options options = bc_session_store_options(session);
    struct bc_where where = {""};
    int seen = 0;
    enum bc_result r = bc_transaction_commit(session->transaction, &session->key, &seen);
    int saved = errno;

    bc_session_abandon(session);
    errno = saved;
    if (r != BC_OK)
        bc_message_die(r == BC_ERR_BUSY ? BC_EXIT_BUSY : BC_EXIT_REFUSED, "nothing was changed: %s",
                       bc_message_result_text(r));
    if (!seen)
        bc_message_print("the change is done; %s could not be updated", session->config.state_path);
    bc_file_sweep(session->state, session->now);
    bc_file_sweep(session->spool, session->now);
    remove_withdrawals(session);
    session->files_due = 1;
    /* A process that was killed between an erasure and its rewrite leaves the rewrite to the next
     * writer. */
    if (session->rewrite && (r = bc_store_rewrite(&options, &where)) != BC_OK)
        bc_message_die(r == BC_ERR_BUSY ? BC_EXIT_BUSY : BC_EXIT_REFUSED,
                       "%s: what was erased is signed as erased, but its bytes are still in the "
                       "file: %s; fix that, then: bioconsent store refresh",
                       session->config.store_path, bc_message_result_text(r));
}

void bc_session_end(struct bc_session *session)
{
    bc_session_commit(session);
    bc_session_wipe_key(session);
    bc_receipts_write(session);
}

/* ---- reading ---- */

enum bc_result bc_session_try_snapshot(struct bc_session *session, const char *folder,
                                       struct bc_snapshot *snapshot, int check_seen,
                                       struct bc_where *where)
{
    struct bc_store_options options = bc_session_store_options(session);
    struct bc_store *store = NULL;
    struct bc_last_seen_mark mark;
    int newer;
    enum bc_result r;

    if (folder)
        options.folder = folder;
    r = bc_store_open(&options, BC_STORE_READ, &store, where);
    if (r == BC_OK)
        r = bc_snapshot_open(store, &session->config, snapshot);
    if (r == BC_OK)
        r = bc_snapshot_clock(snapshot, &session->config, session->now);
    if (r == BC_OK && check_seen)
        r = bc_last_seen_compare(session->state, snapshot, &mark, &newer);
    if (r != BC_OK)
        bc_store_close(store);
    return r;
}

void bc_session_snapshot(struct bc_session *session, struct bc_snapshot *snapshot, int check_seen)
{
    struct bc_where where = {""};
    enum bc_result r = bc_session_try_snapshot(session, NULL, snapshot, check_seen, &where);

    if (r != BC_OK)
        bc_message_die_result(r, "store", where.path);
}
