/* SPDX-License-Identifier: BSD-2-Clause */

/* Preloaded into bioconsent: lets the n-th call that writes to a file fail (FAILING_CALL), with
 * FAILING_ERRNO, and every later one as well where FAILING_ON is set. Writes to standard output and
 * error do not count. Leaves "met" in the file FAILING_MET once a call was made to fail. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static long calls;

static int number(const char *name)
{
    const char *text = getenv(name);

    return text ? atoi(text) : 0;
}

static int fails(void)
{
    const char *met = getenv("FAILING_MET");
    int wanted = number("FAILING_CALL"), fd;

    calls++;
    if (!met || wanted <= 0 || (getenv("FAILING_ON") ? calls < wanted : calls != wanted))
        return 0;
    fd = open(met, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    (void)close(fd);
    errno = number("FAILING_ERRNO");
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t len)
{
    return fd > 2 && fails() ? -1 : REAL(write)(fd, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return fails() ? -1 : REAL(pwrite)(fd, data, len, at);
}

ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
    return fails() ? -1 : REAL(pwritev)(fd, iov, count, at);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
    return fd > 2 && fails() ? -1 : REAL(writev)(fd, iov, count);
}

int fsync(int fd)
{
    return fails() ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return fails() ? -1 : REAL(fdatasync)(fd);
}

int renameat(int from, const char *old, int to, const char *new)
{
    return fails() ? -1 : REAL(renameat)(from, old, to, new);
}
