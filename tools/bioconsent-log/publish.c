/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reason.h"
#include "cosigned-checkpoint.h"
#include "log.h"
#include "proof/checkpoint.h"

/*
 * Writes the log as files that any web server serves, c2sp.org/tlog-tiles:
 *
 *     checkpoint                   the signed note
 *     tile/<level>/<n>[.p/<width>] 256 hashes (or the first <width>)
 *     tile/entries/<n>[.p/<width>] the entries: commitments, which reveal nothing
 */

static const char help[] =
    "usage: bioconsent-log publish DIR [--json]\n\n"
    "Writes the log as static files (c2sp.org/tlog-tiles) for any web server: the checkpoint, the "
    "tree in\n"
    "tiles, and the events' commitments. The files reveal nothing about anybody, and let everybody "
    "see that\n"
    "no event was changed, removed or inserted. Files that are there already are compared and "
    "kept; the\n"
    "checkpoint is written last, so a run that is killed leaves a whole older log.\n\n"
    "Exit: 0 published, 1 failed, 2 usage, 3 there is no store, 4 another process publishes "
    "there,\n"
    "      5 another history or a newer log is there, or the store is damaged\n\n"
    "Example: bioconsent-log publish /srv/www/consent-log\n";

#define WIDTH 256
#define LEVELS 8 /* of 8 bits each */
#define ENTRIES LEVELS
#define ENTRY_BYTES (2 + BC_HASH_BYTES)
#define PATH_BYTES 96
#define CHECKPOINT BC_PUBLISHED_CHECKPOINT

struct published {
    uint64_t written;  /* files */
    uint64_t kept;     /* files that were there already, with the same content */
    char finding[256]; /* what is in the way, and where */
};

struct publisher {
    struct bc_snapshot *s;
    struct bc_nodes nodes;
    uint64_t size;
    int folder;
    struct published *out;
};

static enum bc_result fail_finding(struct publisher *p, enum bc_result r, const char *what,
                                   const char *path)
{
    (void)snprintf(p->out->finding, sizeof p->out->finding, "%s: %s", path, what);
    return r;
}

/* ---- paths ---- */

/* The number in groups of three digits, all but the last behind an x: 1234067 is x001/x234/067. */
static size_t format_number(uint64_t n, int last, char *out, size_t cap)
{
    size_t used = n >= 1000 ? format_number(n / 1000, 0, out, cap) : 0;

    return used + (size_t)snprintf(out + used, cap - used, "%s%03u%s", last ? "" : "x",
                                   (unsigned)(n % 1000), last ? "" : "/");
}

static void format_path(unsigned level, uint64_t n, unsigned width, char out[PATH_BYTES])
{
    size_t used = level == ENTRIES ? (size_t)snprintf(out, PATH_BYTES, "tile/entries/")
                                   : (size_t)snprintf(out, PATH_BYTES, "tile/%u/", level);

    used += format_number(n, 1, out + used, PATH_BYTES - used);
    if (width < WIDTH)
        (void)snprintf(out + used, PATH_BYTES - used, ".p/%u", width);
}

/* A folder for everybody to read, made if it is not there. */
static int open_below(int parent, const char *name, int make)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int made = make && mkdirat(parent, name, 0755) == 0;
    int fd = openat(parent, name, flags);

    if (fd >= 0 && made && (fchmod(fd, 0755) != 0 || fsync(parent) != 0)) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* The folder that the path ends in; *name is its last part. */
static int open_parent(int folder, const char *path, int make, const char **name)
{
    int fd = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    const char *slash;

    for (; fd >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
        char part[PATH_BYTES];
        int next;
        memcpy(part, path, (size_t)(slash - path));
        part[slash - path] = '\0';
        next = open_below(fd, part, make);
        close(fd);
        fd = next;
    }
    *name = path;
    return fd;
}

/* What is published under the path, BC_ERR_NOT_FOUND if nothing. */
static enum bc_result read_there(int folder, const char *path, size_t max, char **data, size_t *len)
{
    const char *name;
    enum bc_result r = BC_ERR_IO;
    int fd, parent = open_parent(folder, path, 0, &name);

    if (parent < 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        r = bc_file_read_open(fd, max, data, len);
        close(fd);
    } else if (errno == ENOENT) {
        r = BC_ERR_NOT_FOUND;
    }
    close(parent);
    return r;
}

