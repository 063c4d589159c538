/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store-row.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lock.h"

#define FORMAT "bioconsent-store/1"
#define MAP_BYTES ((size_t)64 << 30)
#define DATA_NAME "data.mdb"
#define LOCK_NAME "lock"
#define ROWS_A_STEP 4096

struct bc_store {
    enum bc_store_mode mode;
    int lock_fd; /* -1: no lock is held */
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi[BC_TABLES];
    char data_path[PATH_MAX];
    unsigned char leaf[BC_LEAF_MAX]; /* of the row that was read last */
};

static enum bc_result result_of_lmdb(int rc)
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

static int is_writer(const struct bc_store *s)
{
    return s->mode == BC_STORE_WRITE || s->mode == BC_STORE_CREATE;
}

/* ---- opening ---- */

/* LMDB checks none of it: a map that reaches beyond the file ends in SIGBUS, a page size of zero in
 * SIGFPE. The offsets are those of MDB_page and MDB_meta, data version 1, on a machine with 64-bit
 * pointers: the page size at 40, the last page in use at 136. */
static enum bc_result check_length(int fd, off_t size)
{
    unsigned char head[168];
    uint64_t last = 0, used;
    uint32_t page;

    if (pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head)
        return BC_ERR_CORRUPT;
    memcpy(&page, head + 40, sizeof page);
    if (page < 512 || page > 65536 || (page & (page - 1)) || size % page != 0)
        return BC_ERR_CORRUPT;
    for (int i = 0; i < 2; i++) {
        if (pread(fd, head, sizeof head, (off_t)i * page) != (ssize_t)sizeof head ||
            memcmp(head + 40, &page, sizeof page) != 0)
            return BC_ERR_CORRUPT;
        memcpy(&used, head + 136, sizeof used);
        if (used > last)
            last = used;
    }
    return last > MAP_BYTES / page || (uint64_t)size < (last + 1) * page ? BC_ERR_CORRUPT : BC_OK;
}

/* Makes an empty file of the store, which must not exist, with the store's owner. *fd is the
 * caller's to close. BC_ERR_EXISTS, BC_ERR_IO with errno. */
static enum bc_result make_file(const char *path, const struct bc_store_options *o, int *fd)
{
    int made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (made < 0)
        return errno == EEXIST ? BC_ERR_EXISTS : BC_ERR_IO;
    if (geteuid() == 0 && fchown(made, o->owner, o->group) != 0) {
        close(made);
        return BC_ERR_IO;
    }
    *fd = made;
    return BC_OK;
}

/* Opens LMDB on the file behind fd, and makes sure that it opened no other. */
static enum bc_result open_env(struct bc_store *s, int fd)
{
    unsigned flags = MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS | MDB_NORDAHEAD;
    struct stat checked, opened;
    int own, rc = mdb_env_create(&s->env);

    if (rc == 0)
        rc = mdb_env_set_maxdbs(s->env, BC_TABLES);
    /* A reader's map is just as long as the data. */
    if (rc == 0)
        rc = mdb_env_set_mapsize(s->env, is_writer(s) ? MAP_BYTES : 4096);
    if (rc == 0)
        rc = mdb_env_open(s->env, s->data_path, flags | (is_writer(s) ? 0 : MDB_RDONLY), 0600);
    if (rc != 0)
        return result_of_lmdb(rc);
    if (mdb_env_get_fd(s->env, &own) != 0 || fstat(own, &opened) != 0 || fstat(fd, &checked) != 0)
        return BC_ERR_IO;
    return opened.st_dev == checked.st_dev && opened.st_ino == checked.st_ino ? BC_OK
                                                                              : BC_ERR_UNTRUSTED;
}

static enum bc_result open_tables(struct bc_store *s)
{
    static const char *const names[BC_TABLES] = {"meta",     "events",   "log",
                                                 "register", "subjects", "notices"};
    int rc = mdb_txn_begin(s->env, NULL, is_writer(s) ? 0 : MDB_RDONLY, &s->txn);

    for (int t = 0; t < BC_TABLES && rc == 0; t++) {
        unsigned flags = t == BC_TABLE_EVENTS || t == BC_TABLE_LOG || t == BC_TABLE_REGISTER
                             ? MDB_INTEGERKEY
                             : 0;
        if (s->mode == BC_STORE_CREATE)
            flags |= MDB_CREATE;
        rc = mdb_dbi_open(s->txn, names[t], flags, &s->dbi[t]);
    }
    return rc == MDB_NOTFOUND ? BC_ERR_CORRUPT : result_of_lmdb(rc);
}

