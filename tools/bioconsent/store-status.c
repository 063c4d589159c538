/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/datetime.h"
#include "receipts.h"
#include "session.h"
#include "store/last-seen.h"
#include "store/pending.h"

struct status {
    struct bc_session *session;
    json_t *json; /* of the whole; NULL: text */
    json_t *differences;
    size_t different;
};

/* ---- owners and modes ---- */

static void name_account(uid_t uid, gid_t gid, char out[80])
{
    const struct passwd *pw = getpwuid(uid);
    const struct group *gr = getgrgid(gid);
    int n = pw ? snprintf(out, 80, "%.32s:", pw->pw_name) : snprintf(out, 80, "%u:", uid);

    if (gr)
        (void)snprintf(out + n, 80 - (size_t)n, "%.32s", gr->gr_name);
    else
        (void)snprintf(out + n, 80 - (size_t)n, "%u", gid);
}

static void add_difference(struct status *s, const char *path, const char *what, const char *fix)
{
    s->different++;
    if (s->json)
        json_array_append_new(s->differences, json_pack("{s:s, s:s, s:s}", "path", path,
                                                        "difference", what, "fix", fix));
    else
        (void)printf("DIFFERS   %s: %s\n          fix: %s\n", path, what, fix);
}

/* What init makes: a folder or file with this mode, of root or of the store's owner. One that is
 * not there is a difference only where init would have made it. */
struct made {
    const char *folder, *name; /* the path in two parts; name "": the folder alone */
    mode_t mode;               /* with the type */
    enum { OF_ROOT, OF_OWNER } owner;
    int is_optional;
};

static void compare_made(struct status *s, const struct made *m)
{
    char path[PATH_MAX + 64], what[256], fix[PATH_MAX + 256], is[80], must[80];
    uid_t uid = m->owner == OF_ROOT ? geteuid() : s->session->owner;
    gid_t gid = m->owner == OF_ROOT ? getegid() : s->session->group;
    mode_t mode = m->mode & 07777;
    struct stat st;

    (void)snprintf(path, sizeof path, "%s%s", m->folder, m->name);
    if (lstat(path, &st) != 0) {
        if (errno != ENOENT || !m->is_optional)
            add_difference(s, path, strerror(errno), "bioconsent init");
        return;
    }
    if ((st.st_mode & S_IFMT) != (m->mode & S_IFMT)) {
        add_difference(s, path, S_ISDIR(m->mode) ? "it is no folder" : "it is no regular file",
                       "move it away, then: bioconsent init");
        return;
    }
    if ((st.st_mode & 07777) != mode) {
        (void)snprintf(what, sizeof what, "mode %04o, init makes %04o",
                       (unsigned)st.st_mode & 07777, (unsigned)mode);
        (void)snprintf(fix, sizeof fix, "chmod %04o %s", (unsigned)mode, path);
        add_difference(s, path, what, fix);
    }
    if (st.st_uid != uid || st.st_gid != gid) {
        name_account(st.st_uid, st.st_gid, is);
        name_account(uid, gid, must);
        (void)snprintf(what, sizeof what, "owner %s, init makes %s", is, must);
        (void)snprintf(fix, sizeof fix, "chown %s %s", must, path);
        add_difference(s, path, what, fix);
    }
}

static void folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    (void)snprintf(out, PATH_MAX, "%.*s", slash && slash > path ? (int)(slash - path) : 1, path);
}

