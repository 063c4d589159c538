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

#include "base/datetime.h"
#include "pager.h"
#include "receipts.h"
#include "session.h"
#include "store/last-seen.h"
#include "store/verify.h"

/* ---- verification ---- */

/* Verifies the whole store of the snapshot with a progress bar; name stands in the message. Ends
 * the program where something is wrong, with JSON too where that is asked for. */
static void verify_whole(const struct bc_session *session, struct bc_snapshot *s, const char *name,
                         struct bc_verified *out)
{
    struct bc_verify *v;
    enum bc_result r;

    out->finding[0] = '\0';
    r = bc_verify_begin(s, out, &v);
    if (r == BC_OK) {
        while (bc_verify_step(v))
            if (!session->json)
                bc_message_progress(out->events, s->checkpoint.log_size);
        r = bc_verify_end(v);
    }
    if (r == BC_OK)
        return;
    if (session->json)
        bc_message_json(json_pack("{s:b, s:s}", "valid", 0, "finding", out->finding));
    bc_message_die(r == BC_ERR_CORRUPT ? BC_EXIT_STORE : BC_EXIT_REFUSED,
                   "%s: %s%s%s. What to do: %s", name, bc_result_text(r),
                   out->finding[0] ? ": " : "", out->finding, bc_reason_remedy(BC_REASON_CORRUPT));
}

static int run_store_verify(struct bc_session *session, const struct bc_args *args)
{
    char when[40], utc[BC_TIME_TEXT_BYTES];
    struct bc_verified v;
    static struct bc_snapshot s;

    (void)args;
    bc_session_config(session);
    bc_session_snapshot(session, &s, 1);
    verify_whole(session, &s, session->config.store_path, &v);
    bc_message_time(s.checkpoint.signed_at, when);
    bc_datetime_format(s.checkpoint.signed_at, utc);
    if (session->json)
        bc_message_json(json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:s}", "valid", 1, "origin",
                                  s.checkpoint.origin, "events", (json_int_t)v.events, "register",
                                  (json_int_t)v.subjects, "notices", (json_int_t)v.notices,
                                  "erased", (json_int_t)v.erased, "signed", utc));
    else
        (void)printf("%s: all right. %llu events (%llu erased), %llu register leaves, %llu notice "
                     "versions, signed %s.\n",
                     s.checkpoint.origin, (unsigned long long)v.events,
                     (unsigned long long)v.erased, (unsigned long long)v.subjects,
                     (unsigned long long)v.notices, when);
    if (bc_store_wants_rewrite(s.store))
        bc_message_print(
            "an erasure was interrupted: the erased bytes are still in the file; run: bioconsent "
            "store refresh");
    bc_store_close(s.store);
    return BC_EXIT_OK;
}

/* ---- workplace ---- */

/* A folder of ours that holds one store, as bc_store_open wants it, while the store is made and
 * verified. It lies beside the place where the store goes, so that a rename is enough. */
static struct {
    char folder[PATH_MAX - 16];
    char data[PATH_MAX];
    char lock[PATH_MAX];
    int parent; /* descriptor of the folder that it lies in */
} workplace;

static int remove_workplace(int code)
{
    (void)unlink(workplace.data);
    (void)unlink(workplace.lock);
    (void)rmdir(workplace.folder);
    return code;
}

/* Makes the workplace beside path. Whatever ends the program removes it. */
static void make_workplace(const struct bc_session *session, const char *path)
{
    char parent[PATH_MAX], real[PATH_MAX];
    const char *slash = strrchr(path, '/');
    struct bc_where where = {""};
    enum bc_result r;

    (void)snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                   slash ? path : ".");
    if (!realpath(parent, real))
        bc_message_die(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s", parent,
                       strerror(errno));
    r = bc_file_open_folder(real, session->owner, 0, &workplace.parent, &where);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s; nobody else may be able to write there",
                       where.path, bc_result_text(r));
    if (snprintf(workplace.folder, sizeof workplace.folder,
                 "%s/.bioconsent-%08" PRIx32 "%08" PRIx32, real, randombytes_random(),
                 randombytes_random()) >= (int)sizeof workplace.folder)
        bc_message_die(BC_EXIT_USAGE, "%s: the path is too long", path);
    (void)snprintf(workplace.data, sizeof workplace.data, "%s/data.mdb", workplace.folder);
    (void)snprintf(workplace.lock, sizeof workplace.lock, "%s/lock", workplace.folder);
    if (mkdir(workplace.folder, 0700) != 0)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", workplace.folder, strerror(errno));
    bc_message_at_exit(remove_workplace);
}

/* Verifies the store in the workplace whole, as one of this host's. Its store stays open in *s. */
static void verify_workplace(struct bc_session *session, const char *name, struct bc_snapshot *s,
                             struct bc_verified *verified)
{
    struct bc_where where = {""};
    enum bc_result r = bc_session_try_snapshot(session, workplace.folder, s, 0, &where);

