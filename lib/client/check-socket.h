/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SERVICE_H
#define BC_SERVICE_H

/* The helper as a service, for whoever a setuid bit gives nothing. Needs nothing but the C library:
 * the module links it. */

#define BC_SERVICE_FOLDER "/run/bioconsent"
#define BC_SERVICE_SOCKET BC_SERVICE_FOLDER "/check.sock"

/* Whether this process has to ask the service: it is not root, and gains nothing by a setuid bit.
 */
int bc_check_socket_needed(void);

/* Connects to the service: the descriptor (SOCK_SEQPACKET, O_CLOEXEC, O_NONBLOCK), the caller's to
 * close. Else -1, with *call the call that failed, or the socket's path where it does not stand
 * where only root and its owner could have put it, and errno. */
int bc_check_socket_connect(const char **call);

#endif