static enum bc_result write_there(struct publisher *p, const char *path, const void *data,
                                  size_t len)
{
    const char *name;
    int parent = open_parent(p->folder, path, 1, &name);
    enum bc_result r =
        parent < 0 ? BC_ERR_IO : bc_file_write(parent, name, data, len, 0644, (uid_t)-1, (gid_t)-1);
    int saved = errno;

    if (parent >= 0)
        close(parent);
    errno = saved;
    p->out->written += r == BC_OK;
    return r == BC_OK ? r : fail_finding(p, r, strerror(saved), path);
}

/* ---- hashes ---- */

/* Leaves the root of count hashes, a power of two, in the first. */
static void fold(struct bc_hash *h, size_t count)
{
    for (; count > 1; count /= 2)
        for (size_t i = 0; i < count / 2; i++)
            bc_merkle_node(&h[2 * i], &h[2 * i + 1], &h[i]);
}

/* Nodes made of nothing but what the tiles hold. */
static enum bc_result get_from_tiles(void *ctx, unsigned level, uint64_t index, struct bc_hash *out)
{
    const struct publisher *p = ctx;
    unsigned inner = level % 8;
    struct bc_hash h[WIDTH / 2];
    enum bc_result r = BC_OK;

    for (uint64_t i = 0; i < UINT64_C(1) << inner && r == BC_OK; i++)
        r = p->nodes.get(p->nodes.ctx, level - inner, (index << inner) + i, &h[i]);
    if (r != BC_OK)
        return r;
    fold(h, (size_t)1 << inner);
    *out = h[0];
    return BC_OK;
}

static enum bc_result check_root(struct publisher *p)
{
    const struct bc_nodes nodes = {.ctx = p, .get = get_from_tiles};
    struct bc_hash root;

    if (bc_merkle_root(&nodes, p->size, &root) != BC_OK ||
        !bc_merkle_hash_equal(&root, &p->s->checkpoint.log_root))
        return fail_finding(p, BC_ERR_CORRUPT, "the log's nodes do not lead to the signed root",
                            "store");
    return BC_OK;
}

static enum bc_result tile_hashes(struct publisher *p, unsigned level, uint64_t n, unsigned width,
                                  struct bc_hash h[WIDTH])
{
    struct bc_hash all[WIDTH], above;
    enum bc_result r = BC_OK;

    for (unsigned i = 0; i < width && r == BC_OK; i++)
        r = p->nodes.get(p->nodes.ctx, 8 * level, n * WIDTH + i, &h[i]);
    if (r != BC_OK || width < WIDTH)
        return r;
    memcpy(all, h, sizeof all);
    fold(all, WIDTH);
    r = p->nodes.get(p->nodes.ctx, 8 * level + 8, n, &above);
    return r == BC_OK && !bc_merkle_hash_equal(&all[0], &above) ? BC_ERR_CORRUPT : r;
}

/* ---- entries ---- */

static int is_bundle(const unsigned char *data, size_t len, const struct bc_hash *leaves,
                     unsigned width)
{
    struct bc_hash leaf;

    if (len != (size_t)width * ENTRY_BYTES)
        return 0;
    for (unsigned i = 0; i < width; i++, data += ENTRY_BYTES) {
        bc_merkle_leaf(data + 2, BC_HASH_BYTES, &leaf);
        if (data[0] != 0 || data[1] != BC_HASH_BYTES || !bc_merkle_hash_equal(&leaf, &leaves[i]))
            return 0;
    }
    return 1;
}

static enum bc_result write_bundle(struct publisher *p, uint64_t n, unsigned width,
                                   const struct bc_hash *leaves, const char *path)
{
    unsigned char data[WIDTH * ENTRY_BYTES];
    size_t len = 0;

    for (unsigned i = 0; i < width; i++, len += ENTRY_BYTES) {
        struct bc_bytes salt, payload;
        struct bc_hash commitment;
        enum bc_result r = bc_store_event(p->s->store, n * WIDTH + i, &salt, &payload);
        if (r == BC_OK)
            bc_event_commit(salt.data, payload.data, payload.len, &commitment);
        else if (r == BC_ERR_ERASED)
            r = bc_store_erased(p->s->store, n * WIDTH + i, &commitment);
        if (r != BC_OK)
            return fail_finding(p, BC_ERR_CORRUPT, "an event is missing", "store");
        data[len] = 0;
        data[len + 1] = BC_HASH_BYTES;
        memcpy(data + len + 2, commitment.b, BC_HASH_BYTES);
    }
    if (!is_bundle(data, len, leaves, width))
        return fail_finding(p, BC_ERR_CORRUPT, "an event does not match its commitment", "store");
    return write_there(p, path, data, len);
}

/* Writes one tile, or the bundle of entries below it. A published file never changes, so a file
 * that is there must be the same; entries are compared with the leaves, so that no event is read
 * for it. */
