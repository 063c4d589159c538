/* SPDX-License-Identifier: BSD-2-Clause */

/* What the laws ask: periods by calendar, files of jurisdictions, the strictest of several. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consent/jurisdiction.h"

static const char *const shipped[] = {"ca-qc", "eu",    "in",    "uk",    "us-ca",
                                      "us-co", "us-il", "us-tx", "us-wa", "us-wa-mhmda"};

static int64_t at(const char *text)
{
    int64_t t = -1;

    assert_int_equal(bc_datetime_parse(text, strlen(text), &t), BC_OK);
    return t;
}

static void period_added_to_a_date_goes_by_the_calendar(void **state)
{
    static const struct {
        const char *from, *period, *after;
    } cases[] = {{"2024-02-29T12:00:00Z", "3y", "2027-02-28T12:00:00Z"},
                 {"2024-02-29T12:00:00Z", "4y", "2028-02-29T12:00:00Z"},
                 {"2024-02-29T12:00:00Z", "12m", "2025-02-28T12:00:00Z"},
                 {"2096-02-29T00:00:00Z", "4y", "2100-02-28T00:00:00Z"},
                 {"1996-02-29T00:00:00Z", "4y", "2000-02-29T00:00:00Z"},
                 {"2025-01-31T23:59:59Z", "1m", "2025-02-28T23:59:59Z"},
                 {"2024-01-31T23:59:59Z", "1m", "2024-02-29T23:59:59Z"},
                 {"2025-03-31T00:00:00Z", "1m", "2025-04-30T00:00:00Z"},
                 {"2025-12-31T00:00:00Z", "2m", "2026-02-28T00:00:00Z"},
                 {"2025-11-30T00:00:00Z", "24m", "2027-11-30T00:00:00Z"},
                 {"2025-12-15T00:00:00Z", "1m", "2026-01-15T00:00:00Z"},
                 {"2025-12-20T06:00:00Z", "45d", "2026-02-03T06:00:00Z"},
                 {"2024-02-28T00:00:00Z", "1d", "2024-02-29T00:00:00Z"},
                 {"2026-11-24T07:10:01Z", "0d", "2026-11-24T07:10:01Z"},
                 {"9999-06-01T00:00:00Z", "1y", "9999-12-31T23:59:59Z"},
                 {"9999-12-31T00:00:00Z", "45d", "9999-12-31T23:59:59Z"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bc_period p;
        char text[BC_TIME_TEXT_BYTES];
        assert_int_equal(bc_datetime_parse_period(cases[i].period, strlen(cases[i].period), &p),
                         BC_OK);
        bc_datetime_format(bc_datetime_after(at(cases[i].from), &p), text);
        assert_string_equal(text, cases[i].after);
    }
}

static void period_in_another_form_is_refused(void **state)
{
    static const char *const bad[] = {"",    "d",   "1",   "1w",   "-1d",    "1.5y", "01d",
                                      "1 y", " 1y", "1yy", "101y", "36501d", "1201m"};
    struct bc_period p = {7, 7};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bc_datetime_parse_period(bad[i], strlen(bad[i]), &p), BC_ERR_INVALID);
    assert_int_equal(p.months, 7);
}

/* Every day of four centuries, there and back: as many as the calendar has. */
static void datetime_of_known_days_is_exact(void **state)
{
    char text[BC_TIME_TEXT_BYTES], before[BC_TIME_TEXT_BYTES] = "";
    int64_t t, back;

    (void)state;
    for (t = 0; strcmp(before, "2399-12-31") < 0; t += 86400) {
        bc_datetime_format(t, text);
        assert_int_equal(bc_datetime_parse_day(text, 10, &back), BC_OK);
        assert_int_equal(back, t);
        assert_true(strcmp(text, before) > 0);
        memcpy(before, text, sizeof before);
    }
    assert_int_equal(t, 13569465600);
}

static enum bc_result parse(const char *text, struct bc_jurisdiction *j,
                            struct bc_ini_file_error *err)
{
    memset(err, 0, sizeof *err);
    return bc_jurisdiction_parse("x", "/x.conf", text, strlen(text), j, err);
}

#define HEAD "[jurisdiction]\nname = X\nlaw = X 1\nin-force = 2020-01-01\nin-force.clause = X 9\n"
#define CONSENT "[consent]\nkind = explicit\nkind.clause = X 2\n"
#define GIVEN "given-by = self\ngiven-by.clause = X 3\n"
#define STATES "[notice]\nstates = purpose\nstates.clause = X 4\n"
#define WHOLE HEAD CONSENT GIVEN STATES

