/* SPDX-License-Identifier: BSD-2-Clause */

/* Templates that lie in files: found by the provider's path, and nothing else is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "provider/template-files.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char top[64];
static struct bc_identifier_rules rules;

struct seen {
    size_t count;
    size_t stop; /* end early after so many; 0: never */
    char text[2048];
};

static void note_file(struct seen *seen, const struct bc_template_file *s)
{
    (void)strcat(seen->text, s->account);
    for (size_t i = 0; i < s->identifiers.count; i++) {
        (void)strcat(seen->text, " ");
        (void)strcat(seen->text, s->identifiers.item[i].name);
        (void)strcat(seen->text, "=");
        (void)strcat(seen->text, s->identifiers.item[i].value);
    }
    (void)strcat(seen->text, "\n");
    seen->count++;
}

static enum bc_result walk(const char *pattern, const char *account, struct seen *seen)
{
    static struct bc_template_files files;
    struct bc_template_file file;
    struct stat st;
    char path[512];
    int is_template;

    (void)snprintf(path, sizeof path, "%s%s", top, pattern);
    if (bc_template_files_begin(&files, &rules, path, account) != BC_OK)
        return BC_ERR_INVALID;
    while ((!seen->stop || seen->count < seen->stop) &&
           bc_template_files_next(&files, &st, &is_template, &file))
        if (is_template)
            note_file(seen, &file);
    return bc_template_files_end(&files);
}

static void make(const char *path, int folder)
{
    char whole[512];
    FILE *f;

    (void)snprintf(whole, sizeof whole, "%s%s", top, path);
    if (folder) {
        assert_int_equal(mkdir(whole, 0700), 0);
        return;
    }
    f = fopen(whole, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
    static const char *const folders[] = {"/fprint",
                                          "/fprint/alice",
                                          "/fprint/alice/uru4000",
                                          "/fprint/alice/uru4000/0",
                                          "/fprint/bob",
                                          "/fprint/bob/uru4000",
                                          "/fprint/bob/uru4000/0",
                                          "/fprint/alice/bad driver",
                                          "/fprint/alice/bad driver/0",
                                          "/fprint/alice/uru4000/0/9",
                                          "/models"};
    static const char *const files[] = {
        "/fprint/alice/uru4000/0/7",  "/fprint/alice/uru4000/0/a",    "/fprint/bob/uru4000/0/1",
        "/fprint/alice/uru4000/0/zz", "/fprint/alice/bad driver/0/7", "/fprint/alice/stray",
        "/models/alice.dat",          "/models/alice.dat.bak",        "/models/.dat"};
    char from[512], to[512];

    (void)state;
    (void)snprintf(top, sizeof top, "/tmp/test-stored-XXXXXX");
    assert_non_null(mkdtemp(top));
    for (size_t i = 0; i < COUNT(folders); i++)
        make(folders[i], 1);
    for (size_t i = 0; i < COUNT(files); i++)
        make(files[i], 0);
    (void)snprintf(from, sizeof from, "%s/fprint/bob/uru4000/0/1", top);
    (void)snprintf(to, sizeof to, "%s/fprint/alice/uru4000/0/b", top);
    assert_int_equal(symlink(from, to), 0);
    (void)snprintf(from, sizeof from, "%s/fprint/bob", top);
    (void)snprintf(to, sizeof to, "%s/fprint/mallory", top);
    assert_int_equal(symlink(from, to), 0);
    rules.count = 3;
    assert_int_equal(bc_identifiers_parse_rule("driver", "required a-z0-9 1-32", &rules.rule[0]),
                     1);
    assert_int_equal(bc_identifiers_parse_rule("device", "required a-z0-9 1-32", &rules.rule[1]),
                     1);
    assert_int_equal(bc_identifiers_parse_rule("print", "required 0-9a-f 1-2", &rules.rule[2]), 1);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s", top);
    return system(command);
}

static void template_files_of_one_account_are_found(void **state)
{
    struct seen seen = {.count = 0};

    (void)state;
    assert_int_equal(walk("/fprint/{account}/{driver}/{device}/{print}", "alice", &seen), BC_OK);
    /* Not the file whose name breaks the rule, nor that in a folder whose name does, nor a folder
     * in a file's place, nor a link. */
    assert_int_equal(seen.count, 2);
    assert_non_null(strstr(seen.text, "alice driver=uru4000 device=0 print=7\n"));
    assert_non_null(strstr(seen.text, "alice driver=uru4000 device=0 print=a\n"));
}

static void template_files_of_all_accounts_are_found(void **state)
{
    struct seen seen = {.count = 0};

    (void)state;
    assert_int_equal(walk("/fprint/{account}/{driver}/{device}/{print}", NULL, &seen), BC_OK);
    assert_int_equal(seen.count, 3);
    assert_non_null(strstr(seen.text, "bob driver=uru4000 device=0 print=1\n"));
    assert_null(strstr(seen.text, "mallory"));
}

static void template_files_of_one_account_never_follow_a_link(void **state)
{
    struct seen seen = {.count = 0};

    (void)state;
    assert_int_equal(walk("/fprint/{account}/{driver}/{device}/{print}", "mallory", &seen), BC_OK);
    assert_int_equal(seen.count, 0);
}

static void template_files_with_text_around_the_account_are_found(void **state)
{
    struct seen seen = {.count = 0};

    (void)state;
    assert_int_equal(walk("/models/{account}.dat", NULL, &seen), BC_OK);
    assert_string_equal(seen.text, "alice\n");
}

static void template_files_in_missing_folder_are_none(void **state)
{
    static const char *const patterns[] = {"/none/{account}/{print}", "/models/alice.dat/{print}",
                                           "/fprint/{account}/none/{print}"};
    struct seen seen = {.count = 0};

    (void)state;
    for (size_t i = 0; i < COUNT(patterns); i++)
        assert_int_equal(walk(patterns[i], "alice", &seen), BC_OK);
    assert_int_equal(walk("/fprint/{account}/{driver}/{device}/{print}", "carol", &seen), BC_OK);
    assert_int_equal(seen.count, 0);
}

static void template_files_of_malformed_pattern_are_refused(void **state)
{
    static const char *const patterns[] = {"//x",
                                           "/models/{account}{print}",
                                           "/models/{}",
                                           "/models/{account",
                                           "/models/account}",
                                           "/models/../x",
                                           "/models/",
                                           "/./models"};
    static struct bc_template_files files;
    struct seen seen = {.count = 0};

    (void)state;
    for (size_t i = 0; i < COUNT(patterns); i++)
        assert_int_equal(walk(patterns[i], "alice", &seen), BC_ERR_INVALID);
    assert_int_equal(bc_template_files_begin(&files, &rules, "models/x", "alice"), BC_ERR_INVALID);
    assert_int_equal(seen.count, 0);
}

static void template_files_walk_stops_when_told(void **state)
{
    struct seen seen = {.stop = 1};

    (void)state;
    assert_int_equal(walk("/fprint/{account}/{driver}/{device}/{print}", NULL, &seen), BC_OK);
    assert_int_equal(seen.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_files_of_one_account_are_found),
        cmocka_unit_test(template_files_of_all_accounts_are_found),
        cmocka_unit_test(template_files_of_one_account_never_follow_a_link),
        cmocka_unit_test(template_files_with_text_around_the_account_are_found),
        cmocka_unit_test(template_files_in_missing_folder_are_none),
        cmocka_unit_test(template_files_of_malformed_pattern_are_refused),
        cmocka_unit_test(template_files_walk_stops_when_told),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
