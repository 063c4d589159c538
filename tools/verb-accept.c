/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accepted.h"
#include "ask.h"
#include "consent.h"
#include "giving.h"
#include "offer.h"
#include "pager.h"
#include "text.h"
#include "tool.h"

static const char help[] =
    "usage: bioconsent accept [NOTICE] [--modality M] [--operation O] [--provider P]\n"
    "       bioconsent accept NOTICE --for USER [--external-subject]\n"
    "           [--given-by representative|guardian --representative NAME --authority TEXT]\n"
    "           [--evidence-sha256 HEX] [--paper-sha256 HEX] [--valid-from TIME] [--expires TIME]\n"
    "           [--passphrase-file FILE] [--receipt FILE]\n\n"
    "Shows a notice, and accepts it for who types its release. Without --for: your own consent, to\n"
    "NOTICE or to the notice for fingerprints (--modality says another kind); it waits until the\n"
    "administrator signs it. With --for, an administrator has USER, or who may act for USER, type it\n"
    "here, or has it on paper, and signs it at once. An empty line is a no.\n\n"
    "Examples: bioconsent accept\n"
    "          bioconsent accept login-finger --for bob --paper-sha256 \"$(sha256sum <scan.pdf | cut -c-64)\"\n"
    "          bioconsent accept login-finger --for bob --given-by guardian \\\n"
    "              --representative 'B. Carer' --authority 'court order 12' --evidence-sha256 HEX\n";

/* Shows the notice and has the release typed into typed. 1, or 0 for a no. */
static int have_typed(const struct bc_tool *tool, const char *text, size_t len,
                      const char *release, char typed[BC_TYPED_MAX + 1])
{
    FILE *to = tool->json ? stderr : stdout;

    bc_pager_show(text, len, to);
    (void)fprintf(to, "\nTo accept, type this sentence; to decline, press Enter:\n\n    %s\n\n> ",
                  release);
    (void)fflush(to);
    if (bc_pager_read(typed, BC_TYPED_MAX + 1))
        return 1;
    (void)fprintf(to, "\n");
    return 0;
}

static int declined(const char *who)
{
    return bc_fail(BC_EXIT_REFUSED, "nothing was accepted: %s did not type the release", who);
}

/* ---- one's own ---- */

static int take_terms(struct bc_args *args, struct bc_request *r)
{
    const char *provider = bc_arg_value(args, "provider", "");
    int modality = bc_modality_from(bc_arg_value(args, "modality", "fingerprint"));
    int operation = bc_operation_from(bc_arg_value(args, "operation", "authenticate"));
    const char *notice = args->operand_count ? args->operands[0] : "";

    if (modality < 0 || operation < 0)
        return bc_fail(BC_EXIT_USAGE, "no such modality or operation; see bioconsent accept --help");
    if ((provider[0] && !bc_word_valid(provider)) || (notice[0] && !bc_word_valid(notice)))
        return bc_fail(BC_EXIT_USAGE, "notices and providers are words of a-z 0-9 . _ -");
    r->modality = (enum bc_modality)modality;
    r->operation = (enum bc_operation)operation;
    (void)snprintf(r->provider, sizeof r->provider, "%s", provider);
    (void)snprintf(r->notice, sizeof r->notice, "%s", notice);
    (void)snprintf(r->way, sizeof r->way, "accept");
    return bc_ask_about_self(r) ? 0 : bc_fail(BC_EXIT_NOT_FOUND, "you have no account here");
}

static void acknowledge(const struct bc_tool *tool, const struct bc_request *r,
                        const struct bc_sheet *sheet)
{
    if (tool->json)
        bc_print_json(json_pack("{s:s, s:s, s:s, s:s}", "subject", r->user, "notice", r->notice,
                                "state", "waits", "sha256", sheet->hash));
    else
        (void)printf("You have accepted the notice. It counts once the administrator has signed it.\n"
                     "It waits to be signed, with this SHA-256: %s\n"
                     "Your receipt, once it is signed: bioconsent receipt\n"
                     "To take it back at any time: bioconsent withdraw\n", sheet->hash);
}

static int accept_own(struct bc_tool *tool, struct bc_args *args)
{
    const char *config = tool->config_given ? tool->config : NULL;
    struct bc_request r = {.ask = BC_ASK_OFFER};
    struct bc_sheet sheet = {.len = 0};
    enum bc_reason reason;
    int yes, code = take_terms(args, &r);

    if (code)
        return code;
    reason = bc_ask_sheet(&r, config, &sheet);
    if (reason != BC_ALLOW)
        return bc_fail_reason(reason, "nothing was accepted", "");
    r.ask = BC_ASK_ACCEPT;
    memcpy(r.notice, sheet.hash, sizeof r.notice);
    yes = have_typed(tool, sheet.text ? sheet.text : "", sheet.len, sheet.release, r.typed);
    bc_sheet_free(&sheet);
    if (!yes)
        return declined("you");
    reason = bc_line_clean(r.typed, strlen(r.typed)) ? bc_ask_sheet(&r, config, &sheet)
                                                     : BC_NOT_TYPED;
    if (reason != BC_ALLOW)
        return bc_fail_reason(reason, "nothing was accepted", "");
    acknowledge(tool, &r, &sheet);
    bc_sheet_free(&sheet);
    return BC_EXIT_OK;
}

