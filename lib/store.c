/* SPDX-License-Identifier: BSD-2-Clause */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"
#include "note.h"

#define MAP_BYTES ((size_t)64 << 30)
#define TABLES 6
#define DATA_NAME "data.mdb"
#define LOCK_NAME "lock"

enum table { META, EVENTS, LOG, REGISTER, SUBJECTS, NOTICES };

static const struct {
    const char *name;
    unsigned flags;
} tables[TABLES] = {
    {"meta", 0},
    {"events", MDB_INTEGERKEY},
    {"log", MDB_INTEGERKEY},
    {"register", MDB_INTEGERKEY},
    {"subjects", 0},
    {"notices", 0},
};

struct bc_store {
    enum bc_store_mode mode;
    int lock_fd;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi[TABLES];
    char data_path[PATH_MAX];
};

static enum bc_result result_of(int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return BC_OK;
    case MDB_NOTFOUND:
        return BC_ERR_NOT_FOUND;
    case MDB_KEYEXIST:
        return BC_ERR_EXISTS;
    case ENOMEM:
        return BC_ERR_MEMORY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
    case MDB_PANIC:
        return BC_ERR_CORRUPT;
    default:
        errno = rc > 0 ? rc : EIO;
        return BC_ERR_IO;
    }
}

static int writes(const struct bc_store *s)
{
    return s->mode == BC_STORE_WRITE || s->mode == BC_STORE_CREATE;
}

static uint64_t load64(const unsigned char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* LMDB checks none of it: a map that reaches beyond the file ends in SIGBUS, a page size of zero in
 * SIGFPE. The offsets are those of
 * MDB_page and MDB_meta, data version 1, on a machine with 64-bit pointers. */
static enum bc_result check_length(int fd, off_t size)
{
    unsigned char head[168];
    uint32_t page;
    uint64_t last = 0;

    if (pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head)
        return BC_ERR_CORRUPT;
    memcpy(&page, head + 40, sizeof page);
    if (page < 512 || page > 65536 || (page & (page - 1)) || size % page != 0)
        return BC_ERR_CORRUPT;
    for (int i = 0; i < 2; i++) {
        if (pread(fd, head, sizeof head, (off_t)i * page) != (ssize_t)sizeof head ||
            memcmp(head + 40, &page, sizeof page) != 0)
            return BC_ERR_CORRUPT;
        if (load64(head + 136) > last)
            last = load64(head + 136);
    }
    if (last > MAP_BYTES / page || (uint64_t)size < (last + 1) * page)
        return BC_ERR_CORRUPT;
    return BC_OK;
}

static enum bc_result check_same(MDB_env *env, const struct stat *want)
{
    struct stat now;
    int fd;

    if (mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &now) != 0)
        return BC_ERR_IO;
    return now.st_dev == want->st_dev && now.st_ino == want->st_ino ? BC_OK : BC_ERR_UNTRUSTED;
}

static enum bc_result env_make(struct bc_store *s)
{
    int rc = mdb_env_create(&s->env);

    if (rc == 0)
        rc = mdb_env_set_maxdbs(s->env, TABLES);
    /* A reader's map is just as long as the data. */
    if (rc == 0)
        rc = mdb_env_set_mapsize(s->env, writes(s) ? MAP_BYTES : 4096);
    return result_of(rc);
}

static enum bc_result env_open(struct bc_store *s, uid_t owner, struct bc_where *where)
{
    unsigned flags = MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NORDAHEAD;
    struct stat st;
    int fd;
    enum bc_result r = bc_file_open(s->data_path, owner, 0, &fd, where);

    if (r != BC_OK)
        return r;
    if (fstat(fd, &st) != 0)
        r = BC_ERR_IO;
    else
        r = check_length(fd, st.st_size);
    if (r == BC_OK)
        r = env_make(s);
    if (r == BC_OK)
        r = result_of(mdb_env_open(s->env, s->data_path, flags | (writes(s) ? 0 : MDB_RDONLY),
                                   0600));
    if (r == BC_OK)
        r = check_same(s->env, &st);
    close(fd);
    return r;
}

