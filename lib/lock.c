/* SPDX-License-Identifier: BSD-2-Clause */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { TURNSTILE = 0, SNAPSHOT = 1, WRITER = 2 };

#define PAUSE_MS 2
#define HOLD_TURNSTILE_MS 200

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
    struct timespec t = {0, ms * 1000000L};

    nanosleep(&t, NULL);
}

static struct flock range(int byte, short type)
{
    struct flock f = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    return f;
}

static enum bc_result try_lock(int fd, int byte, short type)
{
    struct flock f = range(byte, type);

    if (fcntl(fd, F_SETLK, &f) == 0)
        return BC_OK;
    return errno == EAGAIN || errno == EACCES ? BC_ERR_BUSY : BC_ERR_IO;
}

/* Polls, because a library may not own the signal that would interrupt F_SETLKW. */
static enum bc_result lock_until(int fd, int byte, short type, int64_t until)
{
    for (;;) {
        enum bc_result r = try_lock(fd, byte, type);
        if (r != BC_ERR_BUSY || now_ms() >= until)
            return r;
        pause_ms(PAUSE_MS);
    }
}

static void unlock(int fd, int byte)
{
    (void)try_lock(fd, byte, F_UNLCK);
}

static int holder(int fd, int byte, short type)
{
    struct flock f = range(byte, type);

    if (fcntl(fd, F_GETLK, &f) != 0 || f.l_type == F_UNLCK || f.l_pid <= 0)
        return 0;
    return (int)f.l_pid;
}

enum bc_result bc_lock_snapshot(int fd, int wait_ms)
{
    int64_t until = now_ms() + wait_ms;
    enum bc_result r = lock_until(fd, TURNSTILE, F_RDLCK, until);

    if (r != BC_OK)
        return r;
    r = lock_until(fd, SNAPSHOT, F_RDLCK, until);
    unlock(fd, TURNSTILE);
    return r;
}

enum bc_result bc_lock_writer(int fd, int exclusive, int wait_ms,
                              void (*waiting)(void *ctx, int pid), void *ctx)
{
    short type = exclusive ? F_WRLCK : F_RDLCK;
    enum bc_result r = try_lock(fd, WRITER, type);

    if (r != BC_ERR_BUSY)
        return r;
    if (waiting)
        waiting(ctx, holder(fd, WRITER, type));
    return lock_until(fd, WRITER, type, now_ms() + wait_ms);
}

/* The pidfd pins the process before we look again whether it is still the holder, so that a reused
 * process id is never hit. */
static void kill_holder(int fd, int pid)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (pidfd < 0)
        return;
    if (holder(fd, SNAPSHOT, F_WRLCK) == pid)
        (void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    close(pidfd);
}

static enum bc_result commit_round(int fd)
{
    enum bc_result r = lock_until(fd, TURNSTILE, F_WRLCK, now_ms() + HOLD_TURNSTILE_MS);

    if (r != BC_OK)
        return r;
    r = lock_until(fd, SNAPSHOT, F_WRLCK, now_ms() + HOLD_TURNSTILE_MS);
    unlock(fd, TURNSTILE);
    return r;
}

enum bc_result bc_lock_commit(int fd, int wait_ms)
{
    int64_t until = now_ms() + wait_ms;
    int64_t since = now_ms();
    int suspect = 0;

    for (;;) {
        enum bc_result r = commit_round(fd);
        int pid;

        if (r != BC_ERR_BUSY || now_ms() >= until)
            return r;
        pid = holder(fd, SNAPSHOT, F_WRLCK);
        if (pid != suspect) {
            suspect = pid;
            since = now_ms();
        } else if (pid && now_ms() - since >= BC_LOCK_STUCK_MS) {
            kill_holder(fd, pid);
        }
        pause_ms(PAUSE_MS);
    }
}

void bc_lock_commit_done(int fd)
{
    unlock(fd, SNAPSHOT);
}

void bc_lock_release(int fd)
{
    unlock(fd, TURNSTILE);
    unlock(fd, SNAPSHOT);
    unlock(fd, WRITER);
}
