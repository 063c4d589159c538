/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STATISTICS_H
#define BC_STATISTICS_H

#include "base/reason.h"
#include "store/consent-status.h"

/* The store in numbers, counted in one walk through its history. */

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

/* What followed on consents that ended in one way. */
struct bc_speed {
    uint64_t consents; /* that ended so */
    uint64_t deleted;  /* templates that rested on them, confirmed as gone */
    int64_t median;    /* seconds from the end to that; -1: deleted is 0 */
    int64_t worst;     /* the same */
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
};

/* Counts a word once more. */
void bc_statistics_tally(struct bc_statistics_tallies *t, const char *word);

/* Puts the most frequent first. */
void bc_statistics_sort(struct bc_statistics_tallies *t);

/*
 * Counting:
 *
 *     bc_statistics_begin(&c, &statuses, now, &numbers);
 *     bc_log_reader_begin(&reader, s, &bc_statistics_wanted);
 *     while (r == BC_OK && bc_log_reader_next(&reader, &past))
 *         r = bc_statistics_add(&c, &past);
 *     r = bc_statistics_end(&c);
 *
 * The counter keeps 8 bytes a consent in force and 24 a template until its end.
 */
struct bc_statistics_counter {
    struct bc_statistics *out;
    const struct bc_consent_statuses *statuses;
    int64_t now;
    uint64_t *people; /* hashes of those with a consent in force, some more than once */
    size_t people_count, people_room;
    struct bc_statistics_template {
        uint64_t enroll;
        uint64_t grant;
        int64_t gone; /* confirmed; 0: not */
    } * templates;    /* by enroll */
    size_t template_count, template_room;
};

/* The events that are counted. */
extern const struct bc_log_filter bc_statistics_wanted;

/* Begins. statuses and out must outlive the counter; *out is complete once bc_statistics_end has
 * returned BC_OK. */
void bc_statistics_begin(struct bc_statistics_counter *c,
                         const struct bc_consent_statuses *statuses, int64_t now,
                         struct bc_statistics *out);

/* Counts the next event of bc_statistics_wanted. BC_OK, BC_ERR_MEMORY. */
enum bc_result bc_statistics_add(struct bc_statistics_counter *c,
                                 const struct bc_logged_event *past);

/* Ends it and frees what it keeps; to be called whatever bc_statistics_add returned. BC_OK,
 * BC_ERR_MEMORY. */
enum bc_result bc_statistics_end(struct bc_statistics_counter *c);

#endif
