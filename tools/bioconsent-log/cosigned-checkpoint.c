/* SPDX-License-Identifier: BSD-2-Clause */
#include "cosigned-checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "proof/checkpoint.h"

enum bc_result bc_cosigned_checkpoint_read(int folder, const char *name,
                                           struct bc_published_note *out)
{
    char *data;
    size_t len;
    enum bc_result r;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    r = bc_file_read_open(fd, sizeof out->bytes, &data, &len);
    (void)close(fd);
    if (r != BC_OK)
        return r;
    memcpy(out->bytes, data, len);
    out->len = len;
    free(data);
    return BC_OK;
}

/* The length of the note's text with its last newline; 0 if it is not a note. */
static size_t text_length(const struct bc_published_note *note)
{
    const char *end = memmem(note->bytes, note->len, "\n\n", 2);

    return end ? (size_t)(end + 1 - note->bytes) : 0;
}

uint64_t bc_cosigned_checkpoint_size(int folder, const struct bc_vkey *witness)
{
    struct bc_published_note note;
    struct bc_checkpoint c;
    int64_t time;

    if (bc_cosigned_checkpoint_read(folder, BC_PUBLISHED_COSIGNED, &note) != BC_OK ||
        bc_cosignature_find(note.bytes, note.len, witness, &time) != BC_OK ||
        bc_checkpoint_parse(note.bytes, text_length(&note), &c) != BC_OK)
        return 0;
    return c.log_size;
}

static enum bc_result add_under_lock(int folder, const struct bc_vkey *witness, const char *answer,
                                     size_t len, int64_t *time)
{
    struct bc_published_note note, cosigned, with;
    size_t text;
    int64_t when;
    enum bc_result r = bc_cosigned_checkpoint_read(folder, BC_PUBLISHED_CHECKPOINT, &note);

    if (r != BC_OK)
        return r;
    text = text_length(&note);
    if (text == 0)
        return BC_ERR_INVALID;
    /* Cosignatures of the same text are kept. */
    if (bc_cosigned_checkpoint_read(folder, BC_PUBLISHED_COSIGNED, &cosigned) == BC_OK &&
        text_length(&cosigned) == text && memcmp(cosigned.bytes, note.bytes, text) == 0)
        note = cosigned;
    r = bc_cosignature_attach(note.bytes, note.len, answer, len, witness, with.bytes, &with.len);
    if (r == BC_OK)
        r = bc_cosignature_find(with.bytes, with.len, witness, &when);
    if (r == BC_ERR_NOT_FOUND)
        r = BC_ERR_UNKNOWN_KEY;
    if (r == BC_OK)
        r = bc_file_write(folder, BC_PUBLISHED_COSIGNED, with.bytes, with.len, 0644, (uid_t)-1,
                          (gid_t)-1);
    if (r == BC_OK)
        *time = when;
    return r;
}

enum bc_result bc_cosigned_checkpoint_add(int folder, const struct bc_vkey *witness,
                                          const char *answer, size_t len, int64_t *time)
{
    enum bc_result r;
    int saved;

    if (flock(folder, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? BC_ERR_BUSY : BC_ERR_IO;
    r = add_under_lock(folder, witness, answer, len, time);
    saved = errno;
    (void)flock(folder, LOCK_UN);
    errno = saved;
    return r;
}
