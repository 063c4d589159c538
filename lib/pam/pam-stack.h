/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PAM_STACK_H
#define BC_PAM_STACK_H

#include <security/_pam_types.h>
#include <stddef.h>

#include "base/result.h"

/* One service of a pam.d folder, pam.d(5), with all that it includes, as libpam 1.5 loads it. */

#define BC_PAM_FILE_MAX 262144 /* bytes of a file */
#define BC_PAM_FILES_MAX 256   /* files that a service may read, each as often as it is included */
#define BC_PAM_TEXT_MAX 1022   /* bytes of a line with its continuations: libpam's own buffer */
#define BC_PAM_LINES_MAX 4096  /* lines of a service */
#define BC_PAM_LEVELS 16       /* of substacks, libpam's own limit */

#define BC_PAM_JUMP_MAX 1000000 /* larger ones are read as this: past the end of any stack */

/* What a code does to a stack; a number above 0 is a jump over so many lines. */
enum bc_pam_action {
    BC_PAM_IGNORE = 0,
    BC_PAM_OK = -1,
    BC_PAM_DONE = -2,
    BC_PAM_BAD = -3,
    BC_PAM_DIE = -4,
    BC_PAM_RESET = -5,
};

enum bc_pam_stage { BC_PAM_AUTH, BC_PAM_ACCOUNT, BC_PAM_PASSWORD, BC_PAM_SESSION, BC_PAM_STAGES };

/* The word that lines of a stage begin with. Never NULL. */
const char *bc_pam_stack_stage_name(enum bc_pam_stage stage);

enum bc_pam_kind {
    BC_PAM_MODULE,
    BC_PAM_SUBSTACK, /* stands before the lines of a substack, and is not run */
    BC_PAM_BROKEN,   /* a line that libpam could not read, and lets fail */
};

struct bc_pam_line {
    const char *file; /* its path */
    unsigned number;  /* of the line in the file */
    unsigned level;   /* of substacks */
    enum bc_pam_kind kind;
    int action[_PAM_RETURN_VALUES];
    const char *module; /* as written; the name of a substack; "" if broken */
    int argc;
    const char **argv;
    char *text; /* what the strings point into */
};

struct bc_pam_stack {
    size_t count;
    struct bc_pam_line *line;
};

/* What is wrong with the files themselves: findings of pam-lint.h, in the same order. */
enum bc_pam_fault_kind {
    BC_PAM_UNREADABLE, /* no regular file, no access, too large, with NUL bytes */
    BC_PAM_MISSING,    /* an included file does not exist */
    BC_PAM_CYCLE,      /* a file includes itself */
    BC_PAM_TOO_MANY,   /* more files, lines or levels than the limits */
    BC_PAM_LONG_LINE,
    BC_PAM_OPEN_END, /* ends with a line to be continued */
    BC_PAM_BAD_LINE, /* stage, control or module is missing or unknown */
};

struct bc_pam_fault {
    enum bc_pam_fault_kind kind;
    const char *file;
    unsigned number; /* 0: the file as a whole */
};

struct bc_pam_service {
    struct bc_pam_stack stage[BC_PAM_STAGES];
    unsigned borrowed; /* 1 << stage: has no lines of its own, but those of the service "other" */
    size_t fault_count;
    struct bc_pam_fault *fault;
    int refused; /* libpam cannot load it at all, and refuses everybody */
    size_t file_count;
    char *file[BC_PAM_FILES_MAX]; /* every file that was read or looked for */
};

/* Loads the service of this name from the first of the folders that has it. Stages that it leaves
 * out are those of the service "other". Names of includes are looked up in the same folders. Faults
 * of the files are listed in the service, which the caller frees with bc_pam_stack_free.
 * BC_ERR_NOT_FOUND (no folder has it), BC_ERR_INVALID (a name with a slash), BC_ERR_MEMORY. */
enum bc_result bc_pam_stack_load(const char *const *folders, size_t count, const char *name,
                                 struct bc_pam_service *out);

void bc_pam_stack_free(struct bc_pam_service *service);

/* The code with this name, such as "auth_err", in controls; -1 if there is none. */
int bc_pam_stack_code(const char *name);

#endif
