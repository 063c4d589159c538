/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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
    "Writes the log as static files (c2sp.org/tlog-tiles) for any web server: the checkpoint,\n"
    "the tree in tiles, and the events' commitments. The files reveal nothing about anybody, and\n"
    "let everybody see that no event was changed, removed or inserted. Files that are there\n"
    "already are compared and kept; the checkpoint is written last, so a run that is killed\n"
    "leaves a whole older log.\n\n"
    "Exit: 0 published, 1 failed, 2 usage, 3 there is no store, 4 another process publishes\n"
    "      there, 5 another history or a newer log is there, or the store is damaged\n\n"
    "Example: bioconsent-log publish /srv/www/consent-log\n";

#define WIDTH 256
#define LEVELS 8 /* of 8 bits each */
#define ENTRIES LEVELS
#define ENTRY_BYTES (2 + BC_HASH_BYTES)
#define PATH_BYTES 96

struct publisher {
    struct bc_snapshot snapshot;
    struct bc_nodes nodes;
    uint64_t size;
    const char *path; /* of the folder */
    int folder;
    uint64_t written; /* files */
    uint64_t kept;    /* files that were there already, with the same content */
};

/* Ends the program because of a file in the folder: with BC_EXIT_STORE where it contradicts the
 * store. */
static _Noreturn void die_file(const struct publisher *p, int code, const char *path,
                               const char *what)
{
    bc_message_die(code, "%s/%s: %s%s", p->path, path, what,
                   code == BC_EXIT_STORE ? ". Nothing there was changed; if this is the right "
                                           "store, publish into another folder and keep both"
                                         : "");
}

