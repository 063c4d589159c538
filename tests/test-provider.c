/* SPDX-License-Identifier: BSD-2-Clause */

/* Providers as data: what their files may say, what an identifier may hold, what a command becomes,
 * and how an answer is read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "provider/command.h"
#include "provider/provider.h"
#include "provider/response.h"

static const char *const shipped[] = {"fprintd",   "howdy",        "aws-rekognition",
                                      "aws-chime", "aws-voice-id", "aws-one"};

static struct bc_provider parsed;

static enum bc_result parse(const char *text)
{
    struct bc_ini_file_error err = {.line = 0};

    return bc_provider_parse("x", "/x.conf", text, strlen(text), &parsed, &err);
}

#define PROVIDER "[provider]\nname = X\nlegal-name = X Ltd\nmodality = face\ntimeout = 5s\n"
#define HANDLES                                                                                    \
    "[identifiers]\nid = required a-z0-9 1-8\nany = optional dash a-z- 1-8\nf = many 0-9 2-2\n"
#define DELETE "[delete]\ncommand = /bin/x --id={id}\n"
#define WHOLE PROVIDER HANDLES DELETE

static void provider_parse_with_any_fault_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        PROVIDER HANDLES,
        "name = X\n" WHOLE,
        HANDLES DELETE,
        "[provider]\nname = X\nlegal-name = X\nmodality = face\n" HANDLES DELETE,
        "[provider]\nname = X\nlegal-name = X\ntimeout = 5s\n" HANDLES DELETE,
        PROVIDER "modality = gait\n" HANDLES DELETE,
        PROVIDER "colour = red\n" HANDLES DELETE,
        PROVIDER "name = Y\n" HANDLES DELETE,
        PROVIDER "ended = 2026-05-20\n" HANDLES DELETE,
        PROVIDER "ended = 2026-02-30\nended.source = y\n" HANDLES DELETE,
        PROVIDER "endpoint = http://example.com\n" HANDLES DELETE,
        PROVIDER "endpoint = http://127.0.0.1:80@example.com/\n" HANDLES DELETE,
        PROVIDER "endpoint = file:///etc/shadow\n" HANDLES DELETE,
        "[provider]\nname = X\nlegal-name = X\nmodality = face\ntimeout = 2h\n" HANDLES DELETE,
        "[provider]\nname = X\nlegal-name = X\nmodality = face\ntimeout = 0\n" HANDLES DELETE,
        WHOLE "[colour]\n",
        WHOLE "[environment]\nlower = 1\n",
        WHOLE "[environment]\nA=B = 1\nA = 2\nA = 3\n",
        WHOLE "[by-hand]\nadvice = do it\n",
        WHOLE "[places]\nhere = id\n",
        WHOLE "[places]\nhere = id=UPPER\n",
        WHOLE "[places]\nhere = other=x\n",
        WHOLE "[list]\ncommand = /bin/x\n",
        WHOLE "[list]\ncommand = /bin/x\ncollect = id Ids\n",
        WHOLE "[list]\ncommand = /bin/x\ncollect = other Ids\n",
        WHOLE "[list]\ncommand = /bin/x\ncollect = f\n",
        WHOLE "[list]\ncollect = f Ids\n",
        WHOLE "[list]\ncommand = /bin/x\ncollect = f Ids\npresent = y\n",
        WHOLE "[delete-2]\ncommand = /bin/x\ngone-empty = Ids\n",
        WHOLE "[prove]\ncommand = /bin/x\n",
        WHOLE "[prove]\ncommand = /bin/x\npresent = y\n",
        WHOLE "[prove]\ngone = NotFound\n",
        WHOLE "[prove]\nabsent = relative/{account}\n",
        WHOLE "[prove]\nabsent = /x\ngone = NotFound\n",
        WHOLE "[prove]\ncommand = /bin/x\ngone-equals = Status\n",
        WHOLE "[prove]\nabsent = /x\nwhere = driver\n",
        WHOLE "[prove]\nabsent = /x\nwhere = other a b\n",
        WHOLE "[prove-3]\nabsent = /x\n",
        PROVIDER "[identifiers]\naccount = required a-z 1-8\n[delete]\ncommand = /bin/x\n",
        PROVIDER "[identifiers]\nf = many a-z 1-8\ng = many a-z 1-8\n[delete]\ncommand = /bin/x\n",
    };

    (void)state;
    assert_int_equal(parse(WHOLE), BC_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parse(bad[i]) != BC_ERR_INVALID)
            fail_msg("taken: %s", bad[i]);
    assert_string_equal(parsed.id, "x");
}

static void command_parse_gives_words_with_identifiers(void **state)
{
    static const char *const bad[] = {
        "x --id={id}",        "/bin/{id}",        "/bin/x --id={none}", "/bin/x --id={id",
        "/bin/x --id=id}",    "/bin/x --id={}",   "/bin/x  --id={id}",  "/bin/x --any {any}",
        "/bin/x {any}",       "/bin/x any={any}", "/bin/x --{any}=1",   "/bin/x --f={f...}",
        "/bin/x --f={f}",     "/bin/x {id...}",   "/bin/x --f={file}",  "/bin/x {file}",
        "/bin/x --id={{id}}", "/bin/x ",          "{account} x",
    };
    static const char *const good[] = {"/bin/x", "/bin/x --id={id} {account} {f...} --any={any}",
                                       "/bin/x -f {id}", "/bin/x --query=Faces[].FaceId"};
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(text, sizeof text, PROVIDER HANDLES "[delete]\ncommand = %s\n", bad[i]);
        if (bad[i][strlen(bad[i]) - 1] != ' ' && parse(text) != BC_ERR_INVALID)
            fail_msg("taken: %s", bad[i]);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        (void)snprintf(text, sizeof text, PROVIDER HANDLES "[delete]\ncommand = %s\n", good[i]);
        assert_int_equal(parse(text), BC_OK);
    }
}

static void identifier_rule_in_another_form_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "required",
                                      "required a-z",
                                      "required a-z 1",
                                      "a-z 1-8",
                                      "always a-z 1-8",
                                      "required a-z 0-8",
                                      "required a-z 8-1",
                                      "required a-z 1-256",
                                      "required z-a 1-8",
                                      "required / 1-8",
                                      "required @ 1-8",
                                      "required a/b 1-8",
                                      "required .-: 1-8",
                                      "required a-z 1-8 x",
                                      "many dash 0-9 1-2",
                                      "required \" 1-8",
                                      "required ' 1-8",
                                      "required \\ 1-8",
                                      "required  a-z 1-8",
                                      "required a-z -8",
                                      "required +-z 1-8",
                                      "required a-z 01-8",
                                      "required * 1-8"};
    struct bc_identifier_rule rule = {.max = 77};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (bc_identifiers_parse_rule("x", bad[i], &rule))
            fail_msg("taken: %s", bad[i]);
    assert_int_equal(rule.max, 77);
    assert_true(bc_identifiers_parse_rule("x", "optional dash a-cX._- 2-3", &rule));
    assert_true(bc_identifiers_valid(&rule, "-a", 2) && bc_identifiers_valid(&rule, "Xc_", 3));
    assert_false(bc_identifiers_valid(&rule, "d", 1) || bc_identifiers_valid(&rule, "ad", 2));
}

static void load(const char *id)
{
    const char *src = getenv("BC_SRC_DIR");
    char *root = realpath(src ? src : "..", NULL), folder[4096];
    const char *const folders[] = {folder};
    struct bc_ini_file_error err = {.line = 0};

    assert_non_null(root);
    (void)snprintf(folder, sizeof folder, "%s/doc/providers", root);
    free(root);
    if (bc_provider_load(folders, 1, id, getuid(), &parsed, &err) != BC_OK)
        fail_msg("%s: line %d: %s", id, err.line, err.what);
}

/* Whatever an identifier is called, at whatever provider: nothing that a program could take for an
 * option, a file, a URL or a second argument. */
