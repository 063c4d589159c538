/* SPDX-License-Identifier: BSD-2-Clause */

/* Trusted files and the configuration: one fault voids it all, and is named. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/module-options.h"
#include "consent/config.h"

#define STORE "[store]\npath = /s\norigin = host1\ntrusted-keys = /k\n"
#define PETER "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define ENOCH "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"

static enum bc_result parse(const char *text, struct bc_config *p, struct bc_ini_file_error *err)
{
    memset(err, 0, sizeof *err);
    return bc_config_parse("/etc/x.conf", text, strlen(text), p, err);
}

static void config_with_every_key_is_read(void **state)
{
    struct bc_ini_file_error err;
    struct bc_config p;

    (void)state;
    assert_int_equal(parse(STORE "[gate]\nmax-age = 24h\ngiven-by = self\n"
                                 "required-consent = written-release\n",
                           &p, &err),
                     BC_OK);
    assert_int_equal(p.max_age, 86400);
    assert_int_equal(p.clock_allowance, 300);
    assert_int_equal(p.givers, 1U << BC_SELF);
    assert_int_equal(p.required_kind, BC_WRITTEN_RELEASE);
    assert_string_equal(p.store_path, "/s");
    assert_int_equal(parse(STORE, &p, &err), BC_OK);
}

static void config_with_any_fault_is_refused_by_name(void **state)
{
    static const struct {
        const char *text;
        int line;
    } bad[] = {{"", 0},
               {"[store]\npath = /s\norigin = host1\n", 0},
               {STORE "colour = blue\n", 5},
               {STORE "path = /s\n", 5},
               {STORE "[gate]\nmax-age = soon\n", 6},
               {STORE "[gate]\nmax-age = -1s\n", 6},
               {STORE "[gate]\nmax-age =\n", 6},
               {STORE "[gate]\ngiven-by = self self\n", 6},
               {STORE "[gate]\ngiven-by = nobody\n", 6},
               {STORE "[gate]\nrequired-consent = maybe\n", 6},
               {STORE "[paint]\n", 5},
               {STORE "[gate\nmax-age = 0\n", 5},
               {STORE "rubbish\n", 5},
               {STORE "[state]\npath = state\n", 6},
               {STORE " [gate]\n", 5},
               {STORE "; \033[1m\n", 5},
               {STORE "[gate]\nmax-age = 0\nmax-age = 0\n[paint]\n", 7},
               {STORE "rubbish\ncolour = blue\npath = /s\n", 5},
               {"path = /s\n" STORE, 1},
               {"[store]\npath = /s\norigin = two words\ntrusted-keys = /k\n", 3}};
    struct bc_ini_file_error err;
    struct bc_config p;
    char line[400];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i].text, &p, &err), BC_ERR_INVALID);
        if (err.line != bad[i].line || err.what[0] == '\0')
            fail_msg("%s: line %d, %s", bad[i].text, err.line, err.what);
    }
    (void)snprintf(line, sizeof line, STORE "; %0250d\n", 0);
    assert_int_equal(parse(line, &p, &err), BC_ERR_INVALID);
}

static void trusted_keys_with_any_fault_are_refused(void **state)
{
    static const char *const bad[] = {"", "# none\n", PETER "\n" PETER "\n", PETER " \n", "x\n"};
    struct bc_ini_file_error err = {.line = 0};
    struct bc_config p = {.key_count = 0};
    const char *good = "# two\n" PETER "\n\n" ENOCH "\n";

    (void)state;
    assert_int_equal(bc_config_parse_keys("/k", good, strlen(good), &p, &err), BC_OK);
    assert_int_equal(p.key_count, 2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bc_config_parse_keys("/k", bad[i], strlen(bad[i]), &p, &err),
                         BC_ERR_INVALID);
    assert_int_equal(p.key_count, 2);
}

static void file_write_that_fails_leaves_the_old_file(void **state)
{
    char folder[] = "/tmp/bioconsent-file.XXXXXX", path[64];
    char big[8192] = {0};
    const struct rlimit little = {4096, RLIM_INFINITY};
    struct rlimit before;
    char *text;
    size_t len;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(folder));
    fd = open(folder, O_RDONLY | O_DIRECTORY);
    assert_int_equal(bc_file_write(fd, "a", "old", 3, 0600, geteuid(), getegid()), BC_OK);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_int_equal(bc_file_write(fd, "a", big, sizeof big, 0600, geteuid(), getegid()),
                     BC_ERR_IO);
    assert_int_equal(errno, EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)snprintf(path, sizeof path, "%s/a", folder);
    assert_int_equal(bc_file_read(path, geteuid(), 077, 100, &text, &len, NULL), BC_OK);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(bc_file_read(path, geteuid(), 077, 2, &text, &len, NULL), BC_ERR_TOO_LARGE);
    assert_int_equal(bc_file_write(fd, "../b", "x", 1, 0600, geteuid(), getegid()), BC_ERR_INVALID);
    assert_int_equal(unlinkat(fd, "a", 0), 0);
    (void)close(fd);
    assert_int_equal(rmdir(folder), 0); /* nothing temporary is left */
}

