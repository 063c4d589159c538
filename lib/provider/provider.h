/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PROVIDER_H
#define BC_PROVIDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/ini-file.h"
#include "base/vocabulary.h"
#include "consent/event.h"
#include "consent/identifiers.h"

/* A provider as data, one file each: who holds the templates, which identifiers name one, and the
 * commands that enroll, list, delete and prove (bioconsent-provider(5)). */

#define BC_PROVIDER_SUFFIX ".conf"
#define BC_PROVIDER_LOCAL                                                                          \
    "the operator of this computer" /* as legal name: the controller alone                         \
                                     */
#define BC_SETTING_MAX 190          /* bytes of a value */
#define BC_ENVIRONMENT_MAX 16
#define BC_PLACES_MAX 16
#define BC_ADVICE_MAX 4 /* lines for a person */
#define BC_ABSENT_MAX 2
#define BC_TIMEOUT_MAX 3600 /* seconds */

struct bc_setting {
    char text[BC_SETTING_MAX + 1];
};

/* One command and how its answer is read. Empty: not given. */
struct bc_step {
    struct bc_setting command; /* words; the first an absolute path */
    struct bc_setting collect; /* identifier and JSON member: values to be taken from the answer */
    struct bc_setting only;    /* JSON member, and words that it may hold: others are failures */
    struct bc_setting gone;    /* error codes that mean it is gone */
    struct bc_setting gone_empty;            /* JSON member: empty means it is gone */
    struct bc_setting gone_equals;           /* JSON member and word: equal means it is gone */
    struct bc_setting present;               /* text in the answer that means it is still there */
    struct bc_setting expect;                /* text without which the answer proves nothing */
    struct bc_setting absent[BC_ABSENT_MAX]; /* paths that must not exist */
    struct bc_setting remove;   /* what a person may type to remove what is not on record */
    struct bc_setting pictures; /* a folder of files that show a person */
    struct bc_setting where;    /* identifier and words: with another value nothing is proven */
};

enum bc_step_id {
    BC_STEP_ENROLL,
    BC_STEP_LIST,
    BC_STEP_DELETE,
    BC_STEP_DELETE_2,
    BC_STEP_PROVE,
    BC_STEP_PROVE_2,
    BC_STEP_INVENTORY,
    BC_STEPS
};

struct bc_provider {
    char id[BC_WORD_MAX + 1];     /* the file's name without suffix */
    struct bc_setting name;       /* of the service */
    struct bc_setting legal_name; /* of who runs it */
    enum bc_modality modality;
    int64_t timeout; /* of one command, seconds */
    int64_t ended;   /* POSIX seconds: the provider has ended the service; 0 */
    struct bc_setting ended_source;
    struct bc_setting endpoint;              /* URL given to each command, for tests */
    struct bc_setting retry;                 /* error codes after which to ask again */
    struct bc_setting advice[BC_ADVICE_MAX]; /* no command deletes: what a person has to do */
    size_t environment_count;
    struct bc_setting environment[BC_ENVIRONMENT_MAX]; /* NAME=value */
    struct bc_identifier_rules identifiers;
    size_t place_count;
    struct bc_identifiers place[BC_PLACES_MAX]; /* where the inventory is taken: identifiers */
    struct bc_step step[BC_STEPS];
};

/* "enroll", "list", "delete", "delete-2", …; NULL out of range. */
const char *bc_provider_step_name(enum bc_step_id s);

/* Reads a file's text. id is its name without suffix; path only names it in err. The first fault
 * voids it all. BC_ERR_INVALID, BC_ERR_TOO_LARGE, BC_ERR_MEMORY. */
enum bc_result bc_provider_parse(const char *id, const char *path, const char *text, size_t len,
                                 struct bc_provider *out, struct bc_ini_file_error *err);

/* Loads id.conf from the folders. Errors of bc_ini_file_find and bc_provider_parse. */
enum bc_result bc_provider_load(const char *const *folders, size_t count, const char *id,
                                uid_t owner, struct bc_provider *out,
                                struct bc_ini_file_error *err);

#endif
