/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-dispatch.h"

#include <string.h>

static const struct bc_pam_mark undecided = {BC_PAM_UNDECIDED, PAM_PERM_DENIED};

static void enter_level(struct bc_pam_walk *w, unsigned level)
{
    if (w->level < level)
        w->entered[level] = w->now;
    w->level = level;
}

/* Goes on to a line that is run, into substacks and out of them. */
static void settle_walk(const struct bc_pam_stack *stack, struct bc_pam_walk *w)
{
    while (w->at < stack->count && stack->line[w->at].kind == BC_PAM_SUBSTACK)
        enter_level(w, stack->line[w->at++].level);
    if (w->at < stack->count)
        enter_level(w, stack->line[w->at].level);
    for (unsigned i = w->level + 1; i < BC_PAM_LEVELS; i++)
        w->entered[i] = undecided;
}

void bc_pam_dispatch_begin(const struct bc_pam_stack *stack, struct bc_pam_walk *walk)
{
    memset(walk, 0, sizeof *walk);
    walk->now = undecided;
    walk->entered[0] = undecided;
    settle_walk(stack, walk);
}

/* Whether the next line is in this substack, or in one within it. */
static int goes_on(const struct bc_pam_stack *stack, const struct bc_pam_walk *w, unsigned level)
{
    return w->at + 1 < stack->count && stack->line[w->at + 1].level >= level;
}

/* Passes over n lines behind the present one, a substack with all its lines being one. */
static void jump_over(const struct bc_pam_stack *stack, struct bc_pam_walk *w, int n)
{
    for (; n > 0 && goes_on(stack, w, w->level); n--)
        do
            w->at++;
        while (goes_on(stack, w, w->level + 1));
    if (n > 0) {
        w->now = (struct bc_pam_mark){BC_PAM_NEGATIVE, PAM_PERM_DENIED};
        w->bad_jump = 1;
    }
}

void bc_pam_dispatch_answer(const struct bc_pam_stack *stack, struct bc_pam_walk *walk, int code)
{
    int action = stack->line[walk->at].action[code], ends = 0;
    struct bc_pam_mark *now = &walk->now;

    switch (action) {
    case BC_PAM_IGNORE:
        break;
    case BC_PAM_OK:
    case BC_PAM_DONE:
        if (now->impression == BC_PAM_UNDECIDED ||
            (now->impression == BC_PAM_POSITIVE && now->status == PAM_SUCCESS))
            *now = (struct bc_pam_mark){BC_PAM_POSITIVE, code};
        ends = action == BC_PAM_DONE && now->impression == BC_PAM_POSITIVE;
        break;
    case BC_PAM_BAD:
    case BC_PAM_DIE:
        if (now->impression != BC_PAM_NEGATIVE)
            *now =
                (struct bc_pam_mark){BC_PAM_NEGATIVE, code == PAM_IGNORE ? PAM_PERM_DENIED : code};
        ends = action == BC_PAM_DIE;
        break;
    case BC_PAM_RESET:
        *now = walk->entered[walk->level];
        break;
    default:
        jump_over(stack, walk, action);
    }
    while (ends && goes_on(stack, walk, walk->level)) /* the rest of the stack or substack */
        walk->at++;
    walk->at++;
    settle_walk(stack, walk);
}

int bc_pam_dispatch_verdict(const struct bc_pam_walk *walk)
{
    if (walk->now.status == PAM_SUCCESS && walk->now.impression != BC_PAM_POSITIVE)
        return PAM_PERM_DENIED;
    return walk->now.status;
}
