/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "passphrase.h"
#include "proof/key-file.h"
#include "session.h"

struct setup {
    struct bc_session *tool;
    const char *origin;
    const char *base;
    char etc[PATH_MAX - 64];
    char *passphrase;
};

static int run_useradd(void)
{
    char program[] = "/usr/sbin/useradd", system[] = "--system", group[] = "--user-group",
         no_home[] = "--no-create-home", home[] = "--home-dir=/nonexistent",
         shell[] = "--shell=/usr/sbin/nologin", name[] = BC_SERVICE_USER;
    char *argv[] = {program, system, group, no_home, home, shell, name, NULL};
    char *envp[] = {NULL};
    pid_t pid;
    int status = -1;

    if (posix_spawn(&pid, program, NULL, NULL, argv, envp) != 0)
        return 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int service_user(struct bc_session *tool)
{
    const struct passwd *pw;

    tool->owner = geteuid();
    tool->group = getegid();
    if (geteuid() != 0)
        return 0;
    if (!getpwnam(BC_SERVICE_USER) && !run_useradd())
        return bc_message_fail(BC_EXIT_REFUSED,
                               "the user %s could not be made; make it by hand: "
                               "useradd --system --user-group %s",
                               BC_SERVICE_USER, BC_SERVICE_USER);
    pw = getpwnam(BC_SERVICE_USER);
    if (!pw)
        return bc_message_fail(BC_EXIT_REFUSED, "there is no user %s", BC_SERVICE_USER);
    tool->owner = pw->pw_uid;
    tool->group = pw->pw_gid;
    return 0;
}

static int make_folder(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
    struct stat st;
    int fd;

    if (mkdir(path, 0700) != 0)
        return errno == EEXIST ? 0
                               : bc_message_fail(BC_EXIT_REFUSED, "%s: %s", path, strerror(errno));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || (geteuid() == 0 && fchown(fd, uid, gid) != 0) ||
        fchmod(fd, mode) != 0) {
        int saved = errno;
        if (fd >= 0)
            close(fd);
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", path, strerror(saved));
    }
    close(fd);
    return 0;
}

static int make_below(const struct setup *s, const char *name, mode_t mode, uid_t uid, gid_t gid)
{
    char path[PATH_MAX];

    (void)snprintf(path, sizeof path, "%s/%s", s->base, name);
    return make_folder(path, mode, uid, gid);
}

static int make_folders(struct setup *s)
{
    const char *slash = strrchr(s->tool->config, '/');
    size_t len = slash ? (size_t)(slash - s->tool->config) : 0;
    uid_t owner = s->tool->owner;
    gid_t group = s->tool->group;
    int code;

    if (s->tool->config[0] != '/' || len == 0 || len >= sizeof s->etc || s->base[0] != '/' ||
        strlen(s->base) > PATH_MAX - 64)
        return bc_message_fail(BC_EXIT_USAGE, "init: paths must be absolute");
    memcpy(s->etc, s->tool->config, len);
    s->etc[len] = '\0';
    code = make_folder(s->etc, 0755, 0, 0);
    if (!code)
        code = make_folder(s->base, 0755, 0, 0);
    if (!code)
        code = make_below(s, "store", 0700, owner, group);
    if (!code)
        code = make_below(s, "state", 0700, owner, group);
    if (!code)
        code = make_below(s, "spool", 0700, owner, group);
    if (!code)
        code = make_below(s, "notices", 0755, 0, 0);
    /* The service lists the receipts to tell a person which is the newest; nobody else can. */
    return code ? code : make_below(s, "receipts", 0751, 0, group);
}

/* Writes etc/name unless it is there. */
static int make_file(const struct setup *s, const char *name, const char *text, mode_t mode)
{
    struct bc_where where = {""};
    struct stat st;
    int folder;
    enum bc_result r = bc_file_open_folder(s->etc, geteuid(), 0, &folder, &where);

    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", where.path, bc_result_text(r));
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        r = bc_file_write(folder, name, text, strlen(text), mode, geteuid(), getegid());
    close(folder);
    return r == BC_OK
               ? 0
               : bc_message_fail(BC_EXIT_REFUSED, "%s/%s: %s", s->etc, name, strerror(errno));
}