static enum bc_result write_tile(struct publisher *p, unsigned level, uint64_t n, unsigned width,
                                 const struct bc_hash *h)
{
    const unsigned from = level == 0 ? ENTRIES : level;
    size_t tile_len = (size_t)width * BC_HASH_BYTES, len;
    char path[PATH_BYTES], *there;
    enum bc_result r = BC_OK;

    for (unsigned part = from; r == BC_OK; part = level) {
        int entries = part == ENTRIES, same;
        format_path(part, n, width, path);
        r = read_there(p->folder, path, WIDTH * ENTRY_BYTES, &there, &len);
        if (r == BC_ERR_NOT_FOUND) {
            r = entries ? write_bundle(p, n, width, h, path) : write_there(p, path, h, tile_len);
        } else if (r != BC_OK) {
            return fail_finding(p, r == BC_ERR_IO ? r : BC_ERR_FORK, bc_result_text(r), path);
        } else {
            same = entries ? is_bundle((const unsigned char *)there, len, h, width)
                           : len == tile_len && memcmp(there, h, len) == 0;
            free(there);
            if (!same)
                return fail_finding(p, BC_ERR_FORK, "is there with other content", path);
            p->out->kept++;
        }
        if (part == level)
            break;
    }
    return r;
}

/* ---- the whole ---- */

static enum bc_result publish_tiles(struct publisher *p)
{
    enum bc_result r = BC_OK;

    for (unsigned level = 0; level < LEVELS && p->size >> (8 * level) && r == BC_OK; level++) {
        uint64_t count = p->size >> (8 * level);
        for (uint64_t n = 0; n * WIDTH < count && r == BC_OK; n++) {
            uint64_t left = count - n * WIDTH;
            unsigned width = left < WIDTH ? (unsigned)left : WIDTH;
            struct bc_hash h[WIDTH];
            if (tile_hashes(p, level, n, width, h) != BC_OK)
                return fail_finding(p, BC_ERR_CORRUPT, "the log's nodes contradict each other",
                                    "store");
            r = write_tile(p, level, n, width, h);
        }
    }
    return r;
}

/* The store must follow the checkpoint that is published there. */
static enum bc_result check_there(struct publisher *p, uint64_t *old_size)
{
    struct bc_checkpoint old;
    enum bc_follow follow;
    const char *end;
    char *note;
    size_t len;
    int good;
    enum bc_result r = read_there(p->folder, CHECKPOINT, BC_NOTE_MAX, &note, &len);

    *old_size = 0;
    if (r == BC_ERR_NOT_FOUND)
        return BC_OK;
    if (r != BC_OK)
        return fail_finding(p, r == BC_ERR_IO ? r : BC_ERR_FORK, bc_result_text(r), CHECKPOINT);
    end = memmem(note, len, "\n\n", 2);
    good = end && bc_checkpoint_parse(note, (size_t)(end + 1 - note), &old) == BC_OK;
    free(note);
    if (!good)
        return fail_finding(p, BC_ERR_FORK, "is not a checkpoint of a consent store", CHECKPOINT);
    if (bc_checkpoint_follow(&old, &p->s->checkpoint, &p->nodes, NULL, &follow) != BC_OK)
        return fail_finding(p, BC_ERR_CORRUPT, "the log's nodes do not lead to the signed root",
                            "store");
    *old_size = old.log_size;
    switch (follow) {
    case BC_FOLLOW_SAME:
    case BC_FOLLOW_FOLLOWS:
        return BC_OK;
    case BC_FOLLOW_OTHER_LOG:
        return fail_finding(p, BC_ERR_FORK, "is of another store", CHECKPOINT);
    case BC_FOLLOW_OLDER:
        return fail_finding(p, BC_ERR_ROLLBACK, "is newer than the store", CHECKPOINT);
    case BC_FOLLOW_CLOCK_BACKWARDS:
        return fail_finding(p, BC_ERR_ROLLBACK, "was signed later than the store", CHECKPOINT);
    default:
        return fail_finding(p, BC_ERR_FORK, "the store does not extend it: two histories",
                            CHECKPOINT);
    }
}

/* Where the whole tile is there by now, nobody needs its parts. */
static void remove_parts(struct publisher *p, unsigned level, uint64_t n)
{
    char path[PATH_BYTES];
    const char *name;
    int parent, fd;

    format_path(level, n, 1, path);
    parent = open_parent(p->folder, path, 0, &name);
    for (unsigned width = 1; parent >= 0 && width < WIDTH; width++) {
        char part[8];
        (void)snprintf(part, sizeof part, "%u", width);
        (void)unlinkat(parent, part, 0);
    }
    if (parent >= 0)
        close(parent);
    *strrchr(path, '/') = '\0';
    fd = open_parent(p->folder, path, 0, &name);
    if (fd >= 0) {
        (void)unlinkat(fd, name, AT_REMOVEDIR);
        close(fd);
    }
}

