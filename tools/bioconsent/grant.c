/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/text.h"
#include "grant-file.h"
#include "notice-files.h"
#include "receipts.h"
#include "scope-args.h"

/* ---- options ---- */

static void copy_line_option(const struct bc_args *args, int option, char out[BC_LINE_MAX + 1])
{
    const char *value = bc_args_value(args, option, "");
    size_t len = strlen(value);

    if (len == 0 || len > BC_LINE_MAX || !bc_text_clean(value, len, 0))
        bc_message_die(BC_EXIT_USAGE, "a consent needs --%s: text of 1 to %d bytes",
                       bc_verb_options[option].name, BC_LINE_MAX);
    memcpy(out, value, len + 1);
}

static void parse_time_option(const struct bc_args *args, int option, int64_t *out)
{
    const char *value = bc_args_value(args, option, NULL);

    if (value && bc_datetime_parse(value, strlen(value), out) != BC_OK)
        bc_message_die(BC_EXIT_USAGE, "--%s %s: write it as 2027-06-30T00:00:00Z",
                       bc_verb_options[option].name, value);
}

static void parse_hash_option(const struct bc_args *args, int option, int *has, struct bc_hash *out)
{
    const char *hex = bc_args_value(args, option, NULL);

    if (hex && bc_encoding_hex_decode(hex, strlen(hex), out->b, BC_HASH_BYTES) != BC_OK)
        bc_message_die(BC_EXIT_USAGE, "--%s: 64 lower-case hex digits",
                       bc_verb_options[option].name);
    *has = hex != NULL;
}

/* Reads all that the options say apart from what the notice decides as well. */
static void parse_options(const struct bc_session *session, const struct bc_args *args,
                          struct bc_grant *g)
{
    int giver = bc_vocabulary_value(BC_VOCABULARY_GIVEN_BY,
                                    bc_args_value(args, BC_OPTION_GIVEN_BY, "self"));

    bc_subject_args_parse(args, &g->subject);
    if (giver < 0)
        bc_message_die(BC_EXIT_USAGE, "--given-by: self, representative or guardian");
    g->given_by = (enum bc_given_by)giver;
    if (g->given_by != BC_SELF) {
        copy_line_option(args, BC_OPTION_REPRESENTATIVE, g->representative);
        copy_line_option(args, BC_OPTION_AUTHORITY, g->authority);
        parse_hash_option(args, BC_OPTION_PROOF, &g->has_evidence, &g->evidence);
    } else if (bc_args_given(args, BC_OPTION_REPRESENTATIVE) ||
               bc_args_given(args, BC_OPTION_AUTHORITY) || bc_args_given(args, BC_OPTION_PROOF))
        bc_message_die(BC_EXIT_USAGE, "--representative, --authority and --proof go with "
                                      "--given-by representative or guardian");
    parse_hash_option(args, BC_OPTION_PAPER, &g->has_paper, &g->paper);
    (void)snprintf(g->collected, sizeof g->collected, "%s",
                   g->has_paper ? "on paper" : "recorded by the administrator");
    g->valid_from = session->now;
    parse_time_option(args, BC_OPTION_VALID_FROM, &g->valid_from);
    parse_time_option(args, BC_OPTION_EXPIRES, &g->expires);
    if (g->expires && g->expires <= g->valid_from)
        bc_message_die(BC_EXIT_USAGE, "--expires: %s",
                       bc_grant_rules_text(BC_GRANT_VIOLATES_PERIOD));
    bc_subject_args_operator(g->recorded_by);
}

/* ---- one consent ---- */

static int grant_one(struct bc_session *session, const struct bc_args *args)
{
    static struct bc_event event = {.type = BC_EVENT_GRANT}, notice;
    const struct bc_notice *n = &notice.u.notice;
    struct bc_grant *g = &event.u.grant;
    struct bc_transaction *l;
    enum bc_grant_violation v;
    const char *kind;
    char text[1024];
    uint64_t index = 0;
    int found = 0;
    enum bc_result r;

    parse_options(session, args, g);
    l = bc_session_begin(session, args);
    bc_notice_files_find(&l->snapshot, args->operand[1], &notice);
    bc_grant_rules_adopt(n, g);
    bc_scope_args_parse(args, &g->scope);
    kind = bc_args_value(args, BC_OPTION_KIND, bc_vocabulary_name(BC_VOCABULARY_KIND, n->kind));
    if (bc_vocabulary_value(BC_VOCABULARY_KIND, kind) < 0)
        bc_message_die(BC_EXIT_USAGE, "unknown kind: %s", kind);
    g->kind = (enum bc_kind)bc_vocabulary_value(BC_VOCABULARY_KIND, kind);
    v = bc_grant_rules_check(n, g);
    if (v != BC_GRANT_VIOLATES_NOTHING) {
        bc_grant_file_describe(v, n, g, text, sizeof text);
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", g->subject.name, text);
    }
    r = bc_transaction_find_same(l, g, session->now, &found, &index);
    if (r != BC_OK)
        bc_message_die_result(r, "subject", g->subject.name);
    if (found)
        bc_message_die(BC_EXIT_REFUSED, "%s has this consent already (event %llu)", g->subject.name,
                       (unsigned long long)index);
    r = bc_transaction_append(l, &event, &index);
    if (r == BC_ERR_TOO_LARGE)
        bc_message_die(BC_EXIT_REFUSED, "%s has %d active consents already; revoke some",
                       g->subject.name, BC_ACTIVE_MAX);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "grant: %s", bc_result_text(r));
    bc_receipts_note(session, &g->subject, index);
    bc_session_end(session);
    if (session->json)
        bc_message_json(json_pack("{s:s, s:I, s:s, s:o}", "subject", g->subject.name, "event",
                                  (json_int_t)index, "notice", g->notice_id, "receipts",
                                  bc_receipts_json(session)));
    else
        (void)printf("The consent of %s is recorded (event %llu, notice %s).\n", g->subject.name,
                     (unsigned long long)index, g->notice_id);
    return BC_EXIT_OK;
}

static int run_grant(struct bc_session *session, const struct bc_args *args)
{
    if (!bc_args_given(args, BC_OPTION_FROM)) {
        if (args->operand_count != 2)
            return bc_message_fail(BC_EXIT_USAGE, "a grant names the person and the notice: "
                                                  "bioconsent grant USER NOTICE");
        return grant_one(session, args);
    }
    if (args->operand_count)
        return bc_message_fail(BC_EXIT_USAGE, "--from FILE names the people and notices itself");
    for (const int *o = bc_verb_grant.options; *o >= 0; o++)
        if (bc_args_given(args, *o) && *o != BC_OPTION_FROM && *o != BC_OPTION_PASSPHRASE_FILE)
            return bc_message_fail(BC_EXIT_USAGE,
                                   "--%s does not go with --from: the file contains it",
                                   bc_verb_options[*o].name);
    return bc_grant_file(session, args);
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
