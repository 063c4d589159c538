/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-dispatch.h"

#include <string.h>

static const struct bc_pam_mark undecided = {BC_PAM_UNDECIDED, PAM_PERM_DENIED};
static const struct bc_pam_mark failed = {BC_PAM_NEGATIVE, PAM_PERM_DENIED};

static void enter(struct bc_pam_walk *w, unsigned level)
{
    if (w->level < level)
        w->entered[level] = w->now;
    w->level = level;
}

/* Goes on to a line that is run, into substacks and out of them. */
static void settle(const struct bc_pam_stack *stack, struct bc_pam_walk *w)
{
    while (w->at < stack->count && stack->line[w->at].kind == BC_PAM_SUBSTACK)
        enter(w, stack->line[w->at++].level);
    if (w->at < stack->count)
        enter(w, stack->line[w->at].level);
    for (unsigned i = w->level + 1; i < BC_PAM_LEVELS; i++)
        w->entered[i] = undecided;
}

void bc_pam_dispatch_begin(const struct bc_pam_stack *stack, struct bc_pam_walk *walk)
{
    memset(walk, 0, sizeof *walk);
    walk->now = undecided;
    walk->entered[0] = undecided;
    settle(stack, walk);
}

static int is_inside(const struct bc_pam_stack *stack, size_t at, unsigned level)
{
    return at < stack->count && stack->line[at].level >= level;
}

/* Passes over n lines behind the present one, a substack with all its lines being one. */
static void jump(const struct bc_pam_stack *stack, struct bc_pam_walk *w, int n)
{
    unsigned level = w->level;

    while (n > 0 && is_inside(stack, w->at + 1, level)) {
        do
            w->at++;
        while (is_inside(stack, w->at + 1, level + 1));
        n--;
    }
    if (n > 0) {
        w->now = failed;
        w->bad_jump = 1;
    }
}

/* Ends the stack, or the substack that the present line is in. */
static void leave(const struct bc_pam_stack *stack, struct bc_pam_walk *w)
{
    while (is_inside(stack, w->at + 1, w->level))
        w->at++;
}

static void vote_for(const struct bc_pam_stack *stack, struct bc_pam_walk *w, int code, int done)
{
    struct bc_pam_mark *now = &w->now;

    if (now->impression == BC_PAM_UNDECIDED ||
        (now->impression == BC_PAM_POSITIVE && now->status == PAM_SUCCESS))
        *now = (struct bc_pam_mark){BC_PAM_POSITIVE, code};
    if (done && now->impression == BC_PAM_POSITIVE)
        leave(stack, w);
}

static void vote_against(const struct bc_pam_stack *stack, struct bc_pam_walk *w, int code, int die)
{
    if (w->now.impression != BC_PAM_NEGATIVE)
        w->now = (struct bc_pam_mark){BC_PAM_NEGATIVE, code == PAM_IGNORE ? PAM_PERM_DENIED : code};
    if (die)
        leave(stack, w);
}

void bc_pam_dispatch_answer(const struct bc_pam_stack *stack, struct bc_pam_walk *walk, int code)
{
    int action = stack->line[walk->at].action[code];

    switch (action) {
    case BC_PAM_IGNORE:
        break;
    case BC_PAM_OK:
    case BC_PAM_DONE:
        vote_for(stack, walk, code, action == BC_PAM_DONE);
        break;
    case BC_PAM_BAD:
    case BC_PAM_DIE:
        vote_against(stack, walk, code, action == BC_PAM_DIE);
        break;
    case BC_PAM_RESET:
        walk->now = walk->entered[walk->level];
        break;
    default:
        jump(stack, walk, action);
    }
    walk->at++;
    settle(stack, walk);
}

int bc_pam_dispatch_verdict(const struct bc_pam_walk *walk)
{
    if (walk->now.status == PAM_SUCCESS && walk->now.impression != BC_PAM_POSITIVE)
        return PAM_PERM_DENIED;
    return walk->now.status;
}
