/* SPDX-License-Identifier: BSD-2-Clause */
#include "receipts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "store/notice-folder.h"
#include "store/receipt.h"
#include "subject-evidence.h"

/* A receipt that is to be written, and then its name. */
struct bc_receipt_due {
    struct bc_subject subject;
    uint64_t event;
    char name[BC_RECEIPT_NAME_BYTES]; /* empty: not written */
};

void bc_receipts_note(struct bc_session *tool, const struct bc_subject *subject, uint64_t event)
{
    void *longer;

    if (subject->external)
        return;
    for (size_t i = 0; i < tool->receipt_count; i++)
        if (bc_event_subject_equal(&tool->receipts[i].subject, subject)) {
            tool->receipts[i].event = event;
            return;
        }
    longer = bc_array_grow(tool->receipts, tool->receipt_count, &tool->receipt_room,
                           sizeof *tool->receipts);
    if (!longer) {
        bc_message_print("%s gets no receipt: no memory", subject->name);
        tool->unwritten = 1;
        return;
    }
    tool->receipts = longer;
    tool->receipts[tool->receipt_count++] =
        (struct bc_receipt_due){.subject = *subject, .event = event};
}

static int open_folder(const struct bc_session *tool, const char *path, int *fd)
{
    struct bc_where where = {""};
    enum bc_result r = bc_file_open_folder(path, tool->owner, 0, fd, &where);

    return r == BC_OK ? 0
                      : bc_message_fail(BC_EXIT_REFUSED, "%s: %s", where.path, bc_result_text(r));
}

/* Everything on record about the subject. NULL after a message, or with nothing said where the
 * subject is not on record, as after an erasure. */
static char *make_json(struct bc_session *tool, struct bc_snapshot *s,
                       const struct bc_subject *subject, size_t *len)
{
    const struct bc_evidence all = {.until = BC_BUNDLE_EVER};
    struct bc_bundle_error err = {""};
    struct bc_bundle *b = NULL;
    char *json = NULL;
    enum bc_result result = bc_subject_evidence_make(s, subject, &all, &b);
    enum bc_result r;

    if (result == BC_ERR_NO_RECORD)
        return NULL;
    if (result == BC_OK) {
        r = bc_bundle_write(b, tool->policy.keys, tool->policy.key_count, tool->now, &json, len,
                            &err);
        bc_bundle_free(b);
        if (r == BC_OK)
            return json;
    }
    bc_message_print("the receipt of %s could not be made: %s", subject->name,
                     err.what[0] ? err.what
                                 : bc_result_text(result == BC_OK ? BC_ERR_SYSTEM : result));
    tool->unwritten = 1;
    return NULL;
}

static void write_receipt(struct bc_session *tool, struct bc_snapshot *s, int folder,
                          struct bc_receipt_due *due)
{
    size_t len = 0;
    char *json = make_json(tool, s, &due->subject, &len);

    if (json &&
        bc_receipt_write(folder, due->subject.uid, due->event, json, len, due->name) != BC_OK) {
        bc_message_print("%s: the receipt of %s could not be written: %s",
                         tool->policy.receipts_path, due->subject.name, strerror(errno));
        tool->unwritten = 1;
    }
    free(json);
}

void bc_receipts_update_notices(struct bc_session *tool, struct bc_snapshot *s)
{
    enum bc_result result;
    int folder;

    if (open_folder(tool, tool->policy.notices_path, &folder)) {
        tool->unwritten = 1;
        return;
    }
    result = bc_notice_folder_update(folder, s);
    close(folder);
    if (result == BC_OK)
        return;
    bc_message_print(
        "%s: the current notices could not be written (%s); then run: bioconsent store refresh",
        tool->policy.notices_path, bc_result_text(result));
    tool->unwritten = 1;
}

/* What a killed process left in a folder goes with the next commit, whatever that is about. */
static void sweep_folder(const struct bc_session *tool, const char *path)
{
    int folder;

    if (bc_file_open_folder(path, tool->owner, 0, &folder, NULL) != BC_OK)
        return;
    bc_file_sweep(folder, tool->now);
    close(folder);
}

static void write_receipts(struct bc_session *tool, struct bc_snapshot *s)
{
    int folder;

    if (open_folder(tool, tool->policy.receipts_path, &folder)) {
        tool->unwritten = 1;
        return;
    }
    for (size_t i = 0; i < tool->receipt_count; i++)
        write_receipt(tool, s, folder, &tool->receipts[i]);
    close(folder);
}

void bc_receipts_write(struct bc_session *tool)
{
    struct bc_where where = {""};
    struct bc_snapshot snapshot;
    enum bc_result r;

    if (!tool->files_due)
        return;
    tool->files_due = 0;
    sweep_folder(tool, tool->policy.receipts_path);
    sweep_folder(tool, tool->policy.notices_path);
    if (tool->receipt_count == 0 && !tool->notices_changed)
        return;
    r = bc_session_try_snapshot(tool, &snapshot, 1, &where);
    if (r != BC_OK) {
        bc_message_fail_result(r, "store", where.path);
        tool->unwritten = 1;
    } else {
        if (tool->notices_changed)
            bc_receipts_update_notices(tool, &snapshot);
        if (tool->receipt_count)
            write_receipts(tool, &snapshot);
        bc_store_close(snapshot.store);
    }
    if (tool->unwritten)
        bc_message_print("the change is recorded and signed; only its file could not be written");
}

int bc_receipts_remove(const struct bc_session *tool, const struct bc_subject *subject)
{
    enum bc_result r;
    int folder, code;

    if (subject->external)
        return 0;
    code = open_folder(tool, tool->policy.receipts_path, &folder);
    if (code)
        return code;
    r = bc_receipt_remove(folder, subject->uid);
    close(folder);
    return r == BC_OK
               ? 0
               : bc_message_fail(BC_EXIT_REFUSED, "%s: the receipts of %s: %s",
                                 tool->policy.receipts_path, subject->name, bc_result_text(r));
}

void bc_receipts_print(const struct bc_session *tool)
{
    for (size_t i = 0; i < tool->receipt_count; i++)
        if (tool->receipts[i].name[0])
            (void)printf("Receipt of %s: %s/%s\n", tool->receipts[i].subject.name,
                         tool->policy.receipts_path, tool->receipts[i].name);
}

json_t *bc_receipts_json(const struct bc_session *tool)
{
    json_t *all = json_array();

    for (size_t i = 0; i < tool->receipt_count; i++)
        if (tool->receipts[i].name[0])
            json_array_append_new(all, json_pack("{s:s, s:I, s:o}", "subject",
                                                 tool->receipts[i].subject.name, "event",
                                                 (json_int_t)tool->receipts[i].event, "file",
                                                 json_sprintf("%s/%s", tool->policy.receipts_path,
                                                              tool->receipts[i].name)));
    return all;
}

void bc_receipts_free(struct bc_session *tool)
{
    free(tool->receipts);
    tool->receipts = NULL;
    tool->receipt_count = tool->receipt_room = 0;
}
