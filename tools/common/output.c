/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "common/message.h"

int bc_output_begin(const char *path, struct bc_output *out)
{
    const char *slash, *name;
    char folder[4096];
    struct stat st;
    int exists, saved;

    *out = (struct bc_output){.to = stdout, .folder = -1, .mode = 0600};
    if (!path || strcmp(path, "-") == 0)
        return 0;
    out->to = NULL;
    out->path = path;
    slash = strrchr(path, '/');
    name = slash ? slash + 1 : path;
    errno = EINVAL;
    if (name[0] && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
        strlen(name) < sizeof out->name && strlen(path) < sizeof folder) {
        memcpy(out->name, name, strlen(name) + 1);
        (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                       slash ? path : ".");
        out->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (out->folder >= 0) {
        exists = fstatat(out->folder, out->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
        /* Only a regular file is replaced: /dev/full is no place for a report. */
        if (exists && !S_ISREG(st.st_mode))
            errno = EEXIST;
        else if (exists || errno == ENOENT)
            out->to = open_memstream(&out->data, &out->len);
    }
    if (out->to)
        return 0;
    saved = errno;
    if (out->folder >= 0)
        (void)close(out->folder);
    return bc_message_fail(saved == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s", path,
                           strerror(saved));
}

int bc_output_end(struct bc_output *out, int code)
{
    int written;

    if (!out->path)
        return code;
    written = !ferror(out->to);
    if (fclose(out->to) != 0)
        written = 0;
    if (!code && (!written || bc_file_write(out->folder, out->name, out->data, out->len, out->mode,
                                            (uid_t)-1, (gid_t)-1) != BC_OK))
        code = bc_message_fail(BC_EXIT_REFUSED, "%s: %s; nothing was changed", out->path,
                               strerror(errno));
    free(out->data);
    (void)close(out->folder);
    return code;
}

static int write_as(const char *path, const void *data, size_t len, mode_t mode)
{
    struct bc_output out;
    int code = bc_output_begin(path, &out);

    if (code)
        return code;
    out.mode = mode;
    if (fwrite(data, 1, len, out.to) != len || fflush(out.to) != 0)
        code = bc_message_fail(BC_EXIT_REFUSED, "%s: %s", out.path ? out.path : "standard output",
                               strerror(errno));
    return bc_output_end(&out, code);
}

int bc_output_write(const char *path, const void *data, size_t len)
{
    return write_as(path, data, len, 0600);
}

void bc_output_public(const char *path, const void *data, size_t len)
{
    int code = write_as(path, data, len, 0644);

    if (code)
        bc_message_exit(code);
}
