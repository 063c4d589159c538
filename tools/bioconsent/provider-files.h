/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PROVIDER_FILES_H
#define BC_PROVIDER_FILES_H

#include "data-dirs.h"
#include "provider/command.h"
#include "provider/provider.h"
#include "provider/subprocess.h"

/* The providers as installed: the administrator's folder before ours; and their commands, run. */

extern const char *const bc_provider_folders[BC_PRESET_FOLDERS];

/* Loads one. Returns 0 or the exit code after a message. */
int bc_provider_files_find(const char *id, struct bc_provider *out);

/* Fills a command of the provider in and runs it, with the values of f->many from `from` on. out is
 * set on BC_OK only: bc_subprocess_free. terminal: the command talks to the user itself. Errors of
 * bc_command_fill. */
enum bc_result bc_provider_files_run(const struct bc_provider *p, const char *command,
                                     const struct bc_filling *f, size_t from, int terminal,
                                     struct bc_run_result *out);

#endif