static void identifier_like_option_url_or_path_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "file:///etc/shadow",
                                      "fileb:///etc/shadow",
                                      "http://example.com/",
                                      "https://x",
                                      "/etc/shadow",
                                      "../../etc/shadow",
                                      "..",
                                      ".",
                                      "@/etc/shadow",
                                      "@file",
                                      "a b",
                                      "a\nb",
                                      "a\tb",
                                      "a\x1b[31m",
                                      "a\x7f",
                                      "a\"b",
                                      "a'b",
                                      "$(id)",
                                      "`id`",
                                      "a;b",
                                      "a|b",
                                      "a&b",
                                      "a>b",
                                      "{account}",
                                      "a\\b",
                                      "a*",
                                      "a?",
                                      "[a]",
                                      "\xc3\xa9",
                                      "\xff",
                                      "a%00"};
    char longest[300];

    (void)state;
    memset(longest, 'a', sizeof longest);
    for (size_t p = 0; p < sizeof shipped / sizeof shipped[0]; p++) {
        load(shipped[p]);
        for (size_t h = 0; h < parsed.identifiers.count; h++) {
            const struct bc_identifier_rule *rule = &parsed.identifiers.rule[h];
            for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
                if (bc_identifiers_valid(rule, bad[i], strlen(bad[i])))
                    fail_msg("%s %s takes %s", parsed.id, rule->name, bad[i]);
            assert_false(bc_identifiers_valid(rule, "a\0b", 3));
            assert_false(bc_identifiers_valid(rule, longest, 256));
            if (!rule->dash)
                assert_false(bc_identifiers_valid(rule, "-------------------------a------------",
                                                  rule->max));
        }
    }
}

