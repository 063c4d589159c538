/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY ".new-"
#define SWEEP_SECONDS 600

static void note_where(struct bc_where *where, const char *path, size_t len)
{
    if (!where)
        return;
    if (len >= sizeof where->path)
        len = sizeof where->path - 1;
    memcpy(where->path, path, len);
    where->path[len] = '\0';
}

static enum bc_result from_errno(void)
{
    switch (errno) {
    case ENOENT:
        return BC_ERR_NOT_FOUND;
    case ELOOP:
    case ENOTDIR:
        return BC_ERR_UNTRUSTED;
    case ENOMEM:
        return BC_ERR_MEMORY;
    default:
        return BC_ERR_IO;
    }
}

static int owned(const struct stat *st, uid_t owner)
{
    return st->st_uid == 0 || st->st_uid == owner;
}

/* Others may write into a sticky folder, but not touch what others put there; and each entry on our
 * way is checked in turn. */
static enum bc_result check_folder(int fd, uid_t owner)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return BC_ERR_IO;
    if (!S_ISDIR(st.st_mode) || !owned(&st, owner))
        return BC_ERR_UNTRUSTED;
    if ((st.st_mode & 022) && !(st.st_mode & S_ISVTX))
        return BC_ERR_UNTRUSTED;
    return BC_OK;
}

static enum bc_result check_end(int fd, uid_t owner, mode_t forbidden, int folder)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return BC_ERR_IO;
    if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
        return BC_ERR_UNTRUSTED;
    if (!owned(&st, owner) || (st.st_mode & (forbidden | 022)))
        return BC_ERR_UNTRUSTED;
    return BC_OK;
}

/* Why an entry could not be opened: one owned by another user is untrusted before it is
 * unreadable. */
static enum bc_result refused(int folder, const char *entry, uid_t owner)
{
    int saved = errno;
    struct stat st;

    if (saved == EACCES && fstatat(folder, entry, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !owned(&st, owner))
        return BC_ERR_UNTRUSTED;
    errno = saved;
    return from_errno();
}

/* Opens the entry of len bytes at name, below *fd, and puts it in *fd's place. */
static enum bc_result descend(int *fd, const char *name, size_t len, int flags, uid_t owner)
{
    char entry[256];
    int next;

    if (len == 0 || len >= sizeof entry || (len == 1 && name[0] == '.') ||
        (len == 2 && name[0] == '.' && name[1] == '.'))
        return BC_ERR_INVALID;
    memcpy(entry, name, len);
    entry[len] = '\0';
    next = openat(*fd, entry, flags | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0)
        return refused(*fd, entry, owner);
    close(*fd);
    *fd = next;
    return BC_OK;
}

static enum bc_result walk(const char *path, uid_t owner, int *fd, int last_flags,
                           struct bc_where *where)
{
    const char *at = path + 1;
    enum bc_result r = check_folder(*fd, owner);

    while (r == BC_OK) {
        size_t len = strcspn(at, "/");
        int last = at[len] == '\0';
        note_where(where, path, (size_t)(at + len - path));
        r = descend(fd, at, len, last ? last_flags : O_PATH | O_DIRECTORY, owner);
        if (r != BC_OK || last)
            break;
        r = check_folder(*fd, owner);
        at += len + 1;
    }
    return r;
}

static enum bc_result open_trusted(const char *path, uid_t owner, mode_t forbidden, int folder,
                                   int *out, struct bc_where *where)
{
    int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (folder ? O_DIRECTORY : 0);
    enum bc_result r;
    int fd;

    note_where(where, path, strlen(path));
    if (path[0] != '/')
        return BC_ERR_INVALID;
    fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return BC_ERR_IO;
    r = walk(path, owner, &fd, flags, where);
    if (r == BC_OK)
        r = check_end(fd, owner, forbidden, folder);
    if (r != BC_OK) {
        int saved = errno;
        close(fd);
        errno = saved;
        return r;
    }
    *out = fd;
    return BC_OK;
}

enum bc_result bc_file_open(const char *path, uid_t owner, mode_t forbidden, int *fd,
                            struct bc_where *where)
{
    return open_trusted(path, owner, forbidden, 0, fd, where);
}

enum bc_result bc_file_open_folder(const char *path, uid_t owner, mode_t forbidden, int *fd,
                                   struct bc_where *where)
{
    return open_trusted(path, owner, forbidden, 1, fd, where);
}

static enum bc_result fill(int fd, char *buffer, size_t cap, size_t *len)
{
    size_t used = 0;

