/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_DECISION_H
#define BC_DECISION_H

#include "base/reason.h"
#include "base/vocabulary.h"
#include "consent/config.h"
#include "consent/event.h"
#include "consent/leaf.h"

/*
 * The decision: a pure function of verified consents, the configuration, the use
 * and the time.
 */

/* An active grant with its notice. accepted is 0 where that version of the notice is not current;
 * the decision does not read notice then. */
struct bc_consent {
    const struct bc_grant *grant;
    int accepted;
    const struct bc_notice *notice;
};

/* Returns whether the scope holds all that the use asks for. */
int bc_decision_covers(const struct bc_scope *scope, const struct bc_use *use);

/* Decides the use on one consent alone: allows, or returns the first reason why it does not. */
enum bc_reason bc_decision_on_consent(const struct bc_config *config, const struct bc_use *use,
                                      int64_t now, const struct bc_consent *consent);

/* Decides the use on several consents: allows where one of them allows the whole use alone; else
 * returns the reason of the one that came closest. Without any consent it returns how the last one
 * ended, or BC_REASON_NO_RECORD. */
enum bc_reason bc_decision_make(const struct bc_config *config, const struct bc_use *use,
                                int64_t now, const struct bc_consent *consents, size_t count,
                                char ended);

#endif