/* Opens the file at s->data_path, which BC_STORE_CREATE makes, and begins the transaction. */
static enum bc_result open_file(struct bc_store *s, const struct bc_store_options *o,
                                struct bc_where *where)
{
    int fd, create = s->mode == BC_STORE_CREATE;
    struct stat st;
    enum bc_result r = create ? make_file(s->data_path, o, &fd)
                              : bc_file_open(s->data_path, o->owner, 0, &fd, where);

    if (r != BC_OK)
        return r;
    if (!create)
        r = fstat(fd, &st) == 0 ? check_length(fd, st.st_size) : BC_ERR_IO;
    if (r == BC_OK)
        r = open_env(s, fd);
    if (r == BC_OK)
        r = open_tables(s);
    close(fd);
    return r;
}

/* Whether the store is of our format; a new one is made so. */
static enum bc_result check_format(struct bc_store *s)
{
    const struct bc_bytes key = {(const unsigned char *)"format", 6};
    const struct bc_bytes want = {(const unsigned char *)FORMAT, sizeof FORMAT - 1};
    struct bc_bytes b;
    enum bc_result r;

    if (s->mode == BC_STORE_CREATE)
        return bc_store_row_put(s, BC_TABLE_META, key, want, 0);
    r = bc_store_row_get(s, BC_TABLE_META, key, &b);
    if (r == BC_ERR_NOT_FOUND ||
        (r == BC_OK && (b.len != want.len || memcmp(b.data, want.data, want.len) != 0)))
        return BC_ERR_CORRUPT;
    return r;
}

/* Sets the path of s, and takes the lock that its mode needs; create makes the lock's file if it is
 * missing. */
static enum bc_result lock_store(struct bc_store *s, const struct bc_store_options *o, int create,
                                 struct bc_where *where)
{
    char path[PATH_MAX], self[64];
    int fd;
    enum bc_result r = BC_OK;

    if (snprintf(s->data_path, PATH_MAX, "%s/" DATA_NAME, o->folder) >= PATH_MAX ||
        snprintf(path, PATH_MAX, "%s/" LOCK_NAME, o->folder) >= PATH_MAX)
        return BC_ERR_TOO_LARGE;
    (void)snprintf(where->path, sizeof where->path, "%s", path);
    if (create) {
        r = make_file(path, o, &fd);
        if (r == BC_OK)
            close(fd);
        else if (r != BC_ERR_EXISTS)
            return r;
    }
    r = bc_file_open(path, o->owner, 0, &fd, where);
    if (r != BC_OK)
        return r;
    s->lock_fd = fd;
    if (s->mode == BC_STORE_DECIDE)
        return bc_lock_snapshot(fd, o->wait_ms);
    if (is_writer(s)) {
        /* Write access is needed for an exclusive lock only; the checked descriptor is opened again
         * by its own name, so that what is locked is what was checked. */
        (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
        s->lock_fd = open(self, O_RDWR | O_CLOEXEC);
        if (s->lock_fd < 0)
            s->lock_fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        close(fd);
        if (s->lock_fd < 0)
            return BC_ERR_IO;
    }
    return bc_lock_writer(s->lock_fd, is_writer(s), o->wait_ms, o->waiting, o->ctx);
}

/* A store that is neither locked nor open, for bc_store_close. NULL if there is no memory. */
static struct bc_store *new_store(enum bc_store_mode mode)
{
    struct bc_store *s = calloc(1, sizeof *s);

    if (s) {
        s->mode = mode;
        s->lock_fd = -1;
    }
    return s;
}

enum bc_result bc_store_open(const struct bc_store_options *options, enum bc_store_mode mode,
                             struct bc_store **out, struct bc_where *where)
{
    struct bc_store *s = new_store(mode);
    struct bc_where unused;
    enum bc_result r;

    if (!s)
        return BC_ERR_MEMORY;
    if (!where)
        where = &unused;
    r = lock_store(s, options, mode == BC_STORE_CREATE, where);
    if (r == BC_OK) {
        (void)snprintf(where->path, sizeof where->path, "%s", s->data_path);
        r = open_file(s, options, where);
    }
    if (r == BC_OK)
        r = check_format(s);
    if (r == BC_OK)
        *out = s;
    else
        bc_store_close(s);
    return r;
}

int bc_store_exists(const struct bc_store_options *options)
{
    char path[PATH_MAX];
    struct stat st;

    return snprintf(path, PATH_MAX, "%s/" DATA_NAME, options->folder) < PATH_MAX &&
           lstat(path, &st) == 0;
}

/* A store that is being made in a place of its own has no lock. */
enum bc_result bc_store_commit(struct bc_store *s)
{
    enum bc_result r = s->lock_fd < 0 ? BC_OK : bc_lock_commit(s->lock_fd, BC_STORE_WRITER_WAIT_MS);

