/* SPDX-License-Identifier: BSD-2-Clause */

/* Each call that the module makes and that can fail, failing when it is told to. The linker puts
 * __wrap_CALL in the place of CALL in what is linked statically; malloc and its like are replaced
 * for libpam and the C library too. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"

struct fault fault;
struct outcome *outcome;

int fault_now(const char *call)
{
    if (!fault.armed || !fault.call || strcmp(fault.call, call) != 0)
        return 0;
    fault.count++;
    if (fault.count < fault.nth || (fault.count > fault.nth && !fault.onwards))
        return 0;
    outcome->injected++;
    outcome->serious += !fault.harmless(call, fault.how, fault.count, fault.telling);
    if (fault.how > 0)
        errno = fault.how;
    return fault.how;
}

/* Calls that report -1, and calls that report the error itself. */
#define REPLACE(type, name, failed, params, args)                                                  \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        int how = fault_now(#name);                                                                \
        return how ? (failed) : __real_##name args;                                                \
    }
#define MINUS(name, params, args) REPLACE(int, name, how == NOTHING ? 0 : -1, params, args)
#define ERROR(name, params, args) REPLACE(int, name, how, params, args)

MINUS(socketpair, (int domain, int type, int protocol, int pair[2]), (domain, type, protocol, pair))
MINUS(socket, (int domain, int type, int protocol), (domain, type, protocol))
MINUS(poll, (struct pollfd * p, nfds_t n, int ms), (p, n, ms))
MINUS(waitid, (idtype_t type, id_t id, siginfo_t *info, int options), (type, id, info, options))
MINUS(clock_gettime, (clockid_t clock, struct timespec *t), (clock, t))

typedef posix_spawn_file_actions_t actions_t;
typedef posix_spawnattr_t attr_t;
ERROR(posix_spawn_file_actions_init, (actions_t * a), (a))
ERROR(posix_spawn_file_actions_adddup2, (actions_t * a, int from, int to), (a, from, to))
ERROR(posix_spawn_file_actions_addopen,
      (actions_t * a, int fd, const char *path, int flags, mode_t mode), (a, fd, path, flags, mode))
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
ERROR(posix_spawn_file_actions_addclosefrom_np, (actions_t * a, int from), (a, from))
#endif
ERROR(posix_spawnattr_init, (attr_t * a), (a))
ERROR(posix_spawnattr_setsigmask, (attr_t * a, const sigset_t *set), (a, set))
ERROR(posix_spawnattr_setsigdefault, (attr_t * a, const sigset_t *set), (a, set))
ERROR(posix_spawnattr_setflags, (attr_t * a, short flags), (a, flags))

int __real_posix_spawn(pid_t *, const char *, const actions_t *, const attr_t *, char *const[],
                       char *const[]);
int __wrap_posix_spawn(pid_t *, const char *, const actions_t *, const attr_t *, char *const[],
                       char *const[]);
int __wrap_posix_spawn(pid_t *pid, const char *path, const actions_t *a, const attr_t *attr,
                       char *const argv[], char *const envp[])
{
    int rc = fault_now("posix_spawn");

    if (rc == 0)
        rc = __real_posix_spawn(pid, path, a, attr, argv, envp);
    if (rc == 0)
        fault.child = *pid;
    return rc;
}

/* Linux closes a descriptor even where close reports an error. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int how = fault_now("close"), rc = __real_close(fd);

    if (how)
        errno = how;
    return how ? -1 : rc;
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list args;
    long arg;

    va_start(args, command);
    arg = va_arg(args, long);
    va_end(args);
    return fault_now("fcntl") ? -1 : __real_fcntl(fd, command, arg);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    const char *name = number == SYS_pidfd_open ? "pidfd_open" : "pidfd_send_signal";
    long a[4];
    va_list args;

    va_start(args, number);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    return fault_now(name) ? -1 : __real_syscall(number, a[0], a[1], a[2], a[3]);
}

/* ---- calls whose result can be short or long ---- */

static ssize_t altered(int how, ssize_t n)
{
    if (how > 0)
        errno = how;
    switch (how) {
    case 0:
        return n;
    case NOTHING:
        return 0;
    case LESS:
        return n > 0 ? n - 1 : n;
    case MORE:
        return n < 0 ? 1 : n + 1;
    case FAR_MORE:
        return 100000;
    default:
        return -1;
    }
}

ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
    int how = fault_now("send");

    /* The whole request arrives all the same: the worst case, for then an answer comes. */
    return altered(how, __real_send(fd, data, len, flags));
}

ssize_t __real_recv(int fd, void *data, size_t cap, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t cap, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t cap, int flags)
{
    int how = fault_now("recv");

    return altered(how, __real_recv(fd, data, cap, flags));
}

ssize_t __real_getrandom(void *data, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *data, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *data, size_t len, unsigned flags)
{
    int how = fault_now("getrandom");

    return altered(how, how > 0 ? 0 : __real_getrandom(data, len, flags));
}

