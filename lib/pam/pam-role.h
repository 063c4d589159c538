/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PAM_ROLE_H
#define BC_PAM_ROLE_H

#include "pam/pam-stack.h"

/* The purpose of a line of a PAM stack. */

enum bc_pam_role_kind {
    BC_ROLE_GATE,    /* pam_bioconsent.so */
    BC_ROLE_MATCHER, /* reads a biometric */
    BC_ROLE_CHECK, /* may identify the user by other means; every unknown module is taken for one */
    BC_ROLE_NEUTRAL, /* identifies nobody: pam_env, pam_faillock, pam_succeed_if, … */
    BC_ROLE_FIXED,   /* has one answer: pam_permit, pam_deny, a broken line, a substack's marker */
};

struct bc_pam_role {
    enum bc_pam_role_kind kind;
    int modality;         /* of gate and matcher; -1: unknown */
    const char *provider; /* of gate and matcher; NULL: unknown, or any */
    const char *bad;      /* of a gate: what is wrong with its options; NULL: nothing */
    int wrong_operation;  /* of a gate: it asks about one that this stage does not perform */
    int answer;           /* of BC_ROLE_FIXED */
};

/* The role of a line in this stage. Strings point into the line. */
struct bc_pam_role bc_pam_role_of(const struct bc_pam_line *line, enum bc_pam_stage stage);

/* Whether this gate asks for the consent that this matcher needs, as far as is known. */
int bc_pam_role_fits(const struct bc_pam_role *gate, const struct bc_pam_role *matcher);

#endif
