/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PAM_REPORT_H
#define BC_PAM_REPORT_H

#include <jansson.h>

#include "pam/pam-lint.h"

/* Findings of many services, each said once with the services that it is true of: most lines of a
 * pam.d folder are in files that all the others include. */

struct bc_pam_findings;

/* NULL: no memory. Freed by bc_pam_findings_free. */
struct bc_pam_findings *bc_pam_findings_new(void);

/* Adds a finding of this service. Its strings are copied, without control characters. */
void bc_pam_findings_add(struct bc_pam_findings *report, const char *service,
                         const struct bc_pam_finding *finding);

/* How many different ones there are; -1 if some were lost for want of memory. */
long bc_pam_findings_count(const struct bc_pam_findings *report);

/* One paragraph each on standard output. */
void bc_pam_findings_print(const struct bc_pam_findings *report);

/* The list as JSON; the caller's to release. */
json_t *bc_pam_findings_json(const struct bc_pam_findings *report);

void bc_pam_findings_free(struct bc_pam_findings *report);

#endif
