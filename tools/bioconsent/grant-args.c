/* SPDX-License-Identifier: BSD-2-Clause */
#include "grant-args.h"

#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "grant-rules.h"
#include "notice-files.h"
#include "receipts.h"
#include "base/encoding.h"
#include "base/text.h"

static int copy_line(const char *name, const char *value, char out[BC_LINE_MAX + 1])
{
    if (!value || value[0] == '\0' || strlen(value) > BC_LINE_MAX ||
        !bc_text_clean(value, strlen(value), 0))
        return bc_message_fail(BC_EXIT_USAGE, "a consent needs --%s: text of 1 to %d bytes", name,
                       BC_LINE_MAX);
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

static int copy_time(struct bc_args *args, const char *name, int64_t *out)
{
    const char *value = bc_arg_value(args, name, NULL);

    if (value && bc_datetime_parse(value, strlen(value), out) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--%s %s: write it as 2027-06-30T00:00:00Z", name, value);
    return 0;
}

static int copy_hash(struct bc_args *args, const char *name, int *has, struct bc_hash *out)
{
    const char *hex = bc_arg_value(args, name, NULL);

    if (!hex)
        return 0;
    if (bc_encoding_hex_decode(hex, strlen(hex), out->b, BC_HASH_BYTES) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--%s: 64 lower-case hex digits", name);
    *has = 1;
    return 0;
}

static int given_for_somebody(struct bc_args *args)
{
    return bc_arg(args, "representative")->given || bc_arg(args, "authority")->given ||
           bc_arg(args, "evidence-sha256")->given;
}

static int copy_giver(struct bc_args *args, struct bc_grant *g)
{
    int giver = bc_vocabulary_value(BC_VOCABULARY_GIVEN_BY, bc_arg_value(args, "given-by", "self"));
    int code;

    if (giver < 0)
        return bc_message_fail(BC_EXIT_USAGE, "--given-by: self, representative or guardian");
    g->giver = (enum bc_given_by)giver;
    if (g->giver == BC_SELF)
        return given_for_somebody(args)
                   ? bc_message_fail(BC_EXIT_USAGE, "--representative, --authority and --evidence-sha256 "
                             "go with --given-by representative or guardian")
                   : 0;
    code = copy_line("representative", bc_arg_value(args, "representative", NULL),
                     g->representative);
    if (!code)
        code = copy_line("authority", bc_arg_value(args, "authority", NULL), g->authority);
    return code ? code : copy_hash(args, "evidence-sha256", &g->has_evidence, &g->evidence);
}

int bc_grant_args_fill(struct bc_session *tool, struct bc_args *args, const char *collected,
                   struct bc_grant *g)
{
    int code = copy_giver(args, g);

    g->valid_from = tool->now;
    if (!code)
        code = copy_line("collected", collected, g->collected);
    if (!code)
        code = copy_hash(args, "paper-sha256", &g->has_paper, &g->paper);
    if (!code)
        code = copy_time(args, "valid-from", &g->valid_from);
    if (!code)
        code = copy_time(args, "expires", &g->expires);
    if (!code && g->expires && g->expires <= g->valid_from)
        code = bc_message_fail(BC_EXIT_USAGE, "it would expire before it is valid");
    bc_subject_args_operator(g->recorded_by);
    return code;
}

void bc_grant_args_on(const struct bc_notice *n, struct bc_grant *g)
{
    memcpy(g->notice_id, n->id, sizeof g->notice_id);
    g->notice = n->text;
    g->scope = n->scope;
    g->jurisdictions = n->jurisdictions;
    g->kind = n->kind;
}

int bc_grant_args_notice(struct bc_snapshot *s, const char *which, struct bc_event *out)
{
    enum bc_reason reason = bc_current_notice_find(s, which, out);

    if (reason == BC_REASON_NO_RECORD)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "there is no accepted notice %s; see bioconsent notice "
                       "list, or publish it first", which);
    return reason == BC_REASON_ALLOW ? 0 : bc_message_fail_reason(reason, "notice", which);
}

int bc_grant_args_append(struct bc_session *tool, struct bc_transaction *l, struct bc_event *e,
                     uint64_t *index)
{
    const struct bc_grant *g = &e->u.grant;
    uint64_t old = 0;
    enum bc_result r;
    int twice, code = bc_consent_twice(tool, l, g, &twice, &old);

    if (!code && twice)
        code = bc_message_fail(BC_EXIT_REFUSED, "%s has this consent already (event %llu)",
                       g->subject.name, (unsigned long long)old);
    if (code)
        return code;
    r = bc_transaction_append(l, e, index);
    if (r == BC_ERR_TOO_LARGE)
        return bc_message_fail(BC_EXIT_REFUSED, "%s has %d consents in force already; revoke some",
                       g->subject.name, BC_ACTIVE_MAX);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "grant: %s", bc_result_text(r));
    bc_receipts_note(tool, &g->subject, *index);
    return 0;
}

void bc_grant_args_report(const struct bc_session *tool, const struct bc_grant *g, uint64_t index)
{
    if (tool->json)
        bc_message_json(json_pack("{s:s, s:I, s:s, s:o}", "subject", g->subject.name, "event",
                                (json_int_t)index, "notice", g->notice_id, "receipts",
                                bc_receipts_json(tool)));
    else
        (void)printf("The consent of %s is recorded (event %llu, notice %s).\n", g->subject.name,
                     (unsigned long long)index, g->notice_id);
}