    if (r != BC_OK)
        bc_message_die_result(r, "store in", name);
    verify_whole(session, s, name, verified);
}

/* ---- backup ---- */

static int run_store_backup(struct bc_session *session, const struct bc_args *args)
{
    struct bc_store_options options;
    const char *path = args->operand[0];
    static struct bc_snapshot snapshot, written;
    struct bc_verified verified;
    struct bc_store_copy *copy;
    uint64_t done = 0, all = 0;
    struct stat st;
    enum bc_result r;

    bc_session_config(session);
    make_workplace(session, path);
    bc_session_snapshot(session, &snapshot, 1);
    options = bc_session_store_options(session);
    options.folder = workplace.folder;
    options.owner = geteuid();
    options.group = getegid();
    r = bc_store_copy_begin(snapshot.store, &options, &copy);
    if (r == BC_OK) {
        while (bc_store_copy_step(copy, &done, &all))
            if (!session->json)
                bc_message_progress(done, all);
        if (!session->json)
            bc_message_progress(all, all);
        r = bc_store_copy_end(copy);
    }
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s; nothing was changed", path,
                       bc_message_result_text(r));
    bc_store_close(snapshot.store);
    verify_workplace(session, path, &written, &verified);
    bc_store_close(written.store);
    /* The verified copy gets its name. Only a regular file is replaced. */
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        bc_message_die(BC_EXIT_REFUSED, "%s is no regular file; it was not changed", path);
    if (rename(workplace.data, path) != 0 || fsync(workplace.parent) != 0)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", path, strerror(errno));
    if (session->json)
        bc_message_json(json_pack("{s:s, s:s, s:I}", "backup", path, "origin",
                                  written.checkpoint.origin, "events",
                                  (json_int_t)verified.events));
    else
        (void)printf("%s holds the store of %s with %llu events, verified. The key and the "
                     "configuration are not in it.\n",
                     path, written.checkpoint.origin, (unsigned long long)verified.events);
    return BC_EXIT_OK;
}

/* ---- restore ---- */

