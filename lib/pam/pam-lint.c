/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-lint.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "pam/pam-paths.h"

const struct bc_pam_lint_text *bc_pam_lint_text(enum bc_pam_finding_id id)
{
    static const struct bc_pam_lint_text texts[BC_FINDINGS] = {
#define X(name, id, sentence, remedy) {id, sentence, remedy},
        BC_PAM_FINDING_LIST(X)
#undef X
    };

    return &texts[id];
}

struct list {
    struct bc_pam_finding *finding;
    size_t count, room;
    int lost; /* there was no memory for a finding */
};

/* One stage under examination. */
struct lint {
    const struct bc_pam_stack *stack;
    enum bc_pam_stage stage;
    struct bc_pam_role *roles; /* one for each line */
    unsigned char *met;        /* by the walk that was last: struct bc_pam_paths */
    struct list *list;
    enum bc_result result;
};

static void add_finding(struct list *list, const struct bc_pam_finding *finding)
{
    struct bc_pam_finding *more =
        bc_array_grow(list->finding, list->count, &list->room, sizeof *more);

    if (!more) {
        list->lost = 1;
        return;
    }
    list->finding = more;
    list->finding[list->count++] = *finding;
}

#define NOWHERE SIZE_MAX

static struct bc_pam_place find_place(const struct lint *l, size_t at)
{
    const struct bc_pam_line *line = at == NOWHERE ? NULL : &l->stack->line[at];

    return line ? (struct bc_pam_place){line->file, line->number, line->module}
                : (struct bc_pam_place){NULL, 0, NULL};
}

static void report(struct lint *l, enum bc_pam_finding_id id, size_t gate, size_t matcher,
                   size_t other)
{
    add_finding(l->list, &(struct bc_pam_finding){
                             .id = id,
                             .stage = l->stage,
                             .gate = find_place(l, gate),
                             .matcher = find_place(l, matcher),
                             .other = find_place(l, other),
                             .detail = id == BC_FINDING_BAD_OPTION ? l->roles[gate].bad : NULL});
}

static struct bc_pam_paths walk(struct lint *l, const struct bc_pam_role *target,
                                const struct bc_pam_scene *scene)
{
    struct bc_pam_paths paths = {.met = l->met};
    enum bc_result r = bc_pam_paths(l->stack, l->stage, l->roles, target, scene, &paths);

    if (r != BC_OK)
        l->result = r;
    return paths;
}

static size_t find_first(const struct lint *l, enum bc_pam_role_kind kind)
{
    for (size_t i = 0; i < l->stack->count; i++)
        if (l->roles[i].kind == kind)
            return i;
    return NOWHERE;
}

/* Returns the first gate whose control jumps at this code, or with votes, counts it as a success.
 */
static size_t find_gate(const struct lint *l, int code, int votes)
{
    for (size_t i = 0; i < l->stack->count; i++) {
        int action = l->stack->line[i].action[code];
        if (l->roles[i].kind == BC_ROLE_GATE &&
            (action > 0 || (votes && (action == BC_PAM_OK || action == BC_PAM_DONE))))
            return i;
    }
    return NOWHERE;
}

static int fits(const struct lint *l, size_t gate, size_t matcher)
{
    return l->roles[matcher].kind == BC_ROLE_MATCHER &&
           bc_pam_role_fits(&l->roles[gate], &l->roles[matcher]);
}

/* Judges how a matcher is met, whatever all other lines answer: it depends on what its gates said.
 */
static void check_matcher(struct lint *l, size_t matcher, int account_only)
{
    const unsigned any = BC_ANSWER_YES | BC_ANSWER_NO | BC_ANSWER_PASS;
    const struct bc_pam_scene scene = {BC_ANSWER_PASS | BC_ANSWER_NO, any, any, 0};
    size_t fitting = NOWHERE, misfit = NOWHERE; /* the last before the matcher */
    unsigned met;

    for (size_t gate = 0; gate < matcher; gate++) {
        int fits_any = 0;
        if (l->roles[gate].kind != BC_ROLE_GATE)
            continue;
        for (size_t i = 0; i < l->stack->count; i++)
            fits_any |= fits(l, gate, i);
        if (fits(l, gate, matcher))
            fitting = gate;
        else if (!fits_any) /* it may have been meant for this matcher */
            misfit = gate;
    }
    (void)walk(l, &l->roles[matcher], &scene);
    met = l->met[matcher];
    if (!account_only && met & (1U << BC_CONSENT_UNASKED)) {
        if (fitting == NOWHERE && misfit != NOWHERE)
            report(l, BC_FINDING_WRONG_GATE, misfit, matcher, NOWHERE);
        else
            report(l, BC_FINDING_UNGATED, fitting, matcher, NOWHERE);
    }
    if (met & (1U << BC_CONSENT_REFUSED))
        report(l, BC_FINDING_RUNS_REFUSED, fitting, matcher, NOWHERE);
    if (fitting != NOWHERE && !(met & (1U << BC_CONSENT_ALLOWED)))
        report(l, BC_FINDING_NEVER_REACHED, fitting, matcher, NOWHERE);
}

