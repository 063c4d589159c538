/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_FPRINTD_ACCESS_H
#define BC_FPRINTD_ACCESS_H

#include <limits.h>

/*
 * Whether polkit asks for consent before fprintd enrolls or verifies a finger for a program that
 * does not go through PAM, such as fprintd-enroll or the settings of a desktop. "make install" puts
 * the rule into polkit's folder; polkitd skips a rule that it cannot read or parse, and the first
 * rule that answers decides (polkit(8), AUTHORIZATION RULES), so the check compares files and asks
 * nobody.
 */

enum bc_fprintd_access_state {
    BC_FPRINTD_ACCESS_IN_FORCE,   /* polkitd reads our rule, unchanged, before all others */
    BC_FPRINTD_ACCESS_NO_FPRINTD, /* polkit knows no action of fprintd: nothing has to be asked */
    BC_FPRINTD_ACCESS_MISSING,    /* no rule */
    BC_FPRINTD_ACCESS_CHANGED,    /* another text than the installed one, no regular file, or a file
                                     that polkitd may not read */
    BC_FPRINTD_ACCESS_PRECEDED,   /* a file of rules may answer before ours */
    BC_FPRINTD_ACCESS_NOT_ENTITLED, /* polkitd may not ask about others: the rule refuses everybody
                                     */
    BC_FPRINTD_ACCESS_UNKNOWN       /* the caller may not read polkit's folders; root may */
};

struct bc_fprintd_access {
    enum bc_fprintd_access_state state;
    char path[PATH_MAX]; /* the file that the state is about, or the folder for UNKNOWN; bytes as
                            they are on this host, not fit for a terminal */
};

/* Looks at the files of this host and sets all of *out. Changes nothing. */
void bc_fprintd_access_look(struct bc_fprintd_access *out);

#endif
