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

/* What is asked for, and what becomes of it. */
struct granting {
    const struct bc_args *args;
    struct bc_event *event;
    uint64_t index;
};

/* ---- options ---- */

static int copy_line_option(const struct bc_args *args, int option, char out[BC_LINE_MAX + 1])
{
    const char *value = bc_args_value(args, option, NULL);

    if (!value || value[0] == '\0' || strlen(value) > BC_LINE_MAX ||
        !bc_text_clean(value, strlen(value), 0))
        return bc_message_fail(BC_EXIT_USAGE, "a consent needs --%s: text of 1 to %d bytes",
                               bc_verb_options[option].name, BC_LINE_MAX);
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

static int parse_time_option(const struct bc_args *args, int option, int64_t *out)
{
    const char *value = bc_args_value(args, option, NULL);

    if (value && bc_datetime_parse(value, strlen(value), out) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--%s %s: write it as 2027-06-30T00:00:00Z",
                               bc_verb_options[option].name, value);
    return 0;
}

static int parse_hash_option(const struct bc_args *args, int option, int *has, struct bc_hash *out)
{
    const char *hex = bc_args_value(args, option, NULL);

    if (!hex)
        return 0;
    if (bc_encoding_hex_decode(hex, strlen(hex), out->b, BC_HASH_BYTES) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--%s: 64 lower-case hex digits",
                               bc_verb_options[option].name);
    *has = 1;
    return 0;
}

static int parse_giver_options(const struct bc_args *args, struct bc_grant *g)
{
    int giver = bc_vocabulary_value(BC_VOCABULARY_GIVEN_BY,
                                    bc_args_value(args, BC_OPTION_GIVEN_BY, "self"));
    int code;

    if (giver < 0)
        return bc_message_fail(BC_EXIT_USAGE, "--given-by: self, representative or guardian");
    g->given_by = (enum bc_given_by)giver;
    if (g->given_by == BC_SELF) {
        if (bc_args_given(args, BC_OPTION_REPRESENTATIVE) ||
            bc_args_given(args, BC_OPTION_AUTHORITY) || bc_args_given(args, BC_OPTION_PROOF))
            return bc_message_fail(BC_EXIT_USAGE,
                                   "--representative, --authority and --proof go with "
                                   "--given-by representative or guardian");
        return 0;
    }
    code = copy_line_option(args, BC_OPTION_REPRESENTATIVE, g->representative);
    if (!code)
        code = copy_line_option(args, BC_OPTION_AUTHORITY, g->authority);
    return code ? code : parse_hash_option(args, BC_OPTION_PROOF, &g->has_evidence, &g->evidence);
}

/* All that the options say apart from what the notice decides as well. */
static int parse_options(struct bc_session *tool, const struct bc_args *args, struct bc_grant *g)
{
    int code = bc_subject_args_parse(args, &g->subject);

    g->valid_from = tool->now;
    if (!code)
        code = parse_giver_options(args, g);
    (void)snprintf(g->collected, sizeof g->collected, "%s",
                   bc_args_given(args, BC_OPTION_PAPER) ? "on paper"
                                                        : "recorded by the administrator");
    if (!code)
        code = parse_hash_option(args, BC_OPTION_PAPER, &g->has_paper, &g->paper);
    if (!code)
        code = parse_time_option(args, BC_OPTION_VALID_FROM, &g->valid_from);
    if (!code)
        code = parse_time_option(args, BC_OPTION_EXPIRES, &g->expires);
    if (!code && g->expires && g->expires <= g->valid_from)
        code = bc_message_fail(BC_EXIT_USAGE, "--expires: %s",
                               bc_grant_rules_text(BC_GRANT_VIOLATES_PERIOD));
    bc_subject_args_operator(g->recorded_by);
    return code;
}

/* ---- under the notice ---- */

static int apply_notice(const struct bc_args *args, const struct bc_notice *n, struct bc_grant *g)
{
    const char *kind =
        bc_args_value(args, BC_OPTION_KIND, bc_vocabulary_name(BC_VOCABULARY_KIND, n->kind));
    enum bc_grant_violation v;
    char text[1024];
    int code;

    bc_grant_rules_adopt(n, g);
    code = bc_scope_args_parse(args, &g->scope);
    if (code)
        return code;
    if (bc_vocabulary_value(BC_VOCABULARY_KIND, kind) < 0)
        return bc_message_fail(BC_EXIT_USAGE, "unknown kind: %s", kind);
    g->kind = (enum bc_kind)bc_vocabulary_value(BC_VOCABULARY_KIND, kind);
    v = bc_grant_rules_check(n, g);
    if (v == BC_GRANT_VIOLATES_NOTHING)
        return 0;
    bc_grant_file_describe(v, n, g, text, sizeof text);
    return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", g->subject.name, text);
}

static int append(struct bc_session *tool, struct bc_transaction *l, void *ctx)
{
    struct granting *granting = ctx;
    struct bc_grant *g = &granting->event->u.grant;
    const char *which = granting->args->operand[1];
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
    r = bc_transaction_find_same(l, g, tool->now, &found, &old);
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

static int grant_one(struct bc_session *tool, const struct bc_args *args)
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
        code = bc_session_write(tool, bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL), append,
                                &granting);
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

static int run_grant(struct bc_session *tool, const struct bc_args *args)
{
    const char *from = bc_args_value(args, BC_OPTION_FROM, NULL);

    if (!from)
        return args->operand_count == 2
                   ? grant_one(tool, args)
                   : bc_message_fail(BC_EXIT_USAGE, "a grant names the person and the notice: "
                                                    "bioconsent grant USER NOTICE");
    if (args->operand_count)
        return bc_message_fail(BC_EXIT_USAGE, "--from FILE names the people and notices itself");
    for (const int *o = bc_verb_grant.options; *o >= 0; o++)
        if (bc_args_given(args, *o) && *o != BC_OPTION_FROM && *o != BC_OPTION_PASSPHRASE_FILE)
            return bc_message_fail(BC_EXIT_USAGE,
                                   "--%s does not go with --from: the file contains it",
                                   bc_verb_options[*o].name);
    return bc_grant_file(tool, from, bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL));
}

