/* SPDX-License-Identifier: BSD-2-Clause */
#include "doors.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run-command.h"

#define RULES_FILE "00-bioconsent-fprintd.rules"
#define RULES_FOLDER "/etc/polkit-1/rules.d"
#define SECONDS 15
#define NOBODY 65534 /* an account of whom no consent is on record */

static const char *const rules_folders[] = {RULES_FOLDER, "/run/polkit-1/rules.d",
                                            "/usr/local/share/polkit-1/rules.d",
                                            "/usr/share/polkit-1/rules.d"};

const char *bc_door_state_name(enum bc_door_state s)
{
    static const char *const names[] = {"open", "unproven", "closed"};

    return names[s];
}

static void nothing(void)
{
}

int bc_groups_take(gid_t group, struct bc_groups *saved)
{
    saved->count = getgroups(BC_GROUPS_MAX, saved->group);
    if (saved->count < 0)
        return 0;
    if (setgroups(1, &group) == 0)
        return 1;
    saved->count = -1;
    return 0;
}

void bc_groups_restore(const struct bc_groups *saved)
{
    if (saved->count >= 0)
        (void)setgroups((size_t)saved->count, saved->group);
}

/* Runs a program of this host to its end. Its exit status, or -1; what it said on standard error. */
static int run_program(const char *const argv[], char *said, size_t cap)
{
    static const char *const envp[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    struct bc_run_result r;
    int status;

    bc_run_command(&(struct bc_run){.argv = argv, .envp = envp, .timeout = SECONDS}, &r);
    status = r.end == BC_RUN_EXITED ? r.status : -1;
    if (cap)
        (void)snprintf(said, cap, "%s", r.err ? r.err : "");
    bc_run_free(&r);
    return status;
}

/* ---- polkit: about everybody but root ---- */

uid_t bc_door_polkit_user(void)
{
    const struct passwd *pw = getpwnam("polkitd");

    return pw ? pw->pw_uid : 0;
}

/* The rule runs as polkitd and asks about others. */
static int join_group(const char *how)
{
    const char *const argv[] = {"/usr/bin/gpasswd", how, "polkitd", BC_SERVICE_USER, NULL};

    return bc_door_polkit_user() == 0 ? 0 : run_program(argv, NULL, 0);
}

static int prepare_polkit(void)
{
    return join_group("--add");
}

static void undo_polkit(void)
{
    (void)join_group("--delete");
}

/* A process of nobody's, to ask about; *start is where it ends when it is closed. */
static pid_t start_nobody(int *end)
{
    int ready[2], hold[2];
    char byte = 0;
    pid_t pid;

    if (pipe2(ready, O_CLOEXEC) != 0)
        return -1;
    if (pipe2(hold, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
        close(ready[0]);
        close(ready[1]);
        return -1;
    }
    if (pid == 0) {
        close(hold[1]);
        if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0 ||
            write(ready[1], &byte, 1) != 1)
            _exit(1);
        (void)!read(hold[0], &byte, 1);
        _exit(0);
    }
    close(ready[1]);
    close(hold[0]);
    (void)!read(ready[0], &byte, 1);
    close(ready[0]);
    *end = hold[1];
    return pid;
}

/* What polkitd says about this action for nobody; the rule answers to the two probes unlike. */
static int ask_polkit(pid_t nobody, const char *action, const char *probe)
{
    char process[24], id[80];
    const char *const argv[] = {"/usr/bin/pkcheck", "--action-id", id, "--process", process,
                                "--detail", "bioconsent.probe", probe, NULL};

    (void)snprintf(process, sizeof process, "%ld", (long)nobody);
    (void)snprintf(id, sizeof id, "net.reactivated.fprint.device.%s", action);
    return run_program(argv, NULL, 0);
}

static enum bc_door_state probe_actions(pid_t nobody, const char **detail)
{
    static const char *const actions[] = {"enroll", "verify", "setusername"};

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        int refuse = ask_polkit(nobody, actions[i], "refuse");
        int allow = ask_polkit(nobody, actions[i], "allow");
        if (refuse < 0 || allow < 0 || refuse == 127 || allow == 127) {
            *detail = "polkitd could not be asked with pkcheck";
            return BC_DOOR_UNPROVEN;
        }
        if (refuse != 2 || allow != 1) { /* 2: authentication needed, 1: not authorized */
            *detail = "polkitd does not ask the rule for users";
            return BC_DOOR_OPEN;
        }
    }
    *detail = "polkitd refuses users without consent, and users who act for others";
    return BC_DOOR_CLOSED;
}

