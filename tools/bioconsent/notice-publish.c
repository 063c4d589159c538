/* SPDX-License-Identifier: BSD-2-Clause */
#include "notice-publish.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/text.h"
#include "law-files.h"
#include "provider-files.h"

#define EDITORIAL_MAX 200 /* bytes; how much of the text changed is added */

static void add_finding(struct bc_findings *f, const char *who, const char *what,
                        const char *clause)
{
    if (f->json)
        json_array_append_new(
            f->json, json_pack("{s:s, s:s, s:s}", "who", who, "what", what, "clause", clause));
    else
        (void)fprintf(f->out, "%s: %s: %s%s%s%s\n", f->path, who, what, clause[0] ? " (" : "",
                      clause, clause[0] ? ")" : "");
}

static int is_named(const struct bc_lines *lines, const char *legal_name)
{
    for (size_t i = 0; i < lines->count; i++)
        if (strstr(lines->line[i], legal_name))
            return 1;
    return 0;
}

/* Providers want to be named, whatever the law says. Those of which nothing is known are let be. */
static int lint_provider(const char *id, const struct bc_notice *n, struct bc_findings *findings)
{
    struct bc_provider *p = malloc(sizeof *p);
    struct bc_ini_file_error err = {.line = 0};
    enum bc_result r =
        p ? bc_provider_load(bc_provider_folders, BC_PRESET_FOLDERS, id, geteuid(), p, &err)
          : BC_ERR_MEMORY;
    int code = r == BC_OK || r == BC_ERR_NOT_FOUND ? 0 : bc_message_fail_ini_file(r, &err, id);
    char what[BC_SETTING_MAX + 64];

    if (r == BC_OK && strcmp(p->legal_name.text, BC_PROVIDER_LOCAL) != 0 &&
        !is_named(&n->service_providers, p->legal_name.text)) {
        (void)snprintf(what, sizeof what, "it wants %s named as service provider",
                       p->legal_name.text);
        add_finding(findings, id, what, "");
        code = BC_EXIT_REFUSED;
    }
    free(p);
    return code;
}

int bc_notice_publish_lint(struct bc_session *tool, const struct bc_notice_text *t,
                           struct bc_findings *findings, struct bc_notice *applied)
{
    static struct bc_notice_finding found[BC_NOTICE_FINDINGS_MAX];
    const struct bc_words *providers = &t->file.notice.scope.providers;
    struct bc_law_files laws;
    size_t count;
    int code = bc_law_files_load(&t->file.notice.jurisdictions, &laws);

    if (code)
        return code;
    count = bc_notice_lint(&t->file, laws.list, laws.count, tool->now, found);
    for (size_t i = 0; i < count; i++)
        add_finding(findings, found[i].who, found[i].what, found[i].clause);
    if (count > 0)
        code = BC_EXIT_REFUSED;
    for (size_t i = 0; i < providers->count; i++)
        if (lint_provider(providers->word[i], &t->file.notice, findings))
            code = BC_EXIT_REFUSED;
    if (!code && applied)
        bc_notice_apply(&t->file, laws.list, laws.count, tool->now, applied);
    bc_law_files_free(&laws);
    return code;
}

/* A notice on its way into the log, and what becomes of the consents on its older versions. */
struct publication {
    const char *path;
    const char *editorial;
    struct bc_notice_text *new;
    struct bc_event *event;
    int clash;            /* with what was published before: 1 this text, 2 another */
    struct bc_event *old; /* the newest accepted version, where has_old */
    int has_old;
    char changes[BC_LINE_MAX + 1];
    size_t words_changed, words; /* of the body */
    size_t accepted;             /* older versions that count until now */
    char accepted_hex[BC_ACTIVE_MAX][2 * BC_HASH_BYTES + 1];
    struct bc_store *store;
    uint64_t lost; /* consents on them */
};

/* Looks whether id and version were published before. */
static enum bc_result look_for_clash(struct publication *p, struct bc_bytes text)
{
    const struct bc_notice *new = &p->event->u.notice;
    struct bc_notice_file *f = malloc(sizeof *f);
    struct bc_ini_file_error err;

    if (!f)
        return BC_ERR_MEMORY;
    if (bc_notice_parse("", (const char *)text.data, text.len, f, &err) == BC_OK &&
        strcmp(f->notice.id, new->id) == 0 && strcmp(f->notice.version, new->version) == 0)
        p->clash = bc_merkle_hash_equal(&f->notice.text, &new->text) ? 1 : 2;
    free(f);
    return BC_OK;
}

