/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/spawn.h"
#include "key-io.h"
#include "session.h"

/* Makes the service user, as root, unless it is there. */
static void make_user(void)
{
    char program[] = "/usr/sbin/useradd", system[] = "--system", group[] = "--user-group",
         no_home[] = "--no-create-home", home[] = "--home-dir=/nonexistent",
         shell[] = "--shell=/usr/sbin/nologin", name[] = BC_SERVICE_USER;
    char *argv[] = {program, system, group, no_home, home, shell, name, NULL};
    char *envp[] = {NULL};
    const struct bc_spawn useradd = {.path = program,
                                     .argv = argv,
                                     .envp = envp,
                                     .input = BC_SPAWN_KEEP,
                                     .output = BC_SPAWN_KEEP,
                                     .error = BC_SPAWN_KEEP};
    pid_t pid;
    int status = -1;

    if (geteuid() != 0 || getpwnam(BC_SERVICE_USER))
        return;
    if (bc_spawn_start(&useradd, &pid) == 0)
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bc_message_die(BC_EXIT_REFUSED,
                       "the user %s could not be made; make it by hand: "
                       "useradd --system --user-group %s",
                       BC_SERVICE_USER, BC_SERVICE_USER);
}

static void make_folder(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
    int fd;

    if (mkdir(path, 0700) != 0) {
        if (errno != EEXIST)
            bc_message_die(BC_EXIT_REFUSED, "%s: %s", path, strerror(errno));
        return;
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || (geteuid() == 0 && fchown(fd, uid, gid) != 0) || fchmod(fd, mode) != 0)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", path, strerror(errno));
    (void)close(fd);
}

/* Makes the folder of the configuration, which it writes into etc, and those below base. */
static void make_folders(const struct bc_session *session, const char *base,
                         char etc[PATH_MAX - 64])
{
    const struct {
        const char *name;
        mode_t mode;
        uid_t owner;
        gid_t group;
    } folders[] = {
        {"store", 0700, session->owner, session->group},
        {"state", 0700, session->owner, session->group},
        {"spool", 0700, session->owner, session->group},
        {"notices", 0755, 0, 0},
        /* The service lists the receipts to tell a person which is the newest; nobody else can. */
        {"receipts", 0751, 0, session->group},
    };
    const char *slash = strrchr(session->config_path, '/');
    size_t len = slash ? (size_t)(slash - session->config_path) : 0;
    char path[PATH_MAX];

    if (session->config_path[0] != '/' || len == 0 || len >= PATH_MAX - 64 || base[0] != '/' ||
        strlen(base) > PATH_MAX - 64)
        bc_message_die(BC_EXIT_USAGE, "init: paths must be absolute");
    memcpy(etc, session->config_path, len);
    etc[len] = '\0';
    make_folder(etc, 0755, 0, 0);
    make_folder(base, 0755, 0, 0);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", base, folders[i].name);
        make_folder(path, folders[i].mode, folders[i].owner, folders[i].group);
    }
}

/* Writes etc/name unless it is there. */
static void make_file(const char *etc, const char *name, const char *text, mode_t mode)
{
    struct bc_where where = {""};
    struct stat st;
    int folder;
    enum bc_result r = bc_file_open_folder(etc, geteuid(), 0, &folder, &where);

    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", where.path, bc_result_text(r));
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        r = bc_file_write(folder, name, text, strlen(text), mode, geteuid(), getegid());
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s/%s: %s", etc, name, strerror(errno));
    (void)close(folder);
}

/* Makes the signing key unless it is there, and trusts it. */
static void make_key(struct bc_session *session, const char *etc, const char *origin,
                     const char *passphrase)
{
    char vkey[BC_VKEY_MAX + 1], path[PATH_MAX];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/signing.key", etc);
    if (lstat(path, &st) == 0)
        return;
    if (bc_note_skey_generate(origin, &session->key) != BC_OK)
        bc_message_die(BC_EXIT_USAGE,
                       "init: %s cannot name a key: no spaces, no '+', at most 128 bytes", origin);
    session->key_loaded = 1;
    bc_key_io_write(&session->key, path, passphrase);
    bc_note_vkey_format(&session->key.pub, vkey);
    memcpy(vkey + strlen(vkey), "\n", 2);
    make_file(etc, "trusted-keys", vkey, 0644);
    /* The configuration says which key signs: it may be another one. */
    bc_session_wipe_key(session);
}

