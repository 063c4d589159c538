/* SPDX-License-Identifier: BSD-2-Clause */
#include "provider/directory-walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct walk {
    enum bc_result (*each)(void *ctx, const struct bc_host_file *file);
    void *ctx;
    size_t seen;
    enum bc_result trouble; /* the walk goes on after it */
    char path[PATH_MAX];
};

static enum bc_result walk_folder(struct walk *w, int fd, size_t len, int depth);

static enum bc_result below(struct walk *w, int folder, const char *name, size_t len, int depth)
{
    int fd = depth < BC_HOST_DEPTH_MAX
                 ? openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                 : -1;

    if (fd >= 0)
        return walk_folder(w, fd, len, depth + 1);
    w->trouble = depth < BC_HOST_DEPTH_MAX ? BC_ERR_IO : BC_ERR_TOO_LARGE;
    return BC_OK;
}

static enum bc_result visit(struct walk *w, int folder, const char *name, size_t len, int depth)
{
    struct bc_host_file file = {.path = w->path};
    int more = snprintf(w->path + len, sizeof w->path - len, "/%s", name);

    if (++w->seen > BC_HOST_FILES_MAX)
        return BC_ERR_TOO_LARGE;
    if (more < 0 || len + (size_t)more >= sizeof w->path) {
        w->trouble = BC_ERR_TOO_LARGE;
        return BC_OK;
    }
    if (fstatat(folder, name, &file.st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT)
            w->trouble = BC_ERR_IO;
        return BC_OK;
    }
    if (S_ISDIR(file.st.st_mode))
        return below(w, folder, name, len + (size_t)more, depth);
    return w->each(w->ctx, &file);
}

static enum bc_result walk_folder(struct walk *w, int fd, size_t len, int depth)
{
    DIR *dir = fdopendir(fd);
    const struct dirent *entry;
    enum bc_result r = BC_OK;

    if (!dir) {
        (void)close(fd);
        return BC_ERR_MEMORY;
    }
    errno = 0;
    while (r == BC_OK && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            r = visit(w, fd, entry->d_name, len, depth);
        w->path[len] = '\0';
        errno = 0;
    }
    if (r == BC_OK && errno != 0)
        w->trouble = BC_ERR_IO;
    (void)closedir(dir);
    return r;
}

enum bc_result bc_directory_walk(const char *base,
                                 enum bc_result (*each)(void *ctx, const struct bc_host_file *file),
                                 void *ctx)
{
    struct walk w = {.each = each, .ctx = ctx, .trouble = BC_OK};
    size_t len = strlen(base);
    enum bc_result r;
    int fd;

    if (len >= sizeof w.path)
        return BC_ERR_TOO_LARGE;
    memcpy(w.path, base, len + 1);
    fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? BC_OK : BC_ERR_IO;
    r = walk_folder(&w, fd, len, 0);
    return r == BC_OK ? w.trouble : r;
}
