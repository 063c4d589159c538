/* SPDX-License-Identifier: BSD-2-Clause */
#include "notice-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "law-files.h"
#include "provider-files.h"

/* ---- reading ---- */

static int parse_text(const char *path, struct bc_notice_text *t)
{
    struct bc_ini_file_error err = {.line = 0};
    enum bc_result r = bc_notice_parse(path, t->text, t->len, &t->file, &err);

    if (r == BC_OK)
        return 0;
    free(t->text);
    return bc_message_fail_ini_file(r, &err, path);
}

int bc_notice_files_read(const char *path, struct bc_notice_text *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum bc_result r;

    if (fd < 0)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "%s: %s", path, strerror(errno));
    r = bc_file_read_open(fd, BC_NOTICE_FILE_MAX, &out->text, &out->len);
    close(fd);
    if (r == BC_ERR_UNTRUSTED)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: not a regular file", path);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s (at most %d bytes)", path,
                               bc_result_text(r), BC_NOTICE_FILE_MAX);
    return parse_text(path, out);
}

int bc_notice_files_published(struct bc_snapshot *s, const struct bc_notice *n,
                              struct bc_notice_text *out)
{
    enum bc_result r = bc_current_notice_stored(s, n, &out->text, &out->len);

    return r == BC_OK ? parse_text(n->id, out) : bc_message_fail_result(r, "notice", n->id);
}

void bc_notice_files_find(struct bc_snapshot *s, const char *id_or_hash, struct bc_event *out)
{
    enum bc_result r = bc_current_notice_find(s, id_or_hash, out);

    if (r == BC_ERR_NO_RECORD)
        bc_message_die(BC_EXIT_NOT_FOUND,
                       "there is no current notice %s; see bioconsent notice list, or publish it "
                       "first",
                       id_or_hash);
    if (r != BC_OK)
        bc_message_die_result(r, "notice", id_or_hash);
}

/* ---- linting ---- */

static void add_finding(struct bc_notice_findings *f, const char *who, const char *what,
                        const char *clause)
{
    if (f->json)
        json_array_append_new(
            f->json, json_pack("{s:s, s:s, s:s}", "who", who, "what", what, "clause", clause));
    else
        (void)fprintf(f->out, "%s: %s: %s%s%s%s\n", f->path, who, what, clause[0] ? " (" : "",
                      clause, clause[0] ? ")" : "");
}

/* A provider wants to be named, whatever the law says. A provider of which nothing is known is
 * passed over. */
static int lint_provider(const char *id, const struct bc_notice *n,
                         struct bc_notice_findings *findings)
{
    static struct bc_provider p;
    struct bc_ini_file_error err = {.line = 0};
    enum bc_result r =
        bc_provider_load(bc_provider_folders, BC_PRESET_FOLDERS, id, geteuid(), &p, &err);
    char what[BC_SETTING_MAX + 64];

    if (r == BC_ERR_NOT_FOUND)
        return 0;
    if (r != BC_OK)
        return bc_message_fail_ini_file(r, &err, id);
    if (strcmp(p.legal_name.text, BC_PROVIDER_LOCAL) == 0)
        return 0;
    for (size_t i = 0; i < n->service_providers.count; i++)
        if (strstr(n->service_providers.line[i], p.legal_name.text))
            return 0;
    (void)snprintf(what, sizeof what, "it wants %s named as service provider", p.legal_name.text);
    add_finding(findings, id, what, "");
    return BC_EXIT_REFUSED;
}

int bc_notice_files_lint(const struct bc_session *session, const struct bc_notice_text *t,
                         struct bc_notice_findings *findings, struct bc_notice *applied)
{
    const struct bc_words *providers = &t->file.notice.scope.providers;
    static struct bc_notice_finding found[BC_NOTICE_FINDINGS_MAX];
    struct bc_law_files laws;
    size_t count;
    int code = bc_law_files_load(&t->file.notice.jurisdictions, &laws);

    if (code)
        return code;
    count = bc_notice_lint(&t->file, laws.list, laws.count, session->now, found);
    for (size_t i = 0; i < count; i++)
        add_finding(findings, found[i].who, found[i].what, found[i].clause);
    if (count > 0)
        code = BC_EXIT_REFUSED;
    for (size_t i = 0; i < providers->count; i++)
        if (lint_provider(providers->word[i], &t->file.notice, findings))
            code = BC_EXIT_REFUSED;
    if (!code && applied)
        bc_notice_apply(&t->file, laws.list, laws.count, session->now, applied);
    bc_law_files_free(&laws);
    return code;
}
