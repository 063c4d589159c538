/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "notice-files.h"
#include "notice-publish.h"
#include "scope-args.h"
#include "session.h"

static const char help[] =
    "usage: bioconsent notice lint [FILE ...]\n"
    "       bioconsent notice publish FILE [--mended WHAT] [--passphrase-file FILE]\n"
    "       bioconsent notice list\n"
    "       bioconsent notice show ID-OR-SHA256 [--source]\n\n"
    "A notice is a file of the form bioconsent-notice(5): what is agreed to as data, and a text "
    "with\n"
    "places for that data. lint says which of the jurisdictions that it names misses what; "
    "without\n"
    "FILE in what is accepted in the store, as laws come into force and change.\n"
    "publish refuses what lint refuses, keeps the file, and makes this version the accepted one:\n"
    "consents on older versions no longer count. Where only words around the data were mended,\n"
    "--mended says what, which is logged, and older consents go on counting.\n"
    "show prints the text as people read it; --source the file.\n\n"
    "Examples: bioconsent notice lint login.notice\n"
    "          bioconsent notice publish login.notice\n"
    "          bioconsent notice publish login.notice --mended 'a missing letter'\n";

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

static void lint_accepted_one(void *ctx, uint64_t index, const struct bc_event *e)
{
    struct accepted *a = ctx;
    char name[2 * BC_WORD_MAX + 16];
    int code = 0;
    struct bc_notice_text *t = bc_notice_files_published(&a->snapshot, &e->u.notice, &code);

    (void)index;
    (void)snprintf(name, sizeof name, "%s, version %s", e->u.notice.id, e->u.notice.version);
    if (t)
        code = lint_text(a->tool, name, t, a->all);
    bc_notice_files_free(t);
    a->worst = code ? code : a->worst;
}

static int lint_accepted(struct bc_session *tool, json_t *all)
{
    struct accepted a = {.tool = tool, .all = all};
    enum bc_result result;
    int code = bc_session_config(tool);

    if (!code)
        code = bc_session_snapshot(tool, &a.snapshot, 1);
    if (code)
        return code;
    result = bc_current_notice_each(&a.snapshot, lint_accepted_one, &a);
    bc_store_close(a.snapshot.store);
    return result == BC_OK ? a.worst : bc_message_fail_result(result, "notices", "");
}

static int lint(struct bc_session *tool, const struct bc_args *args)
{
    json_t *all = tool->json ? json_array() : NULL;
    int worst = args->operand_count == 1 ? lint_accepted(tool, all) : 0;

    for (size_t i = 1; i < args->operand_count; i++) {
        int code = lint_file(tool, args->operands[i], all);
        worst = code ? code : worst;
    }
    if (all)
        bc_message_json(all);
    return worst;
}

static void list_one(void *ctx, uint64_t index, const struct bc_event *e)
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

static int list(struct bc_session *tool)
{
    struct bc_snapshot snapshot;
    json_t *all = tool->json ? json_array() : NULL;
    enum bc_result result;
    int code = bc_session_config(tool);

    if (!code)
        code = bc_session_snapshot(tool, &snapshot, 1);
    if (code) {
        json_decref(all);
        return code;
    }
    if (!tool->json)
        (void)printf("%-24s %-10s %-16s %s\n", "NOTICE", "VERSION", "KIND", "SHA-256 OF THE TEXT");
    result = bc_current_notice_each(&snapshot, list_one, all);
    bc_store_close(snapshot.store);
    if (all)
        bc_message_json(all);
    return result == BC_OK ? BC_EXIT_OK : bc_message_fail_result(result, "notices", "");
}

static int print_text(struct bc_session *tool, const struct bc_event *e,
                      const struct bc_notice_text *t, int source)
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
    } else if (source) {
        (void)fwrite(t->text, 1, t->len, stdout);
    } else {
        (void)fwrite(shown, 1, len, stdout);
    }
    free(shown);
    return BC_EXIT_OK;
}

static int show_found(struct bc_session *tool, struct bc_snapshot *s, const struct bc_event *e,
                      int source)
{
    int code = 0;
    struct bc_notice_text *t = bc_notice_files_published(s, &e->u.notice, &code);

    if (t)
        code = print_text(tool, e, t, source);
    bc_notice_files_free(t);
    return code;
}

static int show(struct bc_session *tool, const char *which, int source)
{
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_snapshot snapshot;
    enum bc_result result;
    int code = e ? bc_session_config(tool) : BC_EXIT_REFUSED;

    if (!code)
        code = bc_session_snapshot(tool, &snapshot, 1);
    if (!code) {
        result = bc_current_notice_find(&snapshot, which, e);
        if (result == BC_OK)
            code = show_found(tool, &snapshot, e, source);
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

static int run(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "mended", .kind = BC_ARG_ONE},
                               {.name = "source", .kind = BC_ARG_FLAG},
                               {.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_session_args(tool, &bc_verb_notice, &args, argc, argv, 1, 8);
    const char *what = args.operands[0];

    if (code >= 0)
        return code;
    if (strcmp(what, "lint") == 0)
        return lint(tool, &args);
    if (strcmp(what, "publish") == 0 && args.operand_count == 2)
        return bc_notice_publish(tool, args.operands[1], bc_arg_value(&args, "mended", NULL),
                                 bc_arg_value(&args, "passphrase-file", NULL));
    if (strcmp(what, "list") == 0 && args.operand_count == 1)
        return list(tool);
    if (strcmp(what, "show") == 0 && args.operand_count == 2)
        return show(tool, args.operands[1], bc_arg(&args, "source")->given);
    return bc_message_fail(BC_EXIT_USAGE,
                           "notice: lint, publish, list or show; see bioconsent notice --help");
}

const struct bc_verb bc_verb_notice = {"notice", "lint, publish, list or show notices", help, run};
