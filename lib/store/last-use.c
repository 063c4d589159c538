/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/last-use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.h"

#define DAY 86400
#define NAME_BYTES 16
#define PATH_BYTES (sizeof BC_LAST_USE_FOLDER + 2 * NAME_BYTES + 1)

static void format_path(const struct bc_leaf *leaf, char out[PATH_BYTES])
{
    unsigned char key[BC_LEAF_KEY_MAX];
    struct bc_hash hash;

    bc_merkle_hash_bytes(key, bc_leaf_key(leaf, key), &hash);
    memcpy(out, BC_LAST_USE_FOLDER "/", sizeof BC_LAST_USE_FOLDER);
    bc_encoding_hex_encode(hash.b, NAME_BYTES, out + sizeof BC_LAST_USE_FOLDER);
}

enum bc_result bc_last_use_init(int state, uid_t uid, gid_t gid)
{
    if (mkdirat(state, BC_LAST_USE_FOLDER, 0700) != 0)
        return errno == EEXIST ? BC_OK : BC_ERR_IO;
    if (geteuid() == 0 && fchownat(state, BC_LAST_USE_FOLDER, uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
        return BC_ERR_IO;
    return BC_OK;
}

enum bc_result bc_last_use_last(int state, const struct bc_leaf *leaf, int64_t *out)
{
    char path[PATH_BYTES];
    struct stat st;

    format_path(leaf, path);
    if (fstatat(state, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    if (!S_ISREG(st.st_mode))
        return BC_ERR_IO;
    *out = (int64_t)st.st_mtim.tv_sec;
    return BC_OK;
}

enum bc_result bc_last_use_note(int state, const struct bc_leaf *leaf, int64_t now)
{
    const struct timespec times[2] = {{.tv_sec = (time_t)now}, {.tv_sec = (time_t)now}};
    char path[PATH_BYTES];
    int64_t last;
    enum bc_result r = bc_last_use_last(state, leaf, &last);
    int fd;

    if (r == BC_OK && now / DAY <= last / DAY)
        return BC_OK;
    if (r != BC_OK && r != BC_ERR_NOT_FOUND)
        return r;
    format_path(leaf, path);
    fd = openat(state, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    /* On the descriptor, so that a time is set on nothing but what was opened. */
    r = futimens(fd, times) == 0 ? BC_OK : BC_ERR_IO;
    close(fd);
    return r;
}

enum bc_result bc_last_use_forget(int state, const struct bc_leaf *leaf)
{
    char path[PATH_BYTES];
    enum bc_result r;
    int fd;

    format_path(leaf, path);
    if (unlinkat(state, path, 0) != 0 && errno != ENOENT)
        return BC_ERR_IO;
    fd = openat(state, BC_LAST_USE_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? BC_OK : BC_ERR_IO;
    r = fsync(fd) == 0 ? BC_OK : BC_ERR_IO;
    close(fd);
    return r;
}
