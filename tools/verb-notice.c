/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notices.h"
#include "scope.h"
#include "text.h"
#include "tool.h"

#define NOTICE_TEXT_MAX 65536

static const char help[] =
    "usage: bioconsent notice publish --id ID --version V --text FILE --controller NAME\n"
    "           --service-provider NAME ... --modality M,... --operation O,... --provider P,...\n"
    "           --purpose P,... --retention TEXT [--language L] [--jurisdiction J,...]\n"
    "           [--kind KIND] [--keeps-older]\n"
    "       bioconsent notice list\n"
    "       bioconsent notice show ID-OR-SHA256\n\n"
    "publish keeps the exact text and makes this version the accepted one; grants on older versions\n"
    "no longer count, unless --keeps-older says that nothing of substance has changed.\n"
    "Modalities: fingerprint face voice palm iris. Operations: authenticate enroll.\n"
    "Kinds: notice-only affirmative explicit written-release (default).\n\n"
    "Example: bioconsent notice publish --id login-finger --version 1 --text notice.txt \\\n"
    "  --controller 'Example Ltd' --service-provider 'fprintd on this host' \\\n"
    "  --modality fingerprint --operation authenticate,enroll --provider fprintd \\\n"
    "  --purpose login --retention 'until withdrawal, at most 3 years'\n";

