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

/* Goes on from a node with one answer of the line at which it stands, unless another way has led to
 * the same. Which failure it was matters to no later line. */
static void follow_answer(struct search *s, const struct node *from, int code)
{
    struct node n = *from;
    const struct bc_pam_role *role = &s->roles[n.walk.at];
    size_t *first;

    if ((role->kind == BC_ROLE_CHECK || role->kind == BC_ROLE_MATCHER) && code == PAM_SUCCESS)
        n.checked = 1;
    if (role->kind == BC_ROLE_GATE && (!s->target || bc_pam_role_fits(role, s->target)))
        n.consent =
            code == PAM_IGNORE || code == PAM_SUCCESS ? BC_CONSENT_ALLOWED : BC_CONSENT_REFUSED;
    bc_pam_dispatch_answer(s->stack, &n.walk, code);
    if (n.walk.now.status != PAM_SUCCESS)
        n.walk.now.status = PAM_PERM_DENIED;
    n.walk.bad_jump = 0;
    first = &s->first[n.walk.at];
    for (size_t i = *first; i != NONE; i = s->node[i].next)
        if (s->node[i].consent == n.consent && s->node[i].checked == n.checked &&
            memcmp(&s->node[i].walk, &n.walk, sizeof n.walk) == 0)
            return;
    if (s->count == NODES_MAX) {
        s->result = BC_ERR_TOO_LARGE;
        return;
    }
    n.next = *first;
    *first = s->count;
    s->node[s->count++] = n;
}

static int is_failure(int code)
{
    return code != PAM_SUCCESS && code != PAM_IGNORE && code != PAM_NEW_AUTHTOK_REQD;
}

/* Whether it is the first failure of which the control makes what it makes of it. */
static int is_first_of_its_kind(const int *action, int code)
{
    int other = 0;

    while (!is_failure(other) || action[other] != action[code])
        other++;
    return other == code;
}

/* Goes on with each answer that the line may give. */
static void follow_answers(struct search *s, const struct node *from)
{
    const struct bc_pam_role *role = &s->roles[from->walk.at];
    const int *action = s->stack->line[from->walk.at].action;
    const unsigned neutral =
        BC_ANSWER_NO | BC_ANSWER_PASS |
        (action[PAM_SUCCESS] == BC_PAM_DONE && s->scene->plain ? 0 : BC_ANSWER_YES);
    const unsigned answers = role->kind == BC_ROLE_GATE      ? s->scene->gate
                             : role->kind == BC_ROLE_MATCHER ? s->scene->matcher
                             : role->kind == BC_ROLE_CHECK   ? s->scene->check
                             : role->kind == BC_ROLE_NEUTRAL ? neutral
                                                             : 0;

    if (role->kind == BC_ROLE_FIXED)
        follow_answer(s, from, role->answer);
    if (answers & BC_ANSWER_YES)
        follow_answer(s, from, PAM_SUCCESS);
    if (answers & BC_ANSWER_PASS)
        follow_answer(s, from, PAM_IGNORE);
    for (int code = 0; answers & BC_ANSWER_NO && code < PAM_INCOMPLETE; code++)
        if (role->kind == BC_ROLE_GATE
                ? code == bc_pam_paths_refusal(s->stage) || code == PAM_MODULE_UNKNOWN
                : is_failure(code) && is_first_of_its_kind(action, code))
            follow_answer(s, from, code);
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
        bc_pam_dispatch_begin(stack, &s.node[0].walk);
        s.node[0].next = NONE;
        s.first[s.node[0].walk.at] = 0;
        s.count = 1;
    }
    for (size_t i = 0; i < s.count && s.result == BC_OK; i++) {
        const struct node n = s.node[i];
        if (n.walk.at < stack->count) {
            found.met[n.walk.at] |= (unsigned char)(1U << n.consent);
            follow_answers(&s, &n);
        } else if (bc_pam_dispatch_verdict(&n.walk) == PAM_SUCCESS) {
            found.succeeds_checked |= n.checked;
            found.succeeds_unchecked |= !n.checked;
        }
    }
    free(s.node);
    free(s.first);
    if (s.result == BC_OK)
        *out = found;
    return s.result;
}
