/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/text.h"
#include "grant-file.h"
#include "notice-files.h"
#include "receipts.h"
#include "scope-args.h"
#include "session.h"
#include "store/active-consent.h"

static const char help[] =
    "usage: bioconsent grant USER NOTICE [--modality M,...] [--operation O,...] [--provider "
    "P,...]\n"
    "           [--purpose P,...] [--jurisdiction J,...] [--kind KIND] [--collected HOW]\n"
    "           [--paper SHA256] [--valid-from TIME] [--expires TIME] [--external | --uid N]\n"
    "           [--given-by representative|guardian --representative NAME --authority TEXT\n"
    "            [--proof SHA256]] [--passphrase-file FILE]\n"
    "       bioconsent grant --from FILE|- [--passphrase-file FILE]\n\n"
    "Records that USER has consented to NOTICE (an id, or the SHA-256 of its text). The scope is "
    "the\n"
    "notice's unless options narrow it. --paper is the SHA-256 of the scanned paper, --proof that "
    "of the\n"
    "document which shows the authority. TIME is RFC 3339 in UTC. Pending withdrawals are signed "
    "first.\n"
    "--external, --uid N: USER has no account, or none any more.\n\n"
    "--from records every consent of FILE at once, or none: JSON lines as bioconsent list --json "
    "writes\n"
    "them, or CSV whose header names the same members. A row needs the person (subject or "
    "external) and\n"
    "the notice (notice_id or notice); lists in a cell of CSV have spaces between words. Every bad "
    "line is\n"
    "reported. A consent that is active already is skipped, so a file can be recorded twice.\n\n"
    "Examples: bioconsent grant alice login-fingerprint\n"
    "          bioconsent grant bob login-fingerprint --operation authenticate --paper SHA256\n"
    "          bioconsent grant --from consents.csv\n";

/* What is asked for, and what becomes of it. */
struct granting {
    struct bc_args *args;
    struct bc_event *event;
    uint64_t index;
};

/* ---- options ---- */

