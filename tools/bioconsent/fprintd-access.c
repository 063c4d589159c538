/* SPDX-License-Identifier: BSD-2-Clause */
#include "fprintd-access.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fprintd-rule.h"

#define RULE_FILE "00-bioconsent-fprintd.rules"
#define FPRINTD_ACTIONS "/usr/share/polkit-1/actions/net.reactivated.fprint.device.policy"
#define GROUPS_MAX 256

/* Where polkitd looks for rules. Versions before 124 read the folders of the administrator and of
 * packages only: our rule counts there, and what stands before it counts everywhere. */
static const struct {
    const char *path;
    int every_version;
} folders[] = {{"/etc/polkit-1/rules.d", 1},
               {"/run/polkit-1/rules.d", 0},
               {"/usr/local/share/polkit-1/rules.d", 0},
               {"/usr/share/polkit-1/rules.d", 1}};

static void set_state(struct bc_fprintd_access *out, enum bc_fprintd_access_state state,
                      const char *folder, const char *file)
{
    out->state = state;
    (void)snprintf(out->path, sizeof out->path, "%s%s", folder, file);
}

/* Whether the file is the rule as it was installed, and polkitd, an ordinary user, may read it. */
static enum bc_fprintd_access_state look_at_rule(int folder)
{
    char text[sizeof rule_text + 1];
    size_t used = 0;
    ssize_t n = 0;
    struct stat st;
    int fd = openat(folder, RULE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? BC_FPRINTD_ACCESS_MISSING : BC_FPRINTD_ACCESS_CHANGED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IROTH))
        while (used < sizeof text && (n = read(fd, text + used, sizeof text - used)) > 0)
            used += (size_t)n;
    (void)close(fd);
    if (n == 0 && used == sizeof rule_text - 1 && memcmp(text, rule_text, used) == 0)
        return BC_FPRINTD_ACCESS_IN_FORCE;
    return BC_FPRINTD_ACCESS_CHANGED;
}

/* Writes the path of the first file in the folder that polkitd reads before our rule; leaves
 * earlier as it is if there is none. */
static void find_earlier(DIR *dir, const char *folder, char earlier[PATH_MAX])
{
    char first[NAME_MAX + 1] = RULE_FILE;
    const struct dirent *entry;

    while ((entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);
        if (len > 6 && strcmp(entry->d_name + len - 6, ".rules") == 0 &&
            strcmp(entry->d_name, first) < 0)
            (void)snprintf(first, sizeof first, "%s", entry->d_name);
    }
    if (strcmp(first, RULE_FILE) != 0)
        (void)snprintf(earlier, PATH_MAX, "%s/%s", folder, first);
}

/* polkitd runs the rule's program as its own user; bioconsent-check(8) lets members of the service
 * group ask about others. Where polkitd runs as root nothing is needed. */
static int is_entitled(void)
{
    const struct group *gr = getgrnam(BC_SERVICE_USER);
    gid_t wanted = gr ? gr->gr_gid : 0, groups[GROUPS_MAX];
    const struct passwd *pw = getpwnam("polkitd");
    int count = GROUPS_MAX;

    if (!pw)
        return 1;
    if (!gr || getgrouplist(pw->pw_name, pw->pw_gid, groups, &count) < 0)
        return 0;
    for (int i = 0; i < count; i++)
        if (groups[i] == wanted)
            return 1;
    return 0;
}

void bc_fprintd_access_look(struct bc_fprintd_access *out)
{
    char earlier[PATH_MAX] = "";
    int found = 0;

    if (access(FPRINTD_ACTIONS, F_OK) != 0) {
        set_state(out, BC_FPRINTD_ACCESS_NO_FPRINTD, FPRINTD_ACTIONS, "");
        return;
    }
    /* A rule in several folders is fine if it is the same. */
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *path = folders[i].path;
        enum bc_fprintd_access_state state;
        DIR *dir = opendir(path);

        if (!dir && (errno == ENOENT || errno == ENOTDIR))
            continue;
        if (!dir) {
            set_state(out, BC_FPRINTD_ACCESS_UNKNOWN, path, "");
            return;
        }
        state = look_at_rule(dirfd(dir));
        if (!earlier[0])
            find_earlier(dir, path, earlier);
        (void)closedir(dir);
        if (state == BC_FPRINTD_ACCESS_CHANGED) {
            set_state(out, state, path, "/" RULE_FILE);
            return;
        }
        found |= state == BC_FPRINTD_ACCESS_IN_FORCE && folders[i].every_version;
    }
    if (found && earlier[0])
        set_state(out, BC_FPRINTD_ACCESS_PRECEDED, earlier, "");
    else
        set_state(out,
                  !found          ? BC_FPRINTD_ACCESS_MISSING
                  : is_entitled() ? BC_FPRINTD_ACCESS_IN_FORCE
                                  : BC_FPRINTD_ACCESS_NOT_ENTITLED,
                  BC_POLKIT_RULES_DIR, "/" RULE_FILE);
}