static void file_open_of_untrusted_file_is_refused(void **state)
{
    char folder[] = "/tmp/bioconsent-file.XXXXXX", path[64], link_path[64];
    struct bc_where where;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a", folder);
    (void)snprintf(link_path, sizeof link_path, "%s/l", folder);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    (void)close(fd);
    assert_int_equal(bc_file_open(path, geteuid(), 0, &fd, &where), BC_OK);
    (void)close(fd);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(bc_file_open(path, geteuid(), 077, &fd, &where), BC_ERR_UNTRUSTED);
    assert_int_equal(chmod(path, 0620), 0);
    assert_int_equal(bc_file_open(path, geteuid(), 0, &fd, &where), BC_ERR_UNTRUSTED);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chmod(folder, 0770), 0);
    assert_int_equal(bc_file_open(path, geteuid(), 0, &fd, &where), BC_ERR_UNTRUSTED);
    assert_string_equal(where.path, folder);
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(symlink(path, link_path), 0);
    assert_int_equal(bc_file_open(link_path, geteuid(), 0, &fd, &where), BC_ERR_UNTRUSTED);
    assert_int_equal(bc_file_open("relative", geteuid(), 0, &fd, &where), BC_ERR_INVALID);
    assert_int_equal(bc_file_open("/tmp/../etc/passwd", geteuid(), 0, &fd, &where), BC_ERR_INVALID);
    assert_int_equal(unlink(link_path), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(bc_file_open(path, geteuid(), 0, &fd, &where), BC_ERR_UNTRUSTED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(bc_file_open(path, geteuid(), 0, &fd, &where), BC_ERR_NOT_FOUND);
    assert_int_equal(rmdir(folder), 0);
}

static void module_options_with_any_fault_are_refused(void **state)
{
    static const char *const bad[][3] = {{NULL},
                                         {"modality=foot"},
                                         {"modality="},
                                         {"Modality=face"},
                                         {"modality=face", "modality=face"},
                                         {"modality=face", "quiet=1"},
                                         {"modality=face", "debug", "debug"},
                                         {"modality=face", "nullok"},
                                         {"modality=face", "helper=x"},
                                         {"modality=face", "config="},
                                         {"modality=face", "provider="},
                                         {"modality=face", "operation=Enroll"}};
    const char *good[] = {"modality=face", "operation=enroll", "quiet", "provider=howdy"};
    struct bc_module_options o;
    const char *what;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *argv[3];
        int argc = 0;
        while (argc < 3 && bad[i][argc]) {
            argv[argc] = bad[i][argc];
            argc++;
        }
        assert_false(bc_module_options_parse(argc, argv, BC_AUTHENTICATE, &o, &what));
    }
    assert_true(bc_module_options_parse(4, good, BC_AUTHENTICATE, &o, &what));
    assert_int_equal(o.operation, BC_ENROLL);
    assert_int_equal(o.modality, BC_FACE);
    assert_true(o.quiet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_with_every_key_is_read),
        cmocka_unit_test(config_with_any_fault_is_refused_by_name),
        cmocka_unit_test(trusted_keys_with_any_fault_are_refused),
        cmocka_unit_test(file_write_that_fails_leaves_the_old_file),
        cmocka_unit_test(file_open_of_untrusted_file_is_refused),
        cmocka_unit_test(module_options_with_any_fault_are_refused),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