    if (r != BC_OK)
        return r;
    r = result_of_lmdb(mdb_txn_commit(s->txn));
    s->txn = NULL;
    if (s->lock_fd >= 0)
        bc_lock_commit_done(s->lock_fd);
    return r;
}

void bc_store_close(struct bc_store *s)
{
    int saved = errno;

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
    errno = saved;
}

/* ---- rows ---- */

static MDB_val to_lmdb(struct bc_bytes b)
{
    return (MDB_val){b.len, (void *)(uintptr_t)b.data};
}

enum bc_result bc_store_row_get(struct bc_store *s, enum bc_table table, struct bc_bytes key,
                                struct bc_bytes *value)
{
    MDB_val k = to_lmdb(key), v;
    enum bc_result r = result_of_lmdb(mdb_get(s->txn, s->dbi[table], &k, &v));

    if (r == BC_OK)
        *value = (struct bc_bytes){v.mv_data, v.mv_size};
    return r;
}

enum bc_result bc_store_row_put(struct bc_store *s, enum bc_table table, struct bc_bytes key,
                                struct bc_bytes value, int append)
{
    MDB_val k = to_lmdb(key), v = to_lmdb(value);

    return result_of_lmdb(mdb_put(s->txn, s->dbi[table], &k, &v, append ? MDB_APPEND : 0));
}

enum bc_result bc_store_row_remove(struct bc_store *s, enum bc_table table, struct bc_bytes key)
{
    MDB_val k = to_lmdb(key);

    return result_of_lmdb(mdb_del(s->txn, s->dbi[table], &k, NULL));
}

int bc_store_row_next(struct bc_store_cursor *c, enum bc_table table, struct bc_bytes *key,
                      struct bc_bytes *value)
{
    MDB_val k = {c->len, (void *)(uintptr_t)c->prefix}, v;
    MDB_cursor_op op = MDB_NEXT;
    MDB_cursor *place = c->place;
    int rc = 0;

    if (c->result != BC_OK)
        return 0;
    if (!place) {
        rc = mdb_cursor_open(c->store->txn, c->store->dbi[table], &place);
        op = c->len ? MDB_SET_RANGE : MDB_FIRST;
    }
    if (rc == 0) {
        c->place = place;
        rc = mdb_cursor_get(place, &k, &v, op);
    }
    if (rc == 0 && (k.mv_size < c->len || (c->len && memcmp(k.mv_data, c->prefix, c->len) != 0)))
        rc = MDB_NOTFOUND;
    c->result = result_of_lmdb(rc);
    if (rc != 0)
        return 0;
    *key = (struct bc_bytes){k.mv_data, k.mv_size};
    *value = (struct bc_bytes){v.mv_data, v.mv_size};
    return 1;
}

enum bc_result bc_store_cursor_end(struct bc_store_cursor *c)
{
    if (c->place)
        mdb_cursor_close(c->place);
    c->place = NULL;
    return c->result == BC_ERR_NOT_FOUND ? BC_OK : c->result;
}

unsigned char *bc_store_row_leaf(struct bc_store *s)
{
    return s->leaf;
}

/* ---- copies ---- */

struct bc_store_copy {
    struct bc_store *from, *to;
    int table;                 /* that is being copied; BC_TABLES: all are copied */
    struct bc_store_cursor at; /* in it */
    uint64_t done, all;        /* rows */
    enum bc_result result;
};

/* Begins a copy into a new file. */
static enum bc_result begin_copy(struct bc_store *from, const char *path,
                                 const struct bc_store_options *o, struct bc_store_copy **out)
{
    struct bc_store_copy *c = calloc(1, sizeof *c);
    struct bc_store *to = new_store(BC_STORE_CREATE);
    enum bc_result r = BC_ERR_MEMORY;
    MDB_stat st;

    if (c && to) {
        *c = (struct bc_store_copy){.from = from, .to = to, .at.store = from};
        r = snprintf(to->data_path, PATH_MAX, "%s", path) < PATH_MAX ? open_file(to, o, NULL)
                                                                     : BC_ERR_TOO_LARGE;
    }
    for (int t = 0; t < BC_TABLES && r == BC_OK; t++) {
        if (mdb_stat(from->txn, from->dbi[t], &st) == 0)
            c->all += st.ms_entries;
        else
            r = BC_ERR_IO;
    }
    if (r == BC_OK) {
        *out = c;
        return BC_OK;
    }
    bc_store_close(to);
    free(c);
    return r;
}

enum bc_result bc_store_copy_begin(struct bc_store *from, const struct bc_store_options *options,
                                   struct bc_store_copy **out)
{
    char lock[PATH_MAX], data[PATH_MAX];
    int fd;
    enum bc_result r;