static int copy_line_option(struct bc_args *args, const char *name, const char *fallback,
                            char out[BC_LINE_MAX + 1])
{
    const char *value = bc_arg_value(args, name, fallback);

    if (!value || value[0] == '\0' || strlen(value) > BC_LINE_MAX ||
        !bc_text_clean(value, strlen(value), 0))
        return bc_message_fail(BC_EXIT_USAGE, "a consent needs --%s: text of 1 to %d bytes", name,
                               BC_LINE_MAX);
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

static int parse_time_option(struct bc_args *args, const char *name, int64_t *out)
{
    const char *value = bc_arg_value(args, name, NULL);

    if (value && bc_datetime_parse(value, strlen(value), out) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--%s %s: write it as 2027-06-30T00:00:00Z", name,
                               value);
    return 0;
}

static int parse_hash_option(struct bc_args *args, const char *name, int *has, struct bc_hash *out)
{
    const char *hex = bc_arg_value(args, name, NULL);

    if (!hex)
        return 0;
    if (bc_encoding_hex_decode(hex, strlen(hex), out->b, BC_HASH_BYTES) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--%s: 64 lower-case hex digits", name);
    *has = 1;
    return 0;
}

static int parse_giver_options(struct bc_args *args, struct bc_grant *g)
{
    int giver = bc_vocabulary_value(BC_VOCABULARY_GIVEN_BY, bc_arg_value(args, "given-by", "self"));
    int code;

    if (giver < 0)
        return bc_message_fail(BC_EXIT_USAGE, "--given-by: self, representative or guardian");
    g->given_by = (enum bc_given_by)giver;
    if (g->given_by == BC_SELF) {
        if (bc_arg(args, "representative")->given || bc_arg(args, "authority")->given ||
            bc_arg(args, "proof")->given)
            return bc_message_fail(BC_EXIT_USAGE,
                                   "--representative, --authority and --proof go with "
                                   "--given-by representative or guardian");
        return 0;
    }
    code = copy_line_option(args, "representative", NULL, g->representative);
    if (!code)
        code = copy_line_option(args, "authority", NULL, g->authority);
    return code ? code : parse_hash_option(args, "proof", &g->has_evidence, &g->evidence);
}

/* All that the options say apart from what the notice decides as well. */
static int parse_options(struct bc_session *tool, struct bc_args *args, struct bc_grant *g)
{
    const char *collected =
        bc_arg(args, "paper")->given ? "on paper" : "recorded by the administrator";
    int code = bc_subject_args_parse(args, &g->subject);

    g->valid_from = tool->now;
    if (!code)
        code = parse_giver_options(args, g);
    if (!code)
        code = copy_line_option(args, "collected", collected, g->collected);
    if (!code)
        code = parse_hash_option(args, "paper", &g->has_paper, &g->paper);
    if (!code)
        code = parse_time_option(args, "valid-from", &g->valid_from);
    if (!code)
        code = parse_time_option(args, "expires", &g->expires);
    if (!code && g->expires && g->expires <= g->valid_from)
        code = bc_message_fail(BC_EXIT_USAGE, "--expires: %s",
                               bc_grant_rules_text(BC_GRANT_VIOLATES_PERIOD));
    bc_subject_args_operator(g->recorded_by);
    return code;
}

/* ---- under the notice ---- */

static int apply_notice(struct bc_args *args, const struct bc_notice *n, struct bc_grant *g)
{
    const char *kind = bc_arg_value(args, "kind", bc_vocabulary_name(BC_VOCABULARY_KIND, n->kind));
    enum bc_grant_violation v;
    char text[1024];
    int code;

    bc_grant_rules_adopt(n, g);
    code = bc_scope_args_parse(args, &g->scope);
    if (!code)
        code = bc_scope_args_words(bc_arg(args, "jurisdiction"), &g->jurisdictions);
    if (code)
        return code;
    if (bc_vocabulary_value(BC_VOCABULARY_KIND, kind) < 0)
        return bc_message_fail(BC_EXIT_USAGE, "unknown kind: %s", kind);
    g->kind = (enum bc_kind)bc_vocabulary_value(BC_VOCABULARY_KIND, kind);
    v = bc_grant_rules_check(n, g);
    if (v == BC_GRANT_VIOLATES_NOTHING)
        return 0;
    bc_grant_describe(v, n, g, text, sizeof text);
    return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", g->subject.name, text);
}

static int append(struct bc_session *tool, struct bc_transaction *l, void *ctx)
{
    struct granting *granting = ctx;
    struct bc_grant *g = &granting->event->u.grant;
    const char *which = granting->args->operands[1];
    struct bc_event *notice = malloc(sizeof *notice);
    enum bc_result r = notice ? bc_current_notice_find(&l->snapshot, which, notice) : BC_ERR_MEMORY;
    uint64_t old = 0;
    int found = 0, code = 0;

    if (r == BC_ERR_NO_RECORD)
        code = bc_message_fail(BC_EXIT_NOT_FOUND,
                               "there is no accepted notice %s; see bioconsent notice "
                               "list, or publish it first",
                               which);
    else if (r != BC_OK)
        code = bc_message_fail_result(r, "notice", which);
    else
        code = apply_notice(granting->args, &notice->u.notice, g);
    free(notice);
    if (code)
        return code;
    r = bc_active_consent_find_same(l, g, tool->now, &found, &old);
    if (r != BC_OK)
        return bc_message_fail_result(r, "subject", g->subject.name);
    if (found)
        return bc_message_fail(BC_EXIT_REFUSED, "%s has this consent already (event %llu)",
                               g->subject.name, (unsigned long long)old);
    r = bc_transaction_append(l, granting->event, &granting->index);
    if (r == BC_ERR_TOO_LARGE)
        return bc_message_fail(BC_EXIT_REFUSED, "%s has %d active consents already; revoke some",
                               g->subject.name, BC_ACTIVE_MAX);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "grant: %s", bc_result_text(r));
    bc_receipts_note(tool, &g->subject, granting->index);
    return 0;
}

static int grant_one(struct bc_session *tool, struct bc_args *args)
{
    struct granting granting = {.args = args};
    struct bc_grant *g;
    int code;

    granting.event = calloc(1, sizeof *granting.event);
    if (!granting.event)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    granting.event->type = BC_EVENT_GRANT;
    g = &granting.event->u.grant;
    code = parse_options(tool, args, g);
    if (!code)
        code =
            bc_session_write(tool, bc_arg_value(args, "passphrase-file", NULL), append, &granting);
    if (!code && tool->json)
        bc_message_json(json_pack("{s:s, s:I, s:s, s:o}", "subject", g->subject.name, "event",
                                  (json_int_t)granting.index, "notice", g->notice_id, "receipts",
                                  bc_receipts_json(tool)));
    else if (!code)
        (void)printf("The consent of %s is recorded (event %llu, notice %s).\n", g->subject.name,
                     (unsigned long long)granting.index, g->notice_id);
    free(granting.event);
    return code;
}

static int run(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {BC_SCOPE_OPTIONS,
                               BC_SUBJECT_OPTIONS,
                               {.name = "given-by", .kind = BC_ARG_ONE},
                               {.name = "representative", .kind = BC_ARG_ONE},
                               {.name = "authority", .kind = BC_ARG_ONE},
                               {.name = "proof", .kind = BC_ARG_ONE},
                               {.name = "paper", .kind = BC_ARG_ONE},
                               {.name = "valid-from", .kind = BC_ARG_ONE},
                               {.name = "expires", .kind = BC_ARG_ONE},
                               {.name = "kind", .kind = BC_ARG_ONE},
                               {.name = "collected", .kind = BC_ARG_ONE},
                               {.name = "from", .kind = BC_ARG_ONE},
                               {.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    const char *from;
    int code = bc_session_args(tool, &bc_verb_grant, &args, argc, argv, 0, 2);

    if (code >= 0)
        return code;
    from = bc_arg_value(&args, "from", NULL);
    if (!from)
        return args.operand_count == 2
                   ? grant_one(tool, &args)
                   : bc_message_fail(BC_EXIT_USAGE,
                                     "a grant names the person and the notice: bioconsent "
                                     "grant USER NOTICE");
    for (const struct bc_arg *o = options; o->name; o++)
        if (o->given && strcmp(o->name, "from") != 0 && strcmp(o->name, "passphrase-file") != 0 &&
            strcmp(o->name, "json") != 0)
            return bc_message_fail(BC_EXIT_USAGE, "--%s does not go with --from: the file says it",
                                   o->name);
    if (args.operand_count)
        return bc_message_fail(BC_EXIT_USAGE, "--from FILE names the people and notices itself");
    return bc_grant_file(tool, from, bc_arg_value(&args, "passphrase-file", NULL));
}

const struct bc_verb bc_verb_grant = {"grant", "record consents", help, run};
