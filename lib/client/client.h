/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CLIENT_H
#define BC_CLIENT_H

#include "client/protocol.h"

/* What went wrong between module and helper, for the log. */
struct bc_fault {
    const char *call; /* NULL: nothing */
    int error;        /* errno */
};

/* Asks the helper, which is started for this one request, or served by a socket where a setuid bit
 * can't count. request->nonce is made here. BC_REASON_ALLOW only for the exact, whole and only
 * answer to this nonce within the deadline. No descriptor, process or signal disposition is left
 * behind; a child that the caller reaps, or that cannot be killed, does not change the result. */
enum bc_reason bc_client_ask(const char *helper, const char *config, struct bc_request *request,
                             struct bc_fault *fault);

#endif
