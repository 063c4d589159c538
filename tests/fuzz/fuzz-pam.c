/* SPDX-License-Identifier: BSD-2-Clause */

/* pam.d files and what is foretold of them. The first bytes are the modules' answers, then come a
 * service and, behind a line of "%", a file that it may include as "part". */

#include <unistd.h>

#include "fuzz.h"
#include "pam/pam-dispatch.h"

#define ANSWERS 32

static char folder[] = "/tmp/fuzz-pam-XXXXXX";

static void remove_all(void)
{
    (void)unlink("service");
    (void)unlink("part");
    (void)rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(mkdtemp(folder));
    must(chdir(folder) == 0);
    must(atexit(remove_all) == 0);
    return 0;
}

static void write_file(const char *name, const uint8_t *data, size_t len)
{
    FILE *f = fopen(name, "w");

    must(f);
    must(fwrite(data, 1, len, f) == len);
    must(fclose(f) == 0);
}

/* Lines lie in files that were read, in levels that exist, with words that are not empty of
 * meaning. */
static void sound(const struct bc_pam_service *s, const struct bc_pam_line *line)
{
    int known = 0;

    for (size_t i = 0; i < s->file_count; i++)
        known |= line->file == s->file[i];
    must(known && line->number > 0 && line->level < BC_PAM_LEVELS);
    must((line->kind == BC_PAM_MODULE) <= (line->module != NULL));
    for (int i = 0; i < line->argc; i++)
        must(strlen(line->argv[i]) <= BC_PAM_TEXT_MAX);
    for (int code = 0; code < _PAM_RETURN_VALUES; code++)
        must(line->action[code] >= BC_PAM_RESET && line->action[code] <= BC_PAM_JUMP_MAX);
}

/* A stack ends, never turns back, and succeeds only if some line has answered success. */
static void walk(const struct bc_pam_stack *stack, struct fuzz_input answers)
{
    struct bc_pam_walk w;
    int succeeded = 0;

    bc_pam_dispatch_begin(stack, &w);
    while (w.at < stack->count) {
        size_t before = w.at;
        int code = (int)(fuzz_take(&answers, 1) % PAM_INCOMPLETE);
        must(stack->line[w.at].kind != BC_PAM_SUBSTACK);
        succeeded |= code == PAM_SUCCESS;
        bc_pam_dispatch_answer(stack, &w, code);
        must(w.at > before);
    }
    must(bc_pam_dispatch_verdict(&w) != PAM_SUCCESS ||
         (succeeded && w.now.impression == BC_PAM_POSITIVE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const folders[] = {"."};
    struct fuzz_input answers = {data, size < ANSWERS ? size : ANSWERS};
    const uint8_t *text = data + answers.left, *end = data + size, *cut = text;
    struct bc_pam_service s;

    while (cut < end && *cut != '%')
        cut++;
    write_file("service", text, (size_t)(cut - text));
    write_file("part", cut + (cut < end), (size_t)(end - cut - (cut < end)));
    must(bc_pam_stack_load(folders, 1, "service", &s) == BC_OK);
    must(!s.refused || s.fault_count > 0);
    for (int stage = 0; stage < BC_PAM_STAGES; stage++) {
        for (size_t i = 0; i < s.stage[stage].count; i++)
            sound(&s, &s.stage[stage].line[i]);
        walk(&s.stage[stage], answers);
    }
    bc_pam_stack_free(&s);
    return 0;
}
