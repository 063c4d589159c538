/* SPDX-License-Identifier: BSD-2-Clause */

/* A build of the helper that, where it would decide, tries what it must not: what the sandbox is for.
 * It is bioconsent-check.c and sandbox.c as they are, linked with --wrap=bc_gate_decide. Allows only
 * if all of it was stopped; says each try as a step. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "gate.h"

enum bc_reason __wrap_bc_gate_decide(struct bc_gate *gate, const struct bc_request *request,
                                     int64_t now, int deadline_ms, const struct bc_trace *trace);

static char store[PATH_MAX + 16];

static long open_flags(const char *path, int flags)
{
    return syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

static long read_shadow(void) { return open_flags("/etc/shadow", O_RDONLY); }
static long read_passwd(void) { return open_flags("/etc/passwd", O_RDONLY); }
static long read_key(void) { return open_flags("/etc/bioconsent/signing.key", O_RDONLY); }
static long read_proc(void) { return open_flags("/proc/self/mem", O_RDONLY); }
static long list_root(void) { return open_flags("/", O_RDONLY | O_DIRECTORY); }
static long write_tmp(void) { return open_flags("/tmp/probe", O_WRONLY | O_CREAT); }

static long write_store(void)
{
    (void)snprintf(store, sizeof store, "/var/lib/bioconsent/store/data.mdb");
    return open_flags(store, O_RDWR);
}

static long truncate_store(void) { return syscall(SYS_truncate, store, 0); }
static long remove_store(void) { return syscall(SYS_unlinkat, AT_FDCWD, store, 0); }

static long add_to_store(void)
{
    return open_flags("/var/lib/bioconsent/store/probe", O_WRONLY | O_CREAT);
}

static long move_store(void)
{
    return syscall(SYS_renameat, AT_FDCWD, store, AT_FDCWD, "/var/lib/bioconsent/state/probe");
}

static long link_store(void)
{
    return syscall(SYS_linkat, AT_FDCWD, store, AT_FDCWD, "/var/lib/bioconsent/state/probe", 0);
}

static long execute(void)
{
    char program[] = "/bin/true";
    char *argv[] = {program, NULL}, *envp[] = {NULL};

    return execve(program, argv, envp);
}

static long fork_off(void) { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static long socket_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static long socket_net(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long trace_me(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL); }
static long trace_parent(void) { return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL); }
static long signal_parent(void) { return syscall(SYS_kill, getppid(), SIGTERM); }
static long become_root(void) { return syscall(SYS_setuid, 0); }
static long new_namespace(void) { return syscall(SYS_unshare, 0x10000000); }
static long set_limit(void) { return syscall(SYS_prlimit64, 0, 4, NULL, store); }

static long read_other(void)
{
    struct iovec iov = {store, 1};

    return syscall(SYS_process_vm_readv, getppid(), &iov, 1, &iov, 1, 0);
}

static long run_memory(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? -1
               : 0;
}

static long protect_memory(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static const struct {
    const char *what;
    long (*try_it)(void);
} tries[] = {{"read /etc/shadow", read_shadow},
             {"read /etc/passwd", read_passwd},
             {"read the signing key", read_key},
             {"read /proc/self/mem", read_proc},
             {"list /", list_root},
             {"write to /tmp", write_tmp},
             {"open the store for writing", write_store},
             {"truncate the store", truncate_store},
             {"remove the store", remove_store},
             {"make a file beside the store", add_to_store},
             {"move the store", move_store},
             {"link the store", link_store},
             {"execute", execute},
             {"fork", fork_off},
             {"a Unix socket", socket_unix},
             {"a network socket", socket_net},
             {"be traced", trace_me},
             {"trace the caller", trace_parent},
             {"signal the caller", signal_parent},
             {"become root", become_root},
             {"a new user namespace", new_namespace},
             {"change a limit", set_limit},
             {"read the caller's memory", read_other},
             {"memory to write and run", run_memory},
             {"run what was written", protect_memory}};

enum bc_reason __wrap_bc_gate_decide(struct bc_gate *gate, const struct bc_request *request,
                                     int64_t now, int deadline_ms, const struct bc_trace *trace)
{
    enum bc_reason reason = BC_ALLOW;

    (void)gate;
    (void)request;
    (void)now;
    (void)deadline_ms;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        char text[128];
        long rc = tries[i].try_it();
        int stopped = rc < 0 && (errno == EPERM || errno == EACCES || errno == EXDEV);

        if (!stopped)
            reason = BC_INTERNAL;
        (void)snprintf(text, sizeof text, "%s: %s (%d)", stopped ? "stopped" : "NOT STOPPED",
                       tries[i].what, rc < 0 ? errno : 0);
        if (trace)
            trace->step(trace->ctx, text);
    }
    return reason;
}