static void identifier_of_real_services_is_taken(void **state)
{
    static const struct {
        const char *provider, *identifier, *value;
    } good[] = {{"aws-rekognition", "face", "1f2e3d4c-5b6a-4978-8796-a5b4c3d2e1f0"},
                {"aws-rekognition", "collection", "-staff.2026_A"},
                {"aws-rekognition", "user", "hr:alice-7"},
                {"aws-rekognition", "region", "eu-central-1"},
                {"aws-voice-id", "speaker", "id#AbCdEfGhIjKlMnOpQrStUv"},
                {"aws-voice-id", "speaker", "customer_17"},
                {"aws-voice-id", "domain", "AbCdEfGhIjKlMnOpQrStUv"},
                {"aws-chime", "profile", "1f2e3d4c-5b6a-4978-8796-a5b4c3d2e1f0"},
                {"aws-one", "account-id", "123456789012"},
                {"fprintd", "finger", "right-index-finger"},
                {"fprintd", "driver", "virtual_device_storage"},
                {"fprintd", "print", "a"}};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        load(good[i].provider);
        if (!bc_identifiers_valid(bc_identifiers_rule(&parsed.identifiers, good[i].identifier,
                                                      strlen(good[i].identifier)),
                                  good[i].value, strlen(good[i].value)))
            fail_msg("%s %s refuses %s", good[i].provider, good[i].identifier, good[i].value);
    }
}

static void identifiers_missing_or_twice_are_named(void **state)
{
    struct bc_identifiers none = {0}, twice = {0}, other = {0}, good = {0};
    const char *which = "";

    (void)state;
    assert_int_equal(parse(WHOLE), BC_OK);
    assert_non_null(bc_identifiers_fault(&parsed.identifiers, &none, &which));
    assert_string_equal(which, "id");
    assert_true(bc_identifiers_add(&twice, "id", "a") && bc_identifiers_add(&twice, "id", "b"));
    assert_non_null(bc_identifiers_fault(&parsed.identifiers, &twice, &which));
    assert_true(bc_identifiers_add(&other, "id", "a") && bc_identifiers_add(&other, "colour", "b"));
    assert_non_null(bc_identifiers_fault(&parsed.identifiers, &other, &which));
    assert_string_equal(which, "colour");
    assert_true(bc_identifiers_add(&good, "id", "a") && bc_identifiers_add(&good, "f", "10") &&
                bc_identifiers_add(&good, "f", "11"));
    assert_null(bc_identifiers_fault(&parsed.identifiers, &good, &which));
}

