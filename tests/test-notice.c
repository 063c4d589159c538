/* SPDX-License-Identifier: BSD-2-Clause */

/* Notices as files: what is no notice, what people read of one, what the laws miss in it, and what
 * two versions differ in. */

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

#include "base/datetime.h"
#include "consent/notice.h"

#define MAGIC "bioconsent-notice/1\n"
#define WORDS                                                                                      \
    "id: login\nversion: 1\nlanguage: en\nkind: written-release\nmodalities: fingerprint\n"        \
    "operations: authenticate enroll\nproviders: fprintd\npurposes: login\n"
#define OTHERS                                                                                     \
    "controller: Example Ltd\nservice_provider: Someone, Inc.\nretention: 3 years\n"               \
    "biometric_data: a template\npurpose: to sign you in\ndisclosure: nobody\nrelease: I agree.\n"
#define HEAD MAGIC WORDS OTHERS
#define BODY                                                                                       \
    "\n{controller}; {service_providers}; {biometric_data}; {purpose}; {retention}; "              \
    "{disclosure}; "                                                                               \
    "{release}\n"

/* Exactly as long as the text, so that reading past its end is seen. */
static enum bc_result parse_bytes(const char *text, size_t len, struct bc_notice_file *out,
                                  struct bc_ini_file_error *err)
{
    char *copy = malloc(len ? len : 1);
    enum bc_result r;

    assert_non_null(copy);
    memcpy(copy, text, len);
    memset(err, 0, sizeof *err);
    r = bc_notice_parse("x.notice", copy, len, out, err);
    free(copy);
    return r;
}

static enum bc_result parse(const char *text, struct bc_notice_file *out)
{
    struct bc_ini_file_error err;

    return parse_bytes(text, strlen(text), out, &err);
}

static void good(const char *text, struct bc_notice_file *out)
{
    struct bc_ini_file_error err;

    if (parse_bytes(text, strlen(text), out, &err) != BC_OK)
        fail_msg("line %d: %s: %s", err.line, err.what, text);
}