static enum bc_result env_create(struct bc_store *s, const struct bc_store_options *o)
{
    enum bc_result r;
    int fd = open(s->data_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return errno == EEXIST ? BC_ERR_EXISTS : BC_ERR_IO;
    if (geteuid() == 0 && fchown(fd, o->owner, o->group) != 0) {
        close(fd);
        return BC_ERR_IO;
    }
    close(fd);
    r = env_make(s);
    if (r == BC_OK)
        r = result_of(mdb_env_open(s->env, s->data_path,
                                   MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NORDAHEAD, 0600));
    return r;
}

static enum bc_result tables_open(struct bc_store *s)
{
    unsigned create = s->mode == BC_STORE_CREATE ? MDB_CREATE : 0;
    int rc = mdb_txn_begin(s->env, NULL, writes(s) ? 0 : MDB_RDONLY, &s->txn);

    for (int i = 0; i < TABLES && rc == 0; i++)
        rc = mdb_dbi_open(s->txn, tables[i].name, tables[i].flags | create, &s->dbi[i]);
    return rc == MDB_NOTFOUND ? BC_ERR_CORRUPT : result_of(rc);
}

static enum bc_result get(struct bc_store *s, enum table t, const void *key, size_t key_len,
                          struct bc_bytes *out)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key};
    MDB_val v;
    enum bc_result r = result_of(mdb_get(s->txn, s->dbi[t], &k, &v));

    if (r == BC_OK) {
        out->data = v.mv_data;
        out->len = v.mv_size;
    }
    return r;
}

static enum bc_result put(struct bc_store *s, enum table t, const void *key, size_t key_len,
                          const void *data, size_t len, unsigned flags)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key};
    MDB_val v = {len, (void *)(uintptr_t)data};

    return result_of(mdb_put(s->txn, s->dbi[t], &k, &v, flags));
}

static enum bc_result check_format(struct bc_store *s)
{
    struct bc_bytes b;
    enum bc_result r;

    if (s->mode == BC_STORE_CREATE)
        return put(s, META, "format", 6, BC_STORE_FORMAT, strlen(BC_STORE_FORMAT), 0);
    r = get(s, META, "format", 6, &b);
    if (r != BC_OK)
        return r == BC_ERR_NOT_FOUND ? BC_ERR_CORRUPT : r;
    if (b.len != strlen(BC_STORE_FORMAT) || memcmp(b.data, BC_STORE_FORMAT, b.len) != 0)
        return BC_ERR_CORRUPT;
    return BC_OK;
}

static enum bc_result lock_create(const char *path, const struct bc_store_options *o)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum bc_result r = BC_OK;

    if (fd < 0)
        return errno == EEXIST ? BC_OK : BC_ERR_IO;
    if (geteuid() == 0 && fchown(fd, o->owner, o->group) != 0)
        r = BC_ERR_IO;
    close(fd);
    return r;
}

/* Write access is needed for an exclusive lock only; the checked descriptor is opened again by its
 * own name, so that what is locked is what was checked. */
static enum bc_result lock_open(struct bc_store *s, const char *path, uid_t owner,
                                struct bc_where *where)
{
    char self[64];
    int fd;
    enum bc_result r = bc_file_open(path, owner, 0, &fd, where);

    if (r != BC_OK || !writes(s)) {
        if (r == BC_OK)
            s->lock_fd = fd;
        return r;
    }
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    s->lock_fd = open(self, O_RDWR | O_CLOEXEC);
    if (s->lock_fd < 0)
        s->lock_fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    close(fd);
    return s->lock_fd < 0 ? BC_ERR_IO : BC_OK;
}

static enum bc_result lock_take(struct bc_store *s, const struct bc_store_options *o)
{
    if (s->mode == BC_STORE_DECIDE)
        return bc_lock_snapshot(s->lock_fd, o->wait_ms);
    return bc_lock_writer(s->lock_fd, writes(s), o->wait_ms, o->waiting, o->ctx);
}

static enum bc_result open_steps(struct bc_store *s, const struct bc_store_options *o,
                                 struct bc_where *where)
{
    char lock_path[PATH_MAX];
    enum bc_result r;

