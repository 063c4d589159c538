/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/pending-withdrawal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datetime.h"
#include "base/file.h"
#include "base/text.h"

#define PENDING_MAX 1024
#define UID_TEXT 16

static void file_name(uint32_t uid, char out[UID_TEXT])
{
    (void)snprintf(out, UID_TEXT, "%lu", (unsigned long)uid);
}

enum bc_result bc_pending_withdrawal_has(int folder, uint32_t uid)
{
    char name[UID_TEXT];
    struct stat st;

    file_name(uid, name);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return BC_OK;
    return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
}

enum bc_result bc_pending_withdrawal_put(int folder, const struct bc_pending_withdrawal *p,
                                         uid_t uid, gid_t gid)
{
    char text[PENDING_MAX], name[UID_TEXT], time[BC_TIME_TEXT_BYTES];
    int n;

    if (p->subject.external || !bc_name_subject_valid(p->subject.name))
        return BC_ERR_INVALID;
    if (bc_pending_withdrawal_has(folder, p->subject.uid) == BC_OK)
        return BC_OK;
    file_name(p->subject.uid, name);
    bc_datetime_format(p->time, time);
    n = snprintf(text, sizeof text, "withdrawal/1\nuid %s\nname %s\ntime %s\n", name,
                 p->subject.name, time);
    return bc_file_write(folder, name, text, (size_t)n, 0600, uid, gid);
}

static enum bc_result parse(char *text, struct bc_pending_withdrawal *out)
{
    struct bc_pending_withdrawal p = {.time = 0};
    char uid_text[UID_TEXT], time[BC_TIME_TEXT_BYTES + 1];
    uint64_t uid;
    int used = 0;

    if (sscanf(text, "withdrawal/1\nuid %15[0-9]\nname %255[^\n]\ntime %21[^\n]%n", uid_text,
               p.subject.name, time, &used) != 3 ||
        strcmp(text + used, "\n") != 0)
        return BC_ERR_INVALID;
    if (bc_text_parse_number(uid_text, strlen(uid_text), UINT32_MAX - 1, &uid) != BC_OK ||
        bc_datetime_parse(time, strlen(time), &p.time) != BC_OK ||
        !bc_name_subject_valid(p.subject.name))
        return BC_ERR_INVALID;
    p.subject.uid = (uint32_t)uid;
    *out = p;
    return BC_OK;
}

/* The folder is the service user's alone: that a file in it is somebody else's is no accident. */
static int owned_by(int fd, uid_t owner)
{
    struct stat st;

    return owner == (uid_t)-1 || (fstat(fd, &st) == 0 && st.st_uid == owner);
}

enum bc_result bc_pending_withdrawal_read_file(int folder, const char *name, uid_t owner,
                                               size_t max, char **text, struct bc_hash *hash)
{
    char *data = NULL;
    size_t len = 0;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    enum bc_result r = fd < 0 ? BC_ERR_IO : owned_by(fd, owner) ? BC_OK : BC_ERR_UNTRUSTED;

    if (r == BC_OK)
        r = bc_file_read_open(fd, max, &data, &len);
    if (fd >= 0)
        close(fd);
    if (r == BC_OK && strlen(data) != len)
        r = BC_ERR_INVALID;
    if (r != BC_OK) {
        free(data);
        return r;
    }
    if (hash)
        bc_merkle_hash_bytes(data, len, hash);
    *text = data;
    return BC_OK;
}

static enum bc_result read_pending(int folder, const char *name, struct bc_pending_withdrawal *out)
{
    struct bc_pending_withdrawal p;
    struct bc_hash hash;
    char own[UID_TEXT];
    char *text = NULL;
    enum bc_result r =
        bc_pending_withdrawal_read_file(folder, name, (uid_t)-1, PENDING_MAX, &text, &hash);

    if (r == BC_OK)
        r = parse(text, &p);
    free(text);
    if (r != BC_OK)
        return r;
    p.file = hash;
    file_name(p.subject.uid, own);
    if (strcmp(own, name) != 0)
        return BC_ERR_INVALID;
    *out = p;
    return BC_OK;
}

static enum bc_result
visit(int folder, const char *name,
      enum bc_result (*each)(void *, const struct bc_pending_withdrawal *, const char *), void *ctx)
{
    struct bc_pending_withdrawal p;
    char clean[64];

    if (name[0] == '.')
        return BC_OK;
    bc_text_sanitize(name, clean, sizeof clean);
    return each(ctx, read_pending(folder, name, &p) == BC_OK ? &p : NULL, clean);
}

enum bc_result bc_pending_withdrawal_each(
    int folder,
    enum bc_result (*each)(void *ctx, const struct bc_pending_withdrawal *p, const char *name),
    void *ctx)
{
    enum bc_result r = BC_OK;
    const struct dirent *entry;
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return BC_ERR_IO;
    }
    while (r == BC_OK && (entry = readdir(dir)))
        r = visit(folder, entry->d_name, each, ctx);
    closedir(dir);
    return r;
}

enum bc_result bc_pending_withdrawal_remove(int folder, uint32_t uid)
{
    char name[UID_TEXT];

    file_name(uid, name);
    if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
        return BC_ERR_IO;
    return fsync(folder) == 0 ? BC_OK : BC_ERR_IO;
}
