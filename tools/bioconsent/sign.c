/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/encoding.h"
#include "common/memory.h"
#include "consent/grant-rules.h"
#include "consent/notice.h"
#include "pager.h"
#include "receipts.h"
#include "session.h"
#include "store/current-notice.h"
#include "store/pending.h"

/* A pending acceptance. It is unsigned, so everything in it is checked again. */
struct acceptance {
    struct bc_pending a;
    const char *fault; /* why it cannot be signed; NULL: it can */
    int done;          /* the consent is recorded */
    int twice;         /* it was before */
    uint64_t index;
};

struct acceptances {
    struct acceptance *item; /* in the order of the names of their files */
    size_t count, good;      /* good: without a fault */
    int withdrawals;         /* at least one withdrawal is pending */
};

static struct bc_event notice; /* of the acceptance that was checked last */

/* Returns why the acceptance cannot become a consent, or NULL with its notice in `notice`. */
static const char *check_acceptance(struct bc_snapshot *s, const struct bc_leaf *leaf,
                                    const struct bc_pending *a)
{
    const struct bc_notice *n = &notice.u.notice;
    char release[BC_SLOT_MAX + 1];
    struct bc_subject now;

    if (!bc_subject_args_account(a->subject.name, &now) ||
        !bc_event_subject_equal(&now, &a->subject))
        return "there is no account of this name and number any more";
    if (leaf->ended && leaf->ending.index >= a->log_size)
        return "a consent was withdrawn or ended since";
    if (leaf->active_count == BC_ACTIVE_MAX)
        return "there are too many consents in force; revoke some";
    if (bc_snapshot_notice(s, a->notice_id, &a->notice, &notice) != BC_OK)
        return "the notice is not, or no longer, current";
    if (n->givers && !(n->givers & (1U << BC_SELF)))
        return "the notice is not for the subject to accept";
    if (bc_current_notice_release(s, n, release) != BC_OK ||
        !bc_notice_release_matches(release, a->typed))
        return "what was typed is not the release of the notice";
    return NULL;
}

static void count_good(struct acceptances *l)
{
    l->good = 0;
    for (size_t i = 0; i < l->count; i++)
        l->good += l->item[i].fault == NULL;
}

static void load_acceptances(struct bc_session *session, struct acceptances *l)
{
    static struct bc_snapshot snapshot;
    struct bc_pending_list list;
    enum bc_result r = bc_pending_read(session->spool, session->owner, &list);

    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", session->config.spool_path, bc_result_text(r));
    bc_session_snapshot(session, &snapshot, 1);
    l->item = bc_memory_new(list.count, sizeof *l->item);
    for (size_t i = 0; i < list.count; i++) {
        const struct bc_pending *p = &list.item[i];
        struct acceptance *item = &l->item[l->count];
        struct bc_leaf leaf;

        l->withdrawals |= p->kind == BC_PENDING_WITHDRAWAL && p->fault == BC_OK;
        if (p->kind != BC_PENDING_ACCEPTANCE)
            continue;
        l->count++;
        item->a = *p;
        if (p->fault != BC_OK) {
            item->fault = p->fault == BC_ERR_UNTRUSTED ? "it is not a file of the service user"
                                                       : bc_result_text(p->fault);
            continue;
        }
        bc_leaf_for_subject(&p->subject, &leaf);
        r = bc_snapshot_leaf(&snapshot, &leaf, NULL);
        item->fault = r == BC_OK || r == BC_ERR_NO_RECORD ? check_acceptance(&snapshot, &leaf, p)
                                                          : bc_result_text(r);
    }
    bc_store_close(snapshot.store);
    bc_pending_free(&list);
    count_good(l);
}

static void print_acceptances(const struct acceptances *l)
{
    char when[40];

    if (l->good)
        (void)printf("%-16s %-24s %s\n", "SUBJECT", "NOTICE", "ACCEPTED");
    for (size_t i = 0; i < l->count; i++) {
        const struct bc_pending *a = &l->item[i].a;
        bc_message_time(a->time, when);
        if (!l->item[i].fault)
            (void)printf("%-16s %-24s %s\n", a->subject.name, a->notice_id, when);
    }
    for (size_t i = 0; i < l->count; i++)
        if (l->item[i].fault)
            bc_message_print("pending acceptance %s (%s) cannot be signed: %s", l->item[i].a.name,
                             l->item[i].a.subject.name[0] ? l->item[i].a.subject.name : "-",
                             l->item[i].fault);
}

/* What was signed, or with --dry-run what is pending. */
static void print_json(const struct bc_session *session, const struct acceptances *l)
{
    json_t *good = json_array(), *left = json_array();
    char hex[2 * BC_HASH_BYTES + 1];

    for (size_t i = 0; i < l->count; i++) {
        const struct acceptance *item = &l->item[i];
        json_t *o = json_pack("{s:s, s:s}", "file", item->a.name, "subject", item->a.subject.name);
        json_array_append_new(item->fault ? left : good, o);
        if (item->fault) {
            json_object_set_new(o, "fault", json_string(item->fault));
            continue;
        }
        bc_encoding_hex_encode(item->a.file.b, BC_HASH_BYTES, hex);
        json_object_set_new(o, "notice", json_string(item->a.notice_id));
        json_object_set_new(o, "sha256", json_string(hex));
        if (item->done)
            json_object_set_new(o, "event", json_integer((json_int_t)item->index));
    }
    bc_message_json(json_pack("{s:o, s:o, s:o}", "acceptances", good, "left", left, "receipts",
                              bc_receipts_json(session)));
}

