/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_DECIDE_H
#define BC_DECIDE_H

#include "base/reason.h"
#include "base/use.h"
#include "consent/config.h"
#include "consent/event.h"
#include "consent/leaf.h"

/*
 * The decision, a pure function of what was verified, the policy, the use
 * and the time.
 */

/* A live grant with its notice. accepted is 0 where the exact version of the notice is not, or no
 * longer, accepted; notice is then not looked at. */
struct bc_consent {
    const struct bc_grant *grant;
    int accepted;
    const struct bc_notice *notice;
};

/* Whether the scope holds what the request asks for: BC_REASON_ALLOW or the first of BC_SCOPE_…
 * that it does not. */
enum bc_reason bc_decision_on_scope(const struct bc_scope *scope, const struct bc_use *use);

/* Returns whether the scope holds all that the use asks for. */
int bc_decision_covers(const struct bc_scope *scope, const struct bc_use *use);

/* Whether one consent allows the use: BC_REASON_ALLOW or the first reason why not. */
enum bc_reason bc_decision_on_consent(const struct bc_config *policy, const struct bc_use *use,
                                      int64_t now, const struct bc_consent *consent);

/* Whether any of them does; if none, the reason of the one that came closest. With no consent at
 * all: how the last one ended, or BC_REASON_NO_RECORD. */
enum bc_reason bc_decision_make(const struct bc_config *policy, const struct bc_use *use,
                                int64_t now, const struct bc_consent *consents, size_t count,
                                char ended);

#endif
