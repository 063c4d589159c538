/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "notice-files.h"
#include "scope-args.h"

/* ---- lint ---- */

/* Lints one of them and frees its text; all is an array for JSON, or NULL. */
static int lint_text(const struct bc_session *session, const char *path, struct bc_notice_text *t,
                     json_t *all)
{
    struct bc_notice_findings findings = {.path = path, .out = stdout};
    const struct bc_notice *n = &t->file.notice;
    int code;

    findings.json = all ? json_array() : NULL;
    code = bc_notice_files_lint(session, t, &findings, NULL);
    if (all)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:o}", "file", path, "id", n->id,
                                             "version", n->version, "missing", findings.json));
    else if (!code)
        (void)printf("%s: nothing is missing%s\n", path,
                     n->jurisdictions.count
                         ? ""
                         : "; but it names no jurisdictions that could ask for more");
    free(t->text);
    return code;
}

/* Without FILE it lints the current notices of the store: laws change, and come into force. */
static int run_notice_lint(struct bc_session *session, const struct bc_args *args)
{
    static struct bc_notice_text t;
    json_t *all = session->json ? json_array() : NULL;
    struct bc_current_notices notices;
    static struct bc_snapshot snapshot;
    const struct bc_event *e;
    char name[2 * BC_WORD_MAX + 16];
    uint64_t index;
    enum bc_result r;
    int code, worst = 0;

    for (size_t i = 0; i < args->operand_count; i++) {
        code = bc_notice_files_read(args->operand[i], &t);
        if (!code)
            code = lint_text(session, args->operand[i], &t, all);
        worst = code ? code : worst;
    }
    if (args->operand_count == 0) {
        bc_session_config(session);
        bc_session_snapshot(session, &snapshot, 1);
        bc_current_notice_begin(&notices, &snapshot);
        while (bc_current_notice_next(&notices, &index, &e)) {
            code = bc_notice_files_published(&snapshot, &e->u.notice, &t);
            (void)snprintf(name, sizeof name, "%s, version %s", e->u.notice.id,
                           e->u.notice.version);
            if (!code)
                code = lint_text(session, name, &t, all);
            worst = code ? code : worst;
        }
        r = bc_current_notice_end(&notices);
        bc_store_close(snapshot.store);
        if (r != BC_OK)
            worst = bc_message_fail_result(r, "notices", "");
    }
    if (all)
        bc_message_json(all);
    return worst;
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

/* ---- list ---- */

static json_t *make_object(uint64_t index, const struct bc_notice *n)
{
    char hex[2 * BC_HASH_BYTES + 1], scope[640];

    bc_encoding_hex_encode(n->text.b, BC_HASH_BYTES, hex);
    bc_scope_args_text(&n->scope, scope, sizeof scope);
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "event", (json_int_t)index, "id", n->id,
                     "version", n->version, "sha256", hex, "controller", n->controller, "scope",
                     scope, "kind", bc_vocabulary_name(BC_VOCABULARY_KIND, n->kind));
}

static void print_notice(const struct bc_notice *n)
{
    char hex[2 * BC_HASH_BYTES + 1], scope[640];

    bc_encoding_hex_encode(n->text.b, BC_HASH_BYTES, hex);
    bc_scope_args_text(&n->scope, scope, sizeof scope);
    (void)printf("%-24s %-10s %-16s %s\n  %s\n", n->id, n->version,
                 bc_vocabulary_name(BC_VOCABULARY_KIND, n->kind), hex, scope);
}

static int run_notice_list(struct bc_session *session, const struct bc_args *args)
{
    static struct bc_snapshot snapshot;
    struct bc_current_notices notices;
    const struct bc_event *e;
    uint64_t index;
    json_t *all = session->json ? json_array() : NULL;
    enum bc_result r;

    (void)args;
    bc_session_config(session);
    bc_session_snapshot(session, &snapshot, 1);
    if (!all)
        (void)printf("%-24s %-10s %-16s %s\n", "NOTICE", "VERSION", "KIND", "SHA-256 OF THE TEXT");
    bc_current_notice_begin(&notices, &snapshot);
    while (bc_current_notice_next(&notices, &index, &e))
        if (all)
            json_array_append_new(all, make_object(index, &e->u.notice));
        else
            print_notice(&e->u.notice);
    r = bc_current_notice_end(&notices);
    bc_store_close(snapshot.store);
    if (all)
        bc_message_json(all);
    return r == BC_OK ? BC_EXIT_OK : bc_message_fail_result(r, "notices", "");
}

const struct bc_verb bc_verb_notice_list = {
    .name = "notice list",
    .summary = "list the current notices",
    .usage = {""},
    .description = "Lists the current notices with their scope and the SHA-256 of their text.",
    .examples = {"bioconsent notice list"},
    .options = {-1},
    .run = run_notice_list,
};

/* ---- show ---- */

static int run_notice_show(struct bc_session *session, const struct bc_args *args)
{
    static struct bc_event e;
    static struct bc_notice_text t;
    static struct bc_snapshot snapshot;
    json_t *o;
    char *shown;
    size_t len;
    int code;

    bc_session_config(session);
    bc_session_snapshot(session, &snapshot, 1);
    bc_notice_files_find(&snapshot, args->operand[0], &e);
    code = bc_notice_files_published(&snapshot, &e.u.notice, &t);
    if (code)
        return code;
    if (bc_notice_render(&t.file, t.text, t.len, &shown, &len) != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    if (session->json) {
        o = make_object(0, &e.u.notice);
        json_object_set_new(o, "text", json_stringn(shown, len));
        json_object_set_new(o, "source", json_stringn(t.text, t.len));
        bc_message_json(o);
    } else {
        (void)fwrite(shown, 1, len, stdout);
    }
    free(shown);
    free(t.text);
    bc_store_close(snapshot.store);
    return BC_EXIT_OK;
}

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
