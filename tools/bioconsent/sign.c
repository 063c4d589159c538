/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "acceptance-queue.h"
#include "base/encoding.h"
#include "consent/grant-rules.h"
#include "pager.h"
#include "receipts.h"
#include "session.h"
#include "sign-withdrawals.h"
#include "store/active-consent.h"
#include "store/pending.h"

static void show(const struct bc_acceptances *l)
{
    if (bc_acceptance_queue_good(l))
        (void)printf("%-16s %-24s %s\n", "SUBJECT", "NOTICE", "ACCEPTED");
    for (size_t i = 0; i < l->count; i++) {
        const struct bc_acceptance *item = &l->item[i];
        char when[40];
        bc_message_time(item->a.time, when);
        if (!item->fault)
            (void)printf("%-16s %-24s %s\n", item->a.subject.name, item->a.notice_id, when);
    }
    for (size_t i = 0; i < l->count; i++)
        if (l->item[i].fault)
            bc_message_print("spool: %s (%s) cannot be signed: %s", l->item[i].a.name,
                             l->item[i].a.subject.name[0] ? l->item[i].a.subject.name : "-",
                             l->item[i].fault);
}

static json_t *item_json(const struct bc_acceptance *item)
{
    char hex[2 * BC_HASH_BYTES + 1];

    bc_encoding_hex_encode(item->a.file.b, BC_HASH_BYTES, hex);
    if (item->fault)
        return json_pack("{s:s, s:s, s:s}", "file", item->a.name, "subject", item->a.subject.name,
                         "fault", item->fault);
    if (item->done)
        return json_pack("{s:s, s:s, s:s, s:s, s:I}", "file", item->a.name, "subject",
                         item->a.subject.name, "notice", item->a.notice_id, "sha256", hex, "event",
                         (json_int_t)item->index);
    return json_pack("{s:s, s:s, s:s, s:s}", "file", item->a.name, "subject", item->a.subject.name,
                     "notice", item->a.notice_id, "sha256", hex);
}

/* What came of it, or with --dry-run what is there. */
static void report_json(const struct bc_session *tool, const struct bc_acceptances *l)
{
    json_t *good = json_array(), *left = json_array();

    for (size_t i = 0; i < l->count; i++)
        json_array_append_new(l->item[i].fault ? left : good, item_json(&l->item[i]));
    bc_message_json(json_pack("{s:o, s:o, s:o}", "acceptances", good, "left", left, "receipts",
                              bc_receipts_json(tool)));
}

/* ---- signing ---- */

static void fill(const struct bc_session *tool, const struct bc_pending *a,
                 const struct bc_notice *n, struct bc_grant *g)
{
    char hex[2 * BC_HASH_BYTES + 1];

    memset(g, 0, sizeof *g);
    bc_encoding_hex_encode(a->file.b, BC_HASH_BYTES, hex);
    g->subject = a->subject;
    bc_grant_rules_adopt(n, g);
    g->kind = BC_WRITTEN_RELEASE;
    g->given_by = BC_SELF;
    g->valid_from = tool->now;
    (void)snprintf(g->collected, sizeof g->collected, "release typed by the subject (SHA-256 %s)",
                   hex);
    bc_subject_args_operator(g->recorded_by);
}

struct signing {
    struct bc_acceptances *list;
    struct bc_event *notice;
    struct bc_event *grant;
};

static int sign_item(struct bc_session *tool, struct bc_transaction *l, struct signing *s,
                     struct bc_acceptance *item)
{
    struct bc_leaf leaf;
    enum bc_result result;
    enum bc_result r;
    enum bc_grant_violation violation;

    bc_leaf_for_subject(&item->a.subject, &leaf);
    result = bc_transaction_leaf(l, &leaf, NULL);
    if (result != BC_OK && result != BC_ERR_NO_RECORD)
        return bc_message_fail_result(result, "subject", item->a.subject.name);
    item->fault = bc_sign_withdrawals_has(tool, &item->a.subject)
                      ? "it was withdrawn meanwhile"
                      : bc_acceptance_queue_fault(&l->snapshot, &leaf, &item->a, s->notice);
    if (item->fault)
        return 0;
    s->grant->type = BC_EVENT_GRANT;
    fill(tool, &item->a, &s->notice->u.notice, &s->grant->u.grant);
    violation = bc_grant_rules_check(&s->notice->u.notice, &s->grant->u.grant);
    if (violation != BC_GRANT_VIOLATES_NOTHING) {
        item->fault = bc_grant_rules_text(violation);
        return 0;
    }
    result =
        bc_active_consent_find_same(l, &s->grant->u.grant, tool->now, &item->twice, &item->index);
    if (result != BC_OK)
        return bc_message_fail_result(result, "subject", item->a.subject.name);
    if (item->twice)
        return 0;
    r = bc_transaction_append(l, s->grant, &item->index);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s; nothing was signed", item->a.subject.name,
                               bc_result_text(r));
    bc_receipts_note(tool, &item->a.subject, item->index);
    return 0;
}

/* Only what was shown, and is still there: somebody else may be signing too, and subjects withdraw.
 */