static void append_grant(struct bc_session *session, struct acceptance *item)
{
    static struct bc_event grant;
    struct bc_grant *g = &grant.u.grant;
    char hex[2 * BC_HASH_BYTES + 1];
    enum bc_grant_violation violation;
    enum bc_result r;

    memset(&grant, 0, sizeof grant);
    grant.type = BC_EVENT_GRANT;
    g->subject = item->a.subject;
    bc_grant_rules_adopt(&notice.u.notice, g);
    g->kind = BC_WRITTEN_RELEASE;
    g->given_by = BC_SELF;
    g->valid_from = session->now;
    bc_encoding_hex_encode(item->a.file.b, BC_HASH_BYTES, hex);
    (void)snprintf(g->collected, sizeof g->collected, "release typed by the subject (SHA-256 %s)",
                   hex);
    bc_subject_args_operator(g->recorded_by);
    violation = bc_grant_rules_check(&notice.u.notice, g);
    if (violation != BC_GRANT_VIOLATES_NOTHING) {
        item->fault = bc_grant_rules_text(violation);
        return;
    }
    r = bc_transaction_find_same(session->transaction, g, session->now, &item->twice, &item->index);
    if (r != BC_OK)
        bc_message_die_result(r, "subject", g->subject.name);
    if (item->twice)
        return;
    r = bc_transaction_append(session->transaction, &grant, &item->index);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s; nothing was signed", g->subject.name,
                       bc_result_text(r));
    bc_receipts_note(session, &g->subject, item->index);
}

/* Signs only what was shown and is still there: another administrator may be signing at the same
 * time, and subjects withdraw. */
static void sign_acceptances(struct bc_session *session, const struct bc_args *args,
                             struct acceptances *l)
{
    struct bc_transaction *t;

    session->now = (int64_t)time(NULL);
    t = bc_session_begin(session, args);
    for (size_t i = 0; i < l->count; i++) {
        struct acceptance *item = &l->item[i];
        struct bc_leaf leaf;
        enum bc_result r;
        if (!item->fault && !bc_pending_unchanged(session->spool, &item->a))
            item->fault = "it is gone: signed by another process, or withdrawn";
        if (item->fault)
            continue;
        bc_leaf_for_subject(&item->a.subject, &leaf);
        r = bc_transaction_leaf(t, &leaf, NULL);
        if (r != BC_OK && r != BC_ERR_NO_RECORD)
            bc_message_die_result(r, "subject", item->a.subject.name);
        item->fault = bc_session_has_withdrawal(session, &item->a.subject)
                          ? "it was withdrawn meanwhile"
                          : check_acceptance(&t->snapshot, &leaf, &item->a);
        if (!item->fault)
            append_grant(session, item);
    }
    bc_session_end(session);
    for (size_t i = 0; i < l->count; i++) {
        struct acceptance *item = &l->item[i];
        item->done = !item->fault;
        if (item->done && bc_pending_remove_acceptance(session->spool, &item->a) == BC_ERR_IO)
            bc_message_print("the acceptance of %s is signed; its file in %s stays",
                             item->a.subject.name, session->config.spool_path);
    }
    count_good(l);
}

static void print_signed(const struct acceptances *l)
{
    if (l->count == 0)
        (void)printf("No acceptance is pending.\n");
    else
        (void)printf("%zu signed, %zu left.\n", l->good, l->count - l->good);
    for (size_t i = 0; i < l->count; i++) {
        const struct acceptance *item = &l->item[i];
        if (item->done && item->twice)
            (void)printf("%s had this consent already (event %llu).\n", item->a.subject.name,
                         (unsigned long long)item->index);
        else if (item->done)
            (void)printf("The consent of %s is recorded (event %llu, notice %s).\n",
                         item->a.subject.name, (unsigned long long)item->index, item->a.notice_id);
    }
}

static int run_sign(struct bc_session *session, const struct bc_args *args)
{
    static struct acceptances l;
    int dry_run = bc_args_given(args, BC_OPTION_DRY_RUN);

    bc_session_config(session);
    load_acceptances(session, &l);
    if (!session->json)
        print_acceptances(&l);
    if (!dry_run && l.good && !bc_args_given(args, BC_OPTION_YES)) {
        if (!isatty(STDIN_FILENO))
            bc_message_die(BC_EXIT_USAGE, "sign signs without asking only with --yes");
        if (!bc_pager_confirm("Sign %zu?", l.good))
            bc_message_die(BC_EXIT_REFUSED, "nothing was signed");
    }
    if (!dry_run && (l.good || l.withdrawals))
        sign_acceptances(session, args, &l);
    for (size_t i = 0; i < l.count && !dry_run && bc_args_given(args, BC_OPTION_DISCARD); i++)
        if (l.item[i].fault && unlinkat(session->spool, l.item[i].a.name, 0) == 0)
            bc_message_print("pending acceptance %s is removed", l.item[i].a.name);
    if (session->json)
        print_json(session, &l);
    else if (!dry_run)
        print_signed(&l);
    free(l.item);
    return dry_run || l.good == l.count ? BC_EXIT_OK : BC_EXIT_REFUSED;
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