static void make_config(const struct bc_session *session, const char *etc, const char *base,
                        const char *origin)
{
    char text[5 * PATH_MAX];

    (void)snprintf(text, sizeof text,
                   "; bioconsent.conf(5)\n\n"
                   "[store]\npath = %s/store\norigin = %s\ntrusted-keys = %s/trusted-keys\n\n"
                   "[key]\nsigning-key = %s/signing.key\n\n"
                   "[state]\npath = %s/state\nspool = %s/spool\nnotices = %s/notices\n"
                   "receipts = %s/receipts\n\n"
                   "[gate]\nmax-age = 0\nclock-allowance = 5m\nrequired-consent = affirmative\n"
                   "given-by = self representative guardian\n",
                   base, origin, etc, etc, base, base, base, base);
    make_file(etc, strrchr(session->config_path, '/') + 1, text, 0644);
}

static int run_init(struct bc_session *session, const struct bc_args *args)
{
    char host[128] = "localhost", etc[PATH_MAX - 64], name[BC_KEY_NAME_MAX + 32];
    const char *base = bc_args_value(args, BC_OPTION_STATE_DIR, BC_STATE_DIR);
    struct bc_store_options options;
    struct bc_where where = {""};
    const char *origin, *file = bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL);
    char *passphrase = NULL;
    enum bc_result r;

    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(name, sizeof name, "%s/bioconsent", host);
    origin = bc_args_value(args, BC_OPTION_ORIGIN, name);
    /* Nothing is made before there is a passphrase where one is wanted. */
    if (file || bc_args_given(args, BC_OPTION_SEAL))
        passphrase = bc_key_io_read_passphrase(file, 1);
    make_user();
    bc_session_find_owner(session);
    make_folders(session, base, etc);
    make_key(session, etc, origin, passphrase);
    bc_key_io_free_passphrase(passphrase);
    make_config(session, etc, base, origin);
    bc_session_key(session, args);
    options = bc_session_store_options(session);
    r = bc_transaction_create(&options, &session->config, &session->key, session->state,
                              session->now, &where);
    if (r == BC_ERR_EXISTS)
        bc_message_die(BC_EXIT_REFUSED, "%s exists already; nothing of it was changed", where.path);
    if (r == BC_ERR_ROLLBACK)
        bc_message_die(
            BC_EXIT_STORE,
            "%s is not there, but this host has seen it: an empty one would "
            "forget every withdrawal. Restore it; or, to begin anew, remove %s/seen first",
            session->config.store_path, session->config.state_path);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", where.path, bc_result_text(r));
    if (session->json)
        bc_message_json(json_pack("{s:s, s:s, s:s}", "origin", session->config.origin, "store",
                                  session->config.store_path, "config", session->config_path));
    else
        (void)printf("The store %s of %s is ready and empty.\n"
                     "Next: bioconsent notice publish, then bioconsent grant.\n",
                     session->config.store_path, session->config.origin);
    return BC_EXIT_OK;
}

const struct bc_verb bc_verb_init = {
    .name = "init",
    .summary = "make folders, key, configuration and an empty store",
    .usage = {"[--origin NAME] [--state-dir DIR] [--seal] [--passphrase-file FILE]"},
    .description =
        "Makes what is missing: the service user, the folders, the signing key, the trusted keys, "
        "the configuration, and an empty signed store. What exists is kept. The origin names the "
        "store and its key; it is a URL without a scheme, and by default the name of this host "
        "followed by /bioconsent. --passphrase-file implies --seal.",
    .examples = {"bioconsent init --origin consent.example/host1"},
    .options = {BC_OPTION_ORIGIN, BC_OPTION_STATE_DIR, BC_OPTION_SEAL, BC_OPTION_PASSPHRASE_FILE,
                -1},
    .run = run_init,
};
