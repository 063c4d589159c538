/* SPDX-License-Identifier: BSD-2-Clause */
#include "acceptance-queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "consent/release.h"
#include "store/current-notice.h"

/* ---- whether it can be signed ---- */

static int account_is(const struct bc_subject *s)
{
    struct bc_subject now;

    return bc_subject_args_account(s->name, &now) && bc_event_subject_equal(&now, s);
}

const char *bc_acceptance_queue_fault(struct bc_snapshot *s, const struct bc_leaf *leaf,
                                      const struct bc_pending *a, struct bc_event *notice)
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

static void check_all(struct bc_snapshot *s, struct bc_acceptances *l, struct bc_event *notice)
{
    for (size_t i = 0; i < l->count; i++) {
        struct bc_acceptance *item = &l->item[i];
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

int bc_acceptance_queue_load(struct bc_session *tool, struct bc_acceptances *l)
{
    static struct bc_event notice;
    struct bc_snapshot snapshot;
    struct bc_pending_list list;
    enum bc_result r = bc_pending_read(tool->spool, tool->owner, &list);

    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", tool->policy.spool_path, bc_result_text(r));
    l->item = bc_memory_new(list.count, sizeof *l->item);
    for (size_t i = 0; i < list.count; i++) {
        const struct bc_pending *p = &list.item[i];
        if (p->kind != BC_PENDING_ACCEPTANCE)
            continue;
        l->item[l->count].a = *p;
        if (p->fault != BC_OK)
            l->item[l->count].fault = p->fault == BC_ERR_UNTRUSTED
                                          ? "it is not a file of the service user"
                                          : bc_result_text(p->fault);
        l->count++;
    }
    bc_pending_free(&list);
    bc_session_snapshot(tool, &snapshot, 1);
    check_all(&snapshot, l, &notice);
    bc_store_close(snapshot.store);
    return 0;
}

size_t bc_acceptance_queue_good(const struct bc_acceptances *l)
{
    size_t good = 0;

    for (size_t i = 0; i < l->count; i++)
        good += l->item[i].fault == NULL;
    return good;
}
