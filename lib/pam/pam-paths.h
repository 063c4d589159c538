/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PAM_PATHS_H
#define BC_PAM_PATHS_H

#include "pam/pam-dispatch.h"
#include "pam/pam-role.h"

/* All the ways through a stack, when its modules may answer this or that. */

/* What a kind of line may answer. */
#define BC_ANSWER_YES 1U /* PAM_SUCCESS */
#define BC_ANSWER_NO                                                                               \
    2U /* each failure that the control tells apart; a gate: that of a refusal, and                \
          that of a module which is not installed */
#define BC_ANSWER_PASS 4U /* PAM_IGNORE: how the gate allows; of others, that they have no say */

struct bc_pam_scene {
    unsigned gate, matcher, check; /* BC_ANSWER_… */
    int plain; /* nobody is let in by a neutral line alone: one that would end the stack says no */
};

enum bc_pam_consent { BC_CONSENT_UNASKED, BC_CONSENT_ALLOWED, BC_CONSENT_REFUSED };

struct bc_pam_paths {
    int succeeds_checked;   /* some way ends in success, and a check or matcher has said yes */
    int succeeds_unchecked; /* and none has */
    unsigned char *met;     /* for each line: 1 << consent, with which it is run on some way */
};

/* Walks them. roles has one for each line. Consent is what the last gate that fits target said
 * (target NULL: any gate). out->met has a byte for each line and is the caller's. BC_ERR_TOO_LARGE:
 * too many ways; BC_ERR_MEMORY. */
enum bc_result bc_pam_paths(const struct bc_pam_stack *stack, enum bc_pam_stage stage,
                            const struct bc_pam_role *roles, const struct bc_pam_role *target,
                            const struct bc_pam_scene *scene, struct bc_pam_paths *out);

/* The code with which the gate refuses in a stage. */
int bc_pam_paths_refusal(enum bc_pam_stage stage);

#endif
