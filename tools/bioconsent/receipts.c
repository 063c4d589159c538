/* SPDX-License-Identifier: BSD-2-Clause */
#include "receipts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"
#include "store/notice-folder.h"
#include "store/receipt.h"
#include "subject-evidence.h"

/* A receipt that is to be written, and then its name. */
struct bc_receipt_due {
    struct bc_subject subject;
    uint64_t event;
    char name[BC_RECEIPT_NAME_BYTES]; /* empty: not written */
};

void bc_receipts_note(struct bc_session *session, const struct bc_subject *subject, uint64_t event)
{
    if (subject->external)
        return;
    for (size_t i = 0; i < session->receipt_count; i++)
        if (bc_event_subject_equal(&session->receipts[i].subject, subject)) {
            session->receipts[i].event = event;
            return;
        }
    session->receipts = bc_memory_grow(session->receipts, session->receipt_count,
                                       &session->receipt_room, sizeof *session->receipts);
    session->receipts[session->receipt_count++] =
        (struct bc_receipt_due){.subject = *subject, .event = event};
}

/* Returns the descriptor, or -1 after a message. */
static int open_folder(struct bc_session *session, const char *path)
{
    struct bc_where where = {""};
    int fd = -1;
    enum bc_result r = bc_file_open_folder(path, session->owner, 0, &fd, &where);

    if (r == BC_OK)
        return fd;
    bc_message_print("%s: %s", where.path, bc_result_text(r));
    session->unwritten = 1;
    return -1;
}

/* Writes a receipt, which is everything on record about its subject, into the folder. */
static void write_receipt(struct bc_session *session, struct bc_snapshot *s, int folder,
                          struct bc_receipt_due *due)
{
    const struct bc_evidence all = {.until = BC_BUNDLE_EVER};
    const struct bc_bundle_trust trust = {session->config.keys, session->config.key_count,
                                          session->now};
    struct bc_bundle_error err = {""};
    struct bc_bundle *b = NULL;
    char *json = NULL;
    size_t len = 0;
    enum bc_result r = bc_subject_evidence_make(s, &due->subject, &all, &b);

    if (r == BC_ERR_NO_RECORD) /* as after an erasure */
        return;
    if (r == BC_OK) {
        r = bc_bundle_write(b, &trust, &json, &len, &err);
        bc_bundle_free(b);
    }
    if (r != BC_OK) {
        bc_message_print("the receipt of %s could not be made: %s", due->subject.name,
                         err.what[0] ? err.what : bc_result_text(r));
        session->unwritten = 1;
        return;
    }
    r = bc_receipt_write(folder, due->subject.uid, due->event, json, len, due->name);
    if (r != BC_OK) {
        bc_message_print("%s: the receipt of %s could not be written: %s",
                         session->config.receipts_path, due->subject.name, strerror(errno));
        session->unwritten = 1;
    }
    free(json);
}

void bc_receipts_update_notices(struct bc_session *session, struct bc_snapshot *s)
{
    int folder = open_folder(session, session->config.notices_path);
    enum bc_result r;

    if (folder < 0)
        return;
    r = bc_notice_folder_update(folder, s);
    (void)close(folder);
    if (r == BC_OK)
        return;
    bc_message_print(
        "%s: the current notices could not be written (%s); then run: bioconsent store refresh",
        session->config.notices_path, bc_result_text(r));
    session->unwritten = 1;
}

void bc_receipts_write(struct bc_session *session)
{
    const char *const swept[] = {session->config.receipts_path, session->config.notices_path};
    struct bc_where where = {""};
    static struct bc_snapshot snapshot;
    enum bc_result r;
    int folder;

    if (!session->files_due)
        return;
    session->files_due = 0;
    /* What a killed process left there goes with the next commit, whatever that is about. */
    for (size_t i = 0; i < 2; i++)
        if (bc_file_open_folder(swept[i], session->owner, 0, &folder, NULL) == BC_OK) {
            bc_file_sweep(folder, session->now);
            (void)close(folder);
        }
    if (session->receipt_count == 0 && !session->notices_changed)
        return;
    r = bc_session_try_snapshot(session, NULL, &snapshot, 1, &where);
    if (r != BC_OK) {
        bc_message_fail_result(r, "store", where.path);
        session->unwritten = 1;
    } else {
        if (session->notices_changed)
            bc_receipts_update_notices(session, &snapshot);
        folder = session->receipt_count ? open_folder(session, session->config.receipts_path) : -1;
        for (size_t i = 0; folder >= 0 && i < session->receipt_count; i++)
            write_receipt(session, &snapshot, folder, &session->receipts[i]);
        if (folder >= 0)
            (void)close(folder);
        bc_store_close(snapshot.store);
    }
    if (session->unwritten)
        bc_message_print("the change is recorded and signed; only its file could not be written");
}

void bc_receipts_remove(struct bc_session *session, const struct bc_subject *subject)
{
    int folder = open_folder(session, session->config.receipts_path);
    enum bc_result r;

    if (folder < 0)
        bc_message_exit(BC_EXIT_REFUSED);
    r = bc_receipt_remove(folder, subject->uid);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: the receipts of %s: %s", session->config.receipts_path,
                       subject->name, bc_result_text(r));
    (void)close(folder);
}

void bc_receipts_print(const struct bc_session *session)
{
    for (size_t i = 0; i < session->receipt_count; i++)
        if (session->receipts[i].name[0])
            (void)printf("Receipt of %s: %s/%s\n", session->receipts[i].subject.name,
                         session->config.receipts_path, session->receipts[i].name);
}

json_t *bc_receipts_json(const struct bc_session *session)
{
    json_t *all = json_array();

    for (size_t i = 0; i < session->receipt_count; i++)
        if (session->receipts[i].name[0])
            json_array_append_new(
                all, json_pack("{s:s, s:I, s:o}", "subject", session->receipts[i].subject.name,
                               "event", (json_int_t)session->receipts[i].event, "file",
                               json_sprintf("%s/%s", session->config.receipts_path,
                                            session->receipts[i].name)));
    return all;
}