static int append_all(struct bc_session *tool, struct bc_transaction *ledger, void *ctx)
{
    struct signing *s = ctx;
    int code = 0;

    for (size_t i = 0; !code && i < s->list->count; i++) {
        struct bc_acceptance *item = &s->list->item[i];
        if (!item->fault && !bc_pending_unchanged(tool->spool, &item->a))
            item->fault = "it is gone: signed by somebody else, or withdrawn";
        if (!item->fault)
            code = sign_item(tool, ledger, s, item);
    }
    return code;
}

static void clear(const struct bc_session *tool, struct bc_acceptances *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct bc_acceptance *item = &l->item[i];
        if (item->fault)
            continue;
        item->done = 1;
        if (bc_pending_remove_acceptance(tool->spool, &item->a) == BC_ERR_IO)
            bc_message_print("the acceptance of %s is signed; its file in %s stays",
                             item->a.subject.name, tool->policy.spool_path);
    }
}

static int sign(struct bc_session *tool, const struct bc_args *args, struct bc_acceptances *l)
{
    struct signing s = {l, malloc(sizeof *s.notice), malloc(sizeof *s.grant)};
    int code = s.notice && s.grant ? 0 : bc_message_fail(BC_EXIT_REFUSED, "no memory");

    tool->now = (int64_t)time(NULL);
    if (!code)
        code = bc_session_write(tool, bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL),
                                append_all, &s);
    if (!code)
        clear(tool, l);
    free(s.notice);
    free(s.grant);
    return code;
}

/* ---- the verb ---- */

static int agreed(const struct bc_args *args, const struct bc_acceptances *l)
{
    char answer[8];

    if (bc_args_given(args, BC_OPTION_YES))
        return 0;
    if (!isatty(STDIN_FILENO))
        return bc_message_fail(BC_EXIT_USAGE, "sign signs without asking only with --yes");
    (void)printf("Sign %zu? [y/N] ", bc_acceptance_queue_good(l));
    if (bc_pager_read(answer, sizeof answer) && (answer[0] == 'y' || answer[0] == 'Y'))
        return 0;
    return bc_message_fail(BC_EXIT_REFUSED, "nothing was signed");
}

static void discard(const struct bc_session *tool, struct bc_acceptances *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->item[i].fault && unlinkat(tool->spool, l->item[i].a.name, 0) == 0)
            bc_message_print("spool: %s is removed", l->item[i].a.name);
}

static int finish(const struct bc_session *tool, const struct bc_acceptances *l)
{
    size_t good = bc_acceptance_queue_good(l);

    if (tool->json)
        report_json(tool, l);
    else if (l->count == 0)
        (void)printf("No acceptance is pending.\n");
    else
        (void)printf("%zu signed, %zu left.\n", good, l->count - good);
    for (size_t i = 0; !tool->json && i < l->count; i++)
        if (l->item[i].done && l->item[i].twice)
            (void)printf("%s had this consent already (event %llu).\n", l->item[i].a.subject.name,
                         (unsigned long long)l->item[i].index);
        else if (l->item[i].done)
            (void)printf("The consent of %s is recorded (event %llu, notice %s).\n",
                         l->item[i].a.subject.name, (unsigned long long)l->item[i].index,
                         l->item[i].a.notice_id);
    return good == l->count ? BC_EXIT_OK : BC_EXIT_REFUSED;
}

static int withdrawal_waits(const struct bc_session *tool)
{
    struct bc_pending_list list;
    int waits = 0;

    if (bc_pending_read(tool->spool, (uid_t)-1, &list) != BC_OK)
        return 0;
    for (size_t i = 0; i < list.count; i++)
        waits |= list.item[i].kind == BC_PENDING_WITHDRAWAL && list.item[i].fault == BC_OK;
    bc_pending_free(&list);
    return waits;
}

static int process(struct bc_session *tool, const struct bc_args *args, struct bc_acceptances *l)
{
    int code = bc_acceptance_queue_load(tool, l);

    if (code)
        return code;
    if (!tool->json)
        show(l);
    if (bc_args_given(args, BC_OPTION_DRY_RUN)) {
        if (tool->json)
            report_json(tool, l);
        return BC_EXIT_OK;
    }
    if (bc_acceptance_queue_good(l))
        code = agreed(args, l);
    if (!code && (bc_acceptance_queue_good(l) || withdrawal_waits(tool)))
        code = sign(tool, args, l);
    if (code)
        return code;
    if (bc_args_given(args, BC_OPTION_DISCARD))
        discard(tool, l);
    return finish(tool, l);
}

static int run_sign(struct bc_session *tool, const struct bc_args *args)
{
    struct bc_acceptances list = {NULL, 0};
    int code;

    code = bc_session_config(tool);
    if (!code)
        code = process(tool, args, &list);
    free(list.item);
    return code;
}

const struct bc_verb bc_verb_sign = {
    .name = "sign",
    .summary = "sign the acceptances that are pending",
    .usage = {"[--yes | --dry-run] [--discard] [--passphrase-file FILE]"},
    .description =
        "Shows the pending acceptances, checks them again, and signs them: each becomes a consent. "
        "Pending withdrawals are signed first. An acceptance that cannot be signed is named and "
        "stays pending; --discard removes it. --dry-run only shows them. Without a terminal, --yes "
        "is required. Each person gets a receipt as a file, whose path is printed. The exit status "
        "is 1 if an acceptance could not be signed.",
    .examples = {"bioconsent sign"},
    .options = {BC_OPTION_YES, BC_OPTION_DRY_RUN, BC_OPTION_DISCARD, BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_sign,
};
