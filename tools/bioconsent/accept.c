/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "pager.h"
#include "request-args.h"
#include "session.h"
#include "store/notice-folder.h"

/* The person reads what is in the public folder; the service compares what the person typed with
 * the store. */
static void load_notice(struct bc_session *session, const struct bc_request *r,
                        struct bc_posted_notice *out)
{
    struct bc_ini_file_error err = {.line = 0};
    struct bc_where where = {""};
    enum bc_result result = bc_config_load(session->config_path, geteuid(), &session->config, &err);
    int folder;

    if (result != BC_OK)
        bc_message_die_ini_file(result, &err, session->config_path);
    result = bc_file_open_folder(session->config.notices_path, geteuid(), 0, &folder, &where);
    if (result != BC_OK)
        bc_message_die(BC_EXIT_STORE, "%s: %s", where.path, bc_result_text(result));
    result = bc_notice_folder_find(folder, r->notice, &r->use, out);
    (void)close(folder);
    if (result == BC_ERR_NOT_FOUND)
        bc_message_exit(
            bc_message_fail_reason(BC_REASON_NO_NOTICE, "nothing was accepted", r->notice));
    if (result == BC_ERR_INVALID)
        bc_message_die(BC_EXIT_STORE,
                       "%s/%s is not the notice that its name says; nothing was accepted. "
                       "What to do: as the administrator, bioconsent store refresh",
                       session->config.notices_path, out->name);
    if (result != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", session->config.notices_path,
                       bc_result_text(result));
}

/* Shows the notice and has its release typed into typed. */
static void read_release(const struct bc_session *session, const struct bc_posted_notice *n,
                         char typed[BC_TYPED_MAX + 1])
{
    const char *release = n->file.slot[BC_SLOT_RELEASE];
    FILE *to = session->json ? stderr : stdout;
    char *shown;
    size_t len;

    if (!release[0])
        bc_message_die(BC_EXIT_REFUSED,
                       "notice %s has no release that could be typed; give your consent "
                       "to the administrator",
                       n->file.notice.id);
    if (bc_notice_render(&n->file, n->text, n->len, &shown, &len) != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    bc_pager_show(shown, len, to);
    free(shown);
    (void)fprintf(to, "\nTo accept, type this sentence; to decline, press Enter:\n\n    %s\n\n> ",
                  release);
    (void)fflush(to);
    if (bc_pager_read(typed, BC_TYPED_MAX + 1))
        return;
    (void)fprintf(to, "\n");
    bc_message_die(BC_EXIT_REFUSED, "nothing was accepted: you did not type the release");
}

static int run_accept(struct bc_session *session, const struct bc_args *args)
{
    static struct bc_posted_notice n;
    struct bc_request r = {.ask = BC_ASK_ACCEPT};
    const char *notice = args->operand_count ? args->operand[0] : "";
    enum bc_reason reason = BC_REASON_NOT_TYPED;

    bc_request_args_terms(args, &r);
    if (notice[0] && !bc_name_word_valid(notice))
        bc_message_die(BC_EXIT_USAGE, "notice %s: use a-z 0-9 . _ -", notice);
    (void)snprintf(r.notice, sizeof r.notice, "%s", notice);
    bc_request_args_own_account(&r);
    load_notice(session, &r, &n);
    read_release(session, &n, r.typed);
    bc_encoding_hex_encode(n.file.notice.text.b, BC_HASH_BYTES, r.notice);
    if (bc_name_line_clean(r.typed, strlen(r.typed)))
        reason = bc_request_args_ask(session, &r, NULL);
    if (reason != BC_REASON_RECORDED)
        return bc_message_fail_reason(reason, "nothing was accepted", "");
    if (session->json)
        bc_message_json(json_pack("{s:s, s:s, s:s}", "subject", r.use.subject.name, "notice",
                                  r.notice, "state", "pending"));
    else
        (void)printf(
            "You have accepted notice %s. It counts once the administrator has signed it;\n"
            "then bioconsent status names the file of your receipt.\n"
            "To take it back at any time: bioconsent withdraw\n",
            n.file.notice.id);
    free(n.text);
    return BC_EXIT_OK;
}

const struct bc_verb bc_verb_accept = {
    .name = "accept",
    .summary = "read a notice and accept it",
    .usage = {"[NOTICE] [--modality M] [--operation O] [--provider P]"},
    .description = "Shows a notice and records your acceptance if you type its release. An empty "
                   "line declines. NOTICE is an id or a SHA-256; without it, the newest notice for "
                   "fingerprints, or for the use that the options name. The acceptance counts once "
                   "the administrator has signed it.",
    .examples = {"bioconsent accept", "bioconsent accept login-face"},
    .operands_max = 1,
    .options = {BC_OPTION_MODALITY, BC_OPTION_OPERATION, BC_OPTION_PROVIDER, -1},
    .run = run_accept,
};