    if (snprintf(lock, PATH_MAX, "%s/" LOCK_NAME, options->folder) >= PATH_MAX ||
        snprintf(data, PATH_MAX, "%s/" DATA_NAME, options->folder) >= PATH_MAX)
        return BC_ERR_TOO_LARGE;
    r = make_file(lock, options, &fd);
    if (r != BC_OK)
        return r;
    close(fd);
    return begin_copy(from, data, options, out);
}

int bc_store_copy_step(struct bc_store_copy *c, uint64_t *done, uint64_t *all)
{
    const size_t mark = strlen(BC_STORE_ROW_REWRITE);
    struct bc_bytes key, value;

    for (int i = 0; i < ROWS_A_STEP && c->result == BC_OK && c->table < BC_TABLES; i++) {
        enum bc_table table = (enum bc_table)c->table;
        if (!bc_store_row_next(&c->at, table, &key, &value)) {
            c->result = bc_store_cursor_end(&c->at);
            c->at = (struct bc_store_cursor){.store = c->from};
            c->table++;
            continue;
        }
        c->done++;
        /* The mark is not copied: the pages of the copy have held nothing else. */
        if (table != BC_TABLE_META || key.len != mark ||
            memcmp(key.data, BC_STORE_ROW_REWRITE, mark) != 0)
            c->result = bc_store_row_put(c->to, table, key, value, 1);
    }
    if (c->result != BC_OK || c->table == BC_TABLES)
        return 0;
    *done = c->done;
    *all = c->all;
    return 1;
}

enum bc_result bc_store_copy_end(struct bc_store_copy *c)
{
    uint64_t done, all;
    enum bc_result r;

    while (bc_store_copy_step(c, &done, &all))
        ;
    r = c->result;
    if (r == BC_OK)
        r = bc_store_commit(c->to);
    (void)bc_store_cursor_end(&c->at);
    bc_store_close(c->to);
    free(c);
    return r;
}

/* Puts the file at path in the place of the store's. The lock keeps a decision from checking the
 * old file and opening the new one. */
static enum bc_result replace_file(struct bc_store *s, const char *path, int folder)
{
    enum bc_result r = bc_lock_commit(s->lock_fd, BC_STORE_WRITER_WAIT_MS);

    if (r != BC_OK)
        return r;
    if (rename(path, s->data_path) != 0 || fsync(folder) != 0)
        r = BC_ERR_IO;
    bc_lock_commit_done(s->lock_fd);
    return r;
}

enum bc_result bc_store_rewrite(const struct bc_store_options *options, struct bc_where *where)
{
    char path[PATH_MAX + 16];
    struct bc_store_copy *copy;
    struct bc_store *s;
    int folder, saved;
    enum bc_result r = bc_store_open(options, BC_STORE_WRITE, &s, where);

    if (r != BC_OK)
        return r;
    r = bc_file_open_folder(options->folder, options->owner, 0, &folder, where);
    if (r != BC_OK) {
        bc_store_close(s);
        return r;
    }
    (void)snprintf(path, sizeof path, "%s.new", s->data_path);
    if (unlink(path) != 0 && errno != ENOENT) /* of a rewrite that was killed */
        r = BC_ERR_IO;
    if (r == BC_OK)
        r = begin_copy(s, path, options, &copy);
    if (r == BC_OK)
        r = bc_store_copy_end(copy);
    if (r == BC_OK)
        r = replace_file(s, path, folder);
    saved = errno;
    if (r != BC_OK)
        (void)unlink(path);
    errno = saved;
    bc_store_close(s);
    close(folder);
    return r;
}

enum bc_result bc_store_replace(const struct bc_store_options *options, const char *path,
                                struct bc_where *where)
{
    struct bc_store *s;
    int folder;
    enum bc_result r = bc_file_open_folder(options->folder, options->owner, 0, &folder, where);

    if (r != BC_OK)
        return r;
    s = new_store(BC_STORE_WRITE);
    r = s ? lock_store(s, options, 1, where) : BC_ERR_MEMORY;
    if (r == BC_OK)
        r = replace_file(s, path, folder);
    bc_store_close(s);
    close(folder);
    return r;
}
