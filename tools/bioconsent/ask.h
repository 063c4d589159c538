/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ASK_H
#define BC_ASK_H

#include "client/protocol.h"

/* Asks the helper as the module does, started or as a service, so that what the tool says is what
 * the gate decides. */

/* Sends *request (its nonce is made here) and calls each, if not NULL, with every step's text.
 * config may be NULL. BC_REASON_ALLOW, or the reason; BC_REASON_HELPER if there was no proper
 * answer. */
enum bc_reason bc_ask_helper(struct bc_request *request, const char *config,
                             void (*each)(void *ctx, const char *text), void *ctx);

/* Puts the caller's own account into the request. Returns 1, or 0 if there is none. */
int bc_ask_about_self(struct bc_request *request);

#endif
