/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "pager.h"
#include "receipts.h"
#include "store-verb.h"
#include "store/last-seen.h"

/* A folder of ours that holds one store, as bc_store_open wants it, while the store is made and
 * verified. */
struct workplace {
    char folder[PATH_MAX - 16];
    char data[PATH_MAX];
};

/* Beside the place where the store goes, so that a rename is enough: the folder of path, without
 * links. */
static int make_workplace(const char *path, const struct bc_session *tool, struct workplace *w)
{
    char parent[PATH_MAX], real[PATH_MAX];
    const char *slash = strrchr(path, '/');
    struct bc_where where = {""};
    enum bc_result r;
    int fd;

    (void)snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                   slash ? path : ".");
    if (!realpath(parent, real))
        return bc_message_fail(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s",
                               parent, strerror(errno));
    r = bc_file_open_folder(real, tool->owner, 0, &fd, &where);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s; nobody else may be able to write there",
                               where.path, bc_result_text(r));
    (void)close(fd);
    if (snprintf(w->folder, sizeof w->folder, "%s/.bioconsent-%08" PRIx32 "%08" PRIx32, real,
                 randombytes_random(), randombytes_random()) >= (int)sizeof w->folder)
        return bc_message_fail(BC_EXIT_USAGE, "%s: the path is too long", path);
    (void)snprintf(w->data, sizeof w->data, "%s/data.mdb", w->folder);
    if (mkdir(w->folder, 0700) != 0)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", w->folder, strerror(errno));
    return 0;
}

static void remove_workplace(const struct workplace *w)
{
    char lock[PATH_MAX + 8];

    (void)snprintf(lock, sizeof lock, "%s/lock", w->folder);
    (void)unlink(w->data);
    (void)unlink(lock);
    (void)rmdir(w->folder);
}

static struct bc_store_options options_in(const struct workplace *w, const struct bc_session *tool)
{
    struct bc_store_options o = bc_session_store_options(tool);

    o.folder = w->folder;
    return o;
}

/* Verifies the store in the workplace whole, as one of this host's. Its store stays open in *s. */
static int verify_workplace(const struct bc_session *tool, const struct workplace *w,
                            const char *name, struct bc_snapshot *s, struct bc_verified *verified)
{
    struct bc_store_options options = options_in(w, tool);
    struct bc_where where = {""};
    struct bc_store *store = NULL;
    enum bc_result result = bc_store_open(&options, BC_STORE_READ, &store, &where);
    int code;

    if (result == BC_OK)
        result = bc_snapshot_open(store, &tool->policy, s);
    if (result == BC_OK)
        result = bc_snapshot_clock(s, &tool->policy, tool->now);
    code = result == BC_OK ? bc_store_verb_verify(tool, s, name, verified)
                           : bc_message_fail_result(result, "store in", name);
    if (result == BC_OK && code == BC_EXIT_OK)
        return BC_EXIT_OK;
    bc_store_close(store);
    return code ? code : BC_EXIT_REFUSED;
}

/* ---- backup ---- */

static int copy_store(const struct bc_session *tool, struct bc_store *from,
                      const struct workplace *w, const char *path)
{
    struct bc_store_options options = options_in(w, tool);
    struct bc_store_copy *copy;
    uint64_t done = 0, all = 0;
    enum bc_result r;

    options.owner = geteuid();
    options.group = getegid();
    r = bc_store_copy_begin(from, &options, &copy);
    if (r == BC_OK) {
        while (bc_store_copy_step(copy, &done, &all))
            if (!tool->json)
                bc_message_progress(NULL, done, all);
        if (!tool->json)
            bc_message_progress(NULL, all, all);
        r = bc_store_copy_end(copy);
    }
    return r == BC_OK ? 0
                      : bc_message_fail(BC_EXIT_REFUSED, "%s: %s%s%s; nothing was changed", path,
                                        bc_result_text(r), r == BC_ERR_IO ? ": " : "",
                                        r == BC_ERR_IO ? strerror(errno) : "");
}

/* Gives the verified copy its name. Only a regular file is replaced. */
static int publish_copy(const struct workplace *w, const char *path)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    struct stat st;
    int folder, done;

    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return bc_message_fail(BC_EXIT_REFUSED, "%s is no regular file; it was not changed", path);
    (void)snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                   slash ? path : ".");
    folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    done = folder >= 0 && rename(w->data, path) == 0 && fsync(folder) == 0;
    if (!done)
        bc_message_print("%s: %s", path, strerror(errno));
    if (folder >= 0)
        (void)close(folder);
    return done ? 0 : BC_EXIT_REFUSED;
}

