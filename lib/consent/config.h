/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CONFIG_H
#define BC_CONFIG_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "base/ini-file.h"
#include "base/result.h"
#include "base/vocabulary.h"
#include "proof/note.h"

/* The configuration, bioconsent.conf(5), and the trusted keys that it names. */

#define BC_TRUSTED_KEYS_MAX 16

struct bc_config {
    char store_path[PATH_MAX];
    char origin[BC_KEY_NAME_MAX + 1];
    char trusted_keys_path[PATH_MAX];
    char signing_key_path[PATH_MAX];
    char state_path[PATH_MAX];
    char spool_path[PATH_MAX];
    char receipts_path[PATH_MAX]; /* receipt.h */
    char notices_path[PATH_MAX];  /* readable by every user: notice-folder.h */
    int64_t max_age;              /* seconds; 0: any age */
    int64_t clock_allowance;      /* seconds */
    enum bc_kind required_kind;
    unsigned givers; /* bit set of 1 << enum bc_given_by */
    struct bc_vkey keys[BC_TRUSTED_KEYS_MAX];
    size_t key_count;
};

/* Reads configuration text: sections and keys as in bioconsent.conf(5); the first error voids it
 * all. path only names it in err. Does not read the files it names. BC_ERR_INVALID,
 * BC_ERR_TOO_LARGE. */
enum bc_result bc_config_parse(const char *path, const char *text, size_t len,
                               struct bc_config *out, struct bc_ini_file_error *err);

/* Reads trusted keys: one vkey a line, '#' begins a comment line. At least one, none twice.
 * BC_ERR_INVALID. */
enum bc_result bc_config_parse_keys(const char *path, const char *text, size_t len,
                                    struct bc_config *out, struct bc_ini_file_error *err);

/* Reads the configuration and the keys from trusted files owned by root or owner. Errors of
 * bc_file_read too. */
enum bc_result bc_config_load(const char *path, uid_t owner, struct bc_config *out,
                              struct bc_ini_file_error *err);

#endif
