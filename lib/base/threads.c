/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define STRIDE 16 /* items taken at once */

struct job {
    atomic_size_t next;
    size_t count;
    void (*work)(void *ctx, size_t i);
    void *ctx;
};

static void *work_off(void *ctx)
{
    struct job *job = ctx;
    size_t begin;

    while ((begin = atomic_fetch_add(&job->next, STRIDE)) < job->count)
        for (size_t i = begin; i < begin + STRIDE && i < job->count; i++)
            job->work(job->ctx, i);
    return NULL;
}

void bc_threads_run(size_t count, void (*work)(void *ctx, size_t i), void *ctx)
{
    struct job job = {.count = count, .work = work, .ctx = ctx};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_t thread[BC_PARALLEL_MAX];
    sigset_t all, before;
    long started = 0;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started < processors - 1 && started < BC_PARALLEL_MAX && count > STRIDE &&
           pthread_create(&thread[started], NULL, work_off, &job) == 0)
        started++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)work_off(&job);
    while (started > 0)
        (void)pthread_join(thread[--started], NULL);
}
