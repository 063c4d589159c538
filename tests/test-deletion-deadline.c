/* SPDX-License-Identifier: BSD-2-Clause */

/* When a template has to be deleted, and by which clause. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "consent/deletion-deadline.h"

static int64_t at(const char *text)
{
    int64_t t = -1;

    assert_int_equal(bc_datetime_parse_day(text, strlen(text), &t), BC_OK);
    return t;
}

/* One law that gives a withdrawal nothing of its own, and one that is stricter in some. */
static struct bc_jurisdiction laws[2] = {
    {.id = "slow",
     .clock = {[BC_CLOCK_PURPOSE] = {1, {.months = 12}, {"s. 1"}},
               [BC_CLOCK_LAST_USE] = {1, {.months = 36}, {"s. 2"}}}},
    {.id = "fast", .clock = {[BC_CLOCK_WITHDRAWAL] = {1, {.days = 45}, {"s. 3"}}}},
};

static const struct bc_template_facts withdrawn = {.ending = BC_CAUSE_WITHDRAWN};

static struct bc_deletion_deadline of(struct bc_template_facts f, size_t count, const char *now)
{
    struct bc_deletion_deadline o = {.why = BC_CAUSES};

    f.enrolled = f.enrolled ? f.enrolled : at("2024-02-28");
    f.granted = f.granted ? f.granted : at("2024-02-29");
    bc_deletion_deadline_find(&f, laws, count, at(now), &o);
    return o;
}

static void deadline_of_covered_template_is_none(void **state)
{
    struct bc_deletion_deadline o = of((struct bc_template_facts){.covered = 1}, 2, "2027-02-27");

    (void)state;
    assert_int_equal(o.why, BC_CAUSE_NONE);
    assert_int_equal(o.due, 0);
    assert_string_equal(bc_deletion_deadline_clause(&o, laws), "");
}

/* Three years after 29 February is 28 February. */
static void deadline_from_last_use_counts_by_the_calendar(void **state)
{
    struct bc_deletion_deadline o = of((struct bc_template_facts){.covered = 1}, 2, "2027-02-28");

    (void)state;
    assert_int_equal(o.why, BC_CAUSE_UNUSED);
    assert_int_equal(o.due, at("2027-02-28"));
    assert_string_equal(bc_deletion_deadline_clause(&o, laws), "s. 2");
    o = of((struct bc_template_facts){.covered = 1, .last_use = at("2026-03-01")}, 2, "2027-02-28");
    assert_int_equal(o.why, BC_CAUSE_NONE);
}

static void deadline_of_several_laws_is_the_earliest(void **state)
{
    struct bc_template_facts f = withdrawn;
    struct bc_deletion_deadline o;

    (void)state;
    f.ended = at("2025-01-31");
    o = of(f, 2, "2025-02-01");
    assert_int_equal(o.why, BC_CAUSE_WITHDRAWN);
    assert_int_equal(o.due, at("2025-03-17"));
    assert_string_equal(bc_deletion_deadline_clause(&o, laws), "s. 3");
    o = of(f, 1, "2025-02-01");
    assert_int_equal(o.due, at("2026-01-31"));
    assert_string_equal(bc_deletion_deadline_clause(&o, laws), "s. 1");
}

static void deadline_without_a_law_is_at_once(void **state)
{
    struct bc_template_facts f = withdrawn;
    struct bc_deletion_deadline o;

    (void)state;
    f.ended = at("2025-01-31");
    o = of(f, 0, "2025-02-01");
    assert_int_equal(o.due, f.ended);
    assert_int_equal(o.law, -1);
    assert_string_equal(bc_deletion_deadline_clause(&o, laws), "own rule: at once");
}

/* Whichever clock ends first. */
static void deadline_from_last_use_counts_on_after_the_end(void **state)
{
    struct bc_template_facts f = {.ending = BC_CAUSE_REVOKED, .ended = at("2027-01-01")};
    struct bc_deletion_deadline o = of(f, 1, "2027-01-02");

    (void)state;
    assert_int_equal(o.why, BC_CAUSE_REVOKED);
    assert_int_equal(o.due, at("2027-02-28"));
    assert_string_equal(bc_deletion_deadline_clause(&o, laws), "s. 2");
}

static void deadline_of_expired_consent_counts_from_its_expiry(void **state)
{
    struct bc_template_facts f = {
        .expires = at("2025-01-01"), .ending = BC_CAUSE_REVOKED, .ended = at("2025-06-01")};
    struct bc_deletion_deadline o = of(f, 1, "2025-06-02");

    (void)state;
    assert_int_equal(o.why, BC_CAUSE_EXPIRED);
    assert_int_equal(o.due, at("2026-01-01"));
    f.ending = BC_CAUSE_NONE;
    assert_int_equal(of(f, 1, "2025-06-02").why, BC_CAUSE_EXPIRED);
    f.expires = at("2025-12-01");
    f.ending = BC_CAUSE_REVOKED;
    assert_int_equal(of(f, 1, "2026-06-02").why, BC_CAUSE_REVOKED);
}

/* Nobody has ended anything: nothing is deleted by itself, however long it lasts. */
static void deadline_of_uncovered_template_is_left_to_a_person(void **state)
{
    struct bc_deletion_deadline o = of((struct bc_template_facts){.covered = 0}, 2, "2026-01-01");

    (void)state;
    assert_int_equal(o.why, BC_CAUSE_UNCOVERED);
    assert_int_equal(o.due, 0);
    assert_true(strlen(bc_deletion_deadline_clause(&o, laws)) > 0);
    assert_int_equal(of((struct bc_template_facts){.covered = 0}, 2, "2027-02-28").why,
                     BC_CAUSE_UNUSED);
}

static void deadline_without_consent_counts_from_enrollment(void **state)
{
    struct bc_template_facts f = {.covered = 1, .enrolled = at("2020-01-01")};
    struct bc_deletion_deadline o;

    (void)state;
    bc_deletion_deadline_find(&f, laws, 1, at("2023-01-01"), &o);
    assert_int_equal(o.why, BC_CAUSE_UNUSED);
    assert_int_equal(o.since, at("2020-01-01"));
}

static void deadline_cause_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < BC_CAUSES; i++)
        assert_non_null(bc_vocabulary_name(BC_VOCABULARY_CAUSE, (unsigned)i));
    assert_null(bc_vocabulary_name(BC_VOCABULARY_CAUSE, BC_CAUSES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadline_of_covered_template_is_none),
        cmocka_unit_test(deadline_from_last_use_counts_by_the_calendar),
        cmocka_unit_test(deadline_of_several_laws_is_the_earliest),
        cmocka_unit_test(deadline_without_a_law_is_at_once),
        cmocka_unit_test(deadline_from_last_use_counts_on_after_the_end),
        cmocka_unit_test(deadline_of_expired_consent_counts_from_its_expiry),
        cmocka_unit_test(deadline_of_uncovered_template_is_left_to_a_person),
        cmocka_unit_test(deadline_without_consent_counts_from_enrollment),
        cmocka_unit_test(deadline_cause_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
