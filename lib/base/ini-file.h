/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_INI_FILE_H
#define BC_INI_FILE_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/result.h"
#include "base/vocabulary.h"

/* Reads a file of settings, "[section]" and "key = value", by inih, but strictly: the first fault
 * voids the whole file. */

#define BC_INI_FILE_SETTINGS_MAX 128 /* settings in one file */
#define BC_INI_FILE_MAX 65536        /* bytes of a file */

/* A fault, for one message: the file, the line (0: no single line), and what is wrong there. */
struct bc_ini_file_error {
    struct bc_where where;
    int line;
    char what[160];
};

/* A cursor over the settings of one file. */
struct bc_ini_file {
    struct bc_ini_file_setting *settings;
    size_t count;
    size_t next;
    /* The setting that bc_ini_file_next gave last. */
    int line;
    const char *section, *key, *value;
};

/* Sets err to a message about the file, with `which` sanitised. Returns BC_ERR_INVALID. */
enum bc_result bc_ini_file_fail(struct bc_ini_file_error *err, const char *path, int line,
                                const char *what, const char *which);

/* Parses a whole text and sets *out before its first setting; the caller closes it. sections ends
 * with NULL and must outlive *out; path only names the file in err. BC_ERR_INVALID (a setting that
 * is set twice, more than BC_INI_FILE_SETTINGS_MAX, an unknown section, a line that is neither a
 * section nor a setting, is longer than 190 bytes or is not clean text), BC_ERR_TOO_LARGE,
 * BC_ERR_MEMORY. */
enum bc_result bc_ini_file_open(const char *path, const char *text, size_t len,
                                const char *const *sections, struct bc_ini_file *out,
                                struct bc_ini_file_error *err);

/* Moves to the next setting, whose strings live until bc_ini_file_close. Returns 1, or 0 after the
 * last. */
int bc_ini_file_next(struct bc_ini_file *f);

/* Frees the settings. fault is what is wrong with the last one that was given, and becomes err and
 * BC_ERR_INVALID; NULL: nothing. */
enum bc_result bc_ini_file_close(struct bc_ini_file *f, const char *path, const char *fault,
                                 struct bc_ini_file_error *err);

/* Reads a trusted file whole, owned by root or owner; *text is the caller's to free. Errors of
 * bc_file_read. */
enum bc_result bc_ini_file_load(const char *path, uid_t owner, char **text, size_t *len,
                                struct bc_ini_file_error *err);

/* Loads name + suffix from the first of the folders that has it, so an administrator's file
 * replaces ours, and sets path to where it was found. BC_ERR_NOT_FOUND if no folder has it;
 * BC_ERR_INVALID for a name that is not a word (name.h). */
enum bc_result bc_ini_file_find(const char *const *folders, size_t count, const char *name,
                                const char *suffix, uid_t owner, char path[PATH_MAX], char **text,
                                size_t *len, struct bc_ini_file_error *err);

/* Reads a value of words separated by spaces, none twice, at least one, as bits 1 << value in the
 * vocabulary. Returns 1, or 0 and *out untouched. */
int bc_ini_file_parse_set(const char *value, enum bc_vocabulary vocabulary, unsigned *out);

#endif
