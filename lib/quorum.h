/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_QUORUM_H
#define BC_QUORUM_H

#include <stddef.h>
#include <stdint.h>

#include "note.h"
#include "result.h"
#include "settings.h"

/*
 * Which logs there are, and whose cosignatures a checkpoint needs: a file of
 * lines in the grammar of c2sp.org/tlog-policy.
 *
 *     log <vkey> [<url>]
 *     witness <name> <vkey> [<url>]
 *     group <name> all|any|<k> <member> ...
 *     quorum <name>|none
 */

#define BC_QUORUM_LOGS_MAX 32
#define BC_QUORUM_NAMES_MAX 64 /* witnesses and groups */

/* A witness, or a group of members that were defined before it. */
struct bc_quorum_name {
    char name[BC_KEY_NAME_MAX + 1];
    int group;
    int member;  /* of a group already */
    size_t need; /* of a group: so many of its members */
    size_t count;
    unsigned char members[BC_QUORUM_NAMES_MAX]; /* indexes in names */
    struct bc_vkey key;                         /* of a witness */
};

struct bc_quorum {
    size_t log_count;
    struct bc_vkey logs[BC_QUORUM_LOGS_MAX];
    size_t name_count;
    struct bc_quorum_name names[BC_QUORUM_NAMES_MAX];
    int given;   /* there is a quorum line */
    size_t root; /* index in names; BC_QUORUM_NAMES_MAX: none is needed */
};

/* Nothing: no log, no name, no quorum. */
extern const struct bc_quorum bc_quorum_empty;

/* When a cosignature counts: given no later than now + allowance, and no earlier than now - max_age
 * (0: any age). POSIX seconds. */
struct bc_quorum_time {
    int64_t now;
    int64_t allowance;
    int64_t max_age;
};

/* Reads the lines. Strict: the first fault voids it all. Spaces and tabs separate; a line that begins
 * with '#' is a comment. Names are UTF-8; a name stands before its use and in one group at most; no key
 * twice; exactly one quorum line. path only names the file in err.
 * BC_ERR_INVALID. */
enum bc_result bc_quorum_parse(const char *path, const char *text, size_t len,
                               struct bc_quorum *out, struct bc_settings_error *err);

/* The same for a list of logs: nothing but log lines, at least one. */
enum bc_result bc_quorum_parse_logs(const char *path, const char *text, size_t len,
                                    struct bc_quorum *out, struct bc_settings_error *err);

/* Both from a trusted file, owned by root or owner. Errors of bc_settings_load too. */
enum bc_result bc_quorum_load(const char *path, uid_t owner, int only_logs, struct bc_quorum *out,
                              struct bc_settings_error *err);

/* Whether a checkpoint of this origin may be signed by this key: it stands in a log line, and its name is
 * the origin; or there is no log line, and the caller knows its logs. */
int bc_quorum_has_log(const struct bc_quorum *q, const char *origin, const struct bc_vkey *key);

/* Whether the note's cosignatures make up the quorum. Looks no further than that takes: each witness is
 * looked at once at most. BC_OK; BC_ERR_NOT_FOUND (not enough of them, or too old, or from the future);
 * BC_ERR_SIGNATURE (a named witness's is wrong); errors of bc_note_lines. */
enum bc_result bc_quorum_check(const struct bc_quorum *q, const char *note, size_t len,
                               const struct bc_quorum_time *time);

#endif
