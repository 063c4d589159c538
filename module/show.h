/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SHOW_H
#define BC_SHOW_H

#include <security/pam_modules.h>

#include "options.h"
#include "protocol.h"

/* Where a password has been typed: shows the notice for the request's use through the conversation, and
 * has an acceptance left in the spool if its release is typed. The helper is asked twice, and does not
 * wait while somebody reads. What comes of it is told and logged, and nothing else: it decides nothing. */
void bc_offer(pam_handle_t *pamh, const struct bc_options *options, struct bc_request *request);

#endif