/* ---- before the administrator ---- */

/* A notice as it was shown, and the grant that comes of it. */
struct accepting {
    struct bc_event notice;
    struct bc_event grant;
    char release[BC_SLOT_MAX + 1];
    char *text;
    size_t len;
    uint64_t index;
};

/* Nobody reads with the store locked. */
static int load_notice(struct bc_tool *tool, const char *which, struct accepting *a)
{
    struct bc_snapshot snapshot;
    enum bc_reason reason;
    int code = bc_tool_policy(tool);

    if (!code)
        code = bc_tool_snapshot(tool, &snapshot, 1);
    if (code)
        return code;
    code = bc_giving_notice(&snapshot, which, &a->notice);
    if (!code) {
        reason = bc_notices_shown(&snapshot, &a->notice.u.notice, &a->text, &a->len, a->release);
        code = reason == BC_ALLOW ? 0 : bc_fail_reason(reason, "notice", which);
    }
    bc_store_close(snapshot.store);
    return code;
}

static int append(struct bc_tool *tool, struct bc_ledger *l, void *ctx)
{
    struct accepting *a = ctx;
    const struct bc_notice *n = &a->notice.u.notice;
    struct bc_event *now = malloc(sizeof *now);
    enum bc_reason reason = now ? bc_snapshot_notice(&l->snapshot, n->id, &n->text, now)
                                : BC_SYSTEM;

    free(now);
    if (reason != BC_ALLOW)
        return bc_fail_reason(reason, "notice", n->id);
    return bc_giving_append(tool, l, &a->grant, &a->index);
}

static int sign(struct bc_tool *tool, struct bc_args *args, struct accepting *a)
{
    struct bc_grant *g = &a->grant.u.grant;
    int paper = bc_arg(args, "paper-sha256")->given;
    int code;

    tool->now = (int64_t)time(NULL);
    a->grant.type = BC_EVENT_GRANT;
    code = bc_giving_fill(tool, args, paper ? "on paper" : "release typed before the administrator",
                          g);
    bc_giving_on(&a->notice.u.notice, g);
    g->kind = BC_WRITTEN_RELEASE;
    if (!code)
        code = bc_consent_within(0, &a->notice.u.notice, g);
    if (!code)
        code = bc_tool_write(tool, bc_arg_value(args, "passphrase-file", NULL), append, a);
    if (!code)
        code = bc_giving_report(tool, args, g, a->index);
    return code;
}

static int accept_for(struct bc_tool *tool, struct bc_args *args, struct accepting *a)
{
    struct bc_grant *g = &a->grant.u.grant;
    char typed[BC_TYPED_MAX + 1];
    int code = bc_tool_subject(bc_arg_value(args, "for", NULL),
                               bc_arg(args, "external-subject")->given, &g->subject);

    /* What is wrong with the options is said before anybody reads. */
    if (!code)
        code = bc_giving_fill(tool, args, "unsigned", g);
    if (!code)
        code = load_notice(tool, args->operands[0], a);
    if (code)
        return code;
    if (!bc_arg(args, "paper-sha256")->given &&
        (!have_typed(tool, a->text, a->len, a->release, typed) ||
         !bc_release_matches(a->release, typed)))
        return declined(g->giver == BC_SELF ? g->subject.name : g->representative);
    return sign(tool, args, a);
}

static int any_given(struct bc_args *args, const char *const *names)
{
    for (; *names; names++)
        if (bc_arg(args, *names)->given)
            return 1;
    return 0;
}

static int choose(struct bc_tool *tool, struct bc_args *args)
{
    static const char *const own[] = {"modality", "operation", "provider", NULL};
    static const char *const others[] = {"given-by", "representative", "authority",
                                         "evidence-sha256", "paper-sha256", "valid-from",
                                         "expires", "external-subject", "passphrase-file", "receipt",
                                         NULL};
    struct accepting *a;
    int code;

    if (!bc_arg(args, "for")->given)
        return any_given(args, others)
                   ? bc_fail(BC_EXIT_USAGE, "that goes with --for USER; see bioconsent accept --help")
                   : accept_own(tool, args);
    if (args->operand_count != 1 || any_given(args, own))
        return bc_fail(BC_EXIT_USAGE, "accept --for USER takes the NOTICE that is accepted, as it is");
    a = calloc(1, sizeof *a);
    if (!a)
        return bc_fail(BC_EXIT_REFUSED, "no memory");
    code = accept_for(tool, args, a);
    free(a->text);
    free(a);
    return code;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {BC_GIVING_OPTIONS,
                               {.name = "for", .kind = BC_ARG_ONE},
                               {.name = "external-subject", .kind = BC_ARG_FLAG},
                               {.name = "modality", .kind = BC_ARG_ONE},
                               {.name = "operation", .kind = BC_ARG_ONE},
                               {.name = "provider", .kind = BC_ARG_ONE},
                               {.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_tool_args(tool, &bc_verb_accept, &args, argc, argv, 0, 1);

    return code >= 0 ? code : choose(tool, &args);
}

const struct bc_verb bc_verb_accept = {"accept", "read a notice and accept it", help, run};
