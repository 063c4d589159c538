/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/directory-walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Takes the descriptor over. */
static void push_folder(struct bc_directory_walk *w, int fd)
{
    DIR *dir = fdopendir(fd);

    if (!dir) {
        (void)close(fd);
        w->trouble = BC_ERR_MEMORY;
        return;
    }
    w->dir[w->open] = dir;
    w->len[w->open++] = strlen(w->path);
}

void bc_directory_walk_begin(struct bc_directory_walk *w, const char *base, int flags)
{
    size_t len = strcmp(base, "/") == 0 ? 0 : strlen(base); /* no name begins with "//" */
    int fd;

    w->open = w->seen = 0;
    w->trouble = BC_OK;
    if (len >= sizeof w->path) {
        w->trouble = BC_ERR_TOO_LARGE;
        return;
    }
    memcpy(w->path, base, len);
    w->path[len] = '\0';
    fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (fd >= 0)
        push_folder(w, fd);
    else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
        w->trouble = BC_ERR_IO;
}

static void close_folders(struct bc_directory_walk *w)
{
    while (w->open > 0)
        (void)closedir(w->dir[--w->open]);
}

int bc_directory_walk_next(struct bc_directory_walk *w, struct stat *st)
{
    while (w->open > 0) {
        DIR *dir = w->dir[w->open - 1];
        size_t len = w->len[w->open - 1];
        const struct dirent *entry;
        int n, fd;

        errno = 0;
        entry = readdir(dir);
        if (!entry) {
            if (errno != 0)
                w->trouble = BC_ERR_IO;
            (void)closedir(dir);
            w->open--;
            continue;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (++w->seen > BC_DIRECTORY_WALK_ENTRIES_MAX) {
            w->trouble = BC_ERR_TOO_LARGE;
            close_folders(w);
            return 0;
        }
        n = snprintf(w->path + len, sizeof w->path - len, "/%s", entry->d_name);
        if (n < 0 || len + (size_t)n >= sizeof w->path) {
            w->trouble = BC_ERR_TOO_LARGE;
            continue;
        }
        if (fstatat(dirfd(dir), entry->d_name, st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno != ENOENT)
                w->trouble = BC_ERR_IO;
            continue;
        }
        if (!S_ISDIR(st->st_mode))
            return 1;
        if (w->open > BC_DIRECTORY_WALK_DEPTH_MAX) {
            w->trouble = BC_ERR_TOO_LARGE;
            continue;
        }
        fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0)
            push_folder(w, fd);
        else
            w->trouble = BC_ERR_IO;
    }
    return 0;
}

enum bc_result bc_directory_walk_end(struct bc_directory_walk *w)
{
    close_folders(w);
    return w->trouble;
}
