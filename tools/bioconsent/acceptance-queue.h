/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ACCEPTANCE_QUEUE_H
#define BC_ACCEPTANCE_QUEUE_H

#include "session.h"
#include "store/pending.h"

/* The pending acceptances, and whether each can become a consent. They are unsigned, so everything
 * in them is checked again. */

/* One file of the spool, and what is to be said of it. */
struct bc_acceptance {
    struct bc_pending a;
    const char *fault; /* why it cannot be signed; NULL: it can */
    int done;          /* the consent is recorded */
    int twice;         /* it was before */
    uint64_t index;
};

struct bc_acceptances {
    struct bc_acceptance *item;
    size_t count;
};

/* Loads and checks all of them, in the order of their names, into *l, which was cleared; its item
 * is the caller's to free. Returns 0 or the exit code after a message. */
int bc_acceptance_queue_load(struct bc_session *tool, struct bc_acceptances *l);

/* How many of them have no fault. */
size_t bc_acceptance_queue_good(const struct bc_acceptances *l);

/* Why the acceptance cannot become a consent, given the subject's leaf; NULL if it can, and *notice
 * is then the notice's event. */
const char *bc_acceptance_queue_fault(struct bc_snapshot *s, const struct bc_leaf *leaf,
                                      const struct bc_pending *a, struct bc_event *notice);

#endif
