/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/text.h"
#include "notice-files.h"

#define EDITORIAL_MAX 200 /* bytes; how much of the text changed is added */

/* A notice on its way into the log, and what becomes of the consents on its older versions. */
struct publication {
    const char *editorial; /* what the operator says has changed; NULL: not words only */
    struct bc_notice_text new;
    struct bc_event event;
    int has_old;
    struct bc_event old; /* the newest current version, where has_old */
    char changes[BC_LINE_MAX + 1];
    size_t words_changed, words; /* of the body */
    uint64_t lost;               /* consents on older versions, which no longer count */
};

/* Refuses an id and version that were published before. */
static void refuse_clash(struct bc_transaction *l, const struct bc_notice *new)
{
    static struct bc_notice_file f;
    struct bc_store_cursor c = {.store = l->store};
    struct bc_ini_file_error err;
    struct bc_bytes text;
    enum bc_result r;
    int same_text = 0, other_text = 0;

    while (bc_store_cursor_notice(&c, &text))
        if (bc_notice_parse("", (const char *)text.data, text.len, &f, &err) == BC_OK &&
            strcmp(f.notice.id, new->id) == 0 && strcmp(f.notice.version, new->version) == 0) {
            same_text |= bc_merkle_hash_equal(&f.notice.text, &new->text);
            other_text |= !bc_merkle_hash_equal(&f.notice.text, &new->text);
        }
    r = bc_store_cursor_end(&c);
    if (r != BC_OK)
        bc_message_die_result(r, "notice", new->id);
    if (same_text)
        bc_message_die(BC_EXIT_REFUSED,
                       "notice %s, version %s: this very text was published already", new->id,
                       new->version);
    if (other_text)
        bc_message_die(BC_EXIT_REFUSED,
                       "notice %s, version %s was published already with another text; give this "
                       "one a new version",
                       new->id, new->version);
}

/* Compares the notice with the newest current version of its id, if there is one. */
static void compare_with_old(struct publication *p, struct bc_transaction *l)
{
    static struct bc_notice_text old;
    const char *id = p->event.u.notice.id;
    enum bc_result r = bc_current_notice_find(&l->snapshot, id, &p->old);
    int code;

    if (r == BC_ERR_NO_RECORD && p->editorial)
        bc_message_die(BC_EXIT_REFUSED,
                       "notice %s: there is no earlier version that can have an editorial change",
                       id);
    if (r == BC_ERR_NO_RECORD)
        return;
    if (r != BC_OK)
        bc_message_die_result(r, "notice", id);
    p->has_old = 1;
    code = bc_notice_files_published(&l->snapshot, &p->old.u.notice, &old);
    if (code)
        bc_message_exit(code);
    old.file.notice = p->old.u.notice;
    bc_notice_changes(&old.file, &p->new.file, p->changes, sizeof p->changes);
    if (bc_notice_words(old.text + old.file.body, old.len - old.file.body,
                        p->new.text + p->new.file.body, p->new.len - p->new.file.body,
                        &p->words_changed, &p->words) != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    free(old.text);
}

/* Counts the consents on the versions that are current until now. Payloads are searched, not
 * parsed: this is a number for people, and there may be a million. */
static uint64_t count_lost(struct bc_transaction *l, const char *id)
{
    static char current[BC_ACTIVE_MAX][2 * BC_HASH_BYTES + 1]; /* SHA-256 of each version's text */
    static struct bc_event e;
    struct bc_store_cursor c = {.store = l->store};
    struct bc_leaf leaf;
    struct bc_bytes bytes, salt, payload;
    uint64_t slot, lost = 0;
    size_t count = 0;
    enum bc_result r, ended;

    bc_leaf_for_notice(id, &leaf);
    r = bc_transaction_leaf(l, &leaf, NULL);
    for (; r == BC_OK && count < leaf.active_count; count++) {
        r = bc_snapshot_event(&l->snapshot, &leaf.active[count], &e, NULL);
        bc_encoding_hex_encode(e.u.notice.text.b, BC_HASH_BYTES, current[count]);
    }
    while (r == BC_OK && bc_store_cursor_subject(&c, &slot, &bytes)) {
        r = bc_leaf_decode(bytes.data, bytes.len, &leaf);
        if (r != BC_OK || leaf.kind == BC_LEAF_NOTICE)
            continue;
        for (size_t i = 0; r == BC_OK && i < leaf.active_count; i++) {
            r = bc_store_event(l->store, leaf.active[i].index, &salt, &payload);
            for (size_t k = 0; r == BC_OK && k < count; k++)
                lost += memmem(payload.data, payload.len, current[k], 2 * BC_HASH_BYTES) != NULL;
        }
    }
    ended = bc_store_cursor_end(&c);
    if (r != BC_OK || ended != BC_OK)
        bc_message_die_result(r != BC_OK ? r : ended, "notice", id);
    return lost;
}

static void append_notice(struct bc_session *session, struct bc_transaction *l,
                          struct publication *p)
{
    struct bc_notice *n = &p->event.u.notice;
    enum bc_result r;

    refuse_clash(l, n);
    compare_with_old(p, l);
    if (p->editorial && p->changes[0])
        bc_message_die(BC_EXIT_REFUSED,
                       "notice %s: this is more than an editorial change from version %s; it "
                       "changes: %s. Publish it without --editorial, and ask for consent anew",
                       n->id, p->old.u.notice.version, p->changes);
    if (p->editorial) {
        n->keeps_prior = 1;
        (void)snprintf(n->editorial, sizeof n->editorial, "%s (%zu of %zu words differ)",
                       p->editorial, p->words_changed, p->words);
    } else if (p->has_old)
        p->lost = count_lost(l, n->id);
    session->notices_changed = 1;
    r = bc_store_put_notice(l->store, p->new.text, p->new.len, &n->text);
    if (r == BC_OK)
        r = bc_transaction_append(l, &p->event, NULL);
    if (r == BC_ERR_TOO_LARGE)
        bc_message_die(BC_EXIT_REFUSED,
                       "notice %s: %d versions are current already; publish one without "
                       "--editorial",
                       n->id, BC_ACTIVE_MAX);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "notice: %s", bc_result_text(r));
}

