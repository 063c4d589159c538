/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_DELETION_DEADLINE_H
#define BC_DELETION_DEADLINE_H

#include <stdint.h>

#include "consent/jurisdiction.h"

/*
 * Whether a template has to be deleted, why, and until when: a pure function of
 * what is known about it, the laws of its consent, and the time.
 */

/* What is known about one template. Times are POSIX seconds, 0 is "not". */
struct bc_template_facts {
    int covered; /* a valid consent covers it now */
    int64_t enrolled;
    int64_t granted;               /* the consent it rests on; 0: not known */
    int64_t expires;               /* of that consent */
    enum bc_deletion_cause ending; /* how it ended: withdrawn, revoked, purpose ended; or none */
    int64_t ended;                 /* when it did */
    int64_t last_use;
};

struct bc_deletion_deadline {
    enum bc_deletion_cause why;
    int64_t since;       /* what its clock counts from */
    int64_t due;         /* must be deleted by then; 0: the operator decides */
    int law;             /* index of the one that says so, or -1: our own rule, at once */
    enum bc_clock clock; /* the clause of that law */
};

/* laws: those of the consent, without the ones from which it is exempt. Where no law names a
 * deadline for a consent that ended, it is the end itself. Without a note of the last use that
 * clock counts from the consent, without one from the enrollment: so deletion comes earlier, never
 * later. */
void bc_deletion_deadline_find(const struct bc_template_facts *facts,
                               const struct bc_jurisdiction *laws, size_t count, int64_t now,
                               struct bc_deletion_deadline *out);

/* When the clock of the last use of a template that is covered runs out; 0: never. */
int64_t bc_deletion_deadline_of_last_use(const struct bc_template_facts *facts,
                                         const struct bc_jurisdiction *laws, size_t count, int *by);

/* The clause that it is due by; "own rule: at once" where no law says. Never NULL. */
const char *bc_deletion_deadline_clause(const struct bc_deletion_deadline *o,
                                        const struct bc_jurisdiction *laws);

#endif
