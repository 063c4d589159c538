/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_DELETE_TEMPLATE_H
#define BC_DELETE_TEMPLATE_H

#include <stdint.h>

#include "provider/provider.h"

/*
 * Has one template deleted by its provider: list, delete, prove. What comes out
 * is what can be said honestly:
 *
 *     confirmed      the provider's own answer, or this host's files, say that it is gone
 *     instructed     the deletion was accepted (or handed to a person), and is not proven
 *     unverified     accepted, and nothing on this host can prove it
 *     failed         not accepted; to be tried again
 *     service-ended  the provider has ended the service
 */

struct bc_deletion_order {
    const struct bc_provider *provider;
    const char *account; /* the subject's name */
    const struct bc_identifiers *identifiers;
    uint64_t template; /* number of the template's event */
    int state;         /* descriptor of the state folder; -1: nothing is noted */
    int64_t now;
};

struct bc_deletion_outcome {
    enum bc_deletion state;
    char answer[BC_LINE_MAX + 1]; /* printable, never empty */
};

/* Runs all steps, whatever the provider answers, and ends no program. Takes as long as the
 * provider's commands do, each at most its timeout. What the listing finds beyond the identifiers
 * is noted in the state folder before anything is deleted: a service that forgets whose a template
 * was does not hide it from the next attempt when this one is killed. The note stays until
 * bc_known_ids_forget is called: when it is recorded that the template is gone. */
void bc_delete_template_run(const struct bc_deletion_order *order, struct bc_deletion_outcome *out);

#endif
