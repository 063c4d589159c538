/* SPDX-License-Identifier: BSD-2-Clause */
#include "record-template.h"

#include "client/protocol.h"

#include <string.h>
#include <time.h>

#include "store/active-consent.h"

int bc_record_template_refuse(const struct bc_record *r, enum bc_reason reason)
{
    return bc_message_fail(BC_EXIT_REFUSED, "%s is not enrolled with %s: %s (%s) What to do: %s",
                           r->subject->name, r->provider->id, bc_reason_sentence(reason),
                           bc_reason_id(reason), bc_reason_remedy(reason));
}

/* ---- before ---- */

int bc_record_template_ready(struct bc_session *tool, const struct bc_record *r)
{
    struct bc_snapshot snapshot;
    struct bc_leaf leaf;
    enum bc_result result;
    int code = bc_session_snapshot(tool, &snapshot, 1);

    if (code)
        return code;
    bc_leaf_for_subject(r->subject, &leaf);
    result = bc_snapshot_leaf(&snapshot, &leaf, NULL);
    bc_store_close(snapshot.store);
    if (result != BC_OK)
        return bc_message_fail_result(result, "store", "");
    if (leaf.template_count == BC_TEMPLATES_MAX)
        return bc_message_fail(BC_EXIT_REFUSED, "%s has %d templates already", r->subject->name,
                               BC_TEMPLATES_MAX);
    return 0;
}

/* ---- recording ---- */

/* Finds an active consent that covers the enrollment. *refusal is set where the register was read:
 * an allowance with r->grant set, or why no consent covers it. */
static enum bc_result find_grant(const struct bc_session *tool, struct bc_record *r,
                                 struct bc_transaction *ledger, struct bc_leaf *leaf,
                                 enum bc_reason *refusal)
{
    struct bc_active_consent live;
    enum bc_result result;

    bc_leaf_for_subject(r->subject, leaf);
    result = bc_transaction_leaf(ledger, leaf, NULL);
    if (result != BC_OK)
        return result;
    *refusal = bc_decision_make(&tool->policy, &r->request->use, tool->now, NULL, 0, leaf->ended);
    for (size_t i = 0; i < leaf->active_count && !bc_reason_allows(*refusal); i++) {
        r->grant = leaf->active[i].index;
        result = bc_active_consent_load(&ledger->snapshot, &leaf->active[i], &live);
        if (result != BC_OK)
            return result;
        *refusal =
            bc_decision_on_consent(&tool->policy, &r->request->use, tool->now, &live.consent);
    }
    return BC_OK;
}

static int is_recorded(const struct bc_record *r, struct bc_snapshot *s, const struct bc_leaf *leaf,
                       const struct bc_identifiers *handles, uint64_t *event)
{
    struct bc_event t;

    for (size_t i = 0; i < leaf->template_count; i++) {
        const struct bc_enrollment *known = &t.u.enrollment;
        if (bc_snapshot_event(s, &leaf->templates[i], &t, NULL) == BC_OK &&
            known->grant == r->grant && strcmp(known->provider, r->provider->id) == 0 &&
            bc_identifiers_equal(&known->identifiers, handles)) {
            *event = leaf->templates[i].index;
            return 1;
        }
    }
    return 0;
}

static int append_enrollments(struct bc_record *r, struct bc_transaction *ledger,
                              const struct bc_leaf *leaf)
{
    struct bc_event event = {.type = BC_EVENT_ENROLL};
    struct bc_enrollment *made = &event.u.enrollment;

    made->subject = *r->subject;
    made->grant = r->grant;
    made->modality = r->provider->modality;
    memcpy(made->provider, r->provider->id, sizeof made->provider);
    bc_subject_args_operator(made->recorded_by);
    for (size_t i = 0; i < r->enrolled->count; i++) {
        enum bc_result result;
        made->identifiers = r->enrolled->handles[i];
        if (is_recorded(r, &ledger->snapshot, leaf, &made->identifiers, &r->event[i]))
            continue;
        result = bc_transaction_append(ledger, &event, &r->event[i]);
        if (result != BC_OK)
            return bc_message_fail(BC_EXIT_REFUSED, "the template was not recorded: %s",
                                   bc_result_text(result));
    }
    return 0;
}

static int record_in_transaction(const struct bc_session *tool, struct bc_record *r,
                                 struct bc_transaction *ledger)
{
    struct bc_leaf leaf;
    enum bc_reason refusal = BC_REASON_INTERNAL;
    enum bc_result result = find_grant(tool, r, ledger, &leaf, &refusal);

    if (result != BC_OK && result != BC_ERR_NO_RECORD && result != BC_ERR_MISMATCH)
        return bc_record_template_refuse(r, bc_reason_of_result(result));
    r->over = result != BC_OK || !bc_reason_allows(refusal);
    if (!r->over)
        return append_enrollments(r, ledger, &leaf);
    return bc_record_template_refuse(r, result == BC_OK ? refusal : bc_reason_of_result(result));
}

/* What can't be named can't be deleted. */
static int check_handles(const struct bc_record *r)
{
    for (size_t i = 0; i < r->enrolled->count; i++) {
        const char *which = "";
        const char *fault =
            bc_identifiers_fault(&r->provider->handles, &r->enrolled->handles[i], &which);
        if (fault)
            return bc_message_fail(BC_EXIT_USAGE, "handle %s: %s", which, fault);
    }
    return 0;
}

int bc_record_template_all(struct bc_session *tool, struct bc_record *r, const struct bc_skey *key)
{
    struct bc_transaction *ledger;
    int code = check_handles(r);

    tool->now = (int64_t)time(NULL); /* it took a while */
    if (!code)
        code = bc_session_transaction(tool, &ledger);
    if (code)
        return code;
    code = record_in_transaction(tool, r, ledger);
    if (code)
        bc_session_abandon(tool);
    else
        code = bc_session_commit_ledger(tool, ledger, key);
    r->signed_for = code == 0;
    return code;
}
