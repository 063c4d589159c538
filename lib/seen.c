/* SPDX-License-Identifier: BSD-2-Clause */
#include "seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

#define SEEN_NAME "seen"

static enum bc_result read_seen(int state, char **note, size_t *len)
{
    enum bc_result r;
    int fd = openat(state, SEEN_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    r = bc_fd_read(fd, BC_NOTE_MAX, note, len);
    close(fd);
    return r;
}

/* The signature was verified when the note was recorded; the key may have been rotated since. */
static enum bc_result parse_seen(const char *note, size_t len, struct bc_checkpoint *out)
{
    const char *end = memmem(note, len, "\n\n", 2);

    if (!end)
        return BC_ERR_CORRUPT;
    return bc_checkpoint_parse(note, (size_t)(end + 1 - note), out) == BC_OK ? BC_OK
                                                                            : BC_ERR_CORRUPT;
}

static enum bc_reason same_size(const struct bc_checkpoint *old, const struct bc_checkpoint *c)
{
    if (!bc_hash_equal(&old->log_root, &c->log_root))
        return BC_FORKED;
    if (old->register_size != c->register_size ||
        !bc_hash_equal(&old->register_root, &c->register_root))
        return BC_FORKED;
    return c->signed_at < old->signed_at ? BC_ROLLED_BACK : BC_ALLOW;
}

static enum bc_reason extends(const struct bc_checkpoint *old, const struct bc_checkpoint *c,
                              const struct bc_nodes *nodes)
{
    struct bc_proof proof;

    if (old->log_size == 0)
        return BC_ALLOW;
    if (bc_merkle_consistency(nodes, old->log_size, c->log_size, &proof) != BC_OK)
        return BC_CORRUPT;
    if (bc_merkle_verify_consistency(old->log_size, c->log_size, &old->log_root, &c->log_root,
                                     proof.hash, proof.count) != BC_OK)
        return BC_FORKED;
    return BC_ALLOW;
}

static enum bc_reason compare(const struct bc_checkpoint *old, const struct bc_checkpoint *c,
                              const struct bc_nodes *nodes)
{
    if (strcmp(old->origin, c->origin) != 0)
        return BC_FORKED;
    if (c->log_size < old->log_size || c->register_size < old->register_size)
        return BC_ROLLED_BACK;
    if (c->log_size == old->log_size)
        return same_size(old, c);
    if (c->signed_at < old->signed_at)
        return BC_FORKED;
    return extends(old, c, nodes);
}

enum bc_reason bc_seen_compare(int state, const struct bc_checkpoint *c, const char *note,
                               size_t len, const struct bc_nodes *nodes, int *newer)
{
    struct bc_checkpoint old;
    char *seen;
    size_t seen_len;
    enum bc_reason reason = BC_CORRUPT;
    enum bc_result r = read_seen(state, &seen, &seen_len);

    if (r == BC_ERR_NOT_FOUND) {
        *newer = 1;
        return BC_ALLOW;
    }
    if (r != BC_OK)
        return r == BC_ERR_TOO_LARGE ? BC_CORRUPT : BC_SYSTEM;
    if (seen_len == len && memcmp(seen, note, len) == 0) {
        *newer = 0;
        reason = BC_ALLOW;
    } else if (parse_seen(seen, seen_len, &old) == BC_OK) {
        reason = compare(&old, c, nodes);
        if (reason == BC_ALLOW)
            *newer = 1;
    }
    free(seen);
    return reason;
}

enum bc_result bc_seen_record(int state, const char *note, size_t len, uid_t uid, gid_t gid)
{
    return bc_file_write(state, SEEN_NAME, note, len, 0600, uid, gid);
}
