/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "grant-rules.h"
#include "grant-args.h"
#include "scope-args.h"
#include "session.h"

static const char help[] =
    "usage: bioconsent grant USER --notice ID-OR-SHA256 [--modality M,...] [--operation O,...]\n"
    "           [--provider P,...] [--purpose P,...] [--kind KIND] [--collected HOW]\n"
    "           [--given-by self|representative|guardian] [--representative NAME --authority TEXT]\n"
    "           [--evidence-sha256 HEX] [--paper-sha256 HEX] [--valid-from TIME] [--expires TIME]\n"
    "           [--external] [--passphrase-file FILE]\n\n"
    "Records that USER has consented, on the notice that was read. The scope is the notice's unless\n"
    "narrower options say less. Who consents for USER is named, with the authority to do so and the\n"
    "SHA-256 of what shows it. TIME is RFC 3339 in UTC. Pending withdrawals are signed first. A person\n"
    "with an account gets a receipt as a file.\n\n"
    "Examples: bioconsent grant alice --notice login-fingerprint\n"
    "          bioconsent grant bob --notice login-fingerprint --operation authenticate \\\n"
    "              --collected 'on paper' --paper-sha256 HEX --expires 2027-06-30T00:00:00Z\n";

/* What is asked for, and what becomes of it. */
struct granting {
    struct bc_args *args;
    struct bc_event *event;
    uint64_t index;
};

static int apply_notice(struct bc_args *args, const struct bc_notice *n, struct bc_grant *g)
{
    const char *kind = bc_arg_value(args, "kind", bc_vocabulary_name(BC_VOCABULARY_KIND, n->kind));
    int code;

    bc_grant_args_on(n, g);
    code = bc_scope_args_parse(args, &g->scope);
    if (!code)
        code = bc_scope_args_words(bc_arg(args, "jurisdiction"), &g->jurisdictions);
    if (code)
        return code;
    if (bc_vocabulary_value(BC_VOCABULARY_KIND, kind) < 0)
        return bc_message_fail(BC_EXIT_USAGE, "unknown kind: %s", kind);
    g->kind = (enum bc_kind)bc_vocabulary_value(BC_VOCABULARY_KIND, kind);
    return bc_consent_within(0, n, g);
}

static int append(struct bc_session *tool, struct bc_transaction *l, void *ctx)
{
    struct granting *granting = ctx;
    struct bc_event *notice = malloc(sizeof *notice);
    int code = notice ? bc_grant_args_notice(&l->snapshot, bc_arg_value(granting->args, "notice", NULL),
                                         notice)
                      : bc_message_fail(BC_EXIT_REFUSED, "no memory");

    if (!code)
        code = apply_notice(granting->args, &notice->u.notice, &granting->event->u.grant);
    free(notice);
    return code ? code : bc_grant_args_append(tool, l, granting->event, &granting->index);
}

static int run(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {BC_SCOPE_OPTIONS, BC_GIVING_OPTIONS,
                               {.name = "notice", .kind = BC_ARG_ONE},
                               {.name = "kind", .kind = BC_ARG_ONE},
                               {.name = "collected", .kind = BC_ARG_ONE},
                               {.name = "external", .kind = BC_ARG_FLAG},
                               {.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct granting granting = {.args = &args};
    struct bc_grant *g;
    int code = bc_session_args(tool, &bc_verb_grant, &args, argc, argv, 1, 1);

    if (code >= 0)
        return code;
    if (!bc_arg(&args, "notice")->given)
        return bc_message_fail(BC_EXIT_USAGE, "a grant names the notice it rests on: --notice ID");
    granting.event = calloc(1, sizeof *granting.event);
    if (!granting.event)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    granting.event->type = BC_EVENT_GRANT;
    g = &granting.event->u.grant;
    code = bc_subject_args_find(args.operands[0], bc_arg(&args, "external")->given, &g->subject);
    if (!code)
        code = bc_grant_args_fill(tool, &args,
                              bc_arg_value(&args, "collected", bc_arg(&args, "paper-sha256")->given
                                                                   ? "on paper"
                                                                   : "recorded by the administrator"),
                              g);
    if (!code)
        code = bc_session_write(tool, bc_arg_value(&args, "passphrase-file", NULL), append, &granting);
    if (!code)
        bc_grant_args_report(tool, g, granting.index);
    free(granting.event);
    return code;
}

const struct bc_verb bc_verb_grant = {"grant", "record a consent", help, run};
