/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PAM_DISPATCH_H
#define BC_PAM_DISPATCH_H

#include "pam/pam-stack.h"

/* What libpam makes of the answers of a stack's modules: the rules of its dispatcher, one line at a
 * time, without running anything. tests/test-pam.c compares them with libpam itself. */

enum bc_pam_impression { BC_PAM_UNDECIDED, BC_PAM_POSITIVE, BC_PAM_NEGATIVE };

struct bc_pam_mark {
    enum bc_pam_impression impression;
    int status; /* a PAM code */
};

/* A walk through a stack. Two walks of which all bytes are equal go on equally. */
struct bc_pam_walk {
    size_t at;      /* the line that answers next; the stack's count at the end */
    unsigned level; /* of the line that answered last */
    int bad_jump;   /* a jump went past the end of the stack or substack */
    struct bc_pam_mark now;
    struct bc_pam_mark entered[BC_PAM_LEVELS]; /* as it was when the substack was entered */
};

/* Begins at the first line that is run. */
void bc_pam_dispatch_begin(const struct bc_pam_stack *stack, struct bc_pam_walk *walk);

/* The line at walk->at answers code; goes to the line that is run next. */
void bc_pam_dispatch_answer(const struct bc_pam_stack *stack, struct bc_pam_walk *walk, int code);

/* Returns the PAM code that the application gets at the end. */
int bc_pam_dispatch_verdict(const struct bc_pam_walk *walk);

#endif
