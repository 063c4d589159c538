/* SPDX-License-Identifier: BSD-2-Clause */
#include "sign-withdrawals.h"

#include <stdio.h>

#include "base/encoding.h"
#include "receipts.h"
#include "store/pending-acceptance.h"

#define PENDING_MAX                                                                                \
    (sizeof((struct bc_session *)0)->pending / sizeof((struct bc_session *)0)->pending[0])

struct signing {
    struct bc_session *tool;
    struct bc_transaction *ledger;
};

static void fill(const struct bc_pending_withdrawal *p, const struct bc_leaf *leaf,
                 struct bc_ending *out)
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

static enum bc_result sign_withdrawal(void *ctx, const struct bc_pending_withdrawal *p,
                                      const char *name)
{
    struct signing *s = ctx;
    struct bc_event e = {.type = BC_EVENT_WITHDRAW};
    struct bc_leaf leaf;
    enum bc_result result;
    enum bc_result r;
    uint64_t index;

    if (!p && bc_pending_acceptance_name(name, NULL))
        return BC_OK;
    if (!p) {
        bc_message_print("spool: %s is not a withdrawal; left as it is, and still refusing", name);
        return BC_OK;
    }
    if (s->tool->pending_count == PENDING_MAX)
        return BC_OK;
    bc_leaf_for_subject(&p->subject, &leaf);
    result = bc_snapshot_leaf(&s->ledger->snapshot, &leaf, NULL);
    if (result != BC_OK && result != BC_ERR_NO_RECORD)
        return BC_ERR_CORRUPT;
    s->tool->pending[s->tool->pending_count++] = p->subject.uid;
    if (result == BC_ERR_NO_RECORD || leaf.active_count == 0)
        return BC_OK;
    fill(p, &leaf, &e.u.ending);
    r = bc_transaction_append(s->ledger, &e, &index);
    if (r == BC_OK)
        bc_receipts_note(s->tool, &p->subject, index);
    return r;
}

enum bc_result bc_sign_withdrawals_sign(struct bc_session *tool, struct bc_transaction *ledger)
{
    struct signing signing = {tool, ledger};

    tool->pending_count = 0;
    return bc_pending_withdrawal_each(tool->spool, sign_withdrawal, &signing);
}

/* While the withdrawal waits no acceptance is taken: what is there is older. */
void bc_sign_withdrawals_clear(const struct bc_session *tool)
{
    for (size_t i = 0; i < tool->pending_count; i++) {
        uint32_t uid = tool->pending[i];
        if (bc_pending_acceptance_drop(tool->spool, uid) != BC_OK ||
            bc_pending_withdrawal_remove(tool->spool, uid) != BC_OK)
            bc_message_print("the withdrawal of uid %u is signed; its file in %s stays", uid,
                             tool->policy.spool_path);
    }
}

int bc_sign_withdrawals_has(const struct bc_session *tool, const struct bc_subject *subject)
{
    for (size_t i = 0; i < tool->pending_count; i++)
        if (!subject->external && tool->pending[i] == subject->uid)
            return 1;
    return 0;
}
