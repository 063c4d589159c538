/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store-lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lock.h"
#include "proof/note.h"

#define LOCK_NAME "lock"

static const struct {
    const char *name;
    unsigned flags;
} tables[BC_STORE_TABLES] = {
    {"meta", 0},
    {"events", MDB_INTEGERKEY},
    {"log", MDB_INTEGERKEY},
    {"register", MDB_INTEGERKEY},
    {"subjects", 0},
    {"notices", 0},
};

enum bc_result bc_store_lmdb_result(int rc)
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
    if (last > BC_STORE_MAP_BYTES / page || (uint64_t)size < (last + 1) * page)
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
        rc = mdb_env_set_maxdbs(s->env, BC_STORE_TABLES);
    /* A reader's map is just as long as the data. */
    if (rc == 0)
        rc = mdb_env_set_mapsize(s->env, writes(s) ? BC_STORE_MAP_BYTES : 4096);
    return bc_store_lmdb_result(rc);
}

static enum bc_result env_open(struct bc_store *s, uid_t owner, struct bc_where *where)
{
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
        r = bc_store_lmdb_result(mdb_env_open(s->env, s->data_path,
                                              BC_STORE_FLAGS | (writes(s) ? 0 : MDB_RDONLY), 0600));
    if (r == BC_OK)
        r = check_same(s->env, &st);
    close(fd);
    return r;
}

enum bc_result bc_store_lmdb_new_file(const char *path, uid_t uid, gid_t gid)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum bc_result r = BC_OK;

    if (fd < 0)
        return errno == EEXIST ? BC_ERR_EXISTS : BC_ERR_IO;
    if (geteuid() == 0 && fchown(fd, uid, gid) != 0)
        r = BC_ERR_IO;
    close(fd);
    return r;
}

static enum bc_result env_create(struct bc_store *s, const struct bc_store_options *o)
{
    enum bc_result r = bc_store_lmdb_new_file(s->data_path, o->owner, o->group);

    if (r == BC_OK)
        r = env_make(s);
    if (r == BC_OK)
        r = bc_store_lmdb_result(mdb_env_open(s->env, s->data_path, BC_STORE_FLAGS, 0600));
    return r;
}

int bc_store_lmdb_open_tables(MDB_txn *txn, int create, MDB_dbi dbi[BC_STORE_TABLES])
{
    unsigned flags = create ? MDB_CREATE : 0;
    int rc = 0;

    for (int i = 0; i < BC_STORE_TABLES && rc == 0; i++)
        rc = mdb_dbi_open(txn, tables[i].name, tables[i].flags | flags, &dbi[i]);
    return rc;
}

static enum bc_result tables_open(struct bc_store *s)
{
    int rc = mdb_txn_begin(s->env, NULL, writes(s) ? 0 : MDB_RDONLY, &s->txn);

    if (rc == 0)
        rc = bc_store_lmdb_open_tables(s->txn, s->mode == BC_STORE_CREATE, s->dbi);
    return rc == MDB_NOTFOUND ? BC_ERR_CORRUPT : bc_store_lmdb_result(rc);
}

static enum bc_result lock_create(const char *path, const struct bc_store_options *o)
{
    enum bc_result r = bc_store_lmdb_new_file(path, o->owner, o->group);

    return r == BC_ERR_EXISTS ? BC_OK : r;
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

enum bc_result bc_store_lmdb_lock(struct bc_store *s, const struct bc_store_options *o, int create,
                                  struct bc_where *where)
{
    char lock_path[PATH_MAX];
    enum bc_result r;

    if (strlen(o->folder) >= PATH_MAX ||
        snprintf(s->data_path, PATH_MAX, "%s/" BC_STORE_DATA_NAME, o->folder) >= PATH_MAX ||
        snprintf(lock_path, PATH_MAX, "%s/" LOCK_NAME, o->folder) >= PATH_MAX)
        return BC_ERR_TOO_LARGE;
    memcpy(s->folder, o->folder, strlen(o->folder) + 1);
    (void)snprintf(where->path, sizeof where->path, "%s", lock_path);
    r = create ? lock_create(lock_path, o) : BC_OK;
    if (r == BC_OK)
        r = lock_open(s, lock_path, o->owner, where);
    return r == BC_OK ? lock_take(s, o) : r;
}

static enum bc_result open_steps(struct bc_store *s, const struct bc_store_options *o,
                                 struct bc_where *where)
{
    enum bc_result r = bc_store_lmdb_lock(s, o, s->mode == BC_STORE_CREATE, where);

    if (r != BC_OK)
        return r;
    (void)snprintf(where->path, sizeof where->path, "%s", s->data_path);
    r = s->mode == BC_STORE_CREATE ? env_create(s, o) : env_open(s, o->owner, where);
    if (r == BC_OK)
        r = tables_open(s);
    return r == BC_OK ? bc_store_lmdb_check_format(s) : r;
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

    return snprintf(path, PATH_MAX, "%s/" BC_STORE_DATA_NAME, options->folder) < PATH_MAX &&
           lstat(path, &st) == 0;
}

enum bc_result bc_store_commit(struct bc_store *s)
{
    enum bc_result r = bc_lock_commit(s->lock_fd, BC_STORE_WRITER_WAIT_MS);

    if (r != BC_OK)
        return r;
    r = bc_store_lmdb_result(mdb_txn_commit(s->txn));
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
