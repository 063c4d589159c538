/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "notice-files.h"
#include "notice-publish.h"
#include "scope-args.h"
#include "session.h"

/* Lints one of them; *all is an array for JSON, or NULL. */
static int lint_text(struct bc_session *tool, const char *path, const struct bc_notice_text *t,
                     json_t *all)
{
    struct bc_findings findings = {.path = path, .out = stdout};
    int code;

    findings.json = all ? json_array() : NULL;
    code = bc_notice_publish_lint(tool, t, &findings, NULL);
    if (all)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:o}", "file", path, "id",
                                             t->file.notice.id, "version", t->file.notice.version,
                                             "missing", findings.json));
    else if (!code)
        (void)printf("%s: nothing is missing%s\n", path,
                     t->file.notice.jurisdictions.count
                         ? ""
                         : "; but it names no jurisdictions that could ask for more");
    return code;
}

static int lint_file(struct bc_session *tool, const char *path, json_t *all)
{
    int code = 0;
    struct bc_notice_text *t = bc_notice_files_read(path, &code);

    if (t)
        code = lint_text(tool, path, t, all);
    bc_notice_files_free(t);
    return code;
}

/* What is accepted in the store: laws change, and come into force. */
struct accepted {
    struct bc_session *tool;
    struct bc_snapshot snapshot;
    json_t *all;
    int worst;
};

static void lint_accepted_one(struct accepted *a, const struct bc_event *e)
{
    char name[2 * BC_WORD_MAX + 16];
    int code = 0;
    struct bc_notice_text *t = bc_notice_files_published(&a->snapshot, &e->u.notice, &code);

    (void)snprintf(name, sizeof name, "%s, version %s", e->u.notice.id, e->u.notice.version);
    if (t)
        code = lint_text(a->tool, name, t, a->all);
    bc_notice_files_free(t);
    a->worst = code ? code : a->worst;
}

static int lint_accepted(struct bc_session *tool, json_t *all)
{
    struct accepted a = {.tool = tool, .all = all};
    struct bc_current_notices notices;
    const struct bc_event *e;
    uint64_t index;
    enum bc_result result;
    int code = bc_session_config(tool);

    if (!code)
        code = bc_session_snapshot(tool, &a.snapshot, 1);
    if (code)
        return code;
    bc_current_notice_begin(&notices, &a.snapshot);
    while (bc_current_notice_next(&notices, &index, &e))
        lint_accepted_one(&a, e);
    result = bc_current_notice_end(&notices);
    bc_store_close(a.snapshot.store);
    return result == BC_OK ? a.worst : bc_message_fail_result(result, "notices", "");
}

static int run_notice_lint(struct bc_session *tool, const struct bc_args *args)
{
    json_t *all = tool->json ? json_array() : NULL;
    int worst = args->operand_count == 0 ? lint_accepted(tool, all) : 0;

    for (size_t i = 0; i < args->operand_count; i++) {
        int code = lint_file(tool, args->operand[i], all);
        worst = code ? code : worst;
    }
    if (all)
        bc_message_json(all);
    return worst;
}

static void list_one(json_t *ctx, uint64_t index, const struct bc_event *e)
{
    const struct bc_notice *n = &e->u.notice;
    char hex[2 * BC_HASH_BYTES + 1], scope[640];

    bc_encoding_hex_encode(n->text.b, BC_HASH_BYTES, hex);
    bc_scope_args_text(&n->scope, scope, sizeof scope);
    if (ctx)
        json_array_append_new(ctx,
                              json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "event",
                                        (json_int_t)index, "id", n->id, "version", n->version,
                                        "sha256", hex, "controller", n->controller, "scope", scope,
                                        "kind", bc_vocabulary_name(BC_VOCABULARY_KIND, n->kind)));
    else
        (void)printf("%-24s %-10s %-16s %s\n  %s\n", n->id, n->version,
                     bc_vocabulary_name(BC_VOCABULARY_KIND, n->kind), hex, scope);
}

static int run_notice_list(struct bc_session *tool, const struct bc_args *args)
{
    struct bc_snapshot snapshot;
    struct bc_current_notices notices;
    const struct bc_event *e;
    uint64_t index;
    json_t *all = tool->json ? json_array() : NULL;
    enum bc_result result;
    int code = bc_session_config(tool);

    (void)args;
    if (!code)
        code = bc_session_snapshot(tool, &snapshot, 1);
    if (code) {
        json_decref(all);
        return code;
    }
    if (!tool->json)
        (void)printf("%-24s %-10s %-16s %s\n", "NOTICE", "VERSION", "KIND", "SHA-256 OF THE TEXT");
    bc_current_notice_begin(&notices, &snapshot);
    while (bc_current_notice_next(&notices, &index, &e))
        list_one(all, index, e);
    result = bc_current_notice_end(&notices);
    bc_store_close(snapshot.store);
    if (all)
        bc_message_json(all);
    return result == BC_OK ? BC_EXIT_OK : bc_message_fail_result(result, "notices", "");
}