static void notice_parse_of_malformed_header_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *what; /* in the message */
    } bad[] = {
        {"", "begins with"},
        {MAGIC, "begins with"},
        {"bioconsent-notice/2\n" WORDS OTHERS BODY, "begins with"},
        {"\xef\xbb\xbf" HEAD BODY, "begins with"},
        {HEAD, "missing member"}, /* replaced below: a header that ends the file */
        {HEAD "\n", "body is empty"},
        {HEAD "\n \n \n", "body is empty"},
        {HEAD "colour: blue\n" BODY, "unknown member: colour"},
        {HEAD "service_providers: X\n" BODY, "unknown member: service_providers"},
        {HEAD "Id: login\n" BODY, "unknown member"},
        {HEAD "id: login\n" BODY, "given twice: id"},
        {HEAD "purpose: another\n" BODY, "given twice: purpose"},
        {HEAD "service_provider: Someone, Inc.\n" BODY, "given twice: service_provider"},
        {HEAD "exempt: us-wa a\nexempt: us-wa b\n" BODY, "given twice: exempt"},
        {HEAD "exempt: us-wa\n" BODY, "write the jurisdiction"},
        {HEAD "exempt: us-wa a b\n" BODY, "write the jurisdiction"},
        {HEAD "jurisdictions: us-il us-il\n" BODY, "not a value"},
        {HEAD "jurisdictions: ../us-il\n" BODY, "not a value"},
        {HEAD "jurisdictions:\n" BODY, "not a value"},
        {HEAD "contact:\n" BODY, "not a value"},
        {HEAD "contact\n" BODY, "not a member"},
        {HEAD ": x\n" BODY, "not a member"},
        {HEAD "a-name-that-is-longer-than-any-member-could-be: x\n" BODY, "not a member"},
        {HEAD "contact: a\n   \n" BODY, "a line of spaces"},
        {HEAD "contact: {purpose}\n" BODY, "a brace in the value"},
        {HEAD "contact: }\n" BODY, "a brace in the value"},
        {MAGIC " more\n" WORDS OTHERS BODY, "not a member"},
        {MAGIC "\n" WORDS OTHERS BODY, "missing member"},
        {MAGIC "id: Login\nversion: 1\n" BODY, "not a value"},
        {MAGIC "kind: maybe\n" BODY, "not a value"},
        {MAGIC "modalities: fingerprint fingerprint\n" BODY, "not a value"},
        {MAGIC "modalities: nose\n" BODY, "not a value"},
        {MAGIC "operations: login\n" BODY, "not a value"},
        {MAGIC "providers: fprintd, howdy\n" BODY, "not a value"},
        {HEAD BODY "{", "a brace"},
        {HEAD BODY "}", "a brace"},
        {HEAD BODY "{}", "a brace"},
        {HEAD BODY "{{purpose}}", "a brace"},
        {HEAD BODY "{purpose", "a brace"},
        {HEAD BODY "{Purpose}", "a brace"},
        {HEAD BODY "{ purpose }", "a brace"},
        {HEAD BODY "{nothing}", "a brace"},
        {HEAD BODY "{purpose_and_whatever_else_comes_to_mind_here}", "a brace"},
        {HEAD BODY "{contact}", "no value for: contact"},
        {HEAD "\r\n" BODY, "control characters"},
        {HEAD BODY "a\tb", "control characters"},
        {HEAD BODY "\033[31m", "control characters"},
        {HEAD BODY "\xc2\x9b", "control characters"},
        {HEAD BODY "\xff", "UTF-8"},
        {HEAD BODY "\xc0\xaf", "UTF-8"},
        {HEAD BODY "\xed\xa0\x80", "UTF-8"},
    };
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct bc_ini_file_error err;

    (void)state;
    good(HEAD BODY, f);
    f->body = 12345;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int whole = strcmp(bad[i].text, HEAD) != 0;
        assert_int_equal(parse_bytes(bad[i].text, strlen(bad[i].text), f, &err), BC_ERR_INVALID);
        if (!strstr(err.what, whole ? bad[i].what : "body is empty"))
            fail_msg("case %zu: \"%s\" is not about: %s", i, err.what, bad[i].what);
        assert_int_equal(f->body, 12345);
    }
    assert_int_equal(parse_bytes(HEAD BODY "a\0b", sizeof(HEAD BODY "a\0b") - 1, f, &err),
                     BC_ERR_INVALID);
    assert_int_equal(parse_bytes(MAGIC WORDS OTHERS "contact: x", strlen(HEAD) + 10, f, &err),
                     BC_ERR_INVALID);
    assert_non_null(strstr(err.what, "the header has no end"));
    test_free(f);
}

/* Each member that is needed, left out. */
static void notice_parse_names_the_missing_key(void **state)
{
    static const char *const needed[] = {"id",         "version",    "language",        "kind",
                                         "modalities", "operations", "providers",       "purposes",
                                         "controller", "retention",  "service_provider"};
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct bc_ini_file_error err;

    (void)state;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        char text[2048] = HEAD, member[64];
        char *at, *end;
        (void)snprintf(member, sizeof member, "\n%s: ", needed[i]);
        at = strstr(text, member) + 1;
        end = strchr(at, '\n') + 1;
        memmove(at, end, strlen(end) + 1);
        (void)strcat(text, "\nA body.\n");
        assert_int_equal(parse_bytes(text, strlen(text), f, &err), BC_ERR_INVALID);
        (void)snprintf(member, sizeof member, "missing member: %s", needed[i]);
        assert_string_equal(err.what, member);
    }
    test_free(f);
}

static void notice_parse_names_the_line_of_a_fault(void **state)
{
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct bc_ini_file_error err;
    static const char in_head[] = MAGIC "id: login\ncontact: a\n  b\n  c\ncolour: blue\n" BODY;
    static const char in_body[] = HEAD "\nfirst\n{nothing}\n";

    (void)state;
    assert_int_equal(parse_bytes(in_head, strlen(in_head), f, &err), BC_ERR_INVALID);
    assert_int_equal(err.line, 6);
    assert_int_equal(parse_bytes(in_body, strlen(in_body), f, &err), BC_ERR_INVALID);
    assert_int_equal(err.line, 19);
    assert_string_equal(err.where.path, "x.notice");
    test_free(f);
}

