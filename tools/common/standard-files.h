/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STANDARD_FILES_H
#define BC_STANDARD_FILES_H

/* Opens /dev/null in place of standard input, output and error where they are closed: a program
 * that was started so would write its messages into the next file that it opens. Ends the process
 * with BC_EXIT_REFUSED if that fails, as there is nowhere to say it. */
void bc_standard_files_open(void);

#endif