static int refuse_clash(struct publication *p, struct bc_transaction *l)
{
    const struct bc_notice *n = &p->event->u.notice;
    struct bc_store_cursor c = {.store = l->store};
    enum bc_result r = BC_OK, ended;
    struct bc_bytes text;

    while (r == BC_OK && bc_store_cursor_notice(&c, &text))
        r = look_for_clash(p, text);
    ended = bc_store_cursor_end(&c);
    if (r == BC_OK)
        r = ended;
    if (r != BC_OK)
        return bc_message_fail_result(r, "notice", n->id);
    if (p->clash == 1)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "notice %s, version %s: this very text was published "
                               "already",
                               n->id, n->version);
    if (p->clash == 2)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "notice %s, version %s was published already with another "
                               "text; give this one a new version",
                               n->id, n->version);
    return 0;
}

/* ---- the version before ---- */

static int compare_texts(struct publication *p, const struct bc_notice_text *old)
{
    const struct bc_notice_text *new = p->new;

    bc_notice_changes(&old->file, &new->file, p->changes, sizeof p->changes);
    if (bc_notice_words(old->text + old->file.body, old->len - old->file.body,
                        new->text + new->file.body, new->len - new->file.body, &p->words_changed,
                        &p->words) != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    return 0;
}

static int compare(struct publication *p, struct bc_transaction *l)
{
    const char *id = p->event->u.notice.id;
    enum bc_result result = bc_current_notice_find(&l->snapshot, id, p->old);
    struct bc_notice_text *old;
    int code = 0;

    p->has_old = result == BC_OK;
    if (result == BC_ERR_NO_RECORD)
        return p->editorial ? bc_message_fail(BC_EXIT_REFUSED,
                                              "notice %s: there is no earlier version that "
                                              "can have an editorial change",
                                              id)
                            : 0;
    if (result != BC_OK)
        return bc_message_fail_result(result, "notice", id);
    old = bc_notice_files_published(&l->snapshot, &p->old->u.notice, &code);
    if (!old)
        return code;
    old->file.notice = p->old->u.notice;
    code = compare_texts(p, old);
    bc_notice_files_free(old);
    return code;
}

static int declare_editorial(struct publication *p)
{
    struct bc_notice *n = &p->event->u.notice;

    if (p->changes[0])
        return bc_message_fail(BC_EXIT_REFUSED,
                               "notice %s: not only mended; against version %s it changes: "
                               "%s. Publish it without --editorial, and ask for consent anew",
                               n->id, p->old->u.notice.version, p->changes);
    n->keeps_prior = 1;
    (void)snprintf(n->editorial, sizeof n->editorial, "%s (%zu of %zu words differ)", p->editorial,
                   p->words_changed, p->words);
    return 0;
}

/* ---- the consents that no longer count ---- */

/* Payloads are searched, not parsed: this is a number for people, and there may be a million. */
static enum bc_result count_consents(struct publication *p, struct bc_bytes bytes)
{
    struct bc_leaf leaf;
    enum bc_result r = bc_leaf_decode(bytes.data, bytes.len, &leaf);

    if (r != BC_OK || leaf.kind == BC_LEAF_NOTICE)
        return r;
    for (size_t i = 0; i < leaf.active_count; i++) {
        struct bc_bytes salt, payload;
        r = bc_store_event(p->store, leaf.active[i].index, &salt, &payload);
        for (size_t k = 0; r == BC_OK && k < p->accepted; k++)
            p->lost += memmem(payload.data, payload.len, p->accepted_hex[k],
                              sizeof p->accepted_hex[k] - 1) != NULL;
    }
    return r;
}

static int count_lost(struct publication *p, struct bc_transaction *l)
{
    struct bc_event *e = malloc(sizeof *e);
    struct bc_store_cursor c = {.store = l->store};
    struct bc_leaf leaf;
    struct bc_bytes bytes;
    uint64_t slot;
    enum bc_result ended, result = e ? BC_OK : BC_ERR_SYSTEM;

    bc_leaf_for_notice(p->event->u.notice.id, &leaf);
    if (result == BC_OK)
        result = bc_transaction_leaf(l, &leaf, NULL);
    for (size_t i = 0; result == BC_OK && i < leaf.active_count; i++) {
        result = bc_snapshot_event(&l->snapshot, &leaf.active[i], e, NULL);
        if (result == BC_OK)
            bc_encoding_hex_encode(e->u.notice.text.b, BC_HASH_BYTES,
                                   p->accepted_hex[p->accepted++]);
    }
    free(e);
    p->store = l->store;
    while (result == BC_OK && bc_store_cursor_subject(&c, &slot, &bytes))
        result = count_consents(p, bytes);
    ended = bc_store_cursor_end(&c);
    if (result == BC_OK)
        result = ended;
    return result == BC_OK ? 0 : bc_message_fail_result(result, "notice", p->event->u.notice.id);
}

/* ---- publishing ---- */

static int append_notice(struct bc_session *tool, struct bc_transaction *l, void *ctx)
{
    struct publication *p = ctx;
    struct bc_notice *n = &p->event->u.notice;
    enum bc_result r;
    int code = refuse_clash(p, l);

    if (!code)
        code = compare(p, l);
    if (!code && p->editorial)
        code = declare_editorial(p);
    if (!code && p->has_old && !p->editorial)
        code = count_lost(p, l);
    if (code)
        return code;
    tool->notices_changed = 1;
    r = bc_store_put_notice(l->store, p->new->text, p->new->len, &n->text);
    if (r == BC_OK)
        r = bc_transaction_append(l, p->event, NULL);
    if (r == BC_ERR_TOO_LARGE)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "notice %s: %d versions are accepted already; publish one "
                               "without --editorial",
                               n->id, BC_ACTIVE_MAX);
    return r == BC_OK ? 0 : bc_message_fail(BC_EXIT_REFUSED, "notice: %s", bc_result_text(r));
}

