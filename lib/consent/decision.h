/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_DECIDE_H
#define BC_DECIDE_H

#include "consent/event.h"
#include "consent/leaf.h"
#include "consent/config.h"
#include "client/protocol.h"
#include "base/reason.h"

/*
 * The decision, a pure function of what was verified, the policy, the request
 * and the time.
 */

/* A live grant with its notice. accepted is 0 where the exact version of the notice is not, or no
 * longer, accepted; notice is then not looked at. */
struct bc_consent {
    const struct bc_grant *grant;
    int accepted;
    const struct bc_notice *notice;
};

/* Whether the scope holds what the request asks for: BC_ALLOW or the first of BC_SCOPE_… that it does
 * not. */
enum bc_reason bc_scope_covers(const struct bc_scope *scope, const struct bc_request *request);

/* Whether one consent allows the request: BC_ALLOW or the first reason why not. */
enum bc_reason bc_decide_consent(const struct bc_policy *policy, const struct bc_request *request,
                                 int64_t now, const struct bc_consent *consent);

/* Whether any of them does; if none, the reason of the one that came closest. With no consent at
 * all: how the last one ended, or BC_NO_RECORD. */
enum bc_reason bc_decide(const struct bc_policy *policy, const struct bc_request *request,
                         int64_t now, const struct bc_consent *consents, size_t count, char ended);

#endif