/* Whether line i is no check, and in a substack, between from and to, that has a matcher: there for
 * its sake. */
static int serves_matcher(const struct lint *l, size_t i, size_t from, size_t to)
{
    unsigned level = l->stack->line[from - 1].level;

    if (l->stack->line[i].level <= level || l->roles[i].kind == BC_ROLE_CHECK)
        return 0;
    while (i > from && l->stack->line[i - 1].level > level)
        i--;
    for (; i < to && l->stack->line[i].level > level; i++)
        if (l->roles[i].kind == BC_ROLE_MATCHER)
            return 1;
    return 0;
}

/* Judges a gate's options, and what its refusal jumps over: a matcher that is not this gate's is
 * reported as ungated. */
static void check_gate(struct lint *l, size_t gate)
{
    const struct bc_pam_line *line = &l->stack->line[gate];
    struct bc_pam_walk w = {.at = gate, .level = line->level};
    int code = bc_pam_paths_refusal(l->stage);

    if (l->roles[gate].bad)
        report(l, BC_FINDING_BAD_OPTION, gate, NOWHERE, NOWHERE);
    else if (l->roles[gate].options.operation != bc_pam_role_operation(l->stage))
        report(l, BC_FINDING_WRONG_OPERATION, gate, NOWHERE, NOWHERE);
    if (line->action[code] <= 0)
        return;
    bc_pam_dispatch_answer(l->stack, &w, code);
    if (w.bad_jump) {
        report(l, BC_FINDING_PAST_END, gate, NOWHERE, NOWHERE);
        return;
    }
    for (size_t i = gate + 1; i < w.at; i++)
        if (l->stack->line[i].kind != BC_PAM_SUBSTACK && l->roles[i].kind != BC_ROLE_MATCHER &&
            !serves_matcher(l, i, gate + 1, w.at)) {
            report(l, BC_FINDING_SKIPS_OTHER, gate, NOWHERE, i);
            return;
        }
}

/* Walks where no matcher recognises the person, with these answers of gates and checks. */
static struct bc_pam_paths walk_unrecognised(struct lint *l, unsigned gates, unsigned checks)
{
    const struct bc_pam_scene scene = {gates, BC_ANSWER_NO, checks, checks == BC_ANSWER_NO};

    return walk(l, NULL, &scene);
}

static int is_for_matchers(const char *service)
{
    static const char *const words[] = {"finger", "face",    "voice", "palm",
                                        "iris",   "biometr", "howdy"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(service, words[i]))
            return 1;
    return 0;
}

/* Judges whether a person who refuses gets in by another way, and only by one that proves who that
 * is. */
static void check_ways_in(struct lint *l, const char *service)
{
    const unsigned both = BC_ANSWER_YES | BC_ANSWER_NO;
    size_t gate = find_first(l, BC_ROLE_GATE), matcher = find_first(l, BC_ROLE_MATCHER);
    size_t jump = find_gate(l, bc_pam_paths_refusal(l->stage), 0);
    int is_open = 0, other_way, refused_way;

    if (gate == NOWHERE && matcher == NOWHERE)
        return;
    /* Nobody proves anything, and is kept out where the gate allows. Are they otherwise? */
    if (gate != NOWHERE && !walk_unrecognised(l, BC_ANSWER_PASS, BC_ANSWER_NO).succeeds_unchecked) {
        is_open = walk_unrecognised(l, BC_ANSWER_NO, BC_ANSWER_NO).succeeds_unchecked;
        if (is_open)
            report(l, BC_FINDING_OPEN_DOOR, jump == NOWHERE ? gate : jump, NOWHERE, NOWHERE);
        else if (walk_unrecognised(l, BC_ANSWER_YES, BC_ANSWER_NO).succeeds_unchecked)
            report(l, BC_FINDING_SUCCESS_COUNTS, find_gate(l, PAM_SUCCESS, 1), NOWHERE, NOWHERE);
    }
    other_way = walk_unrecognised(l, BC_ANSWER_PASS, both).succeeds_checked;
    refused_way = walk_unrecognised(l, BC_ANSWER_NO, both).succeeds_checked;
    if (other_way && !refused_way)
        report(l, BC_FINDING_LOCKED_OUT, gate, matcher, NOWHERE);
    if (other_way || refused_way)
        return;
    if (jump != NOWHERE && matcher != NOWHERE && !is_open)
        report(l, BC_FINDING_ONLY_CHECK, jump, matcher, NOWHERE);
    if (l->stage == BC_PAM_AUTH && matcher != NOWHERE && !is_for_matchers(service))
        report(l, BC_FINDING_NO_PASSWORD, gate, matcher, NOWHERE);
}