/* ---- the way by socket ---- */

uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
    int how = fault_now("geteuid");

    return fault.armed && fault.socket ? (how ? 0 : 4711) : __real_geteuid();
}

int __wrap_prctl(int option, ...);
int __wrap_prctl(int option, ...)
{
    int how = fault_now("prctl");

    (void)option;
    return how > 0 ? -1 : how == 0 && fault.armed && fault.socket;
}

int __real_lstat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st)
{
    int is_folder = strcmp(path, BC_SERVICE_FOLDER) == 0;
    int how = fault_now(is_folder ? "lstat (folder)" : "lstat (socket)");
    int rc = how > 0 ? -1 : __real_lstat(is_folder ? fault.folder : fault.socket, st);

    if (rc == 0 && is_folder)
        st->st_uid = how == LIE ? 4711 : 0;
    if (rc == 0 && how == NOTHING)
        st->st_mode = S_IFREG | 0600;
    if (rc == 0 && how == MORE)
        st->st_mode |= 022;
    return rc;
}

int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    struct sockaddr_un other;

    memcpy(&other, address, sizeof other);
    if (fault.armed)
        (void)snprintf(other.sun_path, sizeof other.sun_path, "%s", fault.socket);
    /* Connected or not: where the module goes on, it shall get its answer. */
    if (__real_connect(fd, (struct sockaddr *)&other, len) != 0)
        return -1;
    return fault_now("connect") ? -1 : 0;
}

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    int how = fault_now("getsockopt");
    int rc = how == NOTHING ? 0 : __real_getsockopt(fd, level, name, value, len);

    if (how == LIE)
        ((struct ucred *)value)->uid = 4712;
    if (how > 0)
        errno = how;
    return how > 0 ? -1 : rc;
}

/* ---- libpam ---- */

int __real_pam_get_user(pam_handle_t *pamh, const char **user, const char *prompt);
int __wrap_pam_get_user(pam_handle_t *pamh, const char **user, const char *prompt);
int __wrap_pam_get_user(pam_handle_t *pamh, const char **user, const char *prompt)
{
    int how = fault_now("pam_get_user"), rc = __real_pam_get_user(pamh, user, prompt);

    if (how == NOTHING)
        *user = NULL;
    return how > 0 ? how : rc;
}

int __real_pam_get_item(const pam_handle_t *pamh, int type, const void **item);
int __wrap_pam_get_item(const pam_handle_t *pamh, int type, const void **item);
int __wrap_pam_get_item(const pam_handle_t *pamh, int type, const void **item)
{
    int how = fault_now("pam_get_item"), rc = __real_pam_get_item(pamh, type, item);

    if (how == NOTHING)
        *item = NULL;
    return how > 0 ? how : rc;
}

int __real_getpwnam_r(const char *name, struct passwd *pw, char *buffer, size_t len,
                      struct passwd **found);
int __wrap_getpwnam_r(const char *name, struct passwd *pw, char *buffer, size_t len,
                      struct passwd **found);
int __wrap_getpwnam_r(const char *name, struct passwd *pw, char *buffer, size_t len,
                      struct passwd **found)
{
    int how = fault_now("getpwnam_r");

    if (how == 0)
        return __real_getpwnam_r(name, pw, buffer, len, found);
    *found = NULL;
    return how > 0 ? how : 0;
}

int __wrap_pam_prompt(pam_handle_t *pamh, int style, char **response, const char *format, ...);
int __wrap_pam_prompt(pam_handle_t *pamh, int style, char **response, const char *format, ...)
{
    va_list args;
    int rc = fault_now("pam_prompt");

    fault.telling++;
    va_start(args, format);
    if (rc == 0)
        rc = pam_vprompt(pamh, style, response, format, args);
    va_end(args);
    fault.telling--;
    return rc;
}

void __wrap_pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...);
void __wrap_pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
{
    va_list args;

    fault.telling++;
    va_start(args, format);
    if (fault_now("pam_syslog") == 0)
        pam_vsyslog(pamh, priority, format, args);
    va_end(args);
    fault.telling--;
}

/* What goes to the log ends here: nobody reads it on the host that runs the test. */
void syslog(int priority, const char *format, ...);
void syslog(int priority, const char *format, ...)
{
    (void)priority;
    (void)format;
    if (fault.armed)
        outcome->logged++;
}

void __syslog_chk(int priority, int flag, const char *format, ...);
void __syslog_chk(int priority, int flag, const char *format, ...)
{
    (void)flag;
    syslog(priority, format);
}

/* ---- memory, of libpam and the C library too; a sanitizer has its own ---- */

#if defined __GLIBC__ && !defined BC_SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    return fault_now("malloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fault_now("calloc") ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fault_now("realloc") ? NULL : __libc_realloc(old, size);
}
#endif
