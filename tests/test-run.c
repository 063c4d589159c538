/* SPDX-License-Identifier: BSD-2-Clause */

/* Other people's programs: whatever they do, they do it to themselves. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "provider/subprocess.h"

/* The programs under test are small scripts; the runner itself knows no shell. */
static void run(const char *script, int64_t timeout, struct bc_run_result *out)
{
    const char *argv[] = {"/bin/sh", "-c", script, "sh", "an argument; $(id)", NULL};
    const char *envp[] = {"ONLY=this", "PATH=/usr/bin:/bin", NULL};

    bc_subprocess_run(&(struct bc_subprocess){.argv = argv, .envp = envp, .timeout = timeout}, out);
}

static void subprocess_output_is_returned_whole(void **state)
{
    struct bc_run_result r;

    (void)state;
    run("printf %s \"$1\"; printf 'no\\033[31m\\nway\\n' >&2; exit 3", 10, &r);
    assert_int_equal(r.end, BC_RUN_EXITED);
    assert_int_equal(r.status, 3);
    assert_string_equal(r.out, "an argument; $(id)");
    assert_string_equal(r.err, "no?[31m\nway\n");
    bc_subprocess_free(&r);
}

/* Neither our environment nor our descriptors nor our input reach it. */
static void subprocess_inherits_no_descriptor_or_variable(void **state)
{
    int fd = open("/etc/passwd", O_RDONLY); /* without O_CLOEXEC */
    struct bc_run_result r;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(setenv("SECRET", "x", 1), 0);
    run("i=3; while [ $i -lt 64 ]; do [ -e /proc/$$/fd/$i ] && echo fd$i; i=$((i+1)); done;"
        "env | grep -c SECRET; echo \"$ONLY\"; wc -c",
        10, &r);
    (void)close(fd);
    assert_int_equal(r.end, BC_RUN_EXITED);
    assert_string_equal(r.out, "0\nthis\n0\n");
    bc_subprocess_free(&r);
}

static void subprocess_that_hangs_is_killed_with_its_children(void **state)
{
    char alive[64], text[160];
    struct bc_run_result r;

    (void)state;
    run("trap '' TERM; sleep 1000 & echo $!; wait", 1, &r);
    assert_int_equal(r.end, BC_RUN_DEADLINE);
    (void)snprintf(alive, sizeof alive, "%.20s", r.out);
    /* An orphan that is killed is reaped by another process, in a moment. */
    for (int i = 0; i < 500 && kill((pid_t)atoi(alive), 0) == 0; i++) {
        char path[64], line[256] = "";
        FILE *f;
        (void)snprintf(path, sizeof path, "/proc/%d/stat", atoi(alive));
        f = fopen(path, "re");
        if (f && fgets(line, sizeof line, f) && strstr(line, ") Z"))
            i = 500;
        if (f)
            (void)fclose(f);
        (void)usleep(10000);
        assert_int_not_equal(i, 499);
    }
    bc_subprocess_text(&r, text, sizeof text);
    assert_string_equal(text, "the command did not answer in time");
    bc_subprocess_free(&r);
}

static void subprocess_child_left_behind_does_not_delay(void **state)
{
    struct bc_run_result r;

    (void)state;
    run("sleep 1000 & echo done", 600, &r);
    assert_int_equal(r.end, BC_RUN_EXITED);
    assert_string_equal(r.out, "done\n");
    bc_subprocess_free(&r);
}

static void subprocess_output_beyond_its_limit_is_cut(void **state)
{
    struct bc_run_result r;

    (void)state;
    run("yes", 600, &r);
    assert_int_equal(r.end, BC_RUN_FLOODED);
    assert_true(r.out_len <= BC_REPLY_MAX);
    bc_subprocess_free(&r);
    run("yes >&2", 600, &r);
    assert_int_equal(r.end, BC_RUN_FLOODED);
    assert_true(r.err_len <= BC_RUN_ERROR_MAX);
    bc_subprocess_free(&r);
}

static void subprocess_ended_by_signal_is_no_success(void **state)
{
    struct bc_run_result r;

    (void)state;
    run("kill -SEGV $$", 10, &r);
    assert_int_equal(r.end, BC_RUN_KILLED);
    assert_int_equal(r.status, SIGSEGV);
    bc_subprocess_free(&r);
}

static void subprocess_that_cannot_start_returns_an_error(void **state)
{
    static const char *const programs[] = {"/nonexistent/aws", "true", "/etc/passwd"};
    struct bc_run_result r;
    char text[160];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const char *argv[] = {programs[i], NULL}, *envp[] = {"PATH=/usr/bin:/bin", NULL};
        bc_subprocess_run(&(struct bc_subprocess){.argv = argv, .envp = envp, .timeout = 5}, &r);
        assert_int_equal(r.end, BC_RUN_NOT_STARTED);
        bc_subprocess_text(&r, text, sizeof text);
        assert_non_null(strstr(text, "could not be started"));
        bc_subprocess_free(&r);
    }
}

/* The parent may ignore SIGCHLD; the status is still its own. */
static void subprocess_with_ignored_sigchld_is_reaped(void **state)
{
    struct bc_run_result r;

    (void)state;
    (void)signal(SIGCHLD, SIG_IGN);
    run("exit 7", 10, &r);
    assert_int_equal(r.end, BC_RUN_EXITED);
    assert_int_equal(r.status, 7);
    bc_subprocess_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subprocess_output_is_returned_whole),
        cmocka_unit_test(subprocess_inherits_no_descriptor_or_variable),
        cmocka_unit_test(subprocess_that_hangs_is_killed_with_its_children),
        cmocka_unit_test(subprocess_child_left_behind_does_not_delay),
        cmocka_unit_test(subprocess_output_beyond_its_limit_is_cut),
        cmocka_unit_test(subprocess_ended_by_signal_is_no_success),
        cmocka_unit_test(subprocess_that_cannot_start_returns_an_error),
        cmocka_unit_test(subprocess_with_ignored_sigchld_is_reaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