int bc_store_verb_backup(struct bc_session *tool, const char *path)
{
    struct bc_snapshot snapshot, copy;
    struct bc_verified verified;
    struct workplace w;
    int code = bc_session_config(tool);

    if (!code)
        code = make_workplace(path, tool, &w);
    if (code)
        return code;
    code = bc_session_snapshot(tool, &snapshot, 1);
    if (!code) {
        code = copy_store(tool, snapshot.store, &w, path);
        bc_store_close(snapshot.store);
    }
    if (!code)
        code = verify_workplace(tool, &w, path, &copy, &verified);
    if (!code) {
        bc_store_close(copy.store);
        code = publish_copy(&w, path);
    }
    remove_workplace(&w);
    if (code)
        return code;
    if (tool->json)
        bc_message_json(json_pack("{s:s, s:s, s:I}", "backup", path, "origin",
                                  copy.checkpoint.origin, "events", (json_int_t)verified.events));
    else
        (void)printf(
            "%s holds the store of %s with %llu events, verified. The key and the configuration "
            "are not in it.\n",
            path, copy.checkpoint.origin, (unsigned long long)verified.events);
    return BC_EXIT_OK;
}

/* ---- restore ---- */

/* What the store lacks of the newest one that this host has seen. */
struct loss {
    enum bc_result result; /* BC_OK: nothing; BC_ERR_ROLLBACK; BC_ERR_FORK: it
                              is another history */
    struct bc_checkpoint seen;
    uint64_t events;
};

static void find_loss(const struct bc_session *tool, struct bc_snapshot *s, struct loss *l)
{
    struct bc_last_seen_mark mark;
    int newer;

    *l = (struct loss){.result = BC_OK};
    if (bc_last_seen_read(tool->state, &l->seen) == BC_ERR_NOT_FOUND)
        return;
    l->result = bc_last_seen_compare(tool->state, s, &mark, &newer);
    if (l->result == BC_ERR_ROLLBACK && l->seen.log_size > s->checkpoint.log_size)
        l->events = l->seen.log_size - s->checkpoint.log_size;
}

static void say_loss(const struct bc_snapshot *s, const struct loss *l, const char *name)
{
    char ours[40], seen[40];

    bc_message_time(s->checkpoint.signed_at, ours);
    bc_message_time(l->seen.signed_at, seen);
    if (l->result == BC_OK)
        bc_message_print(
            "%s: signed %s, with %llu events; nothing that this host has seen is missing", name,
            ours, (unsigned long long)s->checkpoint.log_size);
    else if (l->result == BC_ERR_ROLLBACK)
        bc_message_print(
            "%s: signed %s, with %llu events; this host has seen a store signed %s. %llu events "
            "are "
            "missing: a consent that was withdrawn in them is in force again",
            name, ours, (unsigned long long)s->checkpoint.log_size, seen,
            (unsigned long long)l->events);
    else if (l->result == BC_ERR_FORK)
        bc_message_print(
            "%s: signed %s, with %llu events; it CONTRADICTS the store signed %s, with %llu "
            "events, "
            "that this host has seen: one of them is not what was recorded here",
            name, ours, (unsigned long long)s->checkpoint.log_size, seen,
            (unsigned long long)l->seen.log_size);
    else
        bc_message_print(
            "%s: signed %s, with %llu events; what this host has seen before cannot be read, so "
            "nobody can tell what is missing",
            name, ours, (unsigned long long)s->checkpoint.log_size);
}

static int agree(int yes)
{
    char answer[8];

    if (yes)
        return 0;
    if (!isatty(STDIN_FILENO))
        return bc_message_fail(BC_EXIT_USAGE,
                               "store restore goes on without asking only with --yes");
    (void)printf("Accept it as the newest store of this host? [y/N] ");
    (void)fflush(stdout);
    if (bc_pager_read(answer, sizeof answer) && (answer[0] == 'y' || answer[0] == 'Y'))
        return 0;
    return bc_message_fail(BC_EXIT_REFUSED, "nothing was changed");
}

static int accept_as_seen(const struct bc_session *tool, const struct bc_checkpoint *c,
                          const char *note, size_t len)
{
    if (bc_last_seen_record(tool->state, NULL, note, len, tool->owner, tool->group) != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED,
                               "%s/seen could not be written; the gate refuses until: "
                               "bioconsent store restore",
                               tool->policy.state_path);
    openlog("bioconsent", LOG_PID, LOG_AUTHPRIV);
    syslog(LOG_WARNING, "store restore: log size %llu of %s is accepted as the newest state",
           (unsigned long long)c->log_size, c->origin);
    closelog();
    return 0;
}

