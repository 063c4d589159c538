/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-paths.h"

#include <stdlib.h>
#include <string.h>

#define NODES_MAX 65536
#define NONE NODES_MAX

/* Where one way stands, and what has happened on it. */
struct node {
    struct bc_pam_walk walk;
    int consent, checked;
    size_t next; /* another that stands at the same line */
};

struct search {
    const struct bc_pam_stack *stack;
    enum bc_pam_stage stage;
    const struct bc_pam_role *roles, *target;
    const struct bc_pam_scene *scene;
    size_t count;
    struct node *node;
    size_t *first; /* for each line, a node that stands there */
    enum bc_result result;
};

int bc_pam_paths_refusal(enum bc_pam_stage stage)
{
    return stage == BC_PAM_AUTH       ? PAM_AUTH_ERR
           : stage == BC_PAM_PASSWORD ? PAM_AUTHTOK_ERR
                                      : PAM_PERM_DENIED;
}

static int is_same(const struct node *a, const struct node *b)
{
    return a->consent == b->consent && a->checked == b->checked &&
           memcmp(&a->walk, &b->walk, sizeof a->walk) == 0;
}

static void add_path(struct search *s, struct node n)
{
    size_t at = n.walk.at, i;

    for (i = s->first[at]; i != NONE; i = s->node[i].next)
        if (is_same(&s->node[i], &n))
            return;
    if (s->count == NODES_MAX) {
        s->result = BC_ERR_TOO_LARGE;
        return;
    }
    n.next = s->first[at];
    s->first[at] = s->count;
    s->node[s->count++] = n;
}

static void note_answer(const struct search *s, const struct bc_pam_role *role, int code,
                        struct node *n)
{
    if ((role->kind == BC_ROLE_CHECK || role->kind == BC_ROLE_MATCHER) && code == PAM_SUCCESS)
        n->checked = 1;
    if (role->kind == BC_ROLE_GATE && (!s->target || bc_pam_role_fits(role, s->target)))
        n->consent =
            code == PAM_IGNORE || code == PAM_SUCCESS ? BC_CONSENT_ALLOWED : BC_CONSENT_REFUSED;
}

/* Takes the way on with one answer. Which failure it was matters to no later line. */
static void answer(struct search *s, const struct node *from, int code)
{
    struct node n = *from;

    note_answer(s, &s->roles[n.walk.at], code, &n);
    bc_pam_dispatch_answer(s->stack, &n.walk, code);
    if (n.walk.now.status != PAM_SUCCESS)
        n.walk.now.status = PAM_PERM_DENIED;
    n.walk.bad_jump = 0;
    add_path(s, n);
}

static int is_failure(int code)
{
    return code != PAM_SUCCESS && code != PAM_IGNORE && code != PAM_NEW_AUTHTOK_REQD;
}

/* Each failure with an action of its own. */
static void answer_failures(struct search *s, const struct node *from)
{
    const int *action = s->stack->line[from->walk.at].action;

    for (int code = 0; code < PAM_INCOMPLETE; code++) {
        int other = 0;
        if (!is_failure(code))
            continue;
        while (other < code && (!is_failure(other) || action[other] != action[code]))
            other++;
        if (other == code)
            answer(s, from, code);
    }
}

static void answer_any(struct search *s, const struct node *from, unsigned answers)
{
    if (answers & BC_ANSWER_YES)
        answer(s, from, PAM_SUCCESS);
    if (answers & BC_ANSWER_PASS)
        answer(s, from, PAM_IGNORE);
    if (answers & BC_ANSWER_NO)
        answer_failures(s, from);
}

static void answer_gate(struct search *s, const struct node *from, unsigned answers)
{
    answer_any(s, from, answers & ~BC_ANSWER_NO);
    if (answers & BC_ANSWER_NO) {
        answer(s, from, bc_pam_paths_refusal(s->stage));
        answer(s, from, PAM_MODULE_UNKNOWN);
    }
}

static void answer_neutral(struct search *s, const struct node *from)
{
    int ends = s->stack->line[from->walk.at].action[PAM_SUCCESS] == BC_PAM_DONE;

    answer_any(s, from,
               BC_ANSWER_NO | BC_ANSWER_PASS | (ends && s->scene->plain ? 0 : BC_ANSWER_YES));
}

static void go_on(struct search *s, const struct node *from)
{
    const struct bc_pam_role *role = &s->roles[from->walk.at];

    switch (role->kind) {
    case BC_ROLE_GATE:
        answer_gate(s, from, s->scene->gate);
        break;
    case BC_ROLE_MATCHER:
        answer_any(s, from, s->scene->matcher);
        break;
    case BC_ROLE_CHECK:
        answer_any(s, from, s->scene->check);
        break;
    case BC_ROLE_NEUTRAL:
        answer_neutral(s, from);
        break;
    case BC_ROLE_FIXED:
        answer(s, from, role->answer);
        break;
    }
}

static void walk_all(struct search *s, struct bc_pam_paths *out)
{
    struct node start = {.consent = BC_CONSENT_UNASKED};

    bc_pam_dispatch_begin(s->stack, &start.walk);
    add_path(s, start);
    for (size_t i = 0; i < s->count && s->result == BC_OK; i++) {
        struct node n = s->node[i];
        if (n.walk.at < s->stack->count) {
            out->met[n.walk.at] |= (unsigned char)(1U << n.consent);
            go_on(s, &n);
        } else if (bc_pam_dispatch_verdict(&n.walk) == PAM_SUCCESS) {
            out->succeeds_checked |= n.checked;
            out->succeeds_unchecked |= !n.checked;
        }
    }
}

enum bc_result bc_pam_paths(const struct bc_pam_stack *stack, enum bc_pam_stage stage,
                            const struct bc_pam_role *roles, const struct bc_pam_role *target,
                            const struct bc_pam_scene *scene, struct bc_pam_paths *out)
{
    struct search s = {
        .stack = stack, .stage = stage, .roles = roles, .target = target, .scene = scene};
    struct bc_pam_paths found = {.met = out->met};

    s.node = calloc(NODES_MAX, sizeof *s.node);
    s.first = calloc(stack->count + 1, sizeof *s.first);
    s.result = s.node && s.first ? BC_OK : BC_ERR_MEMORY;
    memset(out->met, 0, stack->count);
    if (s.result == BC_OK) {
        for (size_t i = 0; i <= stack->count; i++)
            s.first[i] = NONE;
        walk_all(&s, &found);
    }
    free(s.node);
    free(s.first);
    if (s.result == BC_OK)
        *out = found;
    return s.result;
}
