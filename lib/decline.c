/* SPDX-License-Identifier: BSD-2-Clause */
#include "acceptance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

#define SUFFIX ".no"
#define NAME_BYTES (BC_ACCEPTANCE_NAME + sizeof SUFFIX)

static void file_name(uint32_t uid, const struct bc_hash *notice, char out[NAME_BYTES])
{
    bc_acceptance_file(uid, notice, out);
    memcpy(out + strlen(out), SUFFIX, sizeof SUFFIX);
}

int bc_decline_name(const char *name)
{
    char stem[BC_ACCEPTANCE_NAME];
    size_t len = strlen(name);

    if (len < strlen(SUFFIX) || len - strlen(SUFFIX) >= sizeof stem ||
        strcmp(name + len - strlen(SUFFIX), SUFFIX) != 0)
        return 0;
    (void)snprintf(stem, sizeof stem, "%.*s", (int)(len - strlen(SUFFIX)), name);
    return bc_acceptance_name(stem, NULL);
}

enum bc_result bc_decline_put(int folder, uint32_t uid, const struct bc_hash *notice)
{
    char name[NAME_BYTES];

    file_name(uid, notice, name);
    return bc_file_write(folder, name, "", 0, 0600, (uid_t)-1, (gid_t)-1);
}

static int is_old(const struct stat *st, int64_t now)
{
    return (int64_t)st->st_mtime < now - BC_DECLINE_SECONDS;
}

enum bc_result bc_decline_has(int folder, uint32_t uid, const struct bc_hash *notice, int64_t now)
{
    char name[NAME_BYTES];
    struct stat st;

    file_name(uid, notice, name);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    return is_old(&st, now) ? BC_ERR_NOT_FOUND : BC_OK;
}

void bc_decline_sweep(int folder, int64_t now)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    struct stat st;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(dir)))
        if (bc_decline_name(entry->d_name) &&
            fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_old(&st, now))
            (void)unlinkat(folder, entry->d_name, 0);
    closedir(dir);
}