/* Copies the file into the workplace, with the lock and the owner that init gives a store. */
static void copy_file(const struct bc_session *session, const char *path)
{
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    static char buffer[1 << 20];
    uint64_t done = 0;
    struct stat st;
    ssize_t n = -1;
    int to, lock;

    if (from < 0 || fstat(from, &st) != 0)
        bc_message_die(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s", path,
                       strerror(errno));
    if (!S_ISREG(st.st_mode))
        bc_message_die(BC_EXIT_REFUSED, "%s is no regular file", path);
    to = open(workplace.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (to >= 0 && (n = read(from, buffer, sizeof buffer)) > 0 &&
           write(to, buffer, (size_t)n) == n) {
        done += (uint64_t)n;
        if (!session->json)
            bc_message_progress(done, (uint64_t)st.st_size);
    }
    if (n != 0 || fsync(to) != 0)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", workplace.data, strerror(errno));
    (void)close(to);
    (void)close(from);
    lock = open(workplace.lock, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0 || (geteuid() == 0 && lchown(workplace.data, session->owner, session->group) != 0))
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", workplace.folder, strerror(errno));
    (void)close(lock);
}

/* Says what the store lacks of the newest one that this host has seen. Returns how many events. */
static uint64_t print_loss(const struct bc_session *session, struct bc_snapshot *s,
                           const char *name)
{
    unsigned long long size = s->checkpoint.log_size, missing = 0;
    struct bc_checkpoint seen = {.log_size = 0};
    char ours[40], theirs[40], loss[512];
    struct bc_last_seen_mark mark;
    enum bc_result r = BC_OK;
    int newer;

    if (bc_last_seen_read(session->state, &seen) != BC_ERR_NOT_FOUND)
        r = bc_last_seen_compare(session->state, s, &mark, &newer);
    if (r == BC_ERR_ROLLBACK && seen.log_size > size)
        missing = seen.log_size - size;
    bc_message_time(s->checkpoint.signed_at, ours);
    bc_message_time(seen.signed_at, theirs);
    if (r == BC_OK)
        (void)snprintf(loss, sizeof loss, "nothing that this host has seen is missing");
    else if (r == BC_ERR_ROLLBACK)
        (void)snprintf(loss, sizeof loss,
                       "this host has seen a store signed %s. %llu events are missing: a consent "
                       "that was withdrawn in them is in force again",
                       theirs, missing);
    else if (r == BC_ERR_FORK)
        (void)snprintf(loss, sizeof loss,
                       "it CONTRADICTS the store signed %s, with %llu events, that this host has "
                       "seen: one of them is not what was recorded here",
                       theirs, (unsigned long long)seen.log_size);
    else
        (void)snprintf(
            loss, sizeof loss,
            "what this host has seen before cannot be read, so it is unknown what is missing");
    bc_message_print("%s: signed %s, with %llu events; %s", name, ours, size, loss);
    return missing;
}

static void accept_as_seen(const struct bc_session *session, const struct bc_checkpoint *c,
                           const char *note, size_t len)
{
    if (bc_last_seen_record(session->state, NULL, note, len, session->owner, session->group) !=
        BC_OK)
        bc_message_die(
            BC_EXIT_REFUSED,
            "%s/seen could not be written; the gate refuses until: bioconsent store restore",
            session->config.state_path);
    openlog("bioconsent", LOG_PID, LOG_AUTHPRIV);
    syslog(LOG_WARNING, "store restore: log size %llu of %s is accepted as the newest state",
           (unsigned long long)c->log_size, c->origin);
    closelog();
}

static int run_store_restore(struct bc_session *session, const struct bc_args *args)
{
    const char *path = args->operand_count ? args->operand[0] : NULL;
    const char *name = path ? path : session->config.store_path;
    struct bc_store_options options;
    static char note[BC_NOTE_MAX];
    struct bc_where where = {""};
    struct bc_verified verified;
    static struct bc_snapshot s, restored;
    uint64_t missing;
    size_t len;
    enum bc_result r;

    bc_session_config(session);
    if (path) {
        make_workplace(session, session->config.store_path);
        copy_file(session, path);
        verify_workplace(session, name, &s, &verified);
    } else {
        bc_session_snapshot(session, &s, 0);
        verify_whole(session, &s, name, &verified);
    }
    missing = print_loss(session, &s, name);
    len = s.note.len;
    if (len > sizeof note)
        bc_message_die(BC_EXIT_STORE, "%s: its checkpoint is too long", name);
    memcpy(note, s.note.data, len); /* the store is closed before it is renamed */
    if (!bc_args_given(args, BC_OPTION_YES)) {
        if (!isatty(STDIN_FILENO))
            bc_message_die(BC_EXIT_USAGE, "store restore goes on without asking only with --yes");
        if (!bc_pager_confirm("Accept it as the newest store of this host?"))
            bc_message_die(BC_EXIT_REFUSED, "nothing was changed");
    }
    if (path) {
        bc_store_close(s.store);
        options = bc_session_store_options(session);
        r = bc_store_replace(&options, workplace.data, &where);
        if (r != BC_OK)
            bc_message_die(r == BC_ERR_BUSY ? BC_EXIT_BUSY : BC_EXIT_REFUSED,
                           "%s: %s; nothing was changed", session->config.store_path,
                           bc_message_result_text(r));
    }
    accept_as_seen(session, &s.checkpoint, note, len);
    if (!path) /* until then no writer may come between */
        bc_store_close(s.store);
    /* The files of the notices belong to the store that was in force until now. */
    r = bc_session_try_snapshot(session, NULL, &restored, 1, &where);
    if (r == BC_OK) {
        bc_receipts_update_notices(session, &restored);
        bc_store_close(restored.store);
    } else {
        (void)bc_message_fail_result(r, "store", where.path);
        session->unwritten = 1;
    }
    if (session->json)
        bc_message_json(json_pack("{s:b, s:s, s:I, s:I}", "restored", 1, "origin",
                                  s.checkpoint.origin, "events", (json_int_t)s.checkpoint.log_size,
                                  "missing", (json_int_t)missing));
    else
        (void)printf(
            "%s: all right. The store with %llu events is accepted as the newest of this host.\n",
            s.checkpoint.origin, (unsigned long long)s.checkpoint.log_size);
    return BC_EXIT_OK;
}

const struct bc_verb bc_verb_store_verify = {
    .name = "store verify",
    .summary = "verify the whole store",
    .usage = {""},
    .description =
        "Verifies every payload, both trees by replaying all events, the signature, the times and "
        "the texts. The exit status is 5 if the store is damaged or not to be trusted.",
    .examples = {"bioconsent store verify"},
    .options = {-1},
    .run = run_store_verify,
};

const struct bc_verb bc_verb_store_backup = {
    .name = "store backup",
    .summary = "copy the store to a file",
    .usage = {"FILE"},
    .description = "Writes a copy of the store to FILE, verified whole, which only root can read. "
                   "It holds no key.",
    .examples = {"bioconsent store backup /root/consents.backup"},
    .operands_min = 1,
    .operands_max = 1,
    .options = {-1},
    .run = run_store_backup,
};

const struct bc_verb bc_verb_store_restore = {
    .name = "store restore",
    .summary = "put a backup in place",
    .usage = {"[FILE] [--yes]"},
    .description =
        "Verifies FILE, shows which events it lacks, asks, and puts it in place as the newest "
        "store that this host has seen. Without FILE it accepts the store that is in place. A "
        "consent that was withdrawn after the backup is in force again: withdraw it first.",
    .examples = {"bioconsent store restore /root/consents.backup"},
    .operands_max = 1,
    .options = {BC_OPTION_YES, -1},
    .run = run_store_restore,
};