static void command_fill_puts_each_value_in_one_word(void **state)
{
    static const char template[] = "/bin/x --id={id} {account} --any={any} {f...}";
    const char *many[BC_COMMAND_BATCH + 1];
    struct bc_identifiers identifiers = {0};
    struct bc_filling f = {.account = "alice", .identifiers = &identifiers};
    struct bc_command c = {0};

    (void)state;
    assert_int_equal(parse(WHOLE), BC_OK);
    assert_int_equal(bc_command_fill(&parsed.identifiers, template, &f, 0, &c), BC_ERR_NOT_FOUND);
    assert_true(bc_identifiers_add(&identifiers, "id", "a1") &&
                bc_identifiers_add(&identifiers, "any", "-o"));
    assert_true(bc_identifiers_add(&identifiers, "f", "10") &&
                bc_identifiers_add(&identifiers, "f", "11"));
    f.last = "--end";
    assert_int_equal(bc_command_fill(&parsed.identifiers, template, &f, 0, &c), BC_OK);
    assert_int_equal(c.count, 7);
    assert_string_equal(c.argv[1], "--id=a1");
    assert_string_equal(c.argv[2], "alice");
    assert_string_equal(c.argv[3], "--any=-o");
    assert_string_equal(c.argv[5], "11");
    assert_string_equal(c.argv[6], "--end");
    assert_null(c.argv[7]);
    bc_command_free(&c);
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = "12";
    f.many = many;
    f.many_count = sizeof many / sizeof many[0];
    assert_int_equal(bc_command_fill(&parsed.identifiers, "/bin/x {f...}", &f, 0, &c), BC_OK);
    assert_int_equal(c.count, BC_COMMAND_BATCH + 2);
    bc_command_free(&c);
    assert_int_equal(
        bc_command_fill(&parsed.identifiers, "/bin/x {f...}", &f, BC_COMMAND_BATCH, &c), BC_OK);
    assert_int_equal(c.count, 3);
    bc_command_free(&c);
}

/* A value that was recorded under an older rule, or by another program, is checked again. */
static void command_fill_with_value_against_its_rule_is_refused(void **state)
{
    static const char *const accounts[] = {"-alice", "..", ".", "a/b", "a b", ""};
    struct bc_identifiers identifiers = {0};
    struct bc_filling f = {.account = "alice", .identifiers = &identifiers};
    struct bc_command c = {0};
    char text[64] = "unchanged";

    (void)state;
    assert_int_equal(parse(WHOLE), BC_OK);
    assert_true(bc_identifiers_add(&identifiers, "id", "file:///etc/shadow"));
    assert_true(bc_identifiers_add(&identifiers, "f", "-1"));
    assert_int_equal(bc_command_fill(&parsed.identifiers, "/bin/x --id={id}", &f, 0, &c),
                     BC_ERR_INVALID);
    assert_int_equal(bc_command_fill(&parsed.identifiers, "/bin/x {f...}", &f, 0, &c),
                     BC_ERR_INVALID);
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
        f.account = accounts[i];
        assert_int_equal(bc_command_fill(&parsed.identifiers, "/bin/x {account}", &f, 0, &c),
                         BC_ERR_INVALID);
        assert_int_equal(
            bc_command_text(&parsed.identifiers, "/a/{account}/b", &f, text, sizeof text),
            BC_ERR_INVALID);
    }
    f.file = "relative";
    assert_int_equal(bc_command_fill(&parsed.identifiers, "/bin/x --f={file}", &f, 0, &c),
                     BC_ERR_INVALID);
    assert_null(c.argv);
    assert_string_equal(text, "unchanged");
}

static json_t *reply(const char *text)
{
    json_t *r = NULL;

    assert_int_equal(bc_response_parse(text, strlen(text), &r), BC_OK);
    return r;
}

static int reads(int (*call)(const json_t *, const char *), const char *text, const char *spec)
{
    json_t *r = reply(text);
    int result = call(r, spec);

    json_decref(r);
    return result;
}

/* A success that left something undeleted is none. */
static void response_with_partial_failure_is_seen(void **state)
{
    static const char spec[] = "Bad.Reasons GONE";

    (void)state;
    assert_true(reads(bc_response_only, "", spec));
    assert_true(reads(bc_response_only, "{}", spec));
    assert_true(reads(bc_response_only, "{\"Bad\": []}", spec));
    assert_true(reads(bc_response_only, "{\"Bad\": [{\"Reasons\": [\"GONE\"]}]}", spec));
    assert_false(reads(bc_response_only, "{\"Bad\": [{\"Reasons\": [\"GONE\", \"BUSY\"]}]}", spec));
    assert_false(reads(bc_response_only, "{\"Bad\": [{\"Reasons\": [\"GONE\"]}, {}]}", spec));
    assert_false(reads(bc_response_only, "{\"Bad\": [{\"Reasons\": [7]}]}", spec));
    assert_false(reads(bc_response_only, "{\"Bad\": \"all\"}", spec));
    assert_false(reads(bc_response_only, "{\"Bad\": null}", spec));
    assert_false(reads(bc_response_only, "[]", spec));
    assert_false(reads(bc_response_only, "\"GONE\"", spec));
    assert_false(reads(bc_response_only, "{\"Bad\": [{\"Reasons\": [\"BUSY\"]}]}", "Bad.Reasons"));
}