static void jurisdiction_value_without_clause_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        HEAD CONSENT GIVEN,
        HEAD CONSENT STATES,
        HEAD "[consent]\nkind = explicit\n" GIVEN STATES,
        HEAD CONSENT "given-by = self\n" STATES,
        WHOLE "[deletion]\nafter-purpose = 1y\n",
        WHOLE "[deletion]\nafter-purpose.clause = X 5\n",
        WHOLE "[deletion]\nafter-purpose = soon\nafter-purpose.clause = X 5\n",
        WHOLE "[deletion]\nafter-lunch = 1y\nafter-lunch.clause = X 5\n",
        WHOLE "[proof]\nkeep = 2y\nkeep = 3y\nkeep.clause = X 6\n",
        WHOLE "[exemptions]\nbank = a bank\n",
        WHOLE "[exemptions]\nbank.clause = X 7\n",
        WHOLE "[exemptions]\n../x = a bank\n../x.clause = X 7\n",
        WHOLE "[colour]\n",
        HEAD "kind = explicit\n" CONSENT GIVEN STATES,
        "[jurisdiction]\nname = X\nlaw = X\nin-force = 2023-02-29\nin-force.clause = X\n" CONSENT
            GIVEN STATES,
        HEAD "[consent]\nkind = maybe\nkind.clause = X\n" GIVEN STATES,
        HEAD CONSENT "given-by = self self\ngiven-by.clause = X\n" STATES,
        HEAD CONSENT GIVEN "[notice]\nstates = purpose weather\nstates.clause = X\n"};
    struct bc_jurisdiction *j = test_calloc(1, sizeof *j);
    struct bc_ini_file_error err;

    (void)state;
    assert_int_equal(parse(WHOLE, j, &err), BC_OK);
    assert_string_equal(j->kind_clause.text, "X 2");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        j->id[0] = '?';
        assert_int_equal(parse(bad[i], j, &err), BC_ERR_INVALID);
        assert_true(err.what[0] != '\0');
        assert_int_equal(j->id[0], '?');
    }
    test_free(j);
}

static void load(const char *id, struct bc_jurisdiction *out)
{
    const char *src = getenv("BC_SRC_DIR");
    struct bc_ini_file_error err = {.line = 0};
    char path[4096], *text;
    size_t len;
    int fd;

    (void)snprintf(path, sizeof path, "%s/doc/jurisdictions/%s.conf", src ? src : "..", id);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(bc_file_read_open(fd, 65536, &text, &len), BC_OK);
    close(fd);
    if (bc_jurisdiction_parse(id, path, text, len, out, &err) != BC_OK)
        fail_msg("%s:%d: %s", path, err.line, err.what);
    free(text);
}

static void jurisdiction_files_installed_are_read(void **state)
{
    struct bc_jurisdiction *j = test_calloc(1, sizeof *j);

    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++)
        load(shipped[i], j);
    load("us-il", j);
    assert_int_equal(j->kind, BC_WRITTEN_RELEASE);
    assert_int_equal(j->clock[BC_CLOCK_LAST_USE].period.months, 36);
    load("us-wa", j);
    assert_non_null(bc_jurisdiction_exemption(j, "security-purpose"));
    assert_null(bc_jurisdiction_exemption(j, "no-such"));
    load("eu", j);
    assert_non_null(strstr(j->slots_clause.text, "[check]"));
    test_free(j);
}

#define BY(g) (1U << BC_##g)
#define S(s) (1U << BC_SLOT_##s)
#define EVERYBODY (BY(SELF) | BY(REPRESENTATIVE) | BY(GUARDIAN))
#define ART_13                                                                                     \
    (S(CONTROLLER) | S(CONTACT) | S(LEGAL_BASIS) | S(PURPOSE) | S(RETENTION) | S(DISCLOSURE) |     \
     S(RIGHTS) | S(WITHDRAWAL) | S(COMPLAINT))

/* The facts once more, value by value, so that no slip of a file goes unnoticed. Periods: "-" is
 * not named. unread: values of which not even we say that the statute was read. */
