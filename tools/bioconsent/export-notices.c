/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/current-notice.h"
#include "export.h"
#include "base/encoding.h"
#include "session.h"

/* The accepted notices as files, for the store that consents on them are imported into. */

/* What the publisher said was mended, without the count that publishing adds. */
static json_t *mended(const struct bc_notice *n)
{
    const char *end = strrchr(n->mended, '(');
    size_t len = end && end > n->mended + 1 ? (size_t)(end - n->mended) - 1 : strlen(n->mended);

    return json_stringn(n->mended, len);
}

static int write_notice(struct bc_snapshot *s, int folder, const struct bc_version *v,
                        size_t number, json_t *lines)
{
    const struct bc_notice *n = &v->notice;
    char name[2 * BC_WORD_MAX + 32], hex[2 * BC_HASH_BYTES + 1];
    enum bc_reason reason;
    enum bc_result r;
    char *text;
    size_t len;

    reason = bc_current_notice_stored(s, n, &text, &len);
    if (reason != BC_REASON_ALLOW)
        return bc_message_fail_reason(reason, "notice", n->id);
    (void)snprintf(name, sizeof name, "%zu-%s-%s.notice", number, n->id, n->version);
    r = bc_file_write(folder, name, text, len, 0644, (uid_t)-1, (gid_t)-1);
    free(text);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", name, strerror(errno));
    bc_encoding_hex_encode(n->text.b, BC_HASH_BYTES, hex);
    json_array_append_new(lines, json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "file", name, "id",
                                           n->id, "version", n->version, "sha256", hex,
                                           "keeps_older", n->keeps_older, "mended", mended(n)));
    return 0;
}

static int write_list(int folder, const json_t *lines)
{
    char *text = NULL;
    size_t len = 0, i;
    json_t *line;
    FILE *f = open_memstream(&text, &len);
    int failed = !f;
    enum bc_result r = BC_ERR_MEMORY;

    json_array_foreach(lines, i, line)
        failed |= !f || json_dumpf(line, f, JSON_COMPACT | JSON_SORT_KEYS) != 0 || fputc('\n', f) < 0;
    if (f && fclose(f) == 0 && !failed)
        r = bc_file_write(folder, "notices.jsonl", text, len, 0644, (uid_t)-1, (gid_t)-1);
    free(text);
    return r == BC_OK ? 0 : bc_message_fail(BC_EXIT_REFUSED, "notices.jsonl: %s", bc_result_text(r));
}

int bc_export_notices(struct bc_snapshot *s, const struct bc_consent_statuses *outcomes, const char *path)
{
    json_t *lines;
    size_t number = 0;
    int folder, code = 0;

    if (mkdir(path, 0755) != 0)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s; name a folder that does not exist yet", path,
                       strerror(errno));
    folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", path, strerror(errno));
    lines = json_array();
    for (size_t i = 0; i < outcomes->version_count && !code; i++)
        if (!outcomes->version[i]->replaced)
            code = write_notice(s, folder, outcomes->version[i], ++number, lines);
    if (!code)
        code = write_list(folder, lines);
    json_decref(lines);
    (void)close(folder);
    return code;
}