    while (used < cap) {
        ssize_t n = pread(fd, buffer + used, cap - used, (off_t)used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return BC_ERR_IO;
        if (n == 0)
            break;
        used += (size_t)n;
    }
    *len = used;
    return BC_OK;
}

enum bc_result bc_file_read_open(int fd, size_t max, char **data, size_t *len)
{
    struct stat st;
    char *buffer;
    size_t used;
    enum bc_result r;

    if (fstat(fd, &st) != 0)
        return BC_ERR_IO;
    if (!S_ISREG(st.st_mode))
        return BC_ERR_UNTRUSTED;
    if (st.st_size < 0 || (uint64_t)st.st_size > max)
        return BC_ERR_TOO_LARGE;
    buffer = malloc((size_t)st.st_size + 2);
    if (!buffer)
        return BC_ERR_MEMORY;
    r = fill(fd, buffer, (size_t)st.st_size + 1, &used);
    if (r == BC_OK && used > max)
        r = BC_ERR_TOO_LARGE;
    if (r != BC_OK) {
        free(buffer);
        return r;
    }
    buffer[used] = '\0';
    *data = buffer;
    *len = used;
    return BC_OK;
}

enum bc_result bc_file_read(const char *path, uid_t owner, mode_t forbidden, size_t max,
                            char **data, size_t *len, struct bc_where *where)
{
    int fd;
    enum bc_result r = bc_file_open(path, owner, forbidden, &fd, where);

    if (r != BC_OK)
        return r;
    r = bc_file_read_open(fd, max, data, len);
    close(fd);
    return r;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        data += n;
        len -= (size_t)n;
    }
    return 1;
}

static int fill_file(int fd, const void *data, size_t len, mode_t mode, uid_t uid, gid_t gid)
{
    if (geteuid() == 0 && fchown(fd, uid, gid) != 0)
        return 0;
    return fchmod(fd, mode) == 0 && write_all(fd, data, len) && fsync(fd) == 0;
}

static int temporary_name(char out[40])
{
    unsigned char random[8];
    int n = snprintf(out, 40, TEMPORARY);

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return 0;
    for (size_t i = 0; i < sizeof random; i++)
        n += snprintf(out + n, 40 - (size_t)n, "%02x", random[i]);
    return 1;
}

enum bc_result bc_file_write(int folder, const char *name, const void *data, size_t len,
                             mode_t mode, uid_t uid, gid_t gid)
{
    char temporary[40];
    int fd, done;

    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '/'))
        return BC_ERR_INVALID;
    if (!temporary_name(temporary))
        return BC_ERR_IO;
    fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return BC_ERR_IO;
    done = fill_file(fd, data, len, mode, uid, gid);
    if (close(fd) != 0)
        done = 0;
    if (!done || renameat(folder, temporary, folder, name) != 0) {
        int saved = errno;
        (void)unlinkat(folder, temporary, 0);
        errno = saved;
        return BC_ERR_IO;
    }
    return fsync(folder) == 0 ? BC_OK : BC_ERR_IO;
}

static void sweep_entry(int folder, const char *name, int64_t now)
{
    struct stat st;

    if (strncmp(name, TEMPORARY, strlen(TEMPORARY)) == 0 &&
        fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
        (int64_t)st.st_mtime < now - SWEEP_SECONDS)
        (void)unlinkat(folder, name, 0);
}

DIR *bc_file_open_stream(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

void bc_file_sweep(int folder, int64_t now)
{
    DIR *dir = bc_file_open_stream(folder);
    const struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir)))
        sweep_entry(folder, entry->d_name, now);
    closedir(dir);
}