/* A text with one member of this many bytes: a word, a sentence. */
static enum bc_result with(const char *name, size_t bytes, struct bc_notice_file *f)
{
    static char text[BC_NOTICE_FILE_MAX];
    size_t len = (size_t)snprintf(text, sizeof text, "%s%s: ", HEAD, name);

    memset(text + len, 'a', bytes);
    (void)snprintf(text + len + bytes, sizeof text - len - bytes, "\n%s", BODY);
    return parse(text, f);
}

static void notice_parse_of_too_long_value_is_refused(void **state)
{
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    static char text[BC_NOTICE_FILE_MAX + 2] = HEAD BODY;
    struct bc_ini_file_error err;
    size_t len = strlen(text);
    char many[6000] = HEAD;

    (void)state;
    assert_int_equal(with("contact", 1022, f), BC_OK);
    assert_int_equal(strlen(f->slot[BC_SLOT_CONTACT]), 1022);
    assert_int_equal(with("contact", 1023, f), BC_ERR_INVALID);
    assert_int_equal(with("service_provider", 255, f), BC_OK);
    assert_int_equal(with("service_provider", 256, f), BC_ERR_INVALID);
    assert_int_equal(with("jurisdictions", 64, f), BC_OK);
    assert_int_equal(with("jurisdictions", 65, f), BC_ERR_INVALID);
    memset(text + len, 'a', sizeof text - len);
    assert_int_equal(parse_bytes(text, BC_NOTICE_FILE_MAX, f, &err), BC_OK);
    assert_int_equal(parse_bytes(text, BC_NOTICE_FILE_MAX + 1, f, &err), BC_ERR_TOO_LARGE);
    for (char c = 'a'; c < 'e'; c++) { /* four service providers of 250 bytes each and one */
        size_t at = strlen(many);
        at += (size_t)snprintf(many + at, sizeof many - at, "service_provider: ");
        memset(many + at, c, 252);
        (void)snprintf(many + at + 252, sizeof many - at - 252, "\n");
    }
    (void)strcat(many, BODY);
    assert_int_equal(parse_bytes(many, strlen(many), f, &err), BC_ERR_INVALID);
    assert_string_equal(err.what, "together too long: service_provider");
    test_free(f);
}

static char *shown(const char *text)
{
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    char *out;
    size_t len;

    good(text, f);
    assert_int_equal(bc_notice_render(f, text, strlen(text), &out, &len), BC_OK);
    assert_int_equal(strlen(out), len);
    test_free(f);
    return out;
}

static void notice_render_fills_slots_in(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {HEAD BODY,
         "Example Ltd; Someone, Inc.; a template; to sign you in; 3 years; nobody; I agree.\n"},
        {HEAD "service_provider: Another & Sons\n\n{service_providers}",
         "Someone, Inc.; Another & Sons"},
        {HEAD
         "contact:\n   one   two\n      three\nrights: r\n\n\n {contact}{contact}\n {rights}\n\n",
         "\n one   two threeone   two three\n r\n\n"},
        {HEAD "contact: a: b: c\n\nAsk {contact}.", "Ask a: b: c."},
        {HEAD "contact: \xc3\xa4\xe2\x82\xac\n\n\xf0\x9f\x98\x80 {contact}",
         "\xf0\x9f\x98\x80 \xc3\xa4\xe2\x82\xac"},
        {HEAD "\nno slot at all", "no slot at all"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = shown(cases[i].text);
        assert_string_equal(text, cases[i].shown);
        free(text);
    }
}