const struct bc_verb bc_verb_grant = {
    .name = "grant",
    .summary = "record consents",
    .usage = {"USER NOTICE [--OPTION ...]", "--from FILE [--passphrase-file FILE]"},
    .description =
        "Records that USER has consented to NOTICE (an id, or the SHA-256 of its text). The scope "
        "is the scope of the notice unless --modality, --operation, --provider or --purpose narrow "
        "it. TIME is RFC 3339 in UTC. Pending withdrawals are signed first. Where a representative "
        "or guardian gives the consent, --representative and --authority are required.\n\n--from "
        "records every consent of FILE at once, or none; - is standard input. FILE holds JSON "
        "lines as bioconsent list --json writes them, or CSV whose header names the same members. "
        "A row needs the person (subject or external) and the notice (notice_id or notice); lists "
        "in a cell of CSV have spaces between words. Every bad line is reported. A consent that is "
        "active already is skipped, so a file can be recorded twice.",
    .examples = {"bioconsent grant alice login-fingerprint",
                 "bioconsent grant bob login-fingerprint --operation authenticate --paper SHA256",
                 "bioconsent grant --from consents.csv"},
    .operands_max = 2,
    .takes_lists = 1,
    .options = {BC_OPTION_MODALITY, BC_OPTION_OPERATION, BC_OPTION_PROVIDER, BC_OPTION_PURPOSE,
                BC_OPTION_KIND, BC_OPTION_PAPER, BC_OPTION_VALID_FROM, BC_OPTION_EXPIRES,
                BC_OPTION_GIVEN_BY, BC_OPTION_REPRESENTATIVE, BC_OPTION_AUTHORITY, BC_OPTION_PROOF,
                BC_OPTION_EXTERNAL, BC_OPTION_UID, BC_OPTION_FROM, BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_grant,
};