static int copy_line(struct bc_args *args, const char *name, const char *fallback, char *out,
                     size_t cap)
{
    const char *value = bc_arg_value(args, name, fallback);

    if (!value)
        return bc_fail(BC_EXIT_USAGE, "notice publish needs --%s", name);
    if (strlen(value) >= cap || value[0] == '\0' || !bc_text_clean(value, strlen(value), 0))
        return bc_fail(BC_EXIT_USAGE, "--%s: 1 to %zu bytes of text without control characters",
                       name, cap - 1);
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

static int copy_word(struct bc_args *args, const char *name, const char *fallback,
                     char out[BC_WORD_MAX + 1])
{
    int code = copy_line(args, name, fallback, out, BC_WORD_MAX + 1);

    if (!code && !bc_word_valid(out))
        return bc_fail(BC_EXIT_USAGE, "--%s %s: use a-z 0-9 . _ -", name, out);
    return code;
}

static int copy_providers(struct bc_args *args, struct bc_lines *out)
{
    const struct bc_arg *a = bc_arg(args, "service-provider");

    for (size_t i = 0; i < a->count; i++) {
        size_t len = strlen(a->list[i]);
        if (len == 0 || len > BC_LINE_MAX || !bc_text_clean(a->list[i], len, 0))
            return bc_fail(BC_EXIT_USAGE, "--service-provider: text of 1 to %d bytes",
                           BC_LINE_MAX);
        memcpy(out->line[out->count++], a->list[i], len + 1);
    }
    return out->count ? 0 : bc_fail(BC_EXIT_USAGE, "notice publish needs --service-provider");
}

static int fill(struct bc_args *args, struct bc_notice *n)
{
    const char *kind = bc_arg_value(args, "kind", "written-release");
    int code = copy_word(args, "id", NULL, n->id);

    if (!code)
        code = copy_word(args, "version", NULL, n->version);
    if (!code)
        code = copy_word(args, "language", "en", n->language);
    if (!code)
        code = copy_line(args, "controller", NULL, n->controller, sizeof n->controller);
    if (!code)
        code = copy_line(args, "retention", NULL, n->retention, sizeof n->retention);
    if (!code)
        code = copy_providers(args, &n->service_providers);
    if (!code)
        code = bc_scope_from_args(args, &n->scope);
    if (!code)
        code = bc_words_from_arg(bc_arg(args, "jurisdiction"), &n->jurisdictions);
    if (code)
        return code;
    if (!n->scope.modalities || !n->scope.operations)
        return bc_fail(BC_EXIT_USAGE, "notice publish needs --modality and --operation");
    if (bc_kind_from(kind) < 0)
        return bc_fail(BC_EXIT_USAGE, "unknown kind: %s", kind);
    n->kind = (enum bc_kind)bc_kind_from(kind);
    n->keeps_older = bc_arg(args, "keeps-older")->given;
    return 0;
}

static int read_text(const char *path, char **text, size_t *len)
{
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    enum bc_result r;

    if (!path)
        return bc_fail(BC_EXIT_USAGE, "notice publish needs --text FILE");
    if (fd < 0)
        return bc_fail(BC_EXIT_NOT_FOUND, "%s: %s", path, strerror(errno));
    r = bc_fd_read(fd, NOTICE_TEXT_MAX, text, len);
    close(fd);
    if (r != BC_OK)
        return bc_fail(BC_EXIT_REFUSED, "%s: %s (at most %d bytes)", path, bc_result_text(r),
                       NOTICE_TEXT_MAX);
    if (*len == 0 || !bc_text_clean(*text, *len, 1)) {
        free(*text);
        return bc_fail(BC_EXIT_REFUSED, "%s: must be UTF-8 text without control characters", path);
    }
    return 0;
}

/* A notice to publish, and its text. */
struct publication {
    struct bc_event *event;
    const char *text;
    size_t len;
};

static int append_notice(struct bc_tool *tool, struct bc_ledger *ledger, void *ctx)
{
    const struct publication *p = ctx;
    struct bc_event *e = p->event;
    struct bc_event *old = malloc(sizeof *old);
    enum bc_reason reason;
    enum bc_result r;

    (void)tool;
    if (!old)
        return bc_fail(BC_EXIT_REFUSED, "no memory");
    bc_hash_bytes(p->text, p->len, &e->u.notice.text);
    reason = bc_snapshot_notice(&ledger->snapshot, e->u.notice.id, &e->u.notice.text, old);
    free(old);
    if (reason == BC_ALLOW)
        return bc_fail(BC_EXIT_REFUSED, "notice %s: this very text is published already",
                       e->u.notice.id);
    if (reason != BC_NO_RECORD && reason != BC_SUPERSEDED)
        return bc_fail_reason(reason, "notice", e->u.notice.id);
    r = bc_ledger_put_notice(ledger, p->text, p->len, &e->u.notice.text);
    if (r == BC_OK)
        r = bc_ledger_append(ledger, e, NULL);
    if (r == BC_ERR_TOO_LARGE)
        return bc_fail(BC_EXIT_REFUSED, "notice %s: %d versions are accepted already; publish one "
                       "without --keeps-older", e->u.notice.id, BC_LIVE_MAX);
    return r == BC_OK ? 0 : bc_fail(BC_EXIT_REFUSED, "notice: %s", bc_result_text(r));
}

static int publish(struct bc_tool *tool, struct bc_args *args)
{
    struct bc_event *e = calloc(1, sizeof *e);
    char hex[2 * BC_HASH_BYTES + 1];
    char *text = NULL;
    size_t len = 0;
    int code = e ? fill(args, &e->u.notice) : BC_EXIT_REFUSED;

    if (!code)
        code = read_text(bc_arg_value(args, "text", NULL), &text, &len);
    if (!code) {
        struct publication p = {e, text, len};
        e->type = BC_EVENT_NOTICE;
        code = bc_tool_write(tool, bc_arg_value(args, "passphrase-file", NULL), append_notice, &p);
        free(text);
    }
    if (!code) {
        bc_hex_encode(e->u.notice.text.b, BC_HASH_BYTES, hex);
        if (tool->json)
            bc_print_json(json_pack("{s:s, s:s, s:s}", "id", e->u.notice.id, "version",
                                    e->u.notice.version, "sha256", hex));
        else
            (void)printf("Notice %s, version %s, is published.\nSHA-256 of its text: %s\n",
                         e->u.notice.id, e->u.notice.version, hex);
    }
    free(e);
    return code;
}

static void list_one(void *ctx, uint64_t index, const struct bc_event *e)
{
    const struct bc_notice *n = &e->u.notice;
    char hex[2 * BC_HASH_BYTES + 1], scope[640];

    bc_hex_encode(n->text.b, BC_HASH_BYTES, hex);
    bc_scope_text(&n->scope, scope, sizeof scope);
    if (ctx)
        json_array_append_new(ctx, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "event",
                                             (json_int_t)index, "id", n->id, "version", n->version,
                                             "sha256", hex, "controller", n->controller, "scope",
                                             scope, "kind", bc_kind_name(n->kind)));
    else
        (void)printf("%-24s %-10s %-16s %s\n  %s\n", n->id, n->version, bc_kind_name(n->kind), hex,
                     scope);
}

