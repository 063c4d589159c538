/* SPDX-License-Identifier: BSD-2-Clause */

/* The module inside the test: libpam believes that it loads it, and calls it as any other, for much
 * of libpam answers a module only. Calls go wrong within the module, not in libpam around it. */

#define pam_sm_authenticate module_authenticate
#define pam_sm_acct_mgmt module_acct_mgmt
#define pam_sm_chauthtok module_chauthtok
#define pam_sm_setcred module_setcred
#include "pam_bioconsent.c"
#undef pam_sm_authenticate
#undef pam_sm_acct_mgmt
#undef pam_sm_chauthtok
#undef pam_sm_setcred

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"

typedef int entry(pam_handle_t *pamh, int flags, int argc, const char **argv);
entry pam_sm_authenticate, pam_sm_acct_mgmt, pam_sm_chauthtok, pam_sm_setcred;

void *dlopen(const char *path, int flags)
{
    void *(*real)(const char *, int) = NULL;

    *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
    return real(path && strcmp(path, "/the-module-in-the-test") == 0 ? NULL : path, flags);
}

static int open_files(void)
{
    int count = 0;

    for (int fd = 0; fd < 128; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Whether a child was left; it is none after this. */
static int child_left(void)
{
    if (waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD)
        return 0;
    if (fault.child > 0)
        (void)kill(fault.child, SIGKILL);
    (void)waitpid(-1, NULL, 0);
    return 1;
}

static int enter(entry *module, pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    int before = open_files();

    outcome->logged = 0;
    fault.count = 0;
    fault.armed = !(fault.second_phase && ((unsigned)flags & PAM_PRELIM_CHECK));
    outcome->code = module(pamh, flags, argc, argv);
    fault.armed = 0;
    outcome->returned++;
    outcome->files += open_files() - before;
    outcome->left |= child_left();
    return outcome->code;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return enter(module_authenticate, pamh, flags, argc, argv);
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return enter(module_acct_mgmt, pamh, flags, argc, argv);
}

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return enter(module_chauthtok, pamh, flags, argc, argv);
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return module_setcred(pamh, flags, argc, argv);
}
