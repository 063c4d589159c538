/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_REQUEST_ARGS_H
#define BC_REQUEST_ARGS_H

#include "base/args.h"
#include "client/client.h"
#include "session.h"

/* What a verb asks the decision service, from its arguments. A wrong argument ends the program. */

/* Sets the caller's own account as the subject, by its canonical name and uid as the module looks
 * it up. */
void bc_request_args_own_account(struct bc_request *out);

/* Sets what --modality, --operation, --provider and --purpose say. Without them it is fingerprint,
 * authenticate, any provider and any purpose. */
void bc_request_args_terms(const struct bc_args *args, struct bc_request *out);

/* Asks the service as the module does (bc_client_ask), with the session's --config if it was given.
 * steps may be NULL. */
enum bc_reason bc_request_args_ask(const struct bc_session *session, struct bc_request *request,
                                   struct bc_client_steps *steps);

#endif