    if (snprintf(s->data_path, PATH_MAX, "%s/" DATA_NAME, o->folder) >= PATH_MAX ||
        snprintf(lock_path, PATH_MAX, "%s/" LOCK_NAME, o->folder) >= PATH_MAX)
        return BC_ERR_TOO_LARGE;
    (void)snprintf(where->path, sizeof where->path, "%s", lock_path);
    r = s->mode == BC_STORE_CREATE ? lock_create(lock_path, o) : BC_OK;
    if (r == BC_OK)
        r = lock_open(s, lock_path, o->owner, where);
    if (r == BC_OK)
        r = lock_take(s, o);
    if (r != BC_OK)
        return r;
    (void)snprintf(where->path, sizeof where->path, "%s", s->data_path);
    r = s->mode == BC_STORE_CREATE ? env_create(s, o) : env_open(s, o->owner, where);
    if (r == BC_OK)
        r = tables_open(s);
    return r == BC_OK ? check_format(s) : r;
}

enum bc_result bc_store_open(const struct bc_store_options *options, enum bc_store_mode mode,
                             struct bc_store **out, struct bc_where *where)
{
    struct bc_where unused;
    struct bc_store *s = calloc(1, sizeof *s);
    enum bc_result r;

    if (!s)
        return BC_ERR_MEMORY;
    s->mode = mode;
    s->lock_fd = -1;
    r = open_steps(s, options, where ? where : &unused);
    if (r != BC_OK) {
        int saved = errno;
        bc_store_close(s);
        errno = saved;
        return r;
    }
    *out = s;
    return BC_OK;
}

int bc_store_exists(const struct bc_store_options *options)
{
    char path[PATH_MAX];
    struct stat st;

    return snprintf(path, PATH_MAX, "%s/" DATA_NAME, options->folder) < PATH_MAX &&
           lstat(path, &st) == 0;
}

enum bc_result bc_store_commit(struct bc_store *s)
{
    enum bc_result r = bc_lock_commit(s->lock_fd, BC_STORE_WRITER_WAIT_MS);

    if (r != BC_OK)
        return r;
    r = result_of(mdb_txn_commit(s->txn));
    s->txn = NULL;
    bc_lock_commit_done(s->lock_fd);
    return r;
}

void bc_store_close(struct bc_store *s)
{
    if (!s)
        return;
    if (s->txn)
        mdb_txn_abort(s->txn);
    if (s->env)
        mdb_env_close(s->env);
    if (s->lock_fd >= 0) {
        bc_lock_release(s->lock_fd);
        close(s->lock_fd);
    }
    free(s);
}

enum bc_result bc_store_checkpoint(struct bc_store *s, struct bc_bytes *out)
{
    struct bc_bytes b;
    enum bc_result r = get(s, META, "checkpoint", 10, &b);

    if (r != BC_OK)
        return r;
    if (b.len > BC_NOTE_MAX)
        return BC_ERR_TOO_LARGE;
    *out = b;
    return BC_OK;
}

enum bc_result bc_store_put_checkpoint(struct bc_store *s, const void *note, size_t len)
{
    return put(s, META, "checkpoint", 10, note, len, 0);
}

enum bc_result bc_store_event(struct bc_store *s, uint64_t index, struct bc_bytes *salt,
                              struct bc_bytes *payload)
{
    struct bc_bytes b;
    enum bc_result r = get(s, EVENTS, &index, sizeof index, &b);

    if (r != BC_OK)
        return r;
    if (b.len <= BC_SALT_BYTES || b.len > BC_SALT_BYTES + BC_EVENT_MAX)
        return BC_ERR_CORRUPT;
    *salt = (struct bc_bytes){b.data, BC_SALT_BYTES};
    *payload = (struct bc_bytes){b.data + BC_SALT_BYTES, b.len - BC_SALT_BYTES};
    return BC_OK;
}

enum bc_result bc_store_put_event(struct bc_store *s, uint64_t index,
                                  const unsigned char salt[BC_SALT_BYTES], const void *payload,
                                  size_t len)
{
    MDB_val k = {sizeof index, &index};
    MDB_val v = {BC_SALT_BYTES + len, NULL};
    enum bc_result r = result_of(
        mdb_put(s->txn, s->dbi[EVENTS], &k, &v, MDB_RESERVE | MDB_APPEND | MDB_NOOVERWRITE));

    if (r != BC_OK)
        return r;
    memcpy(v.mv_data, salt, BC_SALT_BYTES);
    memcpy((unsigned char *)v.mv_data + BC_SALT_BYTES, payload, len);
    return BC_OK;
}

static enum table tree_table(enum bc_tree tree)
{
    return tree == BC_TREE_LOG ? LOG : REGISTER;
}