static void check_stages(struct lint *stages, const char *name)
{
    const struct lint *auth = &stages[BC_PAM_AUTH];
    struct lint *account = &stages[BC_PAM_ACCOUNT];
    size_t gate = find_first(account, BC_ROLE_GATE);
    /* This is reported in place of "ungated". */
    int account_only = find_first(auth, BC_ROLE_MATCHER) != NOWHERE &&
                       find_first(auth, BC_ROLE_GATE) == NOWHERE && gate != NOWHERE;

    if (account_only)
        report(account, BC_FINDING_ACCOUNT_ONLY, gate, NOWHERE, NOWHERE);
    for (int stage = 0; stage < BC_PAM_SESSION; stage++) {
        struct lint *l = &stages[stage];
        for (size_t i = 0; i < l->stack->count; i++)
            if (l->roles[i].kind == BC_ROLE_MATCHER)
                check_matcher(l, i, account_only && stage == BC_PAM_AUTH);
            else if (l->roles[i].kind == BC_ROLE_GATE)
                check_gate(l, i);
        check_ways_in(l, name);
        if (l->result == BC_ERR_TOO_LARGE) {
            report(l, BC_FINDING_TOO_MANY, NOWHERE, NOWHERE, 0);
            l->result = BC_OK;
        }
    }
}

enum bc_result bc_pam_lint(const struct bc_pam_service *service, const char *name,
                           struct bc_pam_finding **out, size_t *count)
{
    static const enum bc_pam_finding_id ids[BC_PAM_FAULTS] = {
        [BC_PAM_UNREADABLE] = BC_FINDING_UNREADABLE, [BC_PAM_MISSING] = BC_FINDING_MISSING,
        [BC_PAM_CYCLE] = BC_FINDING_CYCLE,           [BC_PAM_TOO_MANY] = BC_FINDING_TOO_MANY,
        [BC_PAM_LONG_LINE] = BC_FINDING_LONG_LINE,   [BC_PAM_OPEN_END] = BC_FINDING_OPEN_END,
        [BC_PAM_BAD_LINE] = BC_FINDING_BAD_LINE};
    struct list list = {NULL, 0, 0, 0};
    struct lint stages[BC_PAM_SESSION];
    enum bc_result r = BC_OK;

    for (size_t i = 0; i < service->fault_count; i++) {
        const struct bc_pam_fault *fault = &service->fault[i];
        add_finding(&list, &(struct bc_pam_finding){.id = ids[fault->kind],
                                                    .stage = BC_PAM_STAGES,
                                                    .other = {fault->file, fault->number, ""}});
    }
    for (int i = 0; i < BC_PAM_SESSION; i++) {
        const struct bc_pam_stack *stack = &service->stage[i];
        struct lint *l = &stages[i];
        *l = (struct lint){.stack = stack, .stage = (enum bc_pam_stage)i, .list = &list};
        l->roles = calloc(stack->count + 1, sizeof *l->roles);
        l->met = calloc(stack->count + 1, 1);
        if (!l->roles || !l->met)
            r = BC_ERR_MEMORY;
        for (size_t at = 0; r == BC_OK && at < stack->count; at++)
            l->roles[at] = bc_pam_role_of(&stack->line[at], l->stage);
    }
    if (r == BC_OK && !service->refused)
        check_stages(stages, name);
    for (int i = 0; i < BC_PAM_SESSION; i++) {
        r = stages[i].result != BC_OK ? stages[i].result : r;
        free(stages[i].roles);
        free(stages[i].met);
    }
    if (list.lost)
        r = BC_ERR_MEMORY;
    if (r != BC_OK) {
        free(list.finding);
        return r;
    }
    *out = list.finding;
    *count = list.count;
    return BC_OK;
}