static void notice_parse_sets_every_field_of_the_event(void **state)
{
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct bc_hash hash;
    static const char text[] =
        HEAD "jurisdictions: us-il eu\nexempt: us-wa security-purpose\n" BODY;

    (void)state;
    good(text, f);
    assert_string_equal(f->notice.id, "login");
    assert_int_equal(f->notice.kind, BC_WRITTEN_RELEASE);
    assert_int_equal(f->notice.scope.modalities, 1U << BC_FINGERPRINT);
    assert_int_equal(f->notice.scope.operations, 1U << BC_AUTHENTICATE | 1U << BC_ENROLL);
    assert_string_equal(f->notice.scope.providers.word[0], "fprintd");
    assert_string_equal(f->notice.scope.purposes.word[0], "login");
    assert_int_equal(f->notice.jurisdictions.count, 2);
    assert_string_equal(f->notice.controller, "Example Ltd");
    assert_string_equal(f->notice.retention, "3 years");
    assert_string_equal(f->notice.service_providers.line[0], "Someone, Inc.");
    assert_string_equal(f->exempt[0].name, "security-purpose");
    assert_int_equal(f->stated, (1U << BC_SLOTS_ALWAYS) - 1);
    bc_merkle_hash_bytes(text, strlen(text), &hash);
    assert_true(bc_merkle_hash_equal(&hash, &f->notice.text));
    test_free(f);
}

/* ---- laws ---- */

static void read_file(const char *folder, const char *name, char **text, size_t *len)
{
    const char *src = getenv("BC_SRC_DIR");
    char path[4096];
    int fd;

    (void)snprintf(path, sizeof path, "%s/doc/%s/%s", src ? src : "..", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s is not there", path);
    assert_int_equal(bc_file_read_open(fd, 65536, text, len), BC_OK);
    close(fd);
}

static void load_law(const char *id, struct bc_jurisdiction *out)
{
    struct bc_ini_file_error err = {.line = 0};
    char name[80], *text;
    size_t len;

    (void)snprintf(name, sizeof name, "%s.conf", id);
    read_file("jurisdictions", name, &text, &len);
    assert_int_equal(bc_jurisdiction_parse(id, name, text, len, out, &err), BC_OK);
    free(text);
}

struct findings {
    size_t count;
    char line[32][400];
};

static size_t lint_by(const struct bc_notice_file *f, const struct bc_jurisdiction *laws,
                      size_t count, int64_t now, struct findings *out)
{
    static struct bc_notice_finding found[BC_NOTICE_FINDINGS_MAX];
    size_t n = bc_notice_lint(f, laws, count, now, found);

    assert_true(n <= 32);
    out->count = n;
    for (size_t i = 0; i < n; i++)
        (void)snprintf(out->line[i], sizeof out->line[i], "%s|%s|%s", found[i].who, found[i].what,
                       found[i].clause);
    return n;
}

static size_t lint(const struct bc_notice_file *f, int64_t now, struct findings *out)
{
    struct bc_jurisdiction *laws = test_calloc(BC_WORDS_MAX, sizeof *laws);
    size_t n;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < f->notice.jurisdictions.count; i++)
        load_law(f->notice.jurisdictions.word[i], &laws[i]);
    n = lint_by(f, laws, f->notice.jurisdictions.count, now, out);
    test_free(laws);
    return n;
}

static int found(const struct findings *f, const char *who, const char *what)
{
    char begin[400];

    (void)snprintf(begin, sizeof begin, "%s|%s|", who, what);
    for (size_t i = 0; i < f->count; i++)
        if (strncmp(f->line[i], begin, strlen(begin)) == 0)
            return 1;
    return 0;
}

#define NOW INT64_C(1795503600)   /* 2026-11-24 */
#define LATER INT64_C(1826323200) /* 2027-11-16 */

static const char *const all_laws[] = {"ca-qc", "eu",    "in",    "uk",    "us-ca",
                                       "us-co", "us-il", "us-tx", "us-wa", "us-wa-mhmda"};

/* A notice that states all slots but one; -1: all. */
static void stating_all_but(int missing, const char *law, struct bc_notice_file *out)
{
    char text[4096];
    size_t len = (size_t)snprintf(text, sizeof text, "%sjurisdictions: %s\n", HEAD, law);

    for (int s = BC_SLOTS_ALWAYS; s < BC_SLOTS; s++)
        if (s != missing)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s: x\n",
                                    bc_vocabulary_name(BC_VOCABULARY_SLOT, (enum bc_slot)s));
    len += (size_t)snprintf(text + len, sizeof text - len, "\nText.");
    for (int s = 0; s < BC_SLOTS; s++)
        if (s != missing)
            len += (size_t)snprintf(text + len, sizeof text - len, " {%s}",
                                    bc_vocabulary_name(BC_VOCABULARY_SLOT, (enum bc_slot)s));
    good(text, out);
}