enum bc_result bc_store_tile(struct bc_store *s, enum bc_tree tree, uint64_t number,
                             struct bc_bytes *out)
{
    return get(s, tree_table(tree), &number, sizeof number, out);
}

enum bc_result bc_store_put_tile(struct bc_store *s, enum bc_tree tree, uint64_t number,
                                 const void *data, size_t len)
{
    return put(s, tree_table(tree), &number, sizeof number, data, len, 0);
}

enum bc_result bc_store_append_tile(struct bc_store *s, enum bc_tree tree, uint64_t number,
                                    const void *data, size_t len)
{
    return put(s, tree_table(tree), &number, sizeof number, data, len, MDB_APPEND);
}

static enum bc_result split_subject(struct bc_bytes b, uint64_t *slot, struct bc_bytes *leaf)
{
    uint64_t v = 0;

    if (b.len <= 8)
        return BC_ERR_CORRUPT;
    for (int i = 0; i < 8; i++)
        v = v << 8 | b.data[i];
    *slot = v;
    *leaf = (struct bc_bytes){b.data + 8, b.len - 8};
    return BC_OK;
}

enum bc_result bc_store_subject(struct bc_store *s, const void *key, size_t key_len,
                                uint64_t *slot, struct bc_bytes *leaf)
{
    struct bc_bytes b;
    enum bc_result r = get(s, SUBJECTS, key, key_len, &b);

    return r == BC_OK ? split_subject(b, slot, leaf) : r;
}

enum bc_result bc_store_put_subject(struct bc_store *s, const void *key, size_t key_len,
                                    uint64_t slot, const void *leaf, size_t len)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key};
    MDB_val v = {8 + len, NULL};
    enum bc_result r =
        result_of(mdb_put(s->txn, s->dbi[SUBJECTS], &k, &v, MDB_RESERVE | MDB_APPEND));
    unsigned char *at;

    /* Not behind the last key: pages then split in halves, not at their end. */
    if (r == BC_ERR_EXISTS)
        r = result_of(mdb_put(s->txn, s->dbi[SUBJECTS], &k, &v, MDB_RESERVE));
    if (r != BC_OK)
        return r;
    at = v.mv_data;
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(slot >> (8 * (7 - i)));
    memcpy(at + 8, leaf, len);
    return BC_OK;
}

enum bc_result bc_store_subject_prefix(struct bc_store *s, const void *prefix, size_t len)
{
    MDB_val k = {len, (void *)(uintptr_t)prefix};
    MDB_val v;
    MDB_cursor *cursor;
    enum bc_result r = result_of(mdb_cursor_open(s->txn, s->dbi[SUBJECTS], &cursor));

    if (r != BC_OK)
        return r;
    r = result_of(mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE));
    if (r == BC_OK && (k.mv_size < len || memcmp(k.mv_data, prefix, len) != 0))
        r = BC_ERR_NOT_FOUND;
    mdb_cursor_close(cursor);
    return r;
}

enum bc_result bc_store_subjects(struct bc_store *s,
                                 enum bc_result (*each)(void *ctx, uint64_t slot,
                                                        struct bc_bytes leaf),
                                 void *ctx)
{
    MDB_val k, v;
    MDB_cursor *cursor;
    enum bc_result r = result_of(mdb_cursor_open(s->txn, s->dbi[SUBJECTS], &cursor));

    if (r != BC_OK)
        return r;
    while (r == BC_OK && (r = result_of(mdb_cursor_get(cursor, &k, &v, MDB_NEXT))) == BC_OK) {
        struct bc_bytes b = {v.mv_data, v.mv_size};
        struct bc_bytes leaf;
        uint64_t slot;
        r = split_subject(b, &slot, &leaf);
        if (r == BC_OK)
            r = each(ctx, slot, leaf);
        if (r == BC_ERR_NOT_FOUND)
            r = BC_ERR_CORRUPT;
    }
    mdb_cursor_close(cursor);
    return r == BC_ERR_NOT_FOUND ? BC_OK : r;
}

enum bc_result bc_store_notice(struct bc_store *s, const struct bc_hash *hash,
                               struct bc_bytes *text)
{
    return get(s, NOTICES, hash->b, BC_HASH_BYTES, text);
}

enum bc_result bc_store_put_notice(struct bc_store *s, const struct bc_hash *hash,
                                   const void *text, size_t len)
{
    return put(s, NOTICES, hash->b, BC_HASH_BYTES, text, len, 0);
}
