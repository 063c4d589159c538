/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-lint.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pam/pam-paths.h"

static const struct entry {
    const char *id, *sentence, *remedy;
} entries[BC_FINDINGS] = {
#define X(name, id, sentence, remedy) {id, sentence, remedy},
    BC_PAM_FINDING_LIST(X)
#undef X
};

const char *bc_pam_lint_finding_name(enum bc_pam_finding_id id)
{
    return entries[id].id;
}

const char *bc_pam_lint_finding_sentence(enum bc_pam_finding_id id)
{
    return entries[id].sentence;
}

const char *bc_pam_lint_finding_remedy(enum bc_pam_finding_id id)
{
    return entries[id].remedy;
}

/* One stage under examination. */
struct lint {
    const struct bc_pam_stack *stack;
    enum bc_pam_stage stage;
    struct bc_pam_role *roles;
    unsigned char *met;
    size_t gates, matchers;
    int account_only; /* said already, and better than "ungated" */
    enum bc_result result;
    void (*each)(void *ctx, const struct bc_pam_finding *finding);
    void *ctx;
};

static struct bc_pam_place place_of(const struct bc_pam_line *line)
{
    return (struct bc_pam_place){line->file, line->number, line->module};
}

#define NOWHERE SIZE_MAX

static void report(struct lint *l, enum bc_pam_finding_id id, size_t gate, size_t matcher,
                   size_t other)
{
    struct bc_pam_finding f = {.id = id, .stage = l->stage};

    if (gate != NOWHERE) {
        f.gate = place_of(&l->stack->line[gate]);
        f.detail = id == BC_FINDING_BAD_OPTION ? l->roles[gate].bad : NULL;
    }
    if (matcher != NOWHERE)
        f.matcher = place_of(&l->stack->line[matcher]);
    if (other != NOWHERE)
        f.other = place_of(&l->stack->line[other]);
    l->each(l->ctx, &f);
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

static size_t first_of(const struct lint *l, enum bc_pam_role_kind kind)
{
    for (size_t i = 0; i < l->stack->count; i++)
        if (l->roles[i].kind == kind)
            return i;
    return NOWHERE;
}

static int fits(const struct lint *l, size_t gate, size_t matcher)
{
    return l->roles[gate].kind == BC_ROLE_GATE && l->roles[matcher].kind == BC_ROLE_MATCHER &&
           bc_pam_role_fits(&l->roles[gate], &l->roles[matcher]);
}

/* The last gate before a matcher that fits it. */
static size_t gate_before(const struct lint *l, size_t matcher)
{
    for (size_t i = matcher; i-- > 0;)
        if (fits(l, i, matcher))
            return i;
    return NOWHERE;
}

static int fits_any(const struct lint *l, size_t gate)
{
    for (size_t i = 0; i < l->stack->count; i++)
        if (fits(l, gate, i))
            return 1;
    return 0;
}

/* The last gate before a matcher that may have been meant for it: it fits no other. */
static size_t misfit_before(const struct lint *l, size_t matcher)
{
    for (size_t i = matcher; i-- > 0;)
        if (l->roles[i].kind == BC_ROLE_GATE && !fits_any(l, i))
            return i;
    return NOWHERE;
}

static void check_matcher(struct lint *l, size_t matcher)
{
    size_t fitting = gate_before(l, matcher), misfit = misfit_before(l, matcher);
    const unsigned any = BC_ANSWER_YES | BC_ANSWER_NO | BC_ANSWER_PASS;
    const struct bc_pam_scene scene = {BC_ANSWER_PASS | BC_ANSWER_NO, any, any, 0};
    unsigned met;

    /* Whatever all others answer: how the matcher is met depends on what its gates said. */
    (void)walk(l, &l->roles[matcher], &scene);
    met = l->met[matcher];
    if (!l->account_only && met & (1U << BC_CONSENT_UNASKED)) {
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

/* What a refusal passes over. A matcher that is not this gate's is told of as ungated. */
static void check_jump(struct lint *l, size_t gate)
{
    const struct bc_pam_line *line = &l->stack->line[gate];
    struct bc_pam_walk w = {.at = gate, .level = line->level};
    int code = bc_pam_paths_refusal(l->stage);

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

static void check_gate(struct lint *l, size_t gate)
{
    enum bc_operation usual = l->stage == BC_PAM_PASSWORD ? BC_ENROLL : BC_AUTHENTICATE;

    if (l->roles[gate].bad)
        report(l, BC_FINDING_BAD_OPTION, gate, NOWHERE, NOWHERE);
    else if (l->roles[gate].options.operation != usual)
        report(l, BC_FINDING_WRONG_OPERATION, gate, NOWHERE, NOWHERE);
    check_jump(l, gate);
}

/* The first gate whose control jumps at a code; NOWHERE if none does. */
static size_t first_jump(const struct lint *l, int code)
{
    for (size_t i = 0; i < l->stack->count; i++)
        if (l->roles[i].kind == BC_ROLE_GATE && l->stack->line[i].action[code] > 0)
            return i;
    return NOWHERE;
}

/* The first gate whose control makes something of success. */
static size_t first_success(const struct lint *l)
{
    for (size_t i = 0; i < l->stack->count; i++) {
        int action = l->stack->line[i].action[PAM_SUCCESS];
        if (l->roles[i].kind == BC_ROLE_GATE &&
            (action > 0 || action == BC_PAM_OK || action == BC_PAM_DONE))
            return i;
    }
    return NOWHERE;
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

/* Whether people get in who refuse. is_open: by nothing at all, as was said already. */
static void check_ways_in(struct lint *l, const char *service, int is_open)
{
    const unsigned both = BC_ANSWER_YES | BC_ANSWER_NO;
    const struct bc_pam_scene allowed = {BC_ANSWER_PASS, BC_ANSWER_NO, both, 0};
    const struct bc_pam_scene refused = {BC_ANSWER_NO, BC_ANSWER_NO, both, 0};
    int other_way = walk(l, NULL, &allowed).succeeds_checked;
    int refused_way = walk(l, NULL, &refused).succeeds_checked;
    size_t gate = first_of(l, BC_ROLE_GATE), matcher = first_of(l, BC_ROLE_MATCHER);
    size_t jump = first_jump(l, bc_pam_paths_refusal(l->stage));

    if (other_way && !refused_way)
        report(l, BC_FINDING_LOCKED_OUT, gate, matcher, NOWHERE);
    if (other_way || refused_way)
        return;
    if (jump != NOWHERE && matcher != NOWHERE && !is_open)
        report(l, BC_FINDING_ONLY_CHECK, jump, matcher, NOWHERE);
    if (l->stage == BC_PAM_AUTH && matcher != NOWHERE && !is_for_matchers(service))
        report(l, BC_FINDING_NO_PASSWORD, gate, matcher, NOWHERE);
}

/* Whether a gate lets in whom it would keep out, had it allowed and nobody proven anything. */
static int check_open(struct lint *l)
{
    const struct bc_pam_scene allowed = {BC_ANSWER_PASS, BC_ANSWER_NO, BC_ANSWER_NO, 1};
    const struct bc_pam_scene refused = {BC_ANSWER_NO, BC_ANSWER_NO, BC_ANSWER_NO, 1};
    const struct bc_pam_scene success = {BC_ANSWER_YES, BC_ANSWER_NO, BC_ANSWER_NO, 1};
    size_t jump = first_jump(l, bc_pam_paths_refusal(l->stage));
    int is_open;

    if (walk(l, NULL, &allowed).succeeds_unchecked)
        return 0;
    is_open = walk(l, NULL, &refused).succeeds_unchecked;
    if (is_open)
        report(l, BC_FINDING_OPEN_DOOR, jump == NOWHERE ? first_of(l, BC_ROLE_GATE) : jump, NOWHERE,
               NOWHERE);
    else if (walk(l, NULL, &success).succeeds_unchecked)
        report(l, BC_FINDING_SUCCESS_COUNTS, first_success(l), NOWHERE, NOWHERE);
    return is_open;
}

static void check_stage(struct lint *l, const char *service)
{
    int is_open;

    for (size_t i = 0; i < l->stack->count; i++)
        if (l->roles[i].kind == BC_ROLE_MATCHER)
            check_matcher(l, i);
        else if (l->roles[i].kind == BC_ROLE_GATE)
            check_gate(l, i);
    if (!l->gates && !l->matchers)
        return;
    is_open = l->gates ? check_open(l) : 0;
    check_ways_in(l, service, is_open);
}

static void set_roles(struct lint *l, const struct bc_pam_matcher *extra, size_t count)
{
    size_t n = l->stack->count;

    l->roles = calloc(n + 1, sizeof *l->roles);
    l->met = calloc(n + 1, 1);
    if (!l->roles || !l->met) {
        l->result = BC_ERR_MEMORY;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        l->roles[i] = bc_pam_role_of(&l->stack->line[i], l->stage, extra, count);
        l->gates += l->roles[i].kind == BC_ROLE_GATE;
        l->matchers += l->roles[i].kind == BC_ROLE_MATCHER;
    }
}

static void report_faults(const struct bc_pam_service *service,
                          void (*each)(void *ctx, const struct bc_pam_finding *finding), void *ctx)
{
    static const enum bc_pam_finding_id ids[BC_PAM_FAULTS] = {
        [BC_PAM_UNREADABLE] = BC_FINDING_UNREADABLE, [BC_PAM_MISSING] = BC_FINDING_MISSING,
        [BC_PAM_CYCLE] = BC_FINDING_CYCLE,           [BC_PAM_TOO_MANY] = BC_FINDING_TOO_MANY,
        [BC_PAM_LONG_LINE] = BC_FINDING_LONG_LINE,   [BC_PAM_OPEN_END] = BC_FINDING_OPEN_END,
        [BC_PAM_BAD_LINE] = BC_FINDING_BAD_LINE};

    for (size_t i = 0; i < service->fault_count; i++) {
        const struct bc_pam_fault *fault = &service->fault[i];
        struct bc_pam_finding f = {.id = ids[fault->kind],
                                   .stage = BC_PAM_STAGES,
                                   .other = {fault->file, fault->number, ""}};
        each(ctx, &f);
    }
}

/* Gates in account, none in auth, though auth has a matcher. */
static int is_account_only(struct lint *stages)
{
    struct lint *account = &stages[BC_PAM_ACCOUNT];

    if (!stages[BC_PAM_AUTH].matchers || stages[BC_PAM_AUTH].gates || !account->gates)
        return 0;
    report(account, BC_FINDING_ACCOUNT_ONLY, first_of(account, BC_ROLE_GATE), NOWHERE, NOWHERE);
    return 1;
}

static void check_stages(struct lint *stages, const char *name)
{
    stages[BC_PAM_AUTH].account_only = is_account_only(stages);
    for (int i = 0; i < BC_PAM_SESSION; i++) {
        struct lint *l = &stages[i];
        check_stage(l, name);
        if (l->result == BC_ERR_TOO_LARGE) {
            report(l, BC_FINDING_TOO_MANY, NOWHERE, NOWHERE, 0);
            l->result = BC_OK;
        }
    }
}

enum bc_result bc_pam_lint(const struct bc_pam_service *service, const char *name,
                           const struct bc_pam_matcher *extra, size_t extra_count,
                           void (*each)(void *ctx, const struct bc_pam_finding *finding), void *ctx)
{
    struct lint stages[BC_PAM_SESSION];
    enum bc_result r = BC_OK;

    report_faults(service, each, ctx);
    for (int i = 0; i < BC_PAM_SESSION; i++) {
        stages[i] = (struct lint){
            .stack = &service->stage[i], .stage = (enum bc_pam_stage)i, .each = each, .ctx = ctx};
        set_roles(&stages[i], extra, extra_count);
        r = stages[i].result != BC_OK ? stages[i].result : r;
    }
    if (r == BC_OK && !service->refused)
        check_stages(stages, name);
    for (int i = 0; i < BC_PAM_SESSION; i++) {
        r = stages[i].result != BC_OK ? stages[i].result : r;
        free(stages[i].roles);
        free(stages[i].met);
    }
    return r;
}