static void compare_all(struct status *s)
{
    const struct bc_config *p = &s->session->config;
    char etc[PATH_MAX], base[PATH_MAX];
    const struct made made[] = {
        {etc, "", S_IFDIR | 0755, OF_ROOT, 0},
        {s->session->config_path, "", S_IFREG | 0644, OF_ROOT, 0},
        {p->trusted_keys_path, "", S_IFREG | 0644, OF_ROOT, 0},
        {p->signing_key_path, "", S_IFREG | 0600, OF_ROOT, 1}, /* a host with a copy has none */
        {base, "", S_IFDIR | 0755, OF_ROOT, 0},
        {p->store_path, "", S_IFDIR | 0700, OF_OWNER, 0},
        {p->store_path, "/data.mdb", S_IFREG | 0600, OF_OWNER, 0},
        {p->store_path, "/lock", S_IFREG | 0600, OF_OWNER, 0},
        {p->state_path, "", S_IFDIR | 0700, OF_OWNER, 0},
        {p->state_path, "/seen", S_IFREG | 0600, OF_OWNER, 1},
        {p->spool_path, "", S_IFDIR | 0700, OF_OWNER, 0},
    };

    folder_of(s->session->config_path, etc);
    folder_of(p->store_path, base);
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        if (made[i].folder[0])
            compare_made(s, &made[i]);
}

/* ---- the store ---- */

static void put_text(struct status *s, const char *key, const char *value)
{
    if (s->json)
        json_object_set_new(s->json, key, json_string(value));
    else
        (void)printf("%-9s %s\n", key, value);
}

static void format_time(const struct status *s, int64_t t, char out[40])
{
    if (s->json)
        bc_datetime_format(t, out);
    else
        bc_message_time(t, out);
}

static void put_number(struct status *s, const char *key, const char *label, uint64_t n)
{
    if (s->json)
        json_object_set_new(s->json, key, json_integer((json_int_t)n));
    else
        (void)printf("%-9s %llu\n", label, (unsigned long long)n);
}

/* The steps of the gate that are about the store as a whole; on the way it shows the checkpoint.
 * What cannot be opened is refused too. */
static enum bc_result ask_as_gate(struct status *s)
{
    struct bc_session *t = s->session;
    struct bc_store_options options = bc_session_store_options(t);
    struct bc_where where = {""};
    static struct bc_snapshot snapshot;
    const struct bc_checkpoint *c = &snapshot.checkpoint;
    struct bc_store *store = NULL;
    struct bc_last_seen_mark mark;
    char when[40];
    int newer;
    enum bc_result result = bc_store_open(&options, BC_STORE_READ, &store, &where);

    if (result == BC_OK)
        result = bc_snapshot_open(store, &t->config, &snapshot);
    if (result == BC_OK) {
        put_number(s, "log", "log", c->log_size);
        put_number(s, "register", "register", c->register_size);
        format_time(s, c->signed_at, when);
        put_text(s, "signed", when);
        put_text(s, "key", t->config.keys[snapshot.signer].name);
        result = bc_snapshot_clock(&snapshot, &t->config, t->now);
    }
    if (result == BC_OK)
        result = bc_snapshot_fresh(&snapshot, &t->config, t->now);
    if (result == BC_OK && t->state >= 0)
        result = bc_last_seen_compare(t->state, &snapshot, &mark, &newer);
    bc_store_close(store);
    return t->state < 0 && result == BC_OK ? BC_ERR_UNTRUSTED : result;
}

static void put_last_seen(struct status *s)
{
    int state = s->session->state;
    struct bc_checkpoint seen;
    enum bc_result r = state < 0 ? BC_ERR_UNTRUSTED : bc_last_seen_read(state, &seen);
    char text[128], when[40];

    if (r == BC_OK)
        format_time(s, seen.signed_at, when);
    if (s->json) {
        json_object_set_new(
            s->json, "seen",
            r == BC_OK ? json_pack("{s:I, s:s}", "log", (json_int_t)seen.log_size, "signed", when)
                       : json_null());
    } else if (r == BC_OK) {
        (void)snprintf(text, sizeof text, "log of %llu, signed %s",
                       (unsigned long long)seen.log_size, when);
        put_text(s, "seen", text);
    } else {
        put_text(s, "seen", r == BC_ERR_NOT_FOUND ? "nothing yet" : bc_result_text(r));
    }
}