static const struct {
    const char *id;
    const char *in_force;
    enum bc_kind kind;
    unsigned givers, slots;
    const char *withdrawal, *purpose, *last_use, *proof;
    const char *unread;
    const char *exempt;
} facts[] = {
    {"us-il", "2008-10-03", BC_WRITTEN_RELEASE, EVERYBODY,
     S(BIOMETRIC_DATA) | S(PURPOSE) | S(RETENTION) | S(RELEASE), "0d", "0d", "3y", "5y", "proof",
     "financial-institution"},
    {"us-tx", "2009-04-01", BC_AFFIRMATIVE, EVERYBODY, S(BIOMETRIC_DATA), "-", "1y", "-", "-", "",
     NULL},
    {"us-wa", "2017-07-23", BC_NOTICE_ONLY, EVERYBODY, S(BIOMETRIC_DATA), "-", "0d", "-", "-", "",
     "security-purpose"},
    {"us-wa-mhmda", "2024-03-31", BC_AFFIRMATIVE, EVERYBODY,
     S(BIOMETRIC_DATA) | S(PURPOSE) | S(DISCLOSURE) | S(WITHDRAWAL), "45d", "45d", "-", "-", "",
     NULL},
    {"us-co", "2025-07-01", BC_AFFIRMATIVE, EVERYBODY,
     S(BIOMETRIC_DATA) | S(PURPOSE) | S(RETENTION) | S(DISCLOSURE), "45d", "0d", "24m", "-",
     "withdrawal purpose", NULL},
    {"us-ca", "2020-01-01", BC_NOTICE_ONLY, EVERYBODY,
     S(BIOMETRIC_DATA) | S(PURPOSE) | S(RETENTION), "45d", "45d", "-", "24m", "slots", NULL},
    {"eu", "2018-05-25", BC_EXPLICIT, BY(SELF) | BY(GUARDIAN), ART_13, "1m", "1m", "-", "-",
     "slots givers withdrawal", NULL},
    {"uk", "2018-05-25", BC_EXPLICIT, BY(SELF) | BY(GUARDIAN), ART_13, "1m", "1m", "-", "-",
     "slots givers withdrawal", NULL},
    {"ca-qc", "2001-11-01", BC_EXPLICIT, BY(SELF) | BY(GUARDIAN),
     S(BIOMETRIC_DATA) | S(PURPOSE) | S(WITHDRAWAL), "0d", "0d", "-", "-", "withdrawal", NULL},
    {"in", "2027-05-13", BC_AFFIRMATIVE, BY(SELF) | BY(GUARDIAN),
     S(BIOMETRIC_DATA) | S(PURPOSE) | S(WITHDRAWAL) | S(COMPLAINT), "0d", "0d", "-", "1y",
     "givers proof", NULL},
};

static void is_period(const char *id, const struct bc_deadline *d, const char *wanted)
{
    struct bc_period p;

    if (d->given != (wanted[0] != '-'))
        fail_msg("%s: a deadline too many or too few: %s", id, wanted);
    if (!d->given)
        return;
    assert_int_equal(bc_datetime_parse_period(wanted, strlen(wanted), &p), BC_OK);
    if (p.months != d->period.months || p.days != d->period.days)
        fail_msg("%s: not %s", id, wanted);
}

static void is_marked(const char *unread, const char *what, const struct bc_clause *clause)
{
    size_t len = strlen(clause->text);

    if (strstr(unread, what) && (len < 7 || strcmp(clause->text + len - 7, "[check]") != 0))
        fail_msg("%s: without [check]: %s", what, clause->text);
}

static void jurisdiction_files_installed_state_the_law(void **state)
{
    struct bc_jurisdiction *j = test_calloc(1, sizeof *j);

    (void)state;
    assert_int_equal(sizeof facts / sizeof facts[0], sizeof shipped / sizeof shipped[0]);
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        char when[32];
        load(facts[i].id, j);
        (void)snprintf(when, sizeof when, "%sT00:00:00Z", facts[i].in_force);
        assert_int_equal(j->in_force, at(when));
        assert_int_equal(j->kind, facts[i].kind);
        assert_int_equal(j->givers, facts[i].givers);
        assert_int_equal(j->slots, facts[i].slots);
        is_period(j->id, &j->clock[BC_CLOCK_WITHDRAWAL], facts[i].withdrawal);
        is_period(j->id, &j->clock[BC_CLOCK_PURPOSE], facts[i].purpose);
        is_period(j->id, &j->clock[BC_CLOCK_LAST_USE], facts[i].last_use);
        is_period(j->id, &j->clock[BC_CLOCK_PROOF], facts[i].proof);
        is_marked(facts[i].unread, "slots", &j->slots_clause);
        is_marked(facts[i].unread, "givers", &j->givers_clause);
        is_marked(facts[i].unread, "withdrawal", &j->clock[BC_CLOCK_WITHDRAWAL].clause);
        is_marked(facts[i].unread, "purpose", &j->clock[BC_CLOCK_PURPOSE].clause);
        is_marked(facts[i].unread, "proof", &j->clock[BC_CLOCK_PROOF].clause);
        if (facts[i].exempt)
            assert_non_null(bc_jurisdiction_exemption(j, facts[i].exempt));
        else
            assert_int_equal(j->exemption_count, 0);
    }
    test_free(j);
}

