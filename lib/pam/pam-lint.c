/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam/pam-lint.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "pam/pam-dispatch.h"
#include "pam/pam-role.h"

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
    enum bc_result result; /* BC_ERR_MEMORY where a finding or a path was lost */
};

struct paths {
    int succeeds_checked;   /* some path ends in success after a check or matcher has succeeded */
    int succeeds_unchecked; /* some path ends in success, and none has */
    unsigned char *met;     /* for each line: 1 << consent, with which it is run on some path */
};

/* One stage under examination. */
struct lint {
    const struct bc_pam_stack *stack;
    enum bc_pam_stage stage;
    struct bc_pam_role *roles; /* one for each line */
    struct paths paths;        /* of the walk that was last */
    int too_large;             /* a walk met more paths than it may keep */
    struct list *list;
};

static void add_finding(struct list *list, const struct bc_pam_finding *finding)
{
    struct bc_pam_finding *more =
        bc_array_grow(list->finding, list->count, &list->room, sizeof *more);

    if (!more) {
        list->result = BC_ERR_MEMORY;
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

static void report_finding(struct lint *l, enum bc_pam_finding_id id, size_t gate, size_t matcher,
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

/* ---- all paths through a stack ---- */

#define NODES_MAX 65536
#define NONE NODES_MAX

/* What a kind of line may answer. NO is each failure that the control tells apart; of a gate, a
 * refusal, and the failure of a module that is not installed. By PASS a gate allows, and any other
 * line has no say. */
#define YES 1U  /* PAM_SUCCESS */
#define NO 2U   /* a failure */
#define PASS 4U /* PAM_IGNORE */

struct scene {
    unsigned gate, matcher, check; /* YES, NO, PASS */
    int plain; /* a neutral line whose success would end the stack does not succeed */
    const struct bc_pam_role *target; /* a matcher whose gates alone count; NULL: all gates count */
};

/* The answer of the last gate that counts. */
enum consent { UNASKED, ALLOWED, REFUSED };

/* Where one path stands, and what has happened on it. */
struct node {
    struct bc_pam_walk walk;
    int consent, checked; /* checked: a check or matcher has succeeded */
    size_t next;          /* another that stands at the same line */
};

struct search {
    const struct lint *lint;
    const struct scene *scene;
    size_t count;
    struct node *node;
    size_t *first; /* for each line, a node that stands there */
    enum bc_result result;
};

/* The code with which the gate refuses in a stage. */
static int refusal_of(enum bc_pam_stage stage)
{
    return stage == BC_PAM_AUTH       ? PAM_AUTH_ERR
           : stage == BC_PAM_PASSWORD ? PAM_AUTHTOK_ERR
                                      : PAM_PERM_DENIED;
}

/* Goes on from a node with one answer of the line at which it stands, unless another path has led
 * to the same. Which failure it was matters to no later line. */
static void follow_answer(struct search *s, const struct node *from, int code)
{
    struct node n = *from;
    const struct bc_pam_role *role = &s->lint->roles[n.walk.at], *target = s->scene->target;
    size_t *first;

    if ((role->kind == BC_ROLE_CHECK || role->kind == BC_ROLE_MATCHER) && code == PAM_SUCCESS)
        n.checked = 1;
    if (role->kind == BC_ROLE_GATE && (!target || bc_pam_role_fits(role, target)))
        n.consent = code == PAM_IGNORE || code == PAM_SUCCESS ? ALLOWED : REFUSED;
    bc_pam_dispatch_answer(s->lint->stack, &n.walk, code);
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
    const struct scene *scene = s->scene;
    const struct bc_pam_role *role = &s->lint->roles[from->walk.at];
    const int *action = s->lint->stack->line[from->walk.at].action;
    const int ends = action[PAM_SUCCESS] == BC_PAM_DONE;
    const unsigned answers[] = {[BC_ROLE_GATE] = scene->gate,
                                [BC_ROLE_MATCHER] = scene->matcher,
                                [BC_ROLE_CHECK] = scene->check,
                                [BC_ROLE_NEUTRAL] = NO | PASS | (ends && scene->plain ? 0 : YES),
                                [BC_ROLE_FIXED] = 0};

    if (role->kind == BC_ROLE_FIXED)
        follow_answer(s, from, role->answer);
    if (answers[role->kind] & YES)
        follow_answer(s, from, PAM_SUCCESS);
    if (answers[role->kind] & PASS)
        follow_answer(s, from, PAM_IGNORE);
    for (int code = 0; answers[role->kind] & NO && code < PAM_INCOMPLETE; code++)
        if (role->kind == BC_ROLE_GATE
                ? code == refusal_of(s->lint->stage) || code == PAM_MODULE_UNKNOWN
                : is_failure(code) && is_first_of_its_kind(action, code))
            follow_answer(s, from, code);
}

/* Walks all paths, and sets l->paths. */
static const struct paths *walk_paths(struct lint *l, const struct scene *scene)
{
    const size_t count = l->stack->count;
    struct search s = {.lint = l, .scene = scene};

    l->paths = (struct paths){.met = l->paths.met};
    memset(l->paths.met, 0, count);
    s.node = calloc(NODES_MAX, sizeof *s.node);
    s.first = calloc(count + 1, sizeof *s.first);
    s.result = s.node && s.first ? BC_OK : BC_ERR_MEMORY;
    if (s.result == BC_OK) {
        for (size_t i = 0; i <= count; i++)
            s.first[i] = NONE;
        bc_pam_dispatch_begin(l->stack, &s.node[0].walk);
        s.node[0].next = NONE;
        s.first[s.node[0].walk.at] = 0;
        s.count = 1;
    }
    for (size_t i = 0; i < s.count && s.result == BC_OK; i++) {
        const struct node n = s.node[i];
        if (n.walk.at < count) {
            l->paths.met[n.walk.at] |= (unsigned char)(1U << n.consent);
            follow_answers(&s, &n);
        } else if (bc_pam_dispatch_verdict(&n.walk) == PAM_SUCCESS) {
            l->paths.succeeds_checked |= n.checked;
            l->paths.succeeds_unchecked |= !n.checked;
        }
    }
    free(s.node);
    free(s.first);
    if (s.result != BC_OK) {
        l->too_large |= s.result == BC_ERR_TOO_LARGE;
        l->list->result = s.result == BC_ERR_MEMORY ? s.result : l->list->result;
        l->paths.succeeds_checked = l->paths.succeeds_unchecked = 0;
    }
    return &l->paths;
}

/* ---- the search for findings ---- */

static size_t find_first(const struct lint *l, enum bc_pam_role_kind kind)
{
    for (size_t i = 0; i < l->stack->count; i++)
        if (l->roles[i].kind == kind)
            return i;
    return NOWHERE;
}

/* Returns the first gate whose control jumps at this code, or with votes, counts it as success. */
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

static int gate_fits(const struct lint *l, size_t gate, size_t matcher)
{
    return l->roles[matcher].kind == BC_ROLE_MATCHER &&
           bc_pam_role_fits(&l->roles[gate], &l->roles[matcher]);
}

/* Judges what the gates of a matcher have answered where it runs, whatever other lines answer. */
static void check_matcher(struct lint *l, size_t matcher, int account_only)
{
    const struct scene scene = {PASS | NO, YES | NO | PASS, YES | NO | PASS, 0, &l->roles[matcher]};
    size_t fitting = NOWHERE, misfit = NOWHERE; /* the last before the matcher */
    unsigned met;

    for (size_t gate = 0; gate < matcher; gate++) {
        int fits_any = 0;
        if (l->roles[gate].kind != BC_ROLE_GATE)
            continue;
        for (size_t i = 0; i < l->stack->count; i++)
            fits_any |= gate_fits(l, gate, i);
        if (gate_fits(l, gate, matcher))
            fitting = gate;
        else if (!fits_any) /* it may have been meant for this matcher */
            misfit = gate;
    }
    met = walk_paths(l, &scene)->met[matcher];
    if (!account_only && met & (1U << UNASKED)) {
        if (fitting == NOWHERE && misfit != NOWHERE)
            report_finding(l, BC_FINDING_WRONG_GATE, misfit, matcher, NOWHERE);
        else
            report_finding(l, BC_FINDING_UNGATED, fitting, matcher, NOWHERE);
    }
    if (met & (1U << REFUSED))
        report_finding(l, BC_FINDING_RUNS_REFUSED, fitting, matcher, NOWHERE);
    if (fitting != NOWHERE && !(met & (1U << ALLOWED)))
        report_finding(l, BC_FINDING_NEVER_REACHED, fitting, matcher, NOWHERE);
}

/* Whether line i serves a matcher: it is no check, and stands in a substack, between from and to,
 * that has a matcher. */
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
    int code = refusal_of(l->stage);

    if (l->roles[gate].bad)
        report_finding(l, BC_FINDING_BAD_OPTION, gate, NOWHERE, NOWHERE);
    else if (l->roles[gate].wrong_operation)
        report_finding(l, BC_FINDING_WRONG_OPERATION, gate, NOWHERE, NOWHERE);
    if (line->action[code] <= 0)
        return;
    bc_pam_dispatch_answer(l->stack, &w, code);
    if (w.bad_jump) {
        report_finding(l, BC_FINDING_PAST_END, gate, NOWHERE, NOWHERE);
        return;
    }
    for (size_t i = gate + 1; i < w.at; i++)
        if (l->stack->line[i].kind != BC_PAM_SUBSTACK && l->roles[i].kind != BC_ROLE_MATCHER &&
            !serves_matcher(l, i, gate + 1, w.at)) {
            report_finding(l, BC_FINDING_SKIPS_OTHER, gate, NOWHERE, i);
            return;
        }
}

/* Walks where no matcher recognises the person, with these answers of gates and checks. */
static const struct paths *walk_unrecognised(struct lint *l, unsigned gates, unsigned checks)
{
    return walk_paths(l, &(struct scene){gates, NO, checks, checks == NO, NULL});
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

/* Judges whether a person who refuses can get in another way, and only in one that identifies the
 * person. */
static void check_ways_in(struct lint *l, const char *service)
{
    size_t gate = find_first(l, BC_ROLE_GATE), matcher = find_first(l, BC_ROLE_MATCHER);
    size_t jump = find_gate(l, refusal_of(l->stage), 0);
    int is_open = 0, other_way, refused_way;

    if (gate == NOWHERE && matcher == NOWHERE)
        return;
    /* The gate alone must never let in a person whom it would keep out if it allowed. */
    if (gate != NOWHERE && !walk_unrecognised(l, PASS, NO)->succeeds_unchecked) {
        is_open = walk_unrecognised(l, NO, NO)->succeeds_unchecked;
        if (is_open)
            report_finding(l, BC_FINDING_OPEN_DOOR, jump == NOWHERE ? gate : jump, NOWHERE,
                           NOWHERE);
        else if (walk_unrecognised(l, YES, NO)->succeeds_unchecked)
            report_finding(l, BC_FINDING_SUCCESS_COUNTS, find_gate(l, PAM_SUCCESS, 1), NOWHERE,
                           NOWHERE);
    }
    other_way = walk_unrecognised(l, PASS, YES | NO)->succeeds_checked;
    refused_way = walk_unrecognised(l, NO, YES | NO)->succeeds_checked;
    if (other_way && !refused_way)
        report_finding(l, BC_FINDING_LOCKED_OUT, gate, matcher, NOWHERE);
    if (other_way || refused_way)
        return;
    if (jump != NOWHERE && matcher != NOWHERE && !is_open)
        report_finding(l, BC_FINDING_ONLY_CHECK, jump, matcher, NOWHERE);
    if (l->stage == BC_PAM_AUTH && matcher != NOWHERE && !is_for_matchers(service))
        report_finding(l, BC_FINDING_NO_PASSWORD, gate, matcher, NOWHERE);
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
        report_finding(account, BC_FINDING_ACCOUNT_ONLY, gate, NOWHERE, NOWHERE);
    for (int stage = 0; stage < BC_PAM_SESSION; stage++) {
        struct lint *l = &stages[stage];
        for (size_t i = 0; i < l->stack->count; i++)
            if (l->roles[i].kind == BC_ROLE_MATCHER)
                check_matcher(l, i, account_only && stage == BC_PAM_AUTH);
            else if (l->roles[i].kind == BC_ROLE_GATE)
                check_gate(l, i);
        check_ways_in(l, name);
        if (l->too_large)
            report_finding(l, BC_FINDING_TOO_MANY, NOWHERE, NOWHERE, 0);
    }
}

#define FIRST_FAULT BC_FINDING_UNREADABLE
_Static_assert(FIRST_FAULT + BC_PAM_BAD_LINE == BC_FINDING_BAD_LINE, "one finding for each fault");

enum bc_result bc_pam_lint(const struct bc_pam_service *service, const char *name,
                           struct bc_pam_finding **out, size_t *count)
{
    struct list list = {.result = BC_OK};
    struct lint stages[BC_PAM_SESSION];

    for (size_t i = 0; i < service->fault_count; i++) {
        const struct bc_pam_fault *fault = &service->fault[i];
        add_finding(&list, &(struct bc_pam_finding){.id = FIRST_FAULT + fault->kind,
                                                    .stage = BC_PAM_STAGES,
                                                    .other = {fault->file, fault->number, ""}});
    }
    for (int i = 0; i < BC_PAM_SESSION; i++) {
        const struct bc_pam_stack *stack = &service->stage[i];
        struct lint *l = &stages[i];
        *l = (struct lint){.stack = stack, .stage = (enum bc_pam_stage)i, .list = &list};
        l->roles = calloc(stack->count + 1, sizeof *l->roles);
        l->paths.met = calloc(stack->count + 1, 1);
        if (!l->roles || !l->paths.met)
            list.result = BC_ERR_MEMORY;
        for (size_t at = 0; list.result == BC_OK && at < stack->count; at++)
            l->roles[at] = bc_pam_role_of(&stack->line[at], l->stage);
    }
    if (list.result == BC_OK && !service->refused)
        check_stages(stages, name);
    for (int i = 0; i < BC_PAM_SESSION; i++) {
        free(stages[i].roles);
        free(stages[i].paths.met);
    }
    if (list.result != BC_OK) {
        free(list.finding);
        return list.result;
    }
    *out = list.finding;
    *count = list.count;
    return BC_OK;
}
