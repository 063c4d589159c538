/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_THREADS_H
#define BC_THREADS_H

#include <stddef.h>

/* Work on many items that do not depend on each other, for the bulk verbs of the tool. The module
 * and bioconsent-check use no threads. */

#define BC_PARALLEL_MAX 8 /* threads */

/* Calls work(ctx, i) once for each i below count, from as many threads as there are processors, and
 * returns when all are done. Where no thread can be made the caller's does it all. Signals stay
 * with the caller's thread. */
void bc_threads_run(size_t count, void (*work)(void *ctx, size_t i), void *ctx);

#endif