/* Every law, every slot: the law that requires it is named, with the clause, and no other. */
static void notice_lint_names_slots_that_a_law_requires(void **state)
{
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct bc_jurisdiction *j = test_calloc(1, sizeof *j);
    struct findings *out = test_calloc(1, sizeof *out);

    (void)state;
    for (size_t i = 0; i < sizeof all_laws / sizeof all_laws[0]; i++) {
        load_law(all_laws[i], j);
        stating_all_but(-1, all_laws[i], f);
        assert_int_equal(lint(f, LATER, out), 0);
        for (int s = 0; s < BC_SLOTS; s++) {
            int asks = (j->slots >> s) & 1, wanted = asks || s < BC_SLOTS_ALWAYS;
            char what[64];
            stating_all_but(s, all_laws[i], f);
            (void)snprintf(what, sizeof what, "the body does not state {%s}",
                           bc_vocabulary_name(BC_VOCABULARY_SLOT, (enum bc_slot)s));
            assert_int_equal(lint(f, LATER, out), wanted);
            if (wanted)
                assert_true(found(out, asks ? all_laws[i] : "every notice", what));
            if (asks)
                assert_non_null(strstr(out->line[0], j->slots_clause.text));
        }
    }
    test_free(out);
    test_free(j);
    test_free(f);
}

static void notice_lint_names_kind_that_a_law_requires(void **state)
{
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct bc_jurisdiction *j = test_calloc(1, sizeof *j);
    struct findings *out = test_calloc(1, sizeof *out);

    (void)state;
    for (size_t i = 0; i < sizeof all_laws / sizeof all_laws[0]; i++) {
        load_law(all_laws[i], j);
        stating_all_but(-1, all_laws[i], f);
        for (int kind = 0; kind < BC_KINDS; kind++) {
            f->notice.kind = (enum bc_kind)kind;
            assert_int_equal(lint(f, LATER, out), kind < (int)j->kind);
            if (kind < (int)j->kind)
                assert_non_null(strstr(out->line[0], j->kind_clause.text));
        }
    }
    test_free(out);
    test_free(j);
    test_free(f);
}

static void notice_lint_finds_unused_and_unknown_words(void **state)
{
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct findings *out = test_calloc(1, sizeof *out);

    (void)state;
    good(HEAD "contact: nobody reads this\n" BODY, f);
    assert_int_equal(lint(f, NOW, out), 1);
    assert_true(found(out, "every notice", "the body does not state {contact}"));
    good(HEAD "exempt: us-wa security-purpose\n" BODY, f);
    assert_int_equal(lint(f, NOW, out), 1);
    assert_true(
        found(out, "every notice", "is exempt from us-wa, which is not among its jurisdictions"));
    good(HEAD "jurisdictions: us-wa\nexempt: us-wa lottery\n" BODY, f);
    assert_int_equal(lint(f, NOW, out), 1);
    assert_true(found(out, "us-wa", "it has no exemption named lottery"));
    good(HEAD "jurisdictions: in\n" BODY, f); /* not in force yet */
    assert_int_equal(lint(f, NOW, out), 0);
    assert_int_equal(lint(f, LATER, out), 2);
    test_free(out);
    test_free(f);
}