static void report_publication(const struct publication *p)
{
    const struct bc_notice *n = &p->event.u.notice;
    const char *before = p->old.u.notice.version;

    for (size_t i = 0; i < n->exempt.count; i++)
        (void)printf("Exempt: %s\n", n->exempt.line[i]);
    if (!p->has_old)
        return;
    if (p->editorial) {
        (void)printf("Editorial: %s.\nConsents on version %s still count.\n", n->editorial, before);
        if (p->words_changed > p->words / 10)
            bc_message_print(
                "look again: that is more than a tenth of the text, and nobody is asked anew");
        return;
    }
    if (p->changes[0])
        (void)printf("Changed since version %s: %s.\n", before, p->changes);
    else
        (void)printf("Nothing that consent depends on has changed since version %s; --editorial "
                     "would have kept its consents.\n",
                     before);
    (void)printf("%llu consents on older versions no longer count: ask for them anew.\n",
                 (unsigned long long)p->lost);
}

static int run_notice_publish(struct bc_session *session, const struct bc_args *args)
{
    static struct publication p = {.event.type = BC_EVENT_NOTICE};
    struct bc_notice *n = &p.event.u.notice;
    struct bc_notice_findings findings = {.path = args->operand[0], .out = stderr};
    char hex[2 * BC_HASH_BYTES + 1];
    size_t len;
    int code;

    p.editorial = bc_args_value(args, BC_OPTION_EDITORIAL, NULL);
    len = p.editorial ? strlen(p.editorial) : 0;
    if (p.editorial && (len == 0 || len > EDITORIAL_MAX || !bc_text_clean(p.editorial, len, 0)))
        return bc_message_fail(BC_EXIT_USAGE, "--editorial: say what changed, in 1 to %d bytes",
                               EDITORIAL_MAX);
    code = bc_notice_files_read(findings.path, &p.new);
    if (code)
        return code;
    code = bc_notice_files_lint(session, &p.new, &findings, n);
    if (code == BC_EXIT_REFUSED)
        bc_message_print("%s: not published", findings.path);
    if (code)
        return code;
    p.new.file.notice = *n;
    append_notice(session, bc_session_begin(session, args), &p);
    bc_session_end(session);
    bc_encoding_hex_encode(n->text.b, BC_HASH_BYTES, hex);
    if (session->json) {
        bc_message_json(json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:I}", "id", n->id, "version",
                                  n->version, "sha256", hex, "keeps_prior", n->keeps_prior,
                                  "editorial", n->editorial, "changes", p.changes,
                                  "no_longer_count", (json_int_t)p.lost));
    } else {
        (void)printf("Notice %s, version %s, is published.\nSHA-256 of its file: %s\n", n->id,
                     n->version, hex);
        report_publication(&p);
    }
    free(p.new.text);
    return BC_EXIT_OK;
}

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