static int list(struct bc_tool *tool)
{
    struct bc_snapshot snapshot;
    json_t *all = tool->json ? json_array() : NULL;
    enum bc_reason reason;
    int code = bc_tool_policy(tool);

    if (!code)
        code = bc_tool_snapshot(tool, &snapshot, 1);
    if (code) {
        json_decref(all);
        return code;
    }
    if (!tool->json)
        (void)printf("%-24s %-10s %-16s %s\n", "NOTICE", "VERSION", "KIND", "SHA-256 OF THE TEXT");
    reason = bc_notices_each(&snapshot, list_one, all);
    bc_store_close(snapshot.store);
    if (all)
        bc_print_json(all);
    return reason == BC_ALLOW ? BC_EXIT_OK : bc_fail_reason(reason, "notices", "");
}

static int show_found(struct bc_tool *tool, struct bc_snapshot *s, const struct bc_event *e)
{
    struct bc_bytes text;
    struct bc_hash hash;
    json_t *out = tool->json ? json_array() : NULL;

    if (bc_store_notice(s->store, &e->u.notice.text, &text) != BC_OK) {
        json_decref(out);
        return bc_fail_reason(BC_CORRUPT, "notice", e->u.notice.id);
    }
    bc_hash_bytes(text.data, text.len, &hash);
    if (!bc_hash_equal(&hash, &e->u.notice.text)) {
        json_decref(out);
        return bc_fail_reason(BC_CORRUPT, "notice", e->u.notice.id);
    }
    if (out) {
        list_one(out, 0, e);
        json_object_set_new(json_array_get(out, 0), "text",
                            json_stringn((const char *)text.data, text.len));
        bc_print_json(json_incref(json_array_get(out, 0)));
        json_decref(out);
    } else {
        (void)fwrite(text.data, 1, text.len, stdout);
    }
    return BC_EXIT_OK;
}

static int show(struct bc_tool *tool, const char *which)
{
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_snapshot snapshot;
    enum bc_reason reason;
    int code = e ? bc_tool_policy(tool) : BC_EXIT_REFUSED;

    if (!code)
        code = bc_tool_snapshot(tool, &snapshot, 1);
    if (!code) {
        reason = bc_notices_find(&snapshot, which, e);
        if (reason == BC_ALLOW)
            code = show_found(tool, &snapshot, e);
        else if (reason == BC_NO_RECORD)
            code = bc_fail(BC_EXIT_NOT_FOUND, "there is no accepted notice %s; see bioconsent "
                           "notice list", which);
        else
            code = bc_fail_reason(reason, "notice", which);
        bc_store_close(snapshot.store);
    }
    free(e);
    return code;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {BC_SCOPE_OPTIONS,
                               {.name = "id", .kind = BC_ARG_ONE},
                               {.name = "version", .kind = BC_ARG_ONE},
                               {.name = "language", .kind = BC_ARG_ONE},
                               {.name = "text", .kind = BC_ARG_ONE},
                               {.name = "controller", .kind = BC_ARG_ONE},
                               {.name = "service-provider", .kind = BC_ARG_LIST},
                               {.name = "retention", .kind = BC_ARG_ONE},
                               {.name = "kind", .kind = BC_ARG_ONE},
                               {.name = "keeps-older", .kind = BC_ARG_FLAG},
                               {.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_tool_args(tool, &bc_verb_notice, &args, argc, argv, 1, 2);

    if (code >= 0)
        return code;
    if (strcmp(args.operands[0], "publish") == 0 && args.operand_count == 1)
        return publish(tool, &args);
    if (strcmp(args.operands[0], "list") == 0 && args.operand_count == 1)
        return list(tool);
    if (strcmp(args.operands[0], "show") == 0 && args.operand_count == 2)
        return show(tool, args.operands[1]);
    return bc_fail(BC_EXIT_USAGE, "notice: publish, list or show; see bioconsent notice --help");
}

const struct bc_verb bc_verb_notice = {"notice", "publish, list or show notices", help, run};
