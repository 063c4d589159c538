/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TEST_FAULT_H
#define BC_TEST_FAULT_H

#include <stddef.h>

/* How a call goes wrong: a positive number is the error it reports, one of these is an answer that
 * is no error but not the right one either. */
enum { NOTHING = -1, LESS = -2, MORE = -3, FAR_MORE = -4, LIE = -5 };

/* What the module's calls meet in this process. */
struct fault {
    const char *call; /* the one that goes wrong; NULL: none */
    int how;
    int nth;            /* from 1 */
    int onwards;        /* and each one after it */
    int second_phase;   /* of password: not in the first */
    const char *socket; /* the module is to ask this one; NULL: a child */
    const char *folder; /* of the socket */
    int (*harmless)(const char *call, int how, int nth, int telling);
    /* the rest is kept by the calls themselves */
    int armed, count, telling;
    int child; /* what was started last */
};
extern struct fault fault;

/* What came of one call of the module; shared with the process that judges it. */
struct outcome {
    int returned, code;
    int injected; /* failures met */
    int serious;  /* those of them that the answer rests on */
    int files;    /* descriptors more than before */
    int left;     /* a child was left */
    int logged;
};
extern struct outcome *outcome;

/* The ways in which each call goes wrong; 0 ends them. */
struct fault_way {
    const char *call;
    int how[8];
    int by_socket; /* met on the way by socket only */
};
extern const struct fault_way fault_ways[];
extern const size_t fault_way_count;

/* Has the call go wrong in each of its ways, at each of its occurrences: run makes a transaction of
 * it in a process of its own, 1 if that ended by itself, and judge says what was wrong, or NULL.
 * Returns how many runs met a failure; *wrong, which was NULL, is what judge said. */
unsigned fault_sweep(const struct fault_way *way, int (*run)(void *ctx),
                     const char *(*judge)(void *ctx, int ended), void *ctx, const char **wrong);

/* What the call of this name is to do now: 0, what is right, or a way to go wrong; errno is set. */
int fault_now(const char *call);

#endif
