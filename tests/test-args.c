/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Needs those above. */
#include <cmocka.h>

#include "base/args.h"

enum { FLAG, ONE, MANY, EACH, HIDDEN, OPTIONS };

static const struct bc_args_option table[] = {
    [FLAG] = {"verbose", BC_ARGS_FLAG, NULL, "show each step"},
    [ONE] = {"passphrase-file", BC_ARGS_VALUE, "FILE", "read it there"},
    [MANY] = {"modality", BC_ARGS_LIST, "M", "fingerprint or face"},
    [EACH] = {"identifier", BC_ARGS_EACH, "NAME=VALUE", "what names it"},
    [HIDDEN] = {"quorum", BC_ARGS_VALUE, "K", "of another verb"},
    [OPTIONS] = {NULL, BC_ARGS_FLAG, NULL, NULL},
};
static const int allowed[] = {FLAG, ONE, MANY, EACH, -1};
static struct bc_args args;

/* Parses words, which a space separates. They live until the next call. */
static int parse(const char *words)
{
    static char text[4096];
    char *argv[128], *save;
    int argc = 0;

    assert_true(strlen(words) < sizeof text);
    memcpy(text, words, strlen(words) + 1);
    for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    return bc_args_parse(&args, table, allowed, argc, argv);
}

static void assert_refused(const char *words, const char *why)
{
    assert_int_equal(parse(words), 0);
    assert_string_equal(args.error, why);
}

static void parse_options_and_operands_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(parse("alice --verbose --passphrase-file=p=q bob"), 1);
    assert_int_equal(args.operand_count, 2);
    assert_string_equal(args.operand[0], "alice");
    assert_string_equal(args.operand[1], "bob");
    assert_true(bc_args_given(&args, FLAG));
    assert_string_equal(bc_args_value(&args, ONE, "none"), "p=q");
    assert_int_equal(parse("--passphrase-file --verbose"), 1);
    assert_string_equal(bc_args_value(&args, ONE, "none"), "--verbose");
    assert_false(bc_args_given(&args, FLAG));
}

static void value_missing_option_returns_fallback(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 1);
    assert_string_equal(bc_args_value(&args, ONE, "none"), "none");
    assert_null(bc_args_value(&args, FLAG, NULL));
    assert_int_equal(args.operand_count, 0);
}

static void parse_unknown_option_names_the_nearest(void **state)
{
    (void)state;
    assert_refused("--verbos", "unknown option --verbos; did you mean --verbose?");
    assert_refused("--pasphrase-flie=x", "unknown option --pasphrase-flie=x");
    assert_refused("--passphrase-fil=x",
                   "unknown option --passphrase-fil=x; did you mean --passphrase-file?");
    assert_refused("--colour", "unknown option --colour");
    assert_refused("-v", "unknown option -v");
    assert_refused("--=x", "unknown option --=x");
}

static void parse_option_of_another_verb_is_unknown(void **state)
{
    (void)state;
    assert_refused("--quorum 2", "unknown option --quorum");
    assert_refused("--quoru 2", "unknown option --quoru");
}

static void parse_abbreviation_is_unknown(void **state)
{
    (void)state;
    assert_refused("--verb", "unknown option --verb");
}

static void parse_option_twice_is_refused(void **state)
{
    (void)state;
    assert_refused("--verbose --verbose", "option --verbose is given twice");
    assert_refused("--passphrase-file a --passphrase-file a",
                   "option --passphrase-file is given twice");
}

static void parse_list_splits_at_commas_and_repeats(void **state)
{
    (void)state;
    assert_int_equal(parse("--modality face,iris --modality palm"), 1);
    assert_int_equal(args.option[MANY].count, 3);
    assert_string_equal(args.option[MANY].value[0], "face");
    assert_string_equal(args.option[MANY].value[1], "iris");
    assert_string_equal(args.option[MANY].value[2], "palm");
    assert_refused("--modality face,", "option --modality needs a value: M");
    assert_refused("--modality ,face", "option --modality needs a value: M");
    assert_refused("--modality a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
                   "option --modality takes at most 16 values");
}

static void parse_each_keeps_commas(void **state)
{
    (void)state;
    assert_int_equal(parse("--identifier a=1,2 --identifier b=3"), 1);
    assert_int_equal(args.option[EACH].count, 2);
    assert_string_equal(args.option[EACH].value[0], "a=1,2");
}

static void parse_missing_value_is_refused(void **state)
{
    (void)state;
    assert_refused("--passphrase-file", "option --passphrase-file needs a value: FILE");
    assert_refused("--passphrase-file=", "option --passphrase-file needs a value: FILE");
    assert_refused("--verbose=yes", "option --verbose takes no value");
}

static void parse_behind_two_dashes_everything_is_an_operand(void **state)
{
    (void)state;
    assert_int_equal(parse("- -- --verbose -x --"), 1);
    assert_int_equal(args.operand_count, 4);
    assert_string_equal(args.operand[0], "-");
    assert_string_equal(args.operand[1], "--verbose");
    assert_string_equal(args.operand[3], "--");
    assert_false(bc_args_given(&args, FLAG));
}

static void parse_too_many_operands_is_refused(void **state)
{
    char words[2 * (BC_ARGS_OPERANDS_MAX + 1) + 1] = "";

    (void)state;
    for (int i = 0; i < BC_ARGS_OPERANDS_MAX; i++)
        memcpy(words + 2 * i, "x ", 3);
    assert_int_equal(parse(words), 1);
    memcpy(words + 2 * BC_ARGS_OPERANDS_MAX, "x ", 3);
    assert_refused(words, "more than 64 operands");
}

static void parse_error_holds_no_control_characters(void **state)
{
    (void)state;
    assert_int_equal(parse("--\033[31mred"), 0);
    assert_null(strchr(args.error, '\033'));
}

static void nearest_is_near_or_null(void **state)
{
    static const char *const names[] = {"grant", "list", "lint", "sign"};
    char longest[100];

    (void)state;
    memset(longest, 'g', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_string_equal(bc_args_nearest("garnt", names, 4), "grant");
    assert_string_equal(bc_args_nearest("lits", names, 4), "list");
    assert_string_equal(bc_args_nearest("sgn", names, 4), "sign");
    assert_null(bc_args_nearest("xy", names, 4));
    assert_null(bc_args_nearest("", names, 4));
    assert_null(bc_args_nearest("verify", names, 4));
    assert_null(bc_args_nearest(longest, names, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_options_and_operands_in_any_order),
        cmocka_unit_test(value_missing_option_returns_fallback),
        cmocka_unit_test(parse_unknown_option_names_the_nearest),
        cmocka_unit_test(parse_option_of_another_verb_is_unknown),
        cmocka_unit_test(parse_abbreviation_is_unknown),
        cmocka_unit_test(parse_option_twice_is_refused),
        cmocka_unit_test(parse_list_splits_at_commas_and_repeats),
        cmocka_unit_test(parse_each_keeps_commas),
        cmocka_unit_test(parse_missing_value_is_refused),
        cmocka_unit_test(parse_behind_two_dashes_everything_is_an_operand),
        cmocka_unit_test(parse_too_many_operands_is_refused),
        cmocka_unit_test(parse_error_holds_no_control_characters),
        cmocka_unit_test(nearest_is_near_or_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