static void remove_old_parts(struct publisher *p, uint64_t old_size)
{
    for (unsigned level = 0; level < LEVELS; level++)
        for (uint64_t n = old_size >> (8 * level) >> 8; n < p->size >> (8 * level) >> 8; n++) {
            remove_parts(p, level, n);
            if (level == 0)
                remove_parts(p, ENTRIES, n);
        }
}

/* Writes what is not there yet into an open folder, the checkpoint last: killed at any moment, the
 * folder holds a whole older log. Everything is compared with the signed root on the way.
 * BC_ERR_BUSY (another process publishes there); BC_ERR_ROLLBACK (a newer checkpoint is there);
 * BC_ERR_FORK (another log, or other tiles); BC_ERR_CORRUPT (the store); BC_ERR_IO. out is filled
 * in either case. */
static enum bc_result publish_into(struct bc_snapshot *s, int folder, struct published *out)
{
    struct publisher p = {.s = s,
                          .nodes = bc_tile_nodes(&s->log),
                          .folder = folder,
                          .size = s->checkpoint.log_size,
                          .out = out};
    uint64_t old_size;
    enum bc_result r;

    memset(out, 0, sizeof *out);
    if (flock(folder, LOCK_EX | LOCK_NB) != 0)
        return fail_finding(&p, errno == EWOULDBLOCK ? BC_ERR_BUSY : BC_ERR_IO, strerror(errno),
                            ".");
    r = check_root(&p);
    if (r == BC_OK)
        r = check_there(&p, &old_size);
    if (r == BC_OK)
        r = publish_tiles(&p);
    if (r == BC_OK)
        r = write_there(&p, CHECKPOINT, s->note.data, s->note.len);
    if (r == BC_OK)
        remove_old_parts(&p, old_size);
    (void)flock(folder, LOCK_UN);
    return r;
}

static int fail_publishing(enum bc_result r, const char *path, const struct published *p)
{
    switch (r) {
    case BC_ERR_BUSY:
        return bc_message_fail(BC_EXIT_BUSY, "%s: another process publishes there", path);
    case BC_ERR_ROLLBACK:
    case BC_ERR_FORK:
        return bc_message_fail(
            BC_EXIT_STORE,
            "%s/%s. Nothing there was changed; if this is the right store, publish into "
            "another folder and keep both",
            path, p->finding);
    case BC_ERR_CORRUPT:
        return bc_message_fail(BC_EXIT_STORE, "%s. What to do: %s", p->finding,
                               bc_reason_remedy(BC_REASON_CORRUPT));
    default:
        return bc_message_fail(BC_EXIT_REFUSED, "%s/%s", path, p->finding);
    }
}

static int publish_store(struct bc_log *log, struct bc_snapshot *s, const char *path)
{
    struct published p;
    enum bc_result r;
    int made = mkdir(path, 0755) == 0;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    /* The umask is stricter than a web server's files need. */
    if (fd < 0 || (made && fchmod(fd, 0755) != 0)) {
        int code = bc_message_fail(BC_EXIT_REFUSED, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return code;
    }
    r = publish_into(s, fd, &p);
    (void)close(fd);
    if (r != BC_OK)
        return fail_publishing(r, path, &p);
    if (log->json)
        bc_message_json(json_pack("{s:s, s:I, s:I, s:I}", "origin", s->checkpoint.origin, "size",
                                  (json_int_t)s->checkpoint.log_size, "written",
                                  (json_int_t)p.written, "kept", (json_int_t)p.kept));
    else
        (void)printf("%llu events of %s are published: %llu files written, %llu kept.\n",
                     (unsigned long long)s->checkpoint.log_size, s->checkpoint.origin,
                     (unsigned long long)p.written, (unsigned long long)p.kept);
    return BC_EXIT_OK;
}

static int run_publish(struct bc_log *log, const struct bc_args *args)
{
    struct bc_snapshot s;
    int code;

    code = bc_log_store(log, &s);
    if (code)
        return code;
    code = publish_store(log, &s, args->operand[0]);
    bc_store_close(s.store);
    return code;
}

const struct bc_log_command bc_log_publish = {
    "publish", "write the log as files for a web server", help, 1, {-1}, run_publish};
