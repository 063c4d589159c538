/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/pending-acceptance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/text.h"

#define SHORT 16 /* hex digits of the notice in a name */

static void format_name(uint32_t uid, const struct bc_hash *notice, char out[BC_ACCEPTANCE_NAME])
{
    char hex[SHORT + 1];

    bc_encoding_hex_encode(notice->b, SHORT / 2, hex);
    (void)snprintf(out, BC_ACCEPTANCE_NAME, "%lu-%s", (unsigned long)uid, hex);
}

int bc_pending_acceptance_name(const char *name, uint32_t *uid)
{
    const char *dash = strchr(name, '-');
    unsigned char digits[SHORT / 2];
    uint64_t n;

    if (!dash || bc_text_parse_number(name, (size_t)(dash - name), UINT32_MAX - 1, &n) != BC_OK ||
        bc_encoding_hex_decode(dash + 1, strlen(dash + 1), digits, sizeof digits) != BC_OK)
        return 0;
    if (uid)
        *uid = (uint32_t)n;
    return 1;
}

/* ---- the text ---- */

static int valid(const struct bc_pending_acceptance *a)
{
    size_t len = strnlen(a->typed, sizeof a->typed);

    return !a->subject.external && a->subject.uid != UINT32_MAX && a->log_size <= INT64_MAX &&
           bc_name_subject_valid(a->subject.name) && bc_name_word_valid(a->notice_id) && len > 0 &&
           len < sizeof a->typed && bc_text_clean(a->typed, len, 0);
}

enum bc_result bc_pending_acceptance_format(const struct bc_pending_acceptance *a,
                                            char out[BC_ACCEPTANCE_MAX], size_t *len)
{
    char hex[2 * BC_HASH_BYTES + 1], time[BC_TIME_TEXT_BYTES];
    int n;

    if (!valid(a))
        return BC_ERR_INVALID;
    bc_encoding_hex_encode(a->notice.b, BC_HASH_BYTES, hex);
    bc_datetime_format(a->time, time);
    n = snprintf(out, BC_ACCEPTANCE_MAX,
                 "acceptance/1\nuid %lu\nname %s\nnotice %s %s\nlog %llu\n"
                 "typed %s\ntime %s\n",
                 (unsigned long)a->subject.uid, a->subject.name, a->notice_id, hex,
                 (unsigned long long)a->log_size, a->typed, time);
    if (n < 0 || n >= BC_ACCEPTANCE_MAX)
        return BC_ERR_INVALID;
    *len = (size_t)n;
    return BC_OK;
}

static int read_uid(const char *text, uint32_t *out)
{
    uint64_t n;

    if (bc_text_parse_number(text, strlen(text), UINT32_MAX - 1, &n) != BC_OK)
        return 0;
    *out = (uint32_t)n;
    return 1;
}

/* Loosely at first: what is written anew must then be the same bytes. */
enum bc_result bc_pending_acceptance_parse(const char *text, struct bc_pending_acceptance *out)
{
    char uid[16], hex[65], log[24], time[BC_TIME_TEXT_BYTES + 1], again[BC_ACCEPTANCE_MAX];
    struct bc_pending_acceptance a = {.time = 0};
    size_t len;

    if (sscanf(text,
               "acceptance/1 uid %15[0-9] name %255[^\n] notice %64[^ ] %64[0-9a-f]"
               " log %20[0-9] typed%*1[ ]%1023[^\n] time %21[^\n]",
               uid, a.subject.name, a.notice_id, hex, log, a.typed, time) != 7)
        return BC_ERR_INVALID;
    if (!read_uid(uid, &a.subject.uid) ||
        bc_text_parse_number(log, strlen(log), INT64_MAX, &a.log_size) != BC_OK ||
        bc_encoding_hex_decode(hex, strlen(hex), a.notice.b, BC_HASH_BYTES) != BC_OK ||
        bc_datetime_parse(time, strlen(time), &a.time) != BC_OK ||
        bc_pending_acceptance_format(&a, again, &len) != BC_OK || strcmp(text, again) != 0)
        return BC_ERR_INVALID;
    *out = a;
    return BC_OK;
}

/* ---- the folder ---- */

enum bc_result bc_pending_acceptance_has(int folder, uint32_t uid, const struct bc_hash *notice)
{
    char name[BC_ACCEPTANCE_NAME];
    struct stat st;

    format_name(uid, notice, name);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return BC_OK;
    return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
}

/* Calls each for every name that could be an acceptance's. */
static enum bc_result
each_name(int folder, enum bc_result (*each)(void *ctx, int folder, const char *name, uint32_t uid),
          void *ctx)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    enum bc_result r = BC_OK;
    const struct dirent *entry;
    uint32_t uid;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return BC_ERR_IO;
    }
    while (r == BC_OK && (errno = 0, entry = readdir(dir)))
        if (bc_pending_acceptance_name(entry->d_name, &uid))
            r = each(ctx, folder, entry->d_name, uid);
    if (r == BC_OK && errno != 0)
        r = BC_ERR_IO;
    closedir(dir);
    return r;
}

/* Those of one uid. */
struct own {
    uint32_t uid;
    size_t count;
};