/* Whether a folder has rules that answer before ours. */
static int has_earlier(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int found = 0;

    while (dir && (entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);
        if (len > 6 && strcmp(entry->d_name + len - 6, ".rules") == 0 &&
            strcmp(entry->d_name, RULES_FILE) < 0)
            found = 1;
    }
    if (dir)
        closedir(dir);
    return found;
}

static enum bc_door_state probe_polkit(const char **detail)
{
    enum bc_door_state state = BC_DOOR_UNPROVEN;
    int end;
    pid_t nobody = start_nobody(&end);

    *detail = "no process to ask about could be started";
    if (nobody > 0) {
        state = probe_actions(nobody, detail);
        close(end);
        (void)waitpid(nobody, NULL, 0);
    }
    for (size_t i = 0; i < sizeof rules_folders / sizeof rules_folders[0]; i++)
        if (state == BC_DOOR_CLOSED && has_earlier(rules_folders[i])) {
            *detail = "a file of rules named before " RULES_FILE " may answer first: rename it";
            state = BC_DOOR_UNPROVEN;
        }
    return state;
}

/* ---- the bus: about everybody ---- */

static int prepare_bus(void)
{
    static const char *const argv[] = {"/usr/sbin/groupadd", "--force", "--system", BC_DOOR_GROUP,
                                       NULL};

    return run_program(argv, NULL, 0);
}

static void reload_bus(void)
{
    static const char *const argv[] = {"/usr/bin/dbus-send", "--system", "--print-reply",
                                       "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus.ReloadConfig", NULL};

    (void)run_program(argv, NULL, 0);
}

/* Calls EnrollStart without a claim, which harms nothing: who answers tells how far it came. */
static enum bc_door_state call_enroll(gid_t group)
{
    static const char *const argv[] = {
        "/usr/bin/dbus-send", "--system", "--print-reply", "--reply-timeout=5000",
        "--dest=net.reactivated.Fprint", "/net/reactivated/Fprint/Device/0",
        "net.reactivated.Fprint.Device.EnrollStart", "string:any", NULL};
    char said[1024] = "";
    struct bc_groups saved;
    int status;

    if (!bc_groups_take(group, &saved))
        return BC_DOOR_UNPROVEN;
    status = run_program(argv, said, sizeof said);
    bc_groups_restore(&saved);
    if (status == 1 && strstr(said, "org.freedesktop.DBus.Error.AccessDenied"))
        return BC_DOOR_CLOSED;
    if (status == 0 || strstr(said, "net.reactivated.Fprint.Error.") ||
        strstr(said, "org.freedesktop.DBus.Error.Unknown"))
        return strstr(said, "ServiceUnknown") ? BC_DOOR_UNPROVEN : BC_DOOR_OPEN;
    return BC_DOOR_UNPROVEN;
}

static enum bc_door_state probe_bus(const char **detail)
{
    const struct group *gr = getgrnam(BC_DOOR_GROUP);
    enum bc_door_state state = call_enroll(0);

    *detail = state == BC_DOOR_OPEN ? "the bus lets root enroll whom it likes"
                                    : "fprintd could not be asked over the bus with dbus-send";
    if (state != BC_DOOR_CLOSED)
        return state;
    if (gr && gr->gr_mem[0]) {
        *detail = "the group " BC_DOOR_GROUP " has members: take them out";
        return BC_DOOR_OPEN;
    }
    if (!gr || call_enroll(gr->gr_gid) == BC_DOOR_CLOSED)
        *detail = "the bus refuses all enrollment, even by bioconsent enroll: install it anew";
    else
        *detail = "the bus refuses enrollment, root's too, but by bioconsent enroll";
    return state;
}

const struct bc_door bc_doors[BC_DOORS] = {
    {"polkit", RULES_FOLDER, RULES_FILE, prepare_polkit, undo_polkit, nothing, probe_polkit},
    {"dbus", "/etc/dbus-1/system.d", "bioconsent-fprintd.conf", prepare_bus, nothing, reload_bus,
     probe_bus},
};
