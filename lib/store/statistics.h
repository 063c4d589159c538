/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STATISTICS_H
#define BC_STATISTICS_H

#include "base/reason.h"
#include "store/consent-status.h"

/*
 * The store in numbers: one walk through its history, each event proven. Counts
 * only; 8 bytes a consent in force and 24 a template are kept meanwhile.
 */

#define BC_STATISTICS_WEEKS 26
#define BC_TALLIES_MAX 64

/* How often each word occurs, the most frequent first. */
struct bc_statistics_tallies {
    size_t count;
    struct bc_statistics_tally {
        char word[BC_WORD_MAX + 1];
        uint64_t count;
    } tally[BC_TALLIES_MAX];
    uint64_t others; /* words that found no room */
};

/* What followed on consents that ended in one way. Seconds. */
struct bc_speed {
    uint64_t consents; /* that ended so */
    uint64_t deleted;  /* templates that rested on them, confirmed as gone */
    int64_t median;    /* from the end to that; where deleted is not 0 */
    int64_t worst;
};

struct bc_statistics {
    uint64_t consents;                   /* on record */
    uint64_t active;                     /* of these, those in force */
    uint64_t by_reason[BC_REASONS];      /* why the others are not */
    uint64_t people;                     /* with a consent in force */
    uint64_t by_modality[BC_MODALITIES]; /* those in force, in each that they cover */
    uint64_t by_kind[BC_KINDS];
    uint64_t by_giver[BC_GIVEN_BYS];
    struct bc_statistics_tallies providers;
    struct bc_statistics_tallies jurisdictions;
    uint64_t no_jurisdiction;
    int64_t first_week; /* midnight UTC of a Monday */
    uint64_t expire_in[BC_STATISTICS_WEEKS];
    uint64_t expire_soon; /* within 30 days */
    uint64_t expire_later;
    uint64_t expire_never;
    struct bc_speed withdrawn; /* by the subject */
    struct bc_speed ended;     /* by the controller, or with the purpose */
    uint64_t templates;        /* ever enrolled */
};

/* Counts a word once more. */
void bc_statistics_tally(struct bc_statistics_tallies *t, const char *word);

/* Puts the most frequent first. */
void bc_statistics_sort(struct bc_statistics_tallies *t);

/* Counts. each, if not NULL, is called for every consent on record, oldest first, as it is counted.
 * BC_OK, BC_ERR_CORRUPT, BC_ERR_SYSTEM; *out is undefined otherwise. */
enum bc_result bc_statistics_read(struct bc_snapshot *s, const struct bc_consent_statuses *outcomes,
                                  int64_t now,
                                  void (*each)(void *ctx, const struct bc_logged_event *past,
                                               const struct bc_consent_status *outcome),
                                  void *ctx, struct bc_statistics *out);

#endif
