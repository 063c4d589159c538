/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SUBPROCESS_H
#define BC_SUBPROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "provider/response.h"

/* Runs a program that others wrote: by its absolute path, without a shell, in a process group of
 * its own, with only the environment that the caller gives, no descriptor but the standard three,
 * default signals, a deadline, and a limit on its output. The program can neither delay the caller
 * longer nor fill its memory. */

#define BC_RUN_ERROR_MAX 65536 /* bytes of standard error */

enum bc_run_end {
    BC_RUN_NOT_STARTED, /* error is the reason */
    BC_RUN_EXITED,      /* status is its own */
    BC_RUN_KILLED,      /* by a signal, which is the status */
    BC_RUN_DEADLINE,    /* killed by us, with its group */
    BC_RUN_FLOODED,     /* it wrote more than the limit; killed by us */
};

struct bc_subprocess {
    const char *const *argv; /* argv[0] an absolute path; NULL ends */
    const char *const *envp; /* NULL ends */
    int64_t timeout;         /* seconds */
    int terminal; /* the program talks to the user itself: it inherits all three standard files */
};

/* out and err are text with a NUL behind their len bytes, err sanitised; free with
 * bc_subprocess_free. */
struct bc_run_result {
    enum bc_run_end end;
    int status;
    int error; /* errno of a start that failed */
    char *out;
    size_t out_len;
    char *err;
    size_t err_len;
};

void bc_subprocess_run(const struct bc_subprocess *run, struct bc_run_result *out);
void bc_subprocess_free(struct bc_run_result *r);

/* Writes one line for people: how it ended, and its last line on standard error. */
void bc_subprocess_text(const struct bc_run_result *r, char *out, size_t cap);

#endif
