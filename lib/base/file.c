/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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
    if (where)
        (void)snprintf(where->path, sizeof where->path, "%.*s", (int)len, path);
}

static int is_trusted_owner(const struct stat *st, uid_t owner)
{
    return st->st_uid == 0 || st->st_uid == owner;
}

/* Checks what an open descriptor is. Of a folder above the last component, forbidden does not count
 * if it is sticky: others may write into it, but not change entries of another user, and each entry
 * of the path is checked in turn. */
static enum bc_result check_entry(int fd, uid_t owner, mode_t type, mode_t forbidden, int above)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return BC_ERR_IO;
    if ((st.st_mode & S_IFMT) != type || !is_trusted_owner(&st, owner))
        return BC_ERR_UNTRUSTED;
    if ((st.st_mode & forbidden) && !(above && (st.st_mode & S_ISVTX)))
        return BC_ERR_UNTRUSTED;
    return BC_OK;
}

/* Opens the entry of len bytes at name, below *fd, and puts it in *fd's place. */
static enum bc_result open_entry(int *fd, const char *name, size_t len, int flags, uid_t owner)
{
    char entry[256];
    struct stat st;
    int next, foreign, saved;

    if (len == 0 || len >= sizeof entry || (len == 1 && name[0] == '.') ||
        (len == 2 && name[0] == '.' && name[1] == '.'))
        return BC_ERR_INVALID;
    memcpy(entry, name, len);
    entry[len] = '\0';
    next = openat(*fd, entry, flags | O_NOFOLLOW | O_CLOEXEC);
    if (next >= 0) {
        close(*fd);
        *fd = next;
        return BC_OK;
    }
    saved = errno;
    /* An entry of another user is untrusted before it is unreadable. */
    foreign = saved == EACCES && fstatat(*fd, entry, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
              !is_trusted_owner(&st, owner);
    errno = saved;
    if (foreign || saved == ELOOP || saved == ENOTDIR)
        return BC_ERR_UNTRUSTED;
    return saved == ENOENT ? BC_ERR_NOT_FOUND : saved == ENOMEM ? BC_ERR_MEMORY : BC_ERR_IO;
}

static enum bc_result open_trusted(const char *path, uid_t owner, mode_t forbidden, mode_t type,
                                   int *out, struct bc_where *where)
{
    int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (type == S_IFDIR ? O_DIRECTORY : 0);
    int fd, last = 0, saved;
    enum bc_result r;

    note_where(where, path, strlen(path));
    if (path[0] != '/')
        return BC_ERR_INVALID;
    fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return BC_ERR_IO;
    r = check_entry(fd, owner, S_IFDIR, 022, 1);
    for (const char *at = path + 1; r == BC_OK && !last;) {
        size_t len = strcspn(at, "/");
        last = at[len] == '\0';
        note_where(where, path, (size_t)(at + len - path));
        r = open_entry(&fd, at, len, last ? flags : O_PATH | O_DIRECTORY, owner);
        if (r == BC_OK)
            r = check_entry(fd, owner, last ? type : S_IFDIR, last ? forbidden | 022 : 022, !last);
        at += len + 1;
    }
    if (r != BC_OK) {
        saved = errno;
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
    return open_trusted(path, owner, forbidden, S_IFREG, fd, where);
}

enum bc_result bc_file_open_folder(const char *path, uid_t owner, mode_t forbidden, int *fd,
                                   struct bc_where *where)
{
    return open_trusted(path, owner, forbidden, S_IFDIR, fd, where);
}

enum bc_result bc_file_read_open(int fd, size_t max, char **data, size_t *len)
{
    struct stat st;
    char *buffer;
    size_t used = 0, room;
    ssize_t n = 1;

    if (fstat(fd, &st) != 0)
        return BC_ERR_IO;
    if (!S_ISREG(st.st_mode))
        return BC_ERR_UNTRUSTED;
    if (st.st_size < 0 || (uint64_t)st.st_size > max)
        return BC_ERR_TOO_LARGE;
    room = (size_t)st.st_size + 1; /* one byte more shows a file that has grown */
    buffer = malloc(room + 1);
    if (!buffer)
        return BC_ERR_MEMORY;
    while (n != 0 && used < room) {
        n = pread(fd, buffer + used, room - used, (off_t)used);
        if (n < 0 && errno != EINTR)
            break;
        used += n > 0 ? (size_t)n : 0;
    }
    if (n < 0 || used > max) {
        free(buffer);
        return n < 0 ? BC_ERR_IO : BC_ERR_TOO_LARGE;
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

enum bc_result bc_file_write(int folder, const char *name, const void *data, size_t len,
                             mode_t mode, uid_t uid, gid_t gid)
{
    char temporary[40];
    uint64_t random;
    int fd, done;

    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '/'))
        return BC_ERR_INVALID;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return BC_ERR_IO;
    (void)snprintf(temporary, sizeof temporary, TEMPORARY "%016" PRIx64, random);
    fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return BC_ERR_IO;
    done = (geteuid() != 0 || fchown(fd, uid, gid) == 0) && fchmod(fd, mode) == 0 &&
           write_all(fd, data, len) && fsync(fd) == 0;
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
    struct stat st;

    if (!dir)
        return;
    while ((entry = readdir(dir)))
        if (strncmp(entry->d_name, TEMPORARY, strlen(TEMPORARY)) == 0 &&
            fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            (int64_t)st.st_mtime < now - SWEEP_SECONDS)
            (void)unlinkat(folder, entry->d_name, 0);
    closedir(dir);
}