static int make_key(const struct setup *s)
{
    char text[BC_KEY_FILE_MAX], vkey[BC_VKEY_MAX + 1], path[PATH_MAX];
    struct bc_skey key;
    struct stat st;
    int code;

    (void)snprintf(path, sizeof path, "%s/signing.key", s->etc);
    if (lstat(path, &st) == 0)
        return 0;
    if (bc_note_skey_generate(s->origin, &key) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE,
                               "init: %s cannot name a key: no spaces, no '+', at most "
                               "128 bytes",
                               s->origin);
    bc_note_vkey_format(&key.pub, vkey);
    memcpy(vkey + strlen(vkey), "\n", 2);
    code = bc_key_file_format(&key, s->passphrase, text) == BC_OK
               ? make_file(s, "signing.key", text, 0600)
               : bc_message_fail(BC_EXIT_REFUSED, "the key could not be sealed: no memory");
    sodium_memzero(text, sizeof text);
    bc_note_skey_wipe(&key);
    return code ? code : make_file(s, "trusted-keys", vkey, 0644);
}

static int make_config(const struct setup *s)
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
                   s->base, s->origin, s->etc, s->etc, s->base, s->base, s->base, s->base);
    return make_file(s, strrchr(s->tool->config, '/') + 1, text, 0644);
}

static int make_store(struct setup *s, const struct bc_args *args)
{
    struct bc_session *tool = s->tool;
    struct bc_store_options options;
    struct bc_where where = {""};
    enum bc_result r;

    bc_session_key(tool, args);
    options = (struct bc_store_options){.folder = tool->policy.store_path,
                                        .owner = tool->owner,
                                        .group = tool->group,
                                        .wait_ms = BC_STORE_WRITER_WAIT_MS};
    r = bc_transaction_create(&options, &tool->policy, &tool->key, tool->state, tool->now, &where);
    bc_session_wipe_key(tool);
    if (r == BC_ERR_EXISTS)
        return bc_message_fail(BC_EXIT_REFUSED, "%s exists already; nothing of it was changed",
                               where.path);
    if (r == BC_ERR_ROLLBACK)
        return bc_message_fail(
            BC_EXIT_STORE,
            "%s is not there, but this host has seen it: an empty one would "
            "forget every withdrawal. Restore it; or, to begin anew, remove %s/seen first",
            tool->policy.store_path, tool->policy.state_path);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", where.path, bc_result_text(r));
    return 0;
}

static int setup(struct setup *s, const struct bc_args *args)
{
    int code = service_user(s->tool);

    if (!code)
        code = make_folders(s);
    if (!code)
        code = make_key(s);
    if (!code)
        code = make_config(s);
    return code ? code : make_store(s, args);
}

static int report(const struct bc_session *tool)
{
    if (tool->json)
        bc_message_json(json_pack("{s:s, s:s, s:s}", "origin", tool->policy.origin, "store",
                                  tool->policy.store_path, "config", tool->config));
    else
        (void)printf("The store %s of %s is ready and empty.\n"
                     "Next: bioconsent notice publish, then bioconsent grant.\n",
                     tool->policy.store_path, tool->policy.origin);
    return BC_EXIT_OK;
}

static int run_init(struct bc_session *tool, const struct bc_args *args)
{
    struct setup s = {.tool = tool};
    char host[128] = "localhost", origin[BC_KEY_NAME_MAX + 32];
    const char *file;
    int code;

    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(origin, sizeof origin, "%s/bioconsent", host);
    s.origin = bc_args_value(args, BC_OPTION_ORIGIN, origin);
    s.base = bc_args_value(args, BC_OPTION_STATE_DIR, BC_STATE_DIR);
    file = bc_args_value(args, BC_OPTION_PASSPHRASE_FILE, NULL);
    if ((file || bc_args_given(args, BC_OPTION_SEAL)) &&
        !(s.passphrase = bc_passphrase_read(file, 1)))
        return BC_EXIT_REFUSED;
    code = setup(&s, args);
    bc_passphrase_free(s.passphrase);
    return code ? code : report(tool);
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
