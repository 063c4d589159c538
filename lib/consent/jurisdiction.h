/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_JURISDICTION_H
#define BC_JURISDICTION_H

#include <stdint.h>
#include <sys/types.h>

#include "base/datetime.h"
#include "base/ini-file.h"
#include "base/vocabulary.h"
#include "consent/event.h"

/*
 * What a law asks of a consent, as data: one file a jurisdiction, each value
 * with its clause (bioconsent-jurisdiction(5)). Not legal advice.
 */

#define BC_JURISDICTION_SUFFIX ".conf"
#define BC_EXEMPTIONS_MAX 8
#define BC_CLAUSE_MAX 159 /* bytes */

/* What a deadline of deletion counts from; and how long the proof of a consent must be kept after
 * its end. */
enum bc_clock {
    BC_CLOCK_WITHDRAWAL,
    BC_CLOCK_PURPOSE,
    BC_CLOCK_LAST_USE,
    BC_CLOCK_PROOF,
    BC_CLOCKS
};

/* Where a value stands in the law. "[check]" at its end says that the statute itself was not read.
 */
struct bc_clause {
    char text[BC_CLAUSE_MAX + 1];
};

struct bc_deadline {
    int given; /* the law names one */
    struct bc_period period;
    struct bc_clause clause;
};

/* A case that the law leaves alone. */
struct bc_exemption {
    char name[BC_WORD_MAX + 1];
    char reason[BC_CLAUSE_MAX + 1];
    struct bc_clause clause;
};

struct bc_jurisdiction {
    char id[BC_WORD_MAX + 1]; /* the file's name without suffix */
    char name[BC_CLAUSE_MAX + 1];
    char law[BC_CLAUSE_MAX + 1];
    int64_t in_force; /* POSIX seconds */
    struct bc_clause in_force_clause;
    enum bc_kind kind;
    struct bc_clause kind_clause;
    unsigned givers; /* bit set of 1 << enum bc_given_by */
    struct bc_clause givers_clause;
    unsigned slots; /* what the notice must state: 1 << enum bc_slot */
    struct bc_clause slots_clause;
    struct bc_deadline clock[BC_CLOCKS];
    size_t exemption_count;
    struct bc_exemption exemption[BC_EXEMPTIONS_MAX];
};

/* Reads a file's text. id is its name without suffix; path only names it in err. Every value needs
 * a clause; the first fault voids it all. BC_ERR_INVALID, BC_ERR_TOO_LARGE, BC_ERR_MEMORY. */
enum bc_result bc_jurisdiction_parse(const char *id, const char *path, const char *text, size_t len,
                                     struct bc_jurisdiction *out, struct bc_ini_file_error *err);

/* Loads folder/id.conf from the first of the folders that has it, by which the administrator's own
 * replaces ours. Trusted as in bc_file_read. BC_ERR_NOT_FOUND if none has it; BC_ERR_INVALID for an
 * id that is no word. */
enum bc_result bc_jurisdiction_load(const char *const *folders, size_t count, const char *id,
                                    uid_t owner, struct bc_jurisdiction *out,
                                    struct bc_ini_file_error *err);

/* The exemption of this name; NULL. */
const struct bc_exemption *bc_jurisdiction_exemption(const struct bc_jurisdiction *j,
                                                     const char *name);

/* When a template must be gone whose clock began at `from`: the earliest that any of them says. Of
 * BC_CLOCK_PROOF, until when the proof must be kept: the latest. *by is the index of the one that
 * says so. A law that names no deadline for withdrawal takes it as the end of the purpose. 0 and
 * *by == -1 if none says anything. */
int64_t bc_jurisdiction_due(const struct bc_jurisdiction *list, size_t count, enum bc_clock clock,
                            int64_t from, int *by);

#endif
