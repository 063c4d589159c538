/* SPDX-License-Identifier: BSD-2-Clause */

/* Runs when the helper is built: prints the seccomp filter of its sandbox, made by libseccomp for the
 * machine it is built on, as initialisers of struct sock_filter. What is not listed fails with EPERM;
 * calls of another architecture end the process. */

#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const int allowed[] = {
    SCMP_SYS(read),        SCMP_SYS(pread64),       SCMP_SYS(write),        SCMP_SYS(close),
    SCMP_SYS(fstat),       SCMP_SYS(newfstatat),    SCMP_SYS(lseek),        SCMP_SYS(openat),
    SCMP_SYS(open),        SCMP_SYS(stat),          SCMP_SYS(lstat),        SCMP_SYS(fstatfs),
    SCMP_SYS(munmap),        SCMP_SYS(mremap),       SCMP_SYS(madvise),
    SCMP_SYS(brk),         SCMP_SYS(fcntl),         SCMP_SYS(fsync),        SCMP_SYS(renameat),
    SCMP_SYS(renameat2),   SCMP_SYS(unlinkat),      SCMP_SYS(fchmod),       SCMP_SYS(fchown),
    SCMP_SYS(getrandom),   SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(nanosleep),   SCMP_SYS(clock_nanosleep), SCMP_SYS(sendto),     SCMP_SYS(poll),
    SCMP_SYS(geteuid),     SCMP_SYS(getuid),        SCMP_SYS(getpid),       SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(exit),       SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall), SCMP_SYS(statx),     SCMP_SYS(getgid),       SCMP_SYS(getegid),
    SCMP_SYS(readlink),    SCMP_SYS(gettid),        SCMP_SYS(uname),        SCMP_SYS(access),
    SCMP_SYS(getdents64),
    SCMP_SYS(utimensat),
};

static int fill(scmp_filter_ctx filter)
{
    /* A tree of comparisons: the kernel tries the filter with every call when it takes it. */
    if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0)
        return -1;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) != 0)
            return -1;
    /* Memory that is written is never run. */
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0)
        return -1;
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int print(FILE *in)
{
    struct sock_filter f;
    int count = 0;

    rewind(in);
    for (; fread(&f, sizeof f, 1, in) == 1; count++)
        (void)printf("    {0x%04x, %u, %u, 0x%08x},\n", f.code, f.jt, f.jf, f.k);
    return count > 0 && !ferror(in) && fflush(stdout) == 0 ? 0 : 1;
}

int main(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    FILE *out = tmpfile();
    int code = 1;

    if (filter && out && fill(filter) == 0 && seccomp_export_bpf(filter, fileno(out)) == 0)
        code = print(out);
    if (filter)
        seccomp_release(filter);
    if (out)
        (void)fclose(out);
    return code;
}