static void notice_lint_names_laws_that_exclude_each_other(void **state)
{
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct bc_jurisdiction *j = test_calloc(2, sizeof *j);
    struct findings *out = test_calloc(1, sizeof *out);
    struct bc_notice *n = test_calloc(1, sizeof *n);

    (void)state;
    good(HEAD "jurisdictions: us-il us-tx\n" BODY, f);
    load_law("us-il", &j[0]);
    load_law("us-tx", &j[1]);
    j[0].givers = 1U << BC_SELF;
    j[1].givers = 1U << BC_GUARDIAN;
    assert_int_equal(lint_by(f, j, 2, NOW, out), 1);
    assert_non_null(strstr(out->line[0], "no one may give the consent"));
    j[1].givers = 1U << BC_GUARDIAN | 1U << BC_SELF;
    assert_int_equal(lint_by(f, j, 2, NOW, out), 0);
    bc_notice_apply(f, j, 2, NOW, n);
    assert_int_equal(n->givers, 1U << BC_SELF);
    test_free(n);
    test_free(out);
    test_free(j);
    test_free(f);
}

/* An exemption stands in the event with its reason and clause, and its law then asks for nothing.
 */
static void notice_lint_of_exemption_requires_its_reason(void **state)
{
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct bc_jurisdiction *j = test_calloc(2, sizeof *j);
    struct bc_notice *n = test_calloc(1, sizeof *n);
    struct findings *out = test_calloc(1, sizeof *out);

    (void)state;
    good(HEAD "jurisdictions: us-il us-wa\nexempt: us-il financial-institution\n"
              "exempt: us-wa security-purpose\n" BODY,
         f);
    f->notice.kind = BC_NOTICE_ONLY;
    load_law("us-il", &j[0]);
    load_law("us-wa", &j[1]);
    assert_int_equal(lint_by(f, j, 2, NOW, out), 0);
    bc_notice_apply(f, j, 2, NOW, n);
    assert_int_equal(n->exempt.count, 2);
    assert_string_equal(n->exempt.line[1], "us-wa, RCW 19.375.020(7): a login serves a security "
                                           "purpose, which this law leaves alone");
    assert_int_equal(n->givers, 0);
    test_free(out);
    test_free(n);
    test_free(j);
    test_free(f);
}

/* Ours: everything is stated, whatever law asks, and AWS is named where it works for the
 * controller. */
static void notice_lint_of_installed_samples_finds_nothing(void **state)
{
    static const struct {
        const char *name, *provider;
    } samples[] = {{"fingerprint", "fprintd"},
                   {"face", "howdy"},
                   {"aws-rekognition", "aws-rekognition"},
                   {"aws-chime", "aws-chime"},
                   {"aws-voice-id", "aws-voice-id"},
                   {"aws-one", "aws-one"}};
    struct bc_notice_file *f = test_calloc(1, sizeof *f);
    struct findings *out = test_calloc(1, sizeof *out);

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char name[80], *text;
        struct bc_ini_file_error err = {.line = 0};
        size_t len;
        (void)snprintf(name, sizeof name, "%s.notice", samples[i].name);
        read_file("notices", name, &text, &len);
        if (bc_notice_parse(name, text, len, f, &err) != BC_OK)
            fail_msg("%s: line %d: %s", name, err.line, err.what);
        assert_int_equal(f->notice.jurisdictions.count, 10);
        if (lint(f, NOW, out) || lint(f, LATER, out))
            fail_msg("%s: %s", name, out->line[0]);
        assert_string_equal(f->notice.scope.providers.word[0], samples[i].provider);
        if (strncmp(samples[i].provider, "aws-", 4) == 0)
            assert_non_null(
                strstr(f->notice.service_providers.line[0], "Amazon Web Services, Inc."));
        free(text);
    }
    test_free(out);
    test_free(f);
}

/* ---- versions ---- */