static int print_text(struct bc_session *tool, const struct bc_event *e,
                      const struct bc_notice_text *t)
{
    char *shown;
    size_t len;

    if (bc_notice_render(&t->file, t->text, t->len, &shown, &len) != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    if (tool->json) {
        json_t *out = json_array();
        list_one(out, 0, e);
        json_object_set_new(json_array_get(out, 0), "text", json_stringn(shown, len));
        json_object_set_new(json_array_get(out, 0), "source", json_stringn(t->text, t->len));
        bc_message_json(json_incref(json_array_get(out, 0)));
        json_decref(out);
    } else {
        (void)fwrite(shown, 1, len, stdout);
    }
    free(shown);
    return BC_EXIT_OK;
}

static int show_found(struct bc_session *tool, struct bc_snapshot *s, const struct bc_event *e)
{
    int code = 0;
    struct bc_notice_text *t = bc_notice_files_published(s, &e->u.notice, &code);

    if (t)
        code = print_text(tool, e, t);
    bc_notice_files_free(t);
    return code;
}

static int run_notice_show(struct bc_session *tool, const struct bc_args *args)
{
    const char *which = args->operand[0];
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_snapshot snapshot;
    enum bc_result result;
    int code = e ? bc_session_config(tool) : BC_EXIT_REFUSED;

    if (!code)
        code = bc_session_snapshot(tool, &snapshot, 1);
    if (!code) {
        result = bc_current_notice_find(&snapshot, which, e);
        if (result == BC_OK)
            code = show_found(tool, &snapshot, e);
        else if (result == BC_ERR_NO_RECORD)
            code = bc_message_fail(BC_EXIT_NOT_FOUND,
                                   "there is no accepted notice %s; see bioconsent "
                                   "notice list",
                                   which);
        else
            code = bc_message_fail_result(result, "notice", which);
        bc_store_close(snapshot.store);
    }
    free(e);
    return code;
}

static int run_notice_publish(struct bc_session *tool, const struct bc_args *args)
{
    return bc_notice_publish(tool, args->operand[0], bc_args_value(args, BC_OPTION_EDITORIAL, NULL),
                             bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL));
}

const struct bc_verb bc_verb_notice_lint = {
    .name = "notice lint",
    .summary = "show what a notice lacks under the laws it names",
    .usage = {"[FILE ...]"},
    .description =
        "Shows which of the jurisdictions that a notice names require something that the notice "
        "lacks. Without FILE it checks the current notices in the store, because laws come into "
        "force and change. The format of FILE is described in bioconsent-notice(5).",
    .examples = {"bioconsent notice lint login.notice"},
    .operands_max = 8,
    .options = {-1},
    .run = run_notice_lint,
};

const struct bc_verb bc_verb_notice_publish = {
    .name = "notice publish",
    .summary = "publish a version of a notice",
    .usage = {"FILE [--editorial TEXT] [--passphrase-file FILE]"},
    .description = "Refuses what bioconsent notice lint refuses, keeps FILE, and makes this "
                   "version the current one: consents to older versions no longer count. With "
                   "--editorial, which is allowed where nothing but words around the data changed, "
                   "older consents still count; TEXT says what changed and is recorded.",
    .examples = {"bioconsent notice publish login.notice",
                 "bioconsent notice publish login.notice --editorial 'a missing letter'"},
    .operands_min = 1,
    .operands_max = 1,
    .options = {BC_OPTION_EDITORIAL, BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_notice_publish,
};

const struct bc_verb bc_verb_notice_list = {
    .name = "notice list",
    .summary = "list the current notices",
    .usage = {""},
    .description = "Lists the current notices with their scope and the SHA-256 of their text.",
    .examples = {"bioconsent notice list"},
    .options = {-1},
    .run = run_notice_list,
};

const struct bc_verb bc_verb_notice_show = {
    .name = "notice show",
    .summary = "print a notice as people read it",
    .usage = {"ID"},
    .description =
        "Prints the text of a current notice as people read it. ID is the id of the notice or the "
        "SHA-256 of its text. --json also writes the file as it was published.",
    .examples = {"bioconsent notice show login"},
    .operands_min = 1,
    .operands_max = 1,
    .options = {-1},
    .run = run_notice_show,
};
