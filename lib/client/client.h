/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CLIENT_H
#define BC_CLIENT_H

#include "client/protocol.h"

/* Where the decision service listens. */
#define BC_SERVICE_FOLDER "/run/bioconsent"
#define BC_SERVICE_SOCKET BC_SERVICE_FOLDER "/check.sock"

/* The system call that failed between the caller and the program that decides, for the log;
 * BC_SERVICE_SOCKET if there is no socket, or if another user than root can have put it there. */
struct bc_fault {
    const char *call; /* NULL: nothing */
    int error;        /* errno */
};

#define BC_CLIENT_STEPS_MAX 256

/* The steps of an answer to explain or status, each a text that ends with a NUL. The caller starts
 * with zeros and frees text. */
struct bc_client_steps {
    char *text;
    size_t len; /* bytes of text */
    size_t count;
};

/* Returns the step after step, or the first one if step is NULL; NULL after the last one. */
const char *bc_client_next_step(const struct bc_client_steps *steps, const char *step);

/* Asks the gate, whose program this call starts for the one request. helper is its path, and NULL
 * means the installed one; with NULL, a caller that cannot gain privileges asks the service at its
 * socket instead. config is the path of the configuration, or NULL for the installed one. Sets
 * request->nonce. steps may be NULL, and a step is then a malformed answer. The whole answer must
 * arrive within 5 seconds of the monotonic clock. Returns BC_REASON_ALLOW only if
 * bc_protocol_parse_answer found it in the exact, whole and only answer to this nonce. Leaves no
 * descriptor, process or signal disposition behind; a child that the caller reaps, or that cannot
 * be killed, does not change the result. */
enum bc_reason bc_client_ask(const char *helper, const char *config, struct bc_request *request,
                             struct bc_client_steps *steps, struct bc_fault *fault);

#endif
