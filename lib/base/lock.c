/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { TURNSTILE = 0, SNAPSHOT = 1, WRITER = 2 };

#define PAUSE_NS 2000000
#define HOLD_TURNSTILE_MS 200
#define KEEP_CLOSED_MS 1000

static void wait_a_moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

static struct flock range(int byte, short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
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
        if (r != BC_ERR_BUSY || bc_clock_ms() >= until)
            return r;
        wait_a_moment();
    }
}

/* The process that holds a lock which excludes this one; 0 where none does or it is not known. */
static int find_holder(int fd, int byte, short type)
{
    struct flock f = range(byte, type);

    if (fcntl(fd, F_GETLK, &f) != 0 || f.l_type == F_UNLCK || f.l_pid <= 0)
        return 0;
    return (int)f.l_pid;
}

/* Readers only look at the turnstile: one that held it and was stopped there would stand in every
 * writer's way, and many that pass it would keep it from ever being free. */
enum bc_result bc_lock_snapshot(int fd, int wait_ms)
{
    int64_t until = bc_clock_ms() + wait_ms;

    for (;;) {
        struct flock f = range(TURNSTILE, F_RDLCK);
        if (fcntl(fd, F_GETLK, &f) != 0)
            return BC_ERR_IO;
        if (f.l_type == F_UNLCK)
            return lock_until(fd, SNAPSHOT, F_RDLCK, until);
        if (bc_clock_ms() >= until)
            return BC_ERR_BUSY;
        wait_a_moment();
    }
}

enum bc_result bc_lock_writer(int fd, int exclusive, int wait_ms,
                              void (*waiting)(void *ctx, int pid), void *ctx)
{
    short type = exclusive ? F_WRLCK : F_RDLCK;
    enum bc_result r = try_lock(fd, WRITER, type);

    if (r != BC_ERR_BUSY)
        return r;
    if (waiting)
        waiting(ctx, find_holder(fd, WRITER, type));
    return lock_until(fd, WRITER, type, bc_clock_ms() + wait_ms);
}

/* Polls for the snapshot with the turnstile closed; from kill_after on, kills each process that
 * still holds it. The pidfd pins the process before find_holder() looks again whether it is still
 * the holder, so that a reused process id is never hit. */
static enum bc_result take_snapshot(int fd, int64_t kill_after, int64_t until)
{
    for (;;) {
        enum bc_result r = try_lock(fd, SNAPSHOT, F_WRLCK);
        int64_t now = bc_clock_ms();
        int pid, pidfd;

        if (r != BC_ERR_BUSY || now >= until)
            return r;
        pid = now >= kill_after ? find_holder(fd, SNAPSHOT, F_WRLCK) : 0;
        pidfd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
        if (pidfd >= 0) {
            if (find_holder(fd, SNAPSHOT, F_WRLCK) == pid)
                (void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
            close(pidfd);
        }
        wait_a_moment();
    }
}

/* At first the turnstile opens again and again, so that no reader is refused because one is slow;
 * then it stays closed until every stopped reader is killed, since the next one could get in
 * between. */
enum bc_result bc_lock_commit(int fd, int wait_ms)
{
    int64_t start = bc_clock_ms(), until = start + wait_ms;
    int64_t kill_after = start + BC_LOCK_STUCK_MS, keep_after = kill_after - KEEP_CLOSED_MS;

    for (;;) {
        enum bc_result r = lock_until(fd, TURNSTILE, F_WRLCK, until);
        int64_t now = bc_clock_ms(), end = now >= keep_after ? until : now + HOLD_TURNSTILE_MS;

        if (r != BC_OK)
            return r;
        r = take_snapshot(fd, kill_after, end < until ? end : until);
        (void)try_lock(fd, TURNSTILE, F_UNLCK);
        if (r != BC_ERR_BUSY || bc_clock_ms() >= until)
            return r;
        wait_a_moment();
    }
}

void bc_lock_commit_done(int fd)
{
    (void)try_lock(fd, SNAPSHOT, F_UNLCK);
}

void bc_lock_release(int fd)
{
    (void)try_lock(fd, TURNSTILE, F_UNLCK);
    (void)try_lock(fd, SNAPSHOT, F_UNLCK);
    (void)try_lock(fd, WRITER, F_UNLCK);
}

enum bc_result bc_lock_folder(int folder, int wait_ms, uid_t uid, gid_t gid, int *out)
{
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = openat(folder, "lock", flags | O_CREAT | O_EXCL, 0600);
    enum bc_result r;

    /* Only a file that this call makes changes its owner. */
    if (fd < 0 && errno == EEXIST) {
        fd = openat(folder, "lock", flags);
    } else if (fd >= 0 && geteuid() == 0 && fchown(fd, uid, gid) != 0) {
        close(fd);
        return BC_ERR_IO;
    }
    if (fd < 0)
        return BC_ERR_IO;
    r = lock_until(fd, 0, F_WRLCK, bc_clock_ms() + wait_ms);
    if (r == BC_OK)
        *out = fd;
    else
        close(fd);
    return r;
}
