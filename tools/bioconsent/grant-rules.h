/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CONSENT_H
#define BC_CONSENT_H

#include "consent/event.h"
#include "session.h"

/* What a grant must be before it is recorded, however it reaches us. */

/* Whether the grant keeps within its notice: scope, jurisdictions, kind of consent, and who gives it.
 * Returns 0, or the exit code after a message, which names the line of an import (0: none), the subject
 * and the clause. */
int bc_consent_within(uint64_t line, const struct bc_notice *notice, const struct bc_grant *grant);

/* Looks for a consent in force that says at least the same. Returns 0 or the exit code after a
 * message; *twice is then whether there is one and *index its event. */
int bc_consent_twice(struct bc_session *tool, struct bc_transaction *l, const struct bc_grant *grant,
                     int *twice, uint64_t *index);

#endif
