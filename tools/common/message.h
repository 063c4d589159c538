/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_MESSAGE_H
#define BC_MESSAGE_H

#include <jansson.h>
#include <stdint.h>

#include "base/ini-file.h"
#include "base/reason.h"

/* Messages to people, and the exit codes of the programs. */

enum bc_exit {
    BC_EXIT_OK = 0,
    BC_EXIT_REFUSED = 1, /* refused, or failed */
    BC_EXIT_USAGE = 2,
    BC_EXIT_NOT_FOUND = 3,
    BC_EXIT_BUSY = 4,
    BC_EXIT_STORE = 5,     /* the store is damaged, or not to be trusted */
    BC_EXIT_UNWRITTEN = 6, /* recorded and signed; a receipt or notice was not written as a file */
};

/* Opens /dev/null in place of standard input, output and error where they are closed: a program
 * that was started so would write its messages into the next file that it opens. Ends the process
 * with BC_EXIT_REFUSED if that fails, as there is nowhere to say it. */
void bc_message_open_files(void);

/* Returns what the exit code means, as help and manuals say it; NULL behind the last one. */
const char *bc_message_exit_text(int code);

/* Prints "PROGRAM: " and the message, sanitised, to standard error. */
__attribute__((format(printf, 1, 2))) void bc_message_print(const char *format, ...);

/* Prints a message and has the value of code. */
#define bc_message_fail(code, ...) (bc_message_print(__VA_ARGS__), (code))

/* Ends the program with this exit code, after the functions of bc_message_at_exit. */
__attribute__((noreturn)) void bc_message_exit(int code);

/* Registers a function that runs before the program ends by bc_message_exit, wherever that is
 * called: it gets the exit code, and returns the one to end with. Of several the last one
 * registered runs first, each once, even where one of them ends the program again. At most 4. */
void bc_message_at_exit(int (*finish)(int code));

/* For bc_message_at_exit: writes what is left of standard output. Returns code, or BC_EXIT_REFUSED
 * after a message where code is 0 and the output is not whole. */
int bc_message_flush(int code);

/* Prints a message and ends the program with code. */
__attribute__((noreturn, format(printf, 2, 3))) void bc_message_die(int code, const char *format,
                                                                    ...);

/* Prints why a step failed, with what it was about and the remedy, and returns the exit code for r.
 */
int bc_message_fail_result(enum bc_result r, const char *what, const char *path);

/* Prints the reason in one sentence with its remedy. Returns the exit code of the reason. */
int bc_message_fail_reason(enum bc_reason reason, const char *what, const char *path);

/* Returns the text of a result for people, with that of errno for BC_ERR_IO; valid until the next
 * call. */
const char *bc_message_result_text(enum bc_result r);

/* Prints the fault of a file of settings; which names the file if err does not. Returns the exit
 * code. */
int bc_message_fail_ini_file(enum bc_result r, const struct bc_ini_file_error *err,
                             const char *which);

/* The same, and end the program with that exit code. */
#define bc_message_die_result(...) bc_message_exit(bc_message_fail_result(__VA_ARGS__))
#define bc_message_die_ini_file(...) bc_message_exit(bc_message_fail_ini_file(__VA_ARGS__))

/* Prints a JSON value and a newline, and releases it. Returns 1, or 0 if value is NULL, there is no
 * memory, or standard output fails. */
int bc_message_json(json_t *value);

/* Formats a time for people, in the local time zone; "-" for 0. */
void bc_message_time(int64_t t, char out[40]);

/* Draws a progress bar on standard error if standard error is a terminal. */
void bc_message_progress(uint64_t done, uint64_t all);

#endif