/* What has no value of its own stands in the clause beside. */
static void jurisdiction_clauses_name_what_has_no_key(void **state)
{
    static const struct {
        const char *id, *words;
    } said[] = {{"us-il", "SB 2979"},
                {"us-il", "condition of employment"},
                {"us-tx", "first anniversary"},
                {"us-tx", "ends with the employment"},
                {"us-wa", "consent anew"},
                {"us-wa-mhmda", "a separate one to share"},
                {"us-wa-mhmda", "45 more"},
                {"us-co", "yearly review"},
                {"us-co", "employees"},
                {"us-ca", "right to limit"},
                {"us-ca", "45 more"},
                {"ca-qc", "60 days"},
                {"in", "processors"},
                {"eu", "within a month"},
                {"us-il", "withdrawal is not named"}};
    struct bc_jurisdiction *j = test_calloc(1, sizeof *j);

    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        char all[2048];
        load(said[i].id, j);
        (void)snprintf(
            all, sizeof all, "%s\n%s\n%s\n%s\n%s\n%s\n%s", j->kind_clause.text,
            j->givers_clause.text, j->slots_clause.text, j->clock[BC_CLOCK_WITHDRAWAL].clause.text,
            j->clock[BC_CLOCK_PURPOSE].clause.text, j->clock[BC_CLOCK_LAST_USE].clause.text,
            j->clock[BC_CLOCK_PROOF].clause.text);
        if (!strstr(all, said[i].words))
            fail_msg("%s does not say: %s", said[i].id, said[i].words);
    }
    test_free(j);
}

/* A subject under several laws: the strictest counts, value by value. */
static void jurisdictions_due_of_several_is_the_earliest(void **state)
{
    struct bc_jurisdiction *j = test_calloc(4, sizeof *j);
    int64_t from = at("2026-02-28T00:00:00Z");
    int by;

    (void)state;
    load("us-tx", &j[0]);
    load("us-il", &j[1]);
    load("eu", &j[2]);
    load("in", &j[3]);
    assert_int_equal(bc_jurisdiction_due(j, 4, BC_CLOCK_PURPOSE, from, &by), from);
    assert_int_equal(by, 1);
    assert_int_equal(bc_jurisdiction_due(j, 4, BC_CLOCK_LAST_USE, from, &by),
                     at("2029-02-28T00:00:00Z"));
    assert_int_equal(bc_jurisdiction_due(j, 4, BC_CLOCK_PROOF, from, &by),
                     at("2031-02-28T00:00:00Z"));
    assert_int_equal(by, 1);
    test_free(j);
}

/* A law that names no deadline for withdrawal takes it as the end of the purpose; one that is not
 * in force asks for nothing. */
static void jurisdiction_due_without_rule_or_in_the_future_is_none(void **state)
{
    struct bc_jurisdiction *j = test_calloc(2, sizeof *j);
    int by;

    (void)state;
    load("us-tx", &j[0]);
    assert_int_equal(
        bc_jurisdiction_due(j, 1, BC_CLOCK_WITHDRAWAL, at("2024-02-29T00:00:00Z"), &by),
        at("2025-02-28T00:00:00Z"));
    assert_int_equal(bc_jurisdiction_due(j, 1, BC_CLOCK_LAST_USE, 0, &by), 0);
    assert_int_equal(by, -1);
    load("in", &j[1]);
    assert_int_equal(
        bc_jurisdiction_due(&j[1], 1, BC_CLOCK_PURPOSE, at("2027-05-12T23:59:59Z"), &by), 0);
    assert_int_equal(by, -1);
    test_free(j);
}

static void jurisdiction_name_that_is_a_path_is_refused(void **state)
{
    static const char *const bad[] = {"", "../us-il", "/etc/passwd", "US-IL", "a b", "."};
    const char *folders[] = {"/nonexistent"};
    struct bc_jurisdiction *j = test_calloc(1, sizeof *j);
    struct bc_ini_file_error err;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bc_jurisdiction_load(folders, 1, bad[i], 0, j, &err), BC_ERR_INVALID);
    assert_int_equal(bc_jurisdiction_load(folders, 1, "us-il", 0, j, &err), BC_ERR_NOT_FOUND);
    test_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(period_added_to_a_date_goes_by_the_calendar),
        cmocka_unit_test(period_in_another_form_is_refused),
        cmocka_unit_test(datetime_of_known_days_is_exact),
        cmocka_unit_test(jurisdiction_value_without_clause_is_refused),
        cmocka_unit_test(jurisdiction_files_installed_are_read),
        cmocka_unit_test(jurisdiction_files_installed_state_the_law),
        cmocka_unit_test(jurisdiction_clauses_name_what_has_no_key),
        cmocka_unit_test(jurisdictions_due_of_several_is_the_earliest),
        cmocka_unit_test(jurisdiction_due_without_rule_or_in_the_future_is_none),
        cmocka_unit_test(jurisdiction_name_that_is_a_path_is_refused),
    };

    return cmocka_run_group_tests_name("laws", tests, NULL, NULL);
}
