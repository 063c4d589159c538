/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/last-seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock.h"
#include "proof/checkpoint.h"

#define SEEN_NAME "seen"
#define LOCK_WAIT_MS 500

static enum bc_result read_note(int state, char **note, size_t *len)
{
    enum bc_result r;
    int fd = openat(state, SEEN_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    r = bc_file_read_open(fd, BC_NOTE_MAX, note, len);
    close(fd);
    return r;
}

/* The length of the note's text, 0 if it is no note. The signature was verified when the note was
 * recorded; the key may have been rotated since. */
static size_t text_length(const char *note, size_t len)
{
    const char *end = memmem(note, len, "\n\n", 2);

    return end ? (size_t)(end + 1 - note) : 0;
}

enum bc_result bc_last_seen_read(int state, struct bc_checkpoint *out)
{
    char *note;
    size_t len;
    enum bc_result r = read_note(state, &note, &len);

    if (r != BC_OK)
        return r;
    r = bc_checkpoint_parse(note, text_length(note, len), out) == BC_OK ? BC_OK : BC_ERR_CORRUPT;
    free(note);
    return r;
}

enum bc_result bc_last_seen_compare(int state, struct bc_snapshot *snapshot,
                                    struct bc_last_seen_mark *mark, int *newer)
{
    const struct bc_nodes nodes = bc_tile_nodes(&snapshot->log);
    enum bc_follow follow = BC_FOLLOW_SAME;
    struct bc_checkpoint old;
    char *seen;
    size_t len, text;
    int same;
    enum bc_result r = read_note(state, &seen, &len);

    if (r == BC_ERR_NOT_FOUND) {
        mark->exists = 0;
        *newer = 1;
        return BC_OK;
    }
    if (r != BC_OK)
        return r == BC_ERR_TOO_LARGE ? BC_ERR_CORRUPT : BC_ERR_SYSTEM;
    /* Another signature, such as a second key's, changes the note, but not what it says. */
    text = text_length(seen, len);
    same = text && text < snapshot->note.len && memcmp(seen, snapshot->note.data, text + 1) == 0;
    if (!same &&
        (bc_checkpoint_parse(seen, text, &old) != BC_OK ||
         bc_checkpoint_follow(&old, &snapshot->checkpoint, &nodes, NULL, &follow) != BC_OK))
        r = BC_ERR_CORRUPT;
    else if (follow == BC_FOLLOW_OLDER)
        r = BC_ERR_ROLLBACK;
    else if (follow != BC_FOLLOW_SAME && follow != BC_FOLLOW_FOLLOWS)
        r = BC_ERR_FORK;
    if (r == BC_OK) {
        *newer = !same;
        mark->exists = 1;
        bc_merkle_hash_bytes(seen, len, &mark->hash);
    }
    free(seen);
    return r;
}

/* Whether what is seen is still what mark says. */
static enum bc_result check_unchanged(int state, const struct bc_last_seen_mark *mark)
{
    struct bc_hash now;
    char *seen;
    size_t len;
    enum bc_result r = read_note(state, &seen, &len);

    if (r == BC_ERR_NOT_FOUND)
        return mark->exists ? BC_ERR_EXISTS : BC_OK;
    if (r != BC_OK)
        return r;
    bc_merkle_hash_bytes(seen, len, &now);
    free(seen);
    return mark->exists && bc_merkle_hash_equal(&mark->hash, &now) ? BC_OK : BC_ERR_EXISTS;
}

enum bc_result bc_last_seen_record(int state, const struct bc_last_seen_mark *mark,
                                   const char *note, size_t len, uid_t uid, gid_t gid)
{
    int fd;
    enum bc_result r = bc_lock_folder(state, LOCK_WAIT_MS, uid, gid, &fd);

    if (r != BC_OK)
        return r;
    if (mark)
        r = check_unchanged(state, mark);
    if (r == BC_OK)
        r = bc_file_write(state, SEEN_NAME, note, len, 0600, uid, gid);
    close(fd);
    return r;
}
