/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PAM_LINE_H
#define BC_PAM_LINE_H

#include <security/_pam_types.h>
#include <stddef.h>

/* The text of pam.d files, pam.d(5), split as libpam 1.5 splits it. */

#define BC_PAM_TEXT_MAX 1022 /* bytes of a line with its continuations: libpam's own buffer */

/* What a code does to a stack; a number above 0 is a jump over so many lines. */
enum bc_pam_action {
    BC_PAM_IGNORE = 0,
    BC_PAM_OK = -1,
    BC_PAM_DONE = -2,
    BC_PAM_BAD = -3,
    BC_PAM_DIE = -4,
    BC_PAM_RESET = -5,
};

#define BC_PAM_JUMP_MAX 1000000 /* larger ones are read as this: past the end of any stack */

enum bc_pam_read { BC_PAM_LINE, BC_PAM_END, BC_PAM_TOO_LONG, BC_PAM_CUT_OFF };

/* A file being read. */
struct bc_pam_text {
    const char *at;  /* what is left of it; without NUL bytes within */
    unsigned lines;  /* that were read */
    unsigned number; /* of the line on which the last one returned began */
};

/* Copies the next line that is not empty to out, with its continuations and without comments.
 * BC_PAM_TOO_LONG: a line of more than BC_PAM_TEXT_MAX bytes; BC_PAM_CUT_OFF: the text ends where a
 * line must continue. libpam refuses the file from either on. */
enum bc_pam_read bc_pam_line_read(struct bc_pam_text *text, char out[BC_PAM_TEXT_MAX + 1]);

/* Cuts the next word off *at, in place: up to a blank, or the text between brackets. NULL if there
 * is none. */
char *bc_pam_line_word(char **at);

/* Reads a control: a word such as "required" (not include or substack), or the inside of brackets.
 * Returns 1, or 0 if it is malformed: then every code is BC_PAM_BAD, as libpam has it. */
int bc_pam_line_control(const char *word, int action[_PAM_RETURN_VALUES]);

/* The code with this name of len bytes, such as "auth_err", in controls; -1 if there is none. */
int bc_pam_line_code_value(const char *name, size_t len);

#endif