static enum bc_result count_own(void *ctx, int folder, const char *name, uint32_t uid)
{
    struct own *own = ctx;

    (void)folder;
    (void)name;
    own->count += uid == own->uid;
    return BC_OK;
}

size_t bc_pending_acceptance_count(int folder, uint32_t uid)
{
    struct own own = {uid, 0};

    return each_name(folder, count_own, &own) == BC_OK ? own.count : SIZE_MAX;
}

enum bc_result bc_pending_acceptance_put(int folder, struct bc_pending_acceptance *a, uid_t uid,
                                         gid_t gid)
{
    char text[BC_ACCEPTANCE_MAX], name[BC_ACCEPTANCE_NAME];
    struct bc_hash hash;
    size_t len, count;
    enum bc_result r = bc_pending_acceptance_format(a, text, &len);

    if (r != BC_OK)
        return r;
    if (bc_pending_withdrawal_has(folder, a->subject.uid) != BC_ERR_NOT_FOUND)
        return BC_ERR_EXISTS;
    count = bc_pending_acceptance_count(folder, a->subject.uid);
    if (count >= BC_ACCEPTANCES_MAX)
        return count == SIZE_MAX ? BC_ERR_IO : BC_ERR_TOO_LARGE;
    format_name(a->subject.uid, &a->notice, name);
    r = bc_file_write(folder, name, text, len, 0600, uid, gid);
    if (r != BC_OK)
        return r;
    /* A withdrawal left meanwhile may have looked for acceptances before this one was there. */
    if (bc_pending_withdrawal_has(folder, a->subject.uid) != BC_ERR_NOT_FOUND) {
        (void)bc_pending_acceptance_drop(folder, a->subject.uid);
        return BC_ERR_EXISTS;
    }
    bc_merkle_hash_bytes(text, len, &hash);
    a->file = hash;
    return BC_OK;
}

struct visit {
    uid_t owner;
    enum bc_result (*each)(void *ctx, const struct bc_pending_acceptance *a, const char *name,
                           enum bc_result fault);
    void *ctx;
};

static enum bc_result read_one(int folder, const char *name, uid_t owner,
                               struct bc_pending_acceptance *out)
{
    char own[BC_ACCEPTANCE_NAME];
    struct bc_pending_acceptance a;
    struct bc_hash hash;
    char *text = NULL;
    enum bc_result r =
        bc_pending_withdrawal_read_file(folder, name, owner, BC_ACCEPTANCE_MAX - 1, &text, &hash);

    if (r == BC_OK)
        r = bc_pending_acceptance_parse(text, &a);
    free(text);
    if (r != BC_OK)
        return r;
    format_name(a.subject.uid, &a.notice, own);
    if (strcmp(own, name) != 0)
        return BC_ERR_INVALID;
    a.file = hash;
    *out = a;
    return BC_OK;
}

static enum bc_result visit(void *ctx, int folder, const char *name, uint32_t uid)
{
    const struct visit *v = ctx;
    struct bc_pending_acceptance a;
    enum bc_result fault = read_one(folder, name, v->owner, &a);

    (void)uid;
    return v->each(v->ctx, fault == BC_OK ? &a : NULL, name, fault);
}

enum bc_result
bc_pending_acceptance_each(int folder, uid_t owner,
                           enum bc_result (*each)(void *ctx, const struct bc_pending_acceptance *a,
                                                  const char *name, enum bc_result fault),
                           void *ctx)
{
    struct visit v = {owner, each, ctx};

    return each_name(folder, visit, &v);
}

static enum bc_result unlink_durably(int folder, const char *name)
{
    if (unlinkat(folder, name, 0) != 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    return fsync(folder) == 0 ? BC_OK : BC_ERR_IO;
}

int bc_pending_acceptance_unchanged(int folder, const struct bc_pending_acceptance *a)
{
    char name[BC_ACCEPTANCE_NAME];
    struct bc_hash now;
    char *text;

    format_name(a->subject.uid, &a->notice, name);
    if (bc_pending_withdrawal_read_file(folder, name, (uid_t)-1, BC_ACCEPTANCE_MAX - 1, &text,
                                        &now) != BC_OK)
        return 0;
    free(text);
    return bc_merkle_hash_equal(&now, &a->file);
}

enum bc_result bc_pending_acceptance_remove(int folder, const struct bc_pending_acceptance *a)
{
    char name[BC_ACCEPTANCE_NAME];

    format_name(a->subject.uid, &a->notice, name);
    return bc_pending_acceptance_unchanged(folder, a) ? unlink_durably(folder, name)
                                                      : BC_ERR_NOT_FOUND;
}

static enum bc_result drop_own(void *ctx, int folder, const char *name, uint32_t uid)
{
    const struct own *own = ctx;
    enum bc_result r = uid == own->uid ? unlink_durably(folder, name) : BC_OK;

    return r == BC_ERR_NOT_FOUND ? BC_OK : r;
}

enum bc_result bc_pending_acceptance_drop(int folder, uint32_t uid)
{
    struct own own = {uid, 0};

    return each_name(folder, drop_own, &own);
}
