/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PROVIDER_FILES_H
#define BC_PROVIDER_FILES_H

#include "provider/command.h"
#include "provider/provider.h"
#include "provider/subprocess.h"

/* The providers as installed, and their commands, run. */

#define BC_PRESET_FOLDERS 2 /* of data files: the administrator's folder before ours */
#define BC_PROVIDER_FILES_MAX 256

extern const char *const bc_provider_folders[BC_PRESET_FOLDERS];

struct bc_provider_names {
    size_t count;
    char name[BC_PROVIDER_FILES_MAX][BC_WORD_MAX + 1];
};

/* Loads one. Returns 0 or the exit code after a message. */
int bc_provider_files_find(const char *id, struct bc_provider *out);

/* Names the providers of both folders, sorted, each once; names that are no words included. */
void bc_provider_files_names(struct bc_provider_names *out);

/* Fills a command of the provider in and runs it, with the values of f->many from `from` on. out is
 * set on BC_OK only: bc_subprocess_free. terminal: the command talks to the user itself. Errors of
 * bc_command_fill. */
enum bc_result bc_provider_files_run(const struct bc_provider *p, const char *command,
                                     const struct bc_filling *f, size_t from, int terminal,
                                     struct bc_run_result *out);

/* Whether the command ended by itself, and without an error. */
int bc_provider_files_succeeded(const struct bc_run_result *run);

/* Reads the strings that the step collects from a command's answer. Returns NULL, and a list in
 * *strings that is the caller's; or what is wrong with the answer. */
const char *bc_provider_files_collect(const struct bc_step *step, const struct bc_run_result *run,
                                      json_t **strings);

#endif
