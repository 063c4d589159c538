/* SPDX-License-Identifier: BSD-2-Clause */

/* Reading pam.d and foretelling the verdict, held against libpam itself: random stacks with
 * substacks, includes, jumps and malformed lines, each run by both. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pam/pam-dispatch.h"

#define STACKS 3000
#define PARTS 4

static char folder[] = "/tmp/test-pam-XXXXXX";

static FILE *open_file(const char *name)
{
    char path[512];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    return f;
}

static void write_file(const char *name, const char *text)
{
    FILE *f = open_file(name);

    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static uint32_t state;

/* Xorshift: the same stacks in every run. */
static unsigned below(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % n;
}

#define PICK(list) (list)[below(sizeof(list) / sizeof(list)[0])]

static void random_control(FILE *f)
{
    static const char *const words[] = {"required",   "requisite",
                                        "sufficient", "optional",
                                        "REQUIRED",   "[success=ok ignore=ignore default=bad]"};
    static const char *const codes[] = {"auth_err",        "ignore",      "user_unknown",
                                        "module_unknown",  "perm_denied", "default",
                                        "new_authtok_reqd"};
    static const char *const actions[] = {"ok",     "ok",     "done",   "bad",   "die",
                                          "ignore", "ignore", "ignore", "reset", "1",
                                          "1",      "2",      "3",      "12"};
    unsigned pairs = 1 + below(3);

    if (below(2) == 0) {
        (void)fprintf(f, "%s ", PICK(words));
        return;
    }
    (void)fputs(below(2) ? "[" : "[ ", f);
    for (unsigned i = 0; i <= pairs; i++)
        (void)fprintf(f, " %s=%s",
                      i == 0   ? "success"
                      : i == 1 ? "default"
                               : PICK(codes),
                      PICK(actions));
    (void)fputs(below(60) ? "] " : " nonsense] ", f);
}

static void random_module(FILE *f)
{
    static const char *const modules[] = {"pam_permit.so",
                                          "pam_deny.so",
                                          "pam_debug.so",
                                          "pam_debug.so auth=auth_err",
                                          "pam_debug.so auth=ignore",
                                          "pam_debug.so auth=user_unknown",
                                          "pam_debug.so [auth=perm_denied]",
                                          "pam_debug.so auth=new_authtok_reqd",
                                          "pam_no_such_module.so",
                                          "pam_debug.so \\\n  # between\n\n auth=auth_err # behind",
                                          "pam_permit.so [an \\] argument] [",
                                          "pam_permit.so",
                                          "pam_permit.so",
                                          "pam_permit.so"};

    (void)fprintf(f, "%s\n", PICK(modules));
}

static void random_line(FILE *f, unsigned part)
{
    static const char *const types[] = {"auth", "AUTH", "-auth", "auth", "auth", "\tauth"};

    if (below(30) == 0) {
        (void)fputs("account required pam_deny.so\nsession optional pam_permit.so\n", f);
    } else if (below(60) == 0) {
        (void)fputs("nonsense required pam_permit.so\n", f);
    } else if (below(60) == 0) {
        (void)fputs(below(2) ? "auth\n" : "auth required\n", f);
    } else if (part < PARTS && below(5) == 0) {
        static const char *const how[] = {"auth include", "auth substack", "@include"};
        (void)fprintf(f, "%s %s/part%u\n", PICK(how), folder, part + below(PARTS - part));
    } else if (part < PARTS && below(50) == 0) {
        (void)fprintf(f, "auth %s /nonexistent/part\n", below(2) ? "include" : "substack");
    } else {
        (void)fprintf(f, "%s ", PICK(types));
        random_control(f);
        random_module(f);
    }
}

static void random_file(const char *name, unsigned part, unsigned lines)
{
    FILE *f = open_file(name);

    for (unsigned i = 0; i < lines; i++)
        random_line(f, part);
    assert_int_equal(fclose(f), 0);
}

/* Parts only include later parts: what libpam does with a cycle is not to be tried. */
static void random_service(void)
{
    for (unsigned part = 0; part < PARTS; part++) {
        char name[16];
        (void)snprintf(name, sizeof name, "part%u", part);
        random_file(name, part + 1, below(4));
    }
    random_file("service", 0, 1 + below(7));
}

static int silence(int n, const struct pam_message **messages, struct pam_response **out, void *ctx)
{
    (void)messages;
    (void)ctx;
    *out = calloc((size_t)n, sizeof **out);
    return *out ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int libpam_says(const char *service)
{
    struct pam_conv conversation = {silence, NULL};
    pam_handle_t *pamh = NULL;
    int code;

    assert_int_equal(pam_start_confdir(service, "nobody", &conversation, folder, &pamh),
                     PAM_SUCCESS);
    code = pam_authenticate(pamh, 0);
    assert_int_equal(pam_end(pamh, code), PAM_SUCCESS);
    return code;
}

static int answer_of(const struct bc_pam_line *line)
{
    if (line->kind == BC_PAM_BROKEN)
        return PAM_PERM_DENIED;
    if (strcmp(line->module, "pam_no_such_module.so") == 0)
        return PAM_MODULE_UNKNOWN;
    if (strcmp(line->module, "pam_deny.so") == 0)
        return PAM_AUTH_ERR;
    if (line->argc && strncmp(line->argv[0], "auth=", 5) == 0)
        return bc_pam_stack_code(line->argv[0] + 5);
    return PAM_SUCCESS;
}

static int we_say(const char *service)
{
    const char *const folders[] = {folder};
    struct bc_pam_service s;
    struct bc_pam_walk walk;
    const struct bc_pam_stack *auth = &s.stage[BC_PAM_AUTH];
    int code;

    assert_int_equal(bc_pam_stack_load(folders, 1, service, &s), BC_OK);
    bc_pam_dispatch_begin(auth, &walk);
    while (walk.at < auth->count)
        bc_pam_dispatch_answer(auth, &walk, answer_of(&auth->line[walk.at]));
    code = s.refused ? PAM_ABORT : bc_pam_dispatch_verdict(&walk);
    bc_pam_stack_free(&s);
    return code;
}

/* What the verdicts differ about, in order of reading. */
static void show(const char *service)
{
    const char *const folders[] = {folder};
    struct bc_pam_service s;

    assert_int_equal(bc_pam_stack_load(folders, 1, service, &s), BC_OK);
    for (size_t i = 0; i < s.file_count; i++) {
        char line[256];
        FILE *f = fopen(s.file[i], "r");
        print_message("== %s\n", s.file[i]);
        while (f && fgets(line, sizeof line, f))
            print_message("%s", line);
        if (f)
            (void)fclose(f);
    }
    bc_pam_stack_free(&s);
}

static void stack_verdict_equals_that_of_libpam(void **ctx)
{
    unsigned succeeded = 0;

    (void)ctx;
    state = 20261124;
    for (unsigned i = 0; i < STACKS; i++) {
        int theirs, ours;
        random_service();
        theirs = libpam_says("service");
        ours = we_say("service");
        if (theirs != ours) {
            show("service");
            fail_msg("stack %u: libpam says %d, we say %d", i, theirs, ours);
        }
        succeeded += theirs == PAM_SUCCESS;
    }
    print_message("%u of %u stacks succeed\n", succeeded, STACKS);
    assert_in_range(succeeded, STACKS / 10, STACKS - STACKS / 10);
}

static int make_folder(void **ctx)
{
    (void)ctx;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **ctx)
{
    char command[128];

    (void)ctx;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stack_verdict_equals_that_of_libpam),
    };

    (void)write_file;
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
