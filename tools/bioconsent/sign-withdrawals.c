/* SPDX-License-Identifier: BSD-2-Clause */
#include "sign-withdrawals.h"

#include <stdio.h>

#include "base/encoding.h"
#include "receipts.h"
#include "store/pending.h"

#define PENDING_MAX                                                                                \
    (sizeof((struct bc_session *)0)->pending / sizeof((struct bc_session *)0)->pending[0])

static void fill(const struct bc_pending *p, const struct bc_leaf *leaf, struct bc_ending *out)
{
    char hex[2 * BC_HASH_BYTES + 1];

    bc_encoding_hex_encode(p->file.b, BC_HASH_BYTES, hex);
    out->subject = p->subject;
    out->grant_count = leaf->active_count;
    for (size_t i = 0; i < leaf->active_count; i++)
        out->grants[i] = leaf->active[i].index;
    (void)snprintf(out->means, sizeof out->means, "by the subject, on this host (SHA-256 %s)", hex);
    bc_subject_args_operator(out->recorded_by);
}

static enum bc_result sign_withdrawal(struct bc_session *session, const struct bc_pending *p)
{
    struct bc_event e = {.type = BC_EVENT_WITHDRAW};
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
    fill(p, &leaf, &e.u.ending);
    r = bc_transaction_append(session->transaction, &e, &index);
    if (r == BC_OK)
        bc_receipts_note(session, &p->subject, index);
    return r;
}

enum bc_result bc_sign_withdrawals_sign(struct bc_session *session)
{
    struct bc_pending_list list;
    enum bc_result r = bc_pending_read(session->spool, session->owner, &list);

    if (r != BC_OK)
        return r;
    session->pending_count = 0;
    for (size_t i = 0; r == BC_OK && i < list.count && session->pending_count < PENDING_MAX; i++) {
        const struct bc_pending *p = &list.item[i];
        if (p->kind == BC_PENDING_WITHDRAWAL && p->fault == BC_OK)
            r = sign_withdrawal(session, p);
        else if (p->kind != BC_PENDING_ACCEPTANCE)
            bc_message_print("spool: %s is not a withdrawal; left as it is, and still refusing",
                             p->name);
    }
    bc_pending_free(&list);
    return r;
}

/* No acceptance is taken while the withdrawal is pending, so what is there is older. */
void bc_sign_withdrawals_clear(const struct bc_session *session)
{
    for (size_t i = 0; i < session->pending_count; i++) {
        uint32_t uid = session->pending[i];
        if (bc_pending_remove_acceptances(session->spool, uid) != BC_OK ||
            bc_pending_remove_withdrawal(session->spool, uid) != BC_OK)
            bc_message_print("the withdrawal of uid %u is signed; its file in %s stays", uid,
                             session->policy.spool_path);
    }
}

int bc_sign_withdrawals_has(const struct bc_session *session, const struct bc_subject *subject)
{
    for (size_t i = 0; i < session->pending_count; i++)
        if (!subject->external && session->pending[i] == subject->uid)
            return 1;
    return 0;
}
