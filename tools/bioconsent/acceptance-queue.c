/* SPDX-License-Identifier: BSD-2-Clause */
#include "acceptance-queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consent/release.h"
#include "store/current-notice.h"

static enum bc_result add_item(void *ctx, const struct bc_pending_acceptance *a, const char *name,
                               enum bc_result fault)
{
    struct bc_waiting *l = ctx;
    struct bc_waiting_item *item;

    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 16;
        struct bc_waiting_item *more = realloc(l->item, room * sizeof *more);
        if (!more)
            return BC_ERR_MEMORY;
        l->item = more;
        l->room = room;
    }
    item = &l->item[l->count++];
    memset(item, 0, sizeof *item);
    (void)snprintf(item->name, sizeof item->name, "%s", name);
    if (a)
        item->a = *a;
    else
        item->fault = fault == BC_ERR_UNTRUSTED ? "it is not a file of the service user"
                                                : bc_result_text(fault);
    return BC_OK;
}

/* ---- whether it can be signed ---- */

static int account_is(const struct bc_subject *s)
{
    struct bc_subject now;

    return bc_subject_args_account(s->name, &now) && bc_event_subject_equal(&now, s);
}

const char *bc_acceptance_queue_fault(struct bc_snapshot *s, const struct bc_leaf *leaf,
                                      const struct bc_pending_acceptance *a,
                                      struct bc_event *notice)
{
    const struct bc_notice *n = &notice->u.notice;
    char release[BC_SLOT_MAX + 1];

    if (!account_is(&a->subject))
        return "there is no account of this name and number any more";
    if (leaf->ended && leaf->ending.index >= a->log_size)
        return "a consent was withdrawn or ended since";
    if (leaf->active_count == BC_ACTIVE_MAX)
        return "there are too many consents in force; revoke some";
    if (bc_snapshot_notice(s, a->notice_id, &a->notice, notice) != BC_OK)
        return "the notice is not, or no longer, accepted";
    if (n->givers && !(n->givers & (1U << BC_SELF)))
        return "the notice is not for the subject to accept";
    if (bc_current_notice_release(s, n, release) != BC_OK || !bc_release_matches(release, a->typed))
        return "what was typed is not the release of the notice";
    return NULL;
}

static void check_all(struct bc_snapshot *s, struct bc_waiting *l, struct bc_event *notice)
{
    for (size_t i = 0; i < l->count; i++) {
        struct bc_waiting_item *item = &l->item[i];
        struct bc_leaf leaf;
        enum bc_result result;
        if (item->fault)
            continue;
        bc_leaf_for_subject(&item->a.subject, &leaf);
        result = bc_snapshot_leaf(s, &leaf, NULL);
        item->fault = result == BC_OK || result == BC_ERR_NO_RECORD
                          ? bc_acceptance_queue_fault(s, &leaf, &item->a, notice)
                          : bc_result_text(result);
    }
}

static int in_name_order(const void *a, const void *b)
{
    return strcmp(((const struct bc_waiting_item *)a)->name,
                  ((const struct bc_waiting_item *)b)->name);
}

int bc_acceptance_queue_load(struct bc_session *tool, struct bc_waiting *l)
{
    struct bc_event *notice = malloc(sizeof *notice);
    struct bc_snapshot snapshot;
    enum bc_result r =
        notice ? bc_pending_acceptance_each(tool->spool, tool->owner, add_item, l) : BC_ERR_MEMORY;
    int code = r == BC_OK ? 0
                          : bc_message_fail(BC_EXIT_REFUSED, "%s: %s", tool->policy.spool_path,
                                            bc_result_text(r));

    if (!code)
        code = bc_session_snapshot(tool, &snapshot, 1);
    if (!code) {
        check_all(&snapshot, l, notice);
        bc_store_close(snapshot.store);
    }
    if (l->count)
        qsort(l->item, l->count, sizeof *l->item, in_name_order);
    free(notice);
    return code;
}

size_t bc_acceptance_queue_good(const struct bc_waiting *l)
{
    size_t good = 0;

    for (size_t i = 0; i < l->count; i++)
        good += l->item[i].fault == NULL;
    return good;
}