static void response_that_is_unclear_does_not_say_gone(void **state)
{
    (void)state;
    assert_true(reads(bc_response_empty, "[]", "."));
    assert_true(reads(bc_response_empty, "{\"Faces\": []}", "Faces"));
    assert_false(reads(bc_response_empty, "", "."));
    assert_false(reads(bc_response_empty, "{}", "Faces"));
    assert_false(reads(bc_response_empty, "{\"Faces\": null}", "Faces"));
    assert_false(reads(bc_response_empty, "{\"Faces\": [1]}", "Faces"));
    assert_false(reads(bc_response_empty, "null", "."));
    assert_true(reads(bc_response_equals, "{\"S\": {\"Status\": \"OUT\"}}", "S.Status OUT"));
    assert_false(reads(bc_response_equals, "{\"S\": {\"Status\": \"IN\"}}", "S.Status OUT"));
    assert_false(reads(bc_response_equals, "{\"S\": {}}", "S.Status OUT"));
    assert_false(reads(bc_response_equals, "{}", "S.Status OUT"));
    assert_false(reads(bc_response_equals, "{\"S\": \"OUT\"}", "S.Status OUT"));
}

static void response_error_code_matches_whole_words_only(void **state)
{
    static const char message[] =
        "An error occurred (NotFound) when calling the X operation: no (such";

    (void)state;
    assert_true(bc_response_names(message, "Other NotFound"));
    assert_false(bc_response_names(message, "Found NotFoundException Not"));
    assert_false(bc_response_names("NotFound", "NotFound"));
    assert_false(bc_response_names("(", "NotFound"));
    assert_false(bc_response_names("()", ""));
    assert_false(bc_response_names(message, ""));
}

static void response_parse_of_nonsense_is_refused(void **state)
{
    static const char *const bad[] = {"{", "<html>", "{} {}", "{\"a\":1,\"a\":2}", "nul"};
    json_t *r = NULL;
    char *deep = malloc(200001);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bc_response_parse(bad[i], strlen(bad[i]), &r), BC_ERR_INVALID);
    assert_non_null(deep);
    memset(deep, '[', 200000);
    deep[200000] = '\0';
    assert_int_equal(bc_response_parse(deep, 200000, &r), BC_ERR_INVALID);
    free(deep);
    assert_int_equal(bc_response_parse("{}", BC_REPLY_MAX + 1, &r), BC_ERR_TOO_LARGE);
    assert_null(r);
}

static void provider_files_installed_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        load(shipped[i]);
        assert_string_equal(parsed.id, shipped[i]);
    }
    load("aws-voice-id");
    assert_int_equal(parsed.ended, 1779235200); /* 20 May 2026 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(provider_parse_with_any_fault_is_refused),
        cmocka_unit_test(command_parse_gives_words_with_identifiers),
        cmocka_unit_test(identifier_rule_in_another_form_is_refused),
        cmocka_unit_test(identifier_like_option_url_or_path_is_refused),
        cmocka_unit_test(identifier_of_real_services_is_taken),
        cmocka_unit_test(identifiers_missing_or_twice_are_named),
        cmocka_unit_test(command_fill_puts_each_value_in_one_word),
        cmocka_unit_test(command_fill_with_value_against_its_rule_is_refused),
        cmocka_unit_test(response_with_partial_failure_is_seen),
        cmocka_unit_test(response_that_is_unclear_does_not_say_gone),
        cmocka_unit_test(response_error_code_matches_whole_words_only),
        cmocka_unit_test(response_parse_of_nonsense_is_refused),
        cmocka_unit_test(provider_files_installed_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
