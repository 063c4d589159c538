/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"

/* Whether the record has these cells, written with | between them; faults: after them the quotes
 * are wrong. */
static void expect_cells(const char *record, const char *cells, int faults)
{
    char text[256], got[256] = "";
    struct bc_csv c;
    struct bc_line cell;
    int n, more;

    memcpy(text, record, strlen(record) + 1);
    bc_csv_begin(&c, text, strlen(text));
    for (n = 0; (more = bc_csv_next(&c, &cell)) > 0; n++) {
        assert_int_equal(strlen(cell.s), cell.len);
        if (n)
            strcat(got, "|");
        strcat(got, cell.s);
    }
    assert_string_equal(got, cells);
    assert_int_equal(more, faults ? -1 : 0);
    assert_int_equal(bc_csv_next(&c, &cell), 0);
}

static void csv_next_splits_at_commas(void **state)
{
    (void)state;
    expect_cells("a,b,c", "a|b|c", 0);
    expect_cells("a,b,c\n", "a|b|c", 0);
    expect_cells("a,b,c\r\n", "a|b|c", 0);
    expect_cells("", "", 0);
    expect_cells(",", "|", 0);
    expect_cells("a,,c,", "a||c|", 0);
    expect_cells(" a , b", " a | b", 0);
}

static void csv_next_takes_quotes_off(void **state)
{
    (void)state;
    expect_cells("\"a,b\",c", "a,b|c", 0);
    expect_cells("\"a\"\"b\",\"\"", "a\"b|", 0);
    expect_cells("\"a\nb\",\"c\"\r\n", "a\nb|c", 0);
    expect_cells("x,\"\"\"\"", "x|\"", 0);
}

static void csv_next_refuses_wrong_quotes(void **state)
{
    (void)state;
    expect_cells("a\"b,c", "", 1);
    expect_cells("a,\"b\"c", "a", 1);
    expect_cells("a,\"b", "a", 1);
    expect_cells("a,\"b\"\"", "a", 1);
}

static void csv_whole_sees_newlines_in_quotes(void **state)
{
    (void)state;
    assert_int_equal(bc_csv_whole("a,\"b\n", 5), 0);
    assert_int_equal(bc_csv_whole("a,\"b\nc\"\n", 8), 1);
    assert_int_equal(bc_csv_whole("a,\"b\"\"\n", 7), 0);
    assert_int_equal(bc_csv_whole("", 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_next_splits_at_commas),
        cmocka_unit_test(csv_next_takes_quotes_off),
        cmocka_unit_test(csv_next_refuses_wrong_quotes),
        cmocka_unit_test(csv_whole_sees_newlines_in_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
