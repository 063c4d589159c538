/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/message.h"

static int fail(const struct bc_output *out, const char *path)
{
    int saved = errno;

    if (out->folder >= 0)
        (void)close(out->folder);
    return bc_message_fail(saved == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s", path,
                           strerror(saved));
}

static int open_folder(const char *path, struct bc_output *out)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char folder[4096];

    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        strlen(name) >= sizeof out->name || strlen(path) >= sizeof folder) {
        errno = EINVAL;
        return -1;
    }
    memcpy(out->name, name, strlen(name) + 1);
    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                   slash ? path : ".");
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Only a regular file is replaced: /dev/full is no place for a report. */
static int may_replace(const struct bc_output *out)
{
    struct stat st;

    if (fstatat(out->folder, out->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    if (S_ISREG(st.st_mode))
        return 1;
    errno = EEXIST;
    return 0;
}

int bc_output_begin(const char *path, struct bc_output *out)
{
    int fd;

    *out = (struct bc_output){.to = stdout, .folder = -1};
    if (!path || strcmp(path, "-") == 0)
        return 0;
    out->path = path;
    out->folder = open_folder(path, out);
    if (out->folder < 0 || !may_replace(out))
        return fail(out, path);
    (void)snprintf(out->temporary, sizeof out->temporary, ".bioconsent-%08x%08x",
                   randombytes_random(), randombytes_random());
    fd = openat(out->folder, out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                0600);
    out->to = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out->to && fd >= 0) {
        (void)close(fd);
        (void)unlinkat(out->folder, out->temporary, 0);
        errno = ENOMEM;
    }
    return out->to ? 0 : fail(out, path);
}

static int finish(struct bc_output *out)
{
    int done = fflush(out->to) == 0 && !ferror(out->to) && fsync(fileno(out->to)) == 0;

    /* The file is closed in any case, and its errno is only of interest where the rest went well.
     */
    if (!done) {
        int saved = errno;
        (void)fclose(out->to);
        errno = saved;
        return 0;
    }
    return fclose(out->to) == 0 &&
           renameat(out->folder, out->temporary, out->folder, out->name) == 0 &&
           fsync(out->folder) == 0;
}

int bc_output_end(struct bc_output *out, int code)
{
    if (!out->path)
        return code;
    if (code)
        (void)fclose(out->to);
    else if (!finish(out))
        code = bc_message_fail(BC_EXIT_REFUSED, "%s: %s; nothing was changed", out->path,
                               strerror(errno));
    if (code)
        (void)unlinkat(out->folder, out->temporary, 0);
    (void)close(out->folder);
    return code;
}

static int write_as(const char *path, const void *data, size_t len, mode_t mode)
{
    struct bc_output out;
    int code = bc_output_begin(path, &out);

    if (code)
        return code;
    if (fwrite(data, 1, len, out.to) != len || fflush(out.to) != 0 ||
        (out.path && fchmod(fileno(out.to), mode) != 0))
        code = bc_message_fail(BC_EXIT_REFUSED, "%s: %s", out.path ? out.path : "standard output",
                               strerror(errno));
    return bc_output_end(&out, code);
}

int bc_output_public(const char *path, const void *data, size_t len)
{
    return write_as(path, data, len, 0644);
}

int bc_output_write(const char *path, const void *data, size_t len)
{
    return write_as(path, data, len, 0600);
}