static int copy_file(const struct bc_session *tool, const char *path, const struct workplace *w)
{
    static char buffer[1 << 20];
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), to = -1;
    uint64_t done = 0;
    struct stat st;
    ssize_t n = -1;

    if (from < 0 && errno == ENOENT)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "%s: %s", path, strerror(errno));
    if (from < 0 || fstat(from, &st) != 0)
        bc_message_print("%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        bc_message_print("%s is no regular file", path);
    else if ((to = open(w->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        bc_message_print("%s: %s", w->data, strerror(errno));
    while (to >= 0 && (n = read(from, buffer, sizeof buffer)) > 0) {
        if (write(to, buffer, (size_t)n) != n) {
            n = -1;
            break;
        }
        done += (uint64_t)n;
        if (!tool->json)
            bc_message_progress(NULL, done, (uint64_t)st.st_size);
    }
    if (to >= 0 && (n < 0 || fsync(to) != 0)) {
        bc_message_print("%s: %s", w->data, strerror(errno));
        n = -1;
    }
    if (to >= 0)
        (void)close(to);
    if (from >= 0)
        (void)close(from);
    return n < 0 ? BC_EXIT_REFUSED : 0;
}

/* A workplace's lock and files become the store's owner's, as init makes them. */
static int own_workplace(const struct bc_session *tool, const struct workplace *w)
{
    char lock[PATH_MAX + 8];
    int fd;

    (void)snprintf(lock, sizeof lock, "%s/lock", w->folder);
    fd = open(lock, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        (void)close(fd);
    if (fd < 0 || (geteuid() == 0 && lchown(w->data, tool->owner, tool->group) != 0))
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", w->folder, strerror(errno));
    return 0;
}

static int put_in_place(const struct bc_session *tool, const struct workplace *w)
{
    struct bc_store_options options = bc_session_store_options(tool);
    struct bc_where where = {""};
    enum bc_result r = bc_store_replace(&options, w->data, &where);

    return r == BC_OK ? 0
                      : bc_message_fail(r == BC_ERR_BUSY ? BC_EXIT_BUSY : BC_EXIT_REFUSED,
                                        "%s: %s%s%s; nothing was changed", tool->policy.store_path,
                                        bc_result_text(r), r == BC_ERR_IO ? ": " : "",
                                        r == BC_ERR_IO ? strerror(errno) : "");
}

/* The files of the notices belong to the store that was in force until now. */
static int finish_restore(struct bc_session *tool, const struct bc_checkpoint *c, uint64_t missing)
{
    struct bc_where where = {""};
    struct bc_snapshot s;
    enum bc_result r = bc_session_try_snapshot(tool, &s, 1, &where);

    if (r != BC_OK) {
        bc_message_fail_result(r, "store", where.path);
        tool->unwritten = 1;
    } else {
        bc_receipts_update_notices(tool, &s);
        bc_store_close(s.store);
    }
    if (tool->json)
        bc_message_json(json_pack("{s:b, s:s, s:I, s:I}", "restored", 1, "origin", c->origin,
                                  "events", (json_int_t)c->log_size, "missing",
                                  (json_int_t)missing));
    else
        (void)printf("%s: all right. The store with %llu events is accepted as the newest of this "
                     "host.\n",
                     c->origin, (unsigned long long)c->log_size);
    return BC_EXIT_OK;
}

/* Verifies the store, says what it lacks, asks; then keeps its note, since the store is closed
 * before it is renamed. */
static int judge(const struct bc_session *tool, struct bc_snapshot *s, const char *name, int yes,
                 struct loss *loss, char note[BC_NOTE_MAX], size_t *len)
{
    find_loss(tool, s, loss);
    say_loss(s, loss, name);
    if (s->note.len > BC_NOTE_MAX)
        return bc_message_fail(BC_EXIT_STORE, "%s: its checkpoint is too long", name);
    memcpy(note, s->note.data, s->note.len);
    *len = s->note.len;
    return agree(yes);
}

static int restore_in_place(struct bc_session *tool, int yes)
{
    static char note[BC_NOTE_MAX];
    struct bc_verified verified;
    struct bc_snapshot s;
    struct loss loss;
    size_t len;
    int code = bc_session_snapshot(tool, &s, 0);

    if (code)
        return code;
    code = bc_store_verb_verify(tool, &s, tool->policy.store_path, &verified);
    if (!code)
        code = judge(tool, &s, tool->policy.store_path, yes, &loss, note, &len);
    if (!code)
        code = accept_as_seen(tool, &s.checkpoint, note, len);
    bc_store_close(s.store);
    return code ? code : finish_restore(tool, &s.checkpoint, loss.events);
}

int bc_store_verb_restore(struct bc_session *tool, const char *path, int yes)
{
    static char note[BC_NOTE_MAX];
    struct bc_verified verified;
    struct bc_snapshot s;
    struct workplace w;
    struct loss loss;
    size_t len;
    int code = bc_session_config(tool);

    if (code || !path)
        return code ? code : restore_in_place(tool, yes);
    code = make_workplace(tool->policy.store_path, tool, &w);
    if (code)
        return code;
    code = copy_file(tool, path, &w);
    if (!code)
        code = own_workplace(tool, &w);
    if (!code)
        code = verify_workplace(tool, &w, path, &s, &verified);
    if (!code) {
        code = judge(tool, &s, path, yes, &loss, note, &len);
        bc_store_close(s.store);
        if (!code)
            code = put_in_place(tool, &w);
        if (!code)
            code = accept_as_seen(tool, &s.checkpoint, note, len);
    }
    remove_workplace(&w);
    return code ? code : finish_restore(tool, &s.checkpoint, loss.events);
}
