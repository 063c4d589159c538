/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "consent.h"
#include "notices.h"
#include "scope.h"
#include "text.h"
#include "tool.h"

static const char help[] =
    "usage: bioconsent grant USER --notice ID-OR-SHA256 [--modality M,...] [--operation O,...]\n"
    "           [--provider P,...] [--purpose P,...] [--kind KIND] [--given-by self|representative]\n"
    "           [--representative NAME --authority TEXT] [--collected HOW] [--paper-sha256 HEX]\n"
    "           [--valid-from TIME] [--expires TIME] [--external-subject] [--passphrase-file FILE]\n\n"
    "Records that USER has consented, on the notice that was read. The scope is the notice's unless\n"
    "narrower options say less. TIME is RFC 3339 in UTC. Withdrawals that wait are signed first.\n\n"
    "Examples: bioconsent grant alice --notice login-finger\n"
    "          bioconsent grant bob --notice login-finger --operation authenticate \\\n"
    "              --collected 'on paper' --paper-sha256 HEX --expires 2027-06-30T00:00:00Z\n";

/* What is asked for, and what becomes of it. */
struct granting {
    struct bc_args *args;
    struct bc_event *event;
    uint64_t index;
};

static int copy_line(struct bc_args *args, const char *name, const char *fallback,
                     char out[BC_LINE_MAX + 1])
{
    const char *value = bc_arg_value(args, name, fallback);

    if (!value || value[0] == '\0' || strlen(value) > BC_LINE_MAX ||
        !bc_text_clean(value, strlen(value), 0))
        return bc_fail(BC_EXIT_USAGE, "grant needs --%s: text of 1 to %d bytes", name, BC_LINE_MAX);
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

static int copy_time(struct bc_args *args, const char *name, int64_t *out)
{
    const char *value = bc_arg_value(args, name, NULL);

    if (value && bc_time_parse(value, strlen(value), out) != BC_OK)
        return bc_fail(BC_EXIT_USAGE, "--%s %s: write it as 2027-06-30T00:00:00Z", name, value);
    return 0;
}

static int copy_paper(struct bc_args *args, struct bc_grant *g)
{
    const char *hex = bc_arg_value(args, "paper-sha256", NULL);

    if (!hex)
        return 0;
    if (bc_hex_decode(hex, strlen(hex), g->paper.b, BC_HASH_BYTES) != BC_OK)
        return bc_fail(BC_EXIT_USAGE, "--paper-sha256: 64 lower-case hex digits");
    g->has_paper = 1;
    return 0;
}

static int copy_giver(struct bc_args *args, struct bc_grant *g)
{
    int giver = bc_giver_from(bc_arg_value(args, "given-by", "self"));
    int code;

    if (giver < 0)
        return bc_fail(BC_EXIT_USAGE, "--given-by: self or representative");
    g->giver = (enum bc_giver)giver;
    if (g->giver == BC_SELF)
        return 0;
    code = copy_line(args, "representative", NULL, g->representative);
    return code ? code : copy_line(args, "authority", NULL, g->authority);
}

/* What the options say about the grant, apart from subject and scope. */
static int fill(struct bc_tool *tool, struct bc_args *args, struct bc_grant *g)
{
    int code = copy_giver(args, g);

    g->valid_from = tool->now;
    if (!code)
        code = copy_line(args, "collected", "recorded by the administrator", g->collected);
    if (!code)
        code = copy_paper(args, g);
    if (!code)
        code = copy_time(args, "valid-from", &g->valid_from);
    if (!code)
        code = copy_time(args, "expires", &g->expires);
    if (!code && g->expires && g->expires <= g->valid_from)
        code = bc_fail(BC_EXIT_USAGE, "it would expire before it is valid");
    bc_tool_operator(g->recorded_by);
    return code;
}

static int apply_notice(struct bc_args *args, const struct bc_notice *n, struct bc_grant *g)
{
    const char *kind = bc_arg_value(args, "kind", bc_kind_name(n->kind));
    int code;

    memcpy(g->notice_id, n->id, sizeof g->notice_id);
    g->notice = n->text;
    g->scope = n->scope;
    g->jurisdictions = n->jurisdictions;
    code = bc_scope_from_args(args, &g->scope);
    if (!code)
        code = bc_words_from_arg(bc_arg(args, "jurisdiction"), &g->jurisdictions);
    if (code)
        return code;
    if (bc_kind_from(kind) < 0)
        return bc_fail(BC_EXIT_USAGE, "unknown kind: %s", kind);
    g->kind = (enum bc_kind)bc_kind_from(kind);
    return bc_consent_within(0, n, g);
}

static int refuse_twice(struct bc_tool *tool, struct bc_ledger *l, const struct bc_grant *g)
{
    uint64_t index = 0;
    int twice, code = bc_consent_twice(tool, l, g, &twice, &index);

    if (!code && twice)
        code = bc_fail(BC_EXIT_REFUSED, "%s has this consent already (event %llu)",
                       g->subject.name, (unsigned long long)index);
    return code;
}

static int append(struct bc_tool *tool, struct bc_ledger *l, void *ctx)
{
    struct granting *granting = ctx;
    struct bc_event *e = granting->event;
    const char *which = bc_arg_value(granting->args, "notice", NULL);
    struct bc_event *notice = malloc(sizeof *notice);
    enum bc_reason reason = notice ? bc_notices_find(&l->snapshot, which, notice) : BC_SYSTEM;
    enum bc_result r;
    int code;

    if (reason == BC_NO_RECORD)
        code = bc_fail(BC_EXIT_NOT_FOUND, "there is no accepted notice %s; see bioconsent notice "
                       "list, or publish it first", which);
    else if (reason != BC_ALLOW)
        code = bc_fail_reason(reason, "notice", which);
    else
        code = apply_notice(granting->args, &notice->u.notice, &e->u.grant);
    free(notice);
    if (!code)
        code = refuse_twice(tool, l, &e->u.grant);
    if (code)
        return code;
    r = bc_ledger_append(l, e, &granting->index);
    if (r == BC_ERR_TOO_LARGE)
        return bc_fail(BC_EXIT_REFUSED, "%s has %d consents in force already; revoke some",
                       e->u.grant.subject.name, BC_LIVE_MAX);
    return r == BC_OK ? 0 : bc_fail(BC_EXIT_REFUSED, "grant: %s", bc_result_text(r));
}

static int record(struct bc_tool *tool, struct bc_args *args, struct bc_event *e)
{
    struct granting granting = {.args = args, .event = e};
    int code = bc_tool_write(tool, bc_arg_value(args, "passphrase-file", NULL), append, &granting);

    if (code)
        return code;
    if (tool->json)
        bc_print_json(json_pack("{s:s, s:I, s:s}", "subject", e->u.grant.subject.name, "event",
                                (json_int_t)granting.index, "notice", e->u.grant.notice_id));
    else
        (void)printf("The consent of %s is recorded (event %llu, notice %s).\n",
                     e->u.grant.subject.name, (unsigned long long)granting.index,
                     e->u.grant.notice_id);
    return BC_EXIT_OK;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {BC_SCOPE_OPTIONS,
                               {.name = "notice", .kind = BC_ARG_ONE},
                               {.name = "kind", .kind = BC_ARG_ONE},
                               {.name = "given-by", .kind = BC_ARG_ONE},
                               {.name = "representative", .kind = BC_ARG_ONE},
                               {.name = "authority", .kind = BC_ARG_ONE},
                               {.name = "collected", .kind = BC_ARG_ONE},
                               {.name = "paper-sha256", .kind = BC_ARG_ONE},
                               {.name = "valid-from", .kind = BC_ARG_ONE},
                               {.name = "expires", .kind = BC_ARG_ONE},
                               {.name = "external-subject", .kind = BC_ARG_FLAG},
                               {.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct bc_event *e;
    int code = bc_tool_args(tool, &bc_verb_grant, &args, argc, argv, 1, 1);

    if (code >= 0)
        return code;
    if (!bc_arg(&args, "notice")->given)
        return bc_fail(BC_EXIT_USAGE, "a grant names the notice it rests on: --notice ID");
    e = calloc(1, sizeof *e);
    if (!e)
        return bc_fail(BC_EXIT_REFUSED, "no memory");
    e->type = BC_EVENT_GRANT;
    code = bc_tool_subject(args.operands[0], bc_arg(&args, "external-subject")->given,
                           &e->u.grant.subject);
    if (!code)
        code = fill(tool, &args, &e->u.grant);
    if (!code)
        code = record(tool, &args, e);
    free(e);
    return code;
}

const struct bc_verb bc_verb_grant = {"grant", "record a consent", help, run};
