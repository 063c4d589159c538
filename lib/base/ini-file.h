/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SETTINGS_H
#define BC_SETTINGS_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/result.h"
#include "base/vocabulary.h"

/* The one way to read a file of settings, "[section]" and "key = value": by inih, but strict. The
 * first fault voids it all. */

#define BC_INI_FILE_SETTINGS_MAX 128 /* settings in one file */
#define BC_INI_FILE_MAX 65536        /* bytes of a file */

/* What was wrong, for one message: the file, the line (0: no single line), and what. */
struct bc_ini_file_error {
    struct bc_where where;
    int line;
    char what[160];
};

struct bc_ini_file_reader {
    const char *const *sections; /* those that there are; NULL ends */
    /* Takes one setting; NULL, or what is wrong with it. */
    const char *(*set)(void *ctx, const char *section, const char *key, const char *value);
    void *ctx;
};

/* Puts one message together, with `which` sanitised; always BC_ERR_INVALID. */
enum bc_result bc_ini_file_fail(struct bc_ini_file_error *err, const char *path, int line,
                                const char *what, const char *which);

/* Gives every setting to reader->set. path only names the file in err. BC_ERR_INVALID (a setting
 * refused or set twice, an unknown section, a line that is none, longer than 190 bytes, not clean
 * text), BC_ERR_TOO_LARGE, BC_ERR_MEMORY. */
enum bc_result bc_ini_file_parse(const char *path, const char *text, size_t len,
                                 const struct bc_ini_file_reader *reader,
                                 struct bc_ini_file_error *err);

/* Reads a trusted file whole, owned by root or owner; *text is the caller's to free. Errors of
 * bc_file_read. */
enum bc_result bc_ini_file_load(const char *path, uid_t owner, char **text, size_t *len,
                                struct bc_ini_file_error *err);

/* Finds name + suffix in the first of the folders that has it, by which the administrator's own
 * replaces ours, and loads it; path is where. BC_ERR_NOT_FOUND if none has it; BC_ERR_INVALID for a
 * name that is no word. */
enum bc_result bc_ini_file_find(const char *const *folders, size_t count, const char *name,
                                const char *suffix, uid_t owner, char path[PATH_MAX], char **text,
                                size_t *len, struct bc_ini_file_error *err);

/* Reads a value of words separated by spaces, none twice, at least one, as bits 1 << value in the
 * vocabulary. Returns 1, or 0 and *out untouched. */
int bc_ini_file_parse_set(const char *value, enum bc_vocabulary vocabulary, unsigned *out);

#endif