static void put_pending(struct status *s)
{
    struct bc_pending_list list;
    uint64_t withdrawals = 0, acceptances = 0;

    if (s->session->spool < 0 || bc_pending_read(s->session->spool, (uid_t)-1, &list) != BC_OK)
        return;
    for (size_t i = 0; i < list.count; i++) {
        withdrawals += list.item[i].kind == BC_PENDING_WITHDRAWAL && list.item[i].fault == BC_OK;
        acceptances += list.item[i].kind == BC_PENDING_ACCEPTANCE;
    }
    bc_pending_free(&list);
    put_number(s, "pending_withdrawals", "pending withdrawals:", withdrawals);
    put_number(s, "pending_acceptances", "pending acceptances:", acceptances);
}

static int run_store_status(struct bc_session *session, const struct bc_args *args)
{
    const struct bc_config *p = &session->config;
    struct status s = {.session = session};
    struct bc_where where;
    enum bc_reason refusal;
    enum bc_result result;

    (void)args;
    bc_session_load_config(session);
    if (geteuid() != 0 && access(p->store_path, X_OK) != 0)
        bc_message_die(BC_EXIT_REFUSED,
                       "%s: only root may use it; for yourself there is bioconsent status",
                       p->store_path);
    s.json = session->json ? json_object() : NULL;
    s.differences = session->json ? json_array() : NULL;
    put_text(&s, "store", p->store_path);
    put_text(&s, "origin", p->origin);
    /* A folder whose owner or mode is wrong stays closed, and is named among the differences. */
    if (bc_file_open_folder(p->state_path, session->owner, 0, &session->state, &where) != BC_OK)
        session->state = -1;
    if (bc_file_open_folder(p->spool_path, session->owner, 0, &session->spool, &where) != BC_OK)
        session->spool = -1;
    result = ask_as_gate(&s);
    refusal = bc_reason_of_result(result);
    put_last_seen(&s);
    put_pending(&s);
    if (s.json)
        put_text(&s, "gate", result == BC_OK ? "accepts" : bc_reason_id(refusal));
    else if (result == BC_OK)
        put_text(&s, "gate", "accepts this store");
    else
        (void)printf("gate      REFUSES: %s (%s)\n          fix: %s\n", bc_reason_sentence(refusal),
                     bc_reason_id(refusal), bc_reason_remedy(refusal));
    compare_all(&s);
    if (s.json) {
        json_object_set_new(s.json, "differences", s.differences);
        bc_message_json(s.json);
    } else if (!s.different) {
        (void)puts("files     owners and modes are as init makes them");
    }
    return s.different || result != BC_OK ? BC_EXIT_REFUSED : BC_EXIT_OK;
}

static int run_store_refresh(struct bc_session *session, const struct bc_args *args)
{
    session->notices_changed = 1; /* the public folder may have been changed by another program */
    (void)bc_session_begin(session, args);
    bc_session_end(session);
    if (session->json)
        bc_message_json(json_pack("{s:b, s:I, s:o}", "refreshed", 1, "withdrawals",
                                  (json_int_t)session->pending_count, "receipts",
                                  bc_receipts_json(session)));
    else
        (void)printf("The store is signed anew; %zu pending withdrawals were signed.\n",
                     session->pending_count);
    return BC_EXIT_OK;
}

const struct bc_verb bc_verb_store_status = {
    .name = "store status",
    .summary = "show the state of the store, and what differs from init",
    .usage = {""},
    .description =
        "Shows where the store is, what its checkpoint signs, what is pending, whether the gate "
        "accepts the store, and which owners and modes differ from what init makes. The exit "
        "status is 1 if any differs or if the gate would refuse the store.",
    .examples = {"bioconsent store status --json"},
    .options = {-1},
    .run = run_store_status,
};

const struct bc_verb bc_verb_store_refresh = {
    .name = "store refresh",
    .summary = "sign the store and the pending withdrawals again",
    .usage = {"[--passphrase-file FILE]"},
    .description = "Signs the store and the pending withdrawals with the present time, and writes "
                   "the files of the notices again.",
    .examples = {"bioconsent store refresh"},
    .options = {BC_OPTION_PASSPHRASE_FILE, -1},
    .run = run_store_refresh,
};
