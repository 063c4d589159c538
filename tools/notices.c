/* SPDX-License-Identifier: BSD-2-Clause */
#include "notices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"
#include "tool.h"

static struct bc_notice_text *fail(struct bc_notice_text *t, int *code, int how)
{
    *code = how;
    bc_notices_free(t);
    return NULL;
}

static struct bc_notice_text *parse(struct bc_notice_text *t, const char *path, int *code)
{
    struct bc_settings_error err = {.line = 0};
    enum bc_result r = bc_notice_parse(path, t->text, t->len, &t->file, &err);

    return r == BC_OK ? t : fail(t, code, bc_fail_settings(r, &err, path));
}

static int read_file(const char *path, struct bc_notice_text *t)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum bc_result r;

    if (fd < 0)
        return bc_fail(BC_EXIT_NOT_FOUND, "%s: %s", path, strerror(errno));
    r = bc_fd_read(fd, BC_NOTICE_FILE_MAX, &t->text, &t->len);
    close(fd);
    if (r == BC_ERR_UNTRUSTED)
        return bc_fail(BC_EXIT_REFUSED, "%s: not a regular file", path);
    return r == BC_OK ? 0
                      : bc_fail(BC_EXIT_REFUSED, "%s: %s (at most %d bytes)", path,
                                bc_result_text(r), BC_NOTICE_FILE_MAX);
}

struct bc_notice_text *bc_notices_read(const char *path, int *code)
{
    struct bc_notice_text *t = calloc(1, sizeof *t);
    int how = t ? read_file(path, t) : bc_fail(BC_EXIT_REFUSED, "no memory");

    return how ? fail(t, code, how) : parse(t, path, code);
}

struct bc_notice_text *bc_notices_published(struct bc_snapshot *s, const struct bc_notice *n,
                                            int *code)
{
    struct bc_notice_text *t = calloc(1, sizeof *t);
    struct bc_bytes bytes;
    struct bc_hash hash;

    if (!t)
        return fail(t, code, bc_fail(BC_EXIT_REFUSED, "no memory"));
    if (bc_store_notice(s->store, &n->text, &bytes) != BC_OK)
        return fail(t, code, bc_fail_reason(BC_CORRUPT, "notice", n->id));
    bc_hash_bytes(bytes.data, bytes.len, &hash);
    if (!bc_hash_equal(&hash, &n->text))
        return fail(t, code, bc_fail_reason(BC_CORRUPT, "notice", n->id));
    t->text = malloc(bytes.len + 1);
    if (!t->text)
        return fail(t, code, bc_fail(BC_EXIT_REFUSED, "no memory"));
    memcpy(t->text, bytes.data, bytes.len);
    t->text[bytes.len] = '\0';
    t->len = bytes.len;
    return parse(t, n->id, code);
}

void bc_notices_free(struct bc_notice_text *t)
{
    if (t)
        free(t->text);
    free(t);
}

struct ids {
    size_t count;
    size_t room;
    char (*id)[BC_WORD_MAX + 1];
};

static enum bc_result collect(void *ctx, uint64_t slot, struct bc_bytes bytes)
{
    struct ids *ids = ctx;
    struct bc_leaf leaf;
    enum bc_result r = bc_leaf_decode(bytes.data, bytes.len, &leaf);

    (void)slot;
    if (r != BC_OK || leaf.kind != BC_LEAF_NOTICE)
        return r;
    if (ids->count == ids->room) {
        void *more = realloc(ids->id, (ids->room + 64) * sizeof *ids->id);
        if (!more)
            return BC_ERR_MEMORY;
        ids->id = more;
        ids->room += 64;
    }
    memcpy(ids->id[ids->count++], leaf.name, sizeof *ids->id);
    return BC_OK;
}

static enum bc_reason each_version(struct bc_snapshot *s, const char *id,
                                   void (*each)(void *, uint64_t, const struct bc_event *),
                                   void *ctx)
{
    struct bc_event event;
    struct bc_leaf leaf;
    enum bc_reason reason;

    bc_leaf_for_notice(id, &leaf);
    reason = bc_snapshot_leaf(s, &leaf, NULL);
    for (size_t i = 0; reason == BC_ALLOW && i < leaf.live_count; i++) {
        reason = bc_snapshot_event(s, &leaf.live[i], &event, NULL);
        if (reason == BC_ALLOW && event.type != BC_EVENT_NOTICE)
            reason = BC_CORRUPT;
        if (reason == BC_ALLOW)
            each(ctx, leaf.live[i].index, &event);
    }
    return reason;
}

enum bc_reason bc_notices_each(struct bc_snapshot *s,
                               void (*each)(void *ctx, uint64_t index, const struct bc_event *e),
                               void *ctx)
{
    struct ids ids = {0, 0, NULL};
    enum bc_reason reason = bc_snapshot_reason(bc_store_subjects(s->store, collect, &ids));

    for (size_t i = 0; reason == BC_ALLOW && i < ids.count; i++)
        reason = each_version(s, ids.id[i], each, ctx);
    free(ids.id);
    return reason;
}

struct search {
    int by_hash;
    struct bc_hash hash;
    int found;
    struct bc_event *out;
};

static void match(void *ctx, uint64_t index, const struct bc_event *e)
{
    struct search *s = ctx;

    (void)index;
    if (s->by_hash && !bc_hash_equal(&s->hash, &e->u.notice.text))
        return;
    *s->out = *e;
    s->found = 1;
}

enum bc_reason bc_notices_find(struct bc_snapshot *s, const char *id_or_hash, struct bc_event *out)
{
    struct search search = {.out = out};
    enum bc_reason reason;

    search.by_hash = bc_hex_decode(id_or_hash, strlen(id_or_hash), search.hash.b,
                                   BC_HASH_BYTES) == BC_OK;
    if (search.by_hash)
        reason = bc_notices_each(s, match, &search);
    else
        reason = bc_word_valid(id_or_hash) ? each_version(s, id_or_hash, match, &search)
                                           : BC_NO_RECORD;
    return reason == BC_ALLOW && !search.found ? BC_NO_RECORD : reason;
}