static void notice_compare_names_what_changed(void **state)
{
    static const struct {
        const char *from, *to, *changes;
    } cases[] = {
        {"version: 1", "version: 2", ""},
        {"id: login", "id: login", ""},
        {"Example Ltd", "Other Ltd", "controller"},
        {"Someone, Inc.", "Another, Inc.", "service provider"},
        {"modalities: fingerprint", "modalities: fingerprint face", "modality"},
        {"authenticate enroll", "enroll", "operation"},
        {"authenticate enroll", "enroll authenticate", ""},
        {"providers: fprintd", "providers: howdy", "provider"},
        {"a template", "a picture", "biometric data"},
        {"purposes: login", "purposes: login payroll", "purpose"},
        {"to sign you in", "to follow you", "purpose"},
        {"3 years", "4 years", "retention"},
        {"3 years", "3\n  years", ""},
        {"nobody", "everybody", "disclosure"},
        {"I agree.", "I do.", "release"},
        {"legal_basis: l", "legal_basis: m", "legal basis"},
        {"jurisdictions: us-il us-wa", "jurisdictions: us-il us-wa eu", "jurisdiction"},
        {"jurisdictions: us-il us-wa", "jurisdictions: us-wa us-il", ""},
        {"us-wa security-purpose", "us-wa other", "exemption"},
        {"written-release", "explicit", "kind of consent"},
        {"language: en", "language: fr", "language"},
        {"contact: c", "contact: d", ""},
        {"rights: r", "rights: s", ""},
        {"withdrawal: w", "withdrawal: v", ""},
        {"complaint: o", "complaint: p", ""},
        {"Text", "Other text", ""},
        {"3 years\nbiometric_data: a template", "1 year\nbiometric_data: all",
         "biometric data, retention"},
    };
    static const char base[] =
        HEAD "jurisdictions: us-il us-wa\nexempt: us-wa security-purpose\n"
             "contact: c\nlegal_basis: l\nrights: r\nwithdrawal: w\ncomplaint: o\n\nText\n";
    struct bc_notice_file *a = test_calloc(1, sizeof *a), *b = test_calloc(1, sizeof *b);
    char changes[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[4096];
        const char *at = strstr(base, cases[i].from);
        assert_non_null(at);
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - base), base, cases[i].to,
                       at + strlen(cases[i].from));
        good(base, a);
        good(text, b);
        bc_notice_changes(a, b, changes, sizeof changes);
        assert_string_equal(changes, cases[i].changes);
        bc_notice_changes(b, a, changes, sizeof changes);
        assert_string_equal(changes, cases[i].changes);
    }
    b->notice = a->notice;
    b->notice.givers = 1;
    good(base, a);
    bc_notice_changes(a, b, changes, sizeof changes);
    assert_non_null(strstr(changes, "who may give it"));
    test_free(b);
    test_free(a);
}

static void notice_compare_counts_changed_words(void **state)
{
    static const struct {
        const char *a, *b;
        size_t changed, all;
    } cases[] = {{"", "", 0, 0},
                 {"a b c", "a b c", 0, 3},
                 {"a  b\nc ", " a b c", 0, 3},
                 {"a b c", "a x c", 1, 3},
                 {"a b c", "a c", 1, 3},
                 {"a c", "a b c", 1, 3},
                 {"", "a b", 2, 2},
                 {"a b c d", "d c b a", 3, 4},
                 {"you may not refuse", "you may refuse", 1, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t changed, all;
        assert_int_equal(bc_notice_words(cases[i].a, strlen(cases[i].a), cases[i].b,
                                         strlen(cases[i].b), &changed, &all),
                         BC_OK);
        assert_int_equal(changed, cases[i].changed);
        assert_int_equal(all, cases[i].all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notice_parse_of_malformed_header_is_refused),
        cmocka_unit_test(notice_parse_names_the_missing_key),
        cmocka_unit_test(notice_parse_names_the_line_of_a_fault),
        cmocka_unit_test(notice_parse_of_too_long_value_is_refused),
        cmocka_unit_test(notice_render_fills_slots_in),
        cmocka_unit_test(notice_parse_sets_every_field_of_the_event),
        cmocka_unit_test(notice_lint_names_slots_that_a_law_requires),
        cmocka_unit_test(notice_lint_names_kind_that_a_law_requires),
        cmocka_unit_test(notice_lint_finds_unused_and_unknown_words),
        cmocka_unit_test(notice_lint_names_laws_that_exclude_each_other),
        cmocka_unit_test(notice_lint_of_exemption_requires_its_reason),
        cmocka_unit_test(notice_lint_of_installed_samples_finds_nothing),
        cmocka_unit_test(notice_compare_names_what_changed),
        cmocka_unit_test(notice_compare_counts_changed_words),
    };

    return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