static _Noreturn void die_corrupt(const char *what)
{
    bc_message_die(BC_EXIT_STORE, "store: %s. What to do: %s", what,
                   bc_reason_remedy(BC_REASON_CORRUPT));
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

/* Opens the folder that the path ends in; *name is the last part of the path. Folders that are not
 * there are made for everybody to read, if make is set. Returns -1 with errno on failure. */
static int open_parent(int folder, const char *path, int make, const char **name)
{
    int fd = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    const char *slash;

    for (; fd >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
        int parent = fd, made, failed, saved;
        char part[PATH_BYTES];

        (void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        made = make && mkdirat(parent, part, 0755) == 0;
        fd = openat(parent, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        /* The umask is stricter than a web server's files need. */
        failed = fd >= 0 && made && (fchmod(fd, 0755) != 0 || fsync(parent) != 0);
        saved = errno;
        if (failed)
            (void)close(fd);
        (void)close(parent);
        errno = saved;
        fd = failed ? -1 : fd;
    }
    *name = path;
    return fd;
}

/* Reads what is published under the path, at most as much as a bundle holds. Returns 0 if nothing
 * is there. */
static int read_file(const struct publisher *p, const char *path, char **data, size_t *len)
{
    const char *name;
    enum bc_result r = BC_ERR_IO;
    int parent = open_parent(p->folder, path, 0, &name);
    int fd = parent < 0 ? -1 : openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0) {
        r = bc_file_read_open(fd, WIDTH * ENTRY_BYTES, data, len);
        (void)close(fd);
    } else if (errno == ENOENT) {
        r = BC_ERR_NOT_FOUND;
    }
    if (parent >= 0)
        (void)close(parent);
    if (r != BC_OK && r != BC_ERR_NOT_FOUND)
        die_file(p, r == BC_ERR_IO ? BC_EXIT_REFUSED : BC_EXIT_STORE, path, bc_result_text(r));
    return r == BC_OK;
}

static void write_file(struct publisher *p, const char *path, const void *data, size_t len)
{
    const char *name;
    int parent = open_parent(p->folder, path, 1, &name);

    if (parent < 0 || bc_file_write(parent, name, data, len, 0644, (uid_t)-1, (gid_t)-1) != BC_OK)
        die_file(p, BC_EXIT_REFUSED, path, strerror(errno));
    (void)close(parent);
    p->written++;
}

/* A published file never changes, so one that is there must be the same. Frees what it holds. */
static void keep_file(struct publisher *p, const char *path, char *there, int is_same)
{
    free(there);
    if (!is_same)
        die_file(p, BC_EXIT_STORE, path, "is there with other content");
    p->kept++;
}

/* ---- hashes ---- */

/* Leaves the root of count hashes, a power of two, in the first. */
static void fold_tile(struct bc_hash *h, size_t count)
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
    fold_tile(h, (size_t)1 << inner);
    *out = h[0];
    return BC_OK;
}

/* ---- entries ---- */

static int is_bundle(const void *bundle, size_t len, const struct bc_hash *leaves, unsigned width)
{
    const unsigned char *data = bundle;
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

static void write_bundle(struct publisher *p, uint64_t n, unsigned width,
                         const struct bc_hash *leaves, const char *path)
{
    unsigned char data[WIDTH * ENTRY_BYTES], *at = data;

    for (unsigned i = 0; i < width; i++, at += ENTRY_BYTES) {
        struct bc_bytes salt, payload;
        struct bc_hash commitment;
        enum bc_result r = bc_store_event(p->snapshot.store, n * WIDTH + i, &salt, &payload);

        if (r == BC_OK)
            bc_event_commit(salt.data, payload.data, payload.len, &commitment);
        else if (r == BC_ERR_ERASED)
            r = bc_store_erased(p->snapshot.store, n * WIDTH + i, &commitment);
        if (r != BC_OK)
            die_corrupt("an event is missing");
        at[0] = 0;
        at[1] = BC_HASH_BYTES;
        memcpy(at + 2, commitment.b, BC_HASH_BYTES);
    }
    if (!is_bundle(data, (size_t)(at - data), leaves, width))
        die_corrupt("an event does not match its commitment");
    write_file(p, path, data, (size_t)(at - data));
}

/* ---- the whole ---- */

/* Writes a tile, and for level 0 the entries below it, or compares what is there already: entries
 * with the leaves, so that no event is read for them. The hashes of a whole tile must lead to their
 * node in the tile above. */
static void publish_tile(struct publisher *p, unsigned level, uint64_t n, unsigned width)
{
    size_t tile_len = (size_t)width * BC_HASH_BYTES, len;
    char path[PATH_BYTES], *there;
    struct bc_hash h[WIDTH], all[WIDTH], above;
    enum bc_result r = BC_OK;

    for (unsigned i = 0; i < width && r == BC_OK; i++)
        r = p->nodes.get(p->nodes.ctx, 8 * level, n * WIDTH + i, &h[i]);
    if (r == BC_OK && width == WIDTH) {
        memcpy(all, h, sizeof all);
        fold_tile(all, WIDTH);
        r = p->nodes.get(p->nodes.ctx, 8 * level + 8, n, &above);
        if (r == BC_OK && !bc_merkle_hash_equal(&all[0], &above))
            r = BC_ERR_CORRUPT;
    }
    if (r != BC_OK)
        die_corrupt("the log's nodes contradict each other");
    if (level == 0) {
        format_path(ENTRIES, n, width, path);
        if (read_file(p, path, &there, &len))
            keep_file(p, path, there, is_bundle(there, len, h, width));
        else
            write_bundle(p, n, width, h, path);
    }
    format_path(level, n, width, path);
    if (read_file(p, path, &there, &len))
        keep_file(p, path, there, len == tile_len && memcmp(there, h, len) == 0);
    else
        write_file(p, path, h, tile_len);
}

/* The store must follow the checkpoint that is published there. Returns the size of its log. */
static uint64_t check_published(const struct publisher *p)
{
    static const char *const faults[] = {
        [BC_FOLLOW_OTHER_LOG] = "is of another store",
        [BC_FOLLOW_OLDER] = "is newer than the store",
        [BC_FOLLOW_CLOCK_BACKWARDS] = "was signed later than the store",
        [BC_FOLLOW_FORKED] = "the store does not extend it: two histories",
    };
    struct bc_checkpoint old;
    struct bc_log_note note;
    enum bc_follow follow;
    enum bc_result r = bc_log_read_note(p->folder, BC_LOG_CHECKPOINT, &note);

    if (r == BC_ERR_NOT_FOUND)
        return 0;
    if (r != BC_OK)
        die_file(p, r == BC_ERR_IO ? BC_EXIT_REFUSED : BC_EXIT_STORE, BC_LOG_CHECKPOINT,
                 bc_result_text(r));
    if (note.text_len == 0 || bc_checkpoint_parse(note.bytes, note.text_len, &old) != BC_OK)
        die_file(p, BC_EXIT_STORE, BC_LOG_CHECKPOINT, "is not a checkpoint of a consent store");
    if (bc_checkpoint_follow(&old, &p->snapshot.checkpoint, &p->nodes, NULL, &follow) != BC_OK)
        die_corrupt("the log's nodes do not lead to the signed root");
    if (follow != BC_FOLLOW_SAME && follow != BC_FOLLOW_FOLLOWS)
        die_file(p, BC_EXIT_STORE, BC_LOG_CHECKPOINT, faults[follow]);
    return old.log_size;
}

/* Where the whole tile is there by now, nobody needs its parts. */
static void remove_parts(const struct publisher *p, unsigned level, uint64_t n)
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

/* Writes what is not there yet, the checkpoint last: killed at any moment, the folder holds a whole
 * older log. Everything is compared with the signed root on the way. */
static int run_publish(struct bc_log *log, const struct bc_args *args)
{
    static struct publisher publisher;
    struct publisher *p = &publisher;
    const struct bc_checkpoint *c = &p->snapshot.checkpoint;
    const struct bc_nodes from_tiles = {.ctx = p, .get = get_from_tiles};
    struct bc_hash root;
    uint64_t old_size;
    int made;

    bc_log_open_store(log, &p->snapshot);
    p->nodes = bc_tile_nodes(&p->snapshot.log);
    p->size = c->log_size;
    p->path = args->operand[0];
    made = mkdir(p->path, 0755) == 0;
    p->folder = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->folder < 0 || (made && fchmod(p->folder, 0755) != 0))
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", p->path, strerror(errno));
    if (flock(p->folder, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            bc_message_die(BC_EXIT_BUSY, "%s: another process publishes there", p->path);
        die_file(p, BC_EXIT_REFUSED, ".", strerror(errno));
    }
    if (bc_merkle_root(&from_tiles, p->size, &root) != BC_OK ||
        !bc_merkle_hash_equal(&root, &c->log_root))
        die_corrupt("the log's nodes do not lead to the signed root");
    old_size = check_published(p);
    for (unsigned level = 0; level < LEVELS && p->size >> (8 * level); level++) {
        uint64_t count = p->size >> (8 * level);

        for (uint64_t n = 0; n * WIDTH < count; n++)
            publish_tile(p, level, n,
                         count - n * WIDTH < WIDTH ? (unsigned)(count - n * WIDTH) : WIDTH);
    }
    write_file(p, BC_LOG_CHECKPOINT, p->snapshot.note.data, p->snapshot.note.len);
    for (unsigned level = 0; level < LEVELS; level++)
        for (uint64_t n = old_size >> (8 * level) >> 8; n < p->size >> (8 * level) >> 8; n++) {
            remove_parts(p, level, n);
            if (level == 0)
                remove_parts(p, ENTRIES, n);
        }
    (void)close(p->folder);
    if (log->json)
        bc_message_json(json_pack("{s:s, s:I, s:I, s:I}", "origin", c->origin, "size",
                                  (json_int_t)p->size, "written", (json_int_t)p->written, "kept",
                                  (json_int_t)p->kept));
    else
        (void)printf("%llu events of %s are published: %llu files written, %llu kept.\n",
                     (unsigned long long)p->size, c->origin, (unsigned long long)p->written,
                     (unsigned long long)p->kept);
    bc_store_close(p->snapshot.store);
    return BC_EXIT_OK;
}

const struct bc_log_command bc_log_publish = {
    "publish", "write the log as files for a web server", help, 1, {-1}, run_publish};