static void report_older(const struct publication *p)
{
    const char *before = p->old->u.notice.version;

    if (p->editorial) {
        (void)printf("Editorial: %s.\nConsents on version %s still count.\n",
                     p->event->u.notice.editorial, before);
        if (p->words_changed > p->words / 10)
            bc_message_print(
                "look again: that is more than a tenth of the text, and nobody is asked anew");
        return;
    }
    if (p->changes[0])
        (void)printf("Changed since version %s: %s.\n", before, p->changes);
    else
        (void)printf(
            "Nothing that consent depends on has changed since version %s; --editorial would "
            "have kept its consents.\n",
            before);
    (void)printf("%llu consents on older versions no longer count: ask for them anew.\n",
                 (unsigned long long)p->lost);
}

static void report(const struct bc_session *tool, const struct publication *p)
{
    const struct bc_notice *n = &p->event->u.notice;
    char hex[2 * BC_HASH_BYTES + 1];

    bc_encoding_hex_encode(n->text.b, BC_HASH_BYTES, hex);
    if (tool->json) {
        bc_message_json(json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:I}", "id", n->id, "version",
                                  n->version, "sha256", hex, "keeps_prior", n->keeps_prior,
                                  "editorial", n->editorial, "changes", p->changes,
                                  "no_longer_count", (json_int_t)p->lost));
        return;
    }
    (void)printf("Notice %s, version %s, is published.\nSHA-256 of its file: %s\n", n->id,
                 n->version, hex);
    for (size_t i = 0; i < n->exempt.count; i++)
        (void)printf("Exempt: %s\n", n->exempt.line[i]);
    if (p->has_old)
        report_older(p);
}

static int check_editorial(const char *editorial)
{
    size_t len = editorial ? strlen(editorial) : 0;

    if (editorial && (len == 0 || len > EDITORIAL_MAX || !bc_text_clean(editorial, len, 0)))
        return bc_message_fail(BC_EXIT_USAGE, "--editorial: say what changed, in 1 to %d bytes",
                               EDITORIAL_MAX);
    return 0;
}

static int prepare(struct bc_session *tool, struct publication *p)
{
    struct bc_findings findings = {.path = p->path, .out = stderr};
    int code = check_editorial(p->editorial);

    if (code)
        return code;
    p->new = bc_notice_files_read(p->path, &code);
    if (!p->new)
        return code;
    p->event->type = BC_EVENT_NOTICE;
    code = bc_notice_publish_lint(tool, p->new, &findings, &p->event->u.notice);
    if (code == BC_EXIT_REFUSED)
        return bc_message_fail(code, "%s: not published", p->path);
    p->new->file.notice = p->event->u.notice;
    return code;
}

int bc_notice_publish(struct bc_session *tool, const char *path, const char *editorial,
                      const char *passphrase_file)
{
    struct publication *p = calloc(1, sizeof *p);
    int code = BC_EXIT_REFUSED;

    if (p) {
        p->path = path;
        p->editorial = editorial;
        p->event = calloc(1, sizeof *p->event);
        p->old = calloc(1, sizeof *p->old);
    }
    if (!p || !p->event || !p->old)
        bc_message_print("no memory");
    else
        code = prepare(tool, p);
    if (p && p->new && !code)
        code = bc_session_write(tool, passphrase_file, append_notice, p);
    if (p && !code)
        report(tool, p);
    if (p) {
        bc_notice_files_free(p->new);
        free(p->event);
        free(p->old);
    }
    free(p);
    return code;
}
