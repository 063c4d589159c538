/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_REPORT_H
#define BC_REPORT_H

#include <stdio.h>

#include "session.h"

/* What the compliance officer is told: the numbers, and how they are shown. */

#define BC_REPORT_ROWS_MAX 200
#define BC_REPORT_WEEKS 26
#define BC_REPORT_WORDS_MAX 64

/* How often each word occurs, the most frequent first. */
struct bc_report_tallies {
    size_t count;
    struct bc_report_tally {
        char word[BC_WORD_MAX + 1];
        uint64_t count;
    } tally[BC_REPORT_WORDS_MAX];
    uint64_t others; /* words that found no room */
};

/* People by name, where the report names them: those whom it is about first, as far as there is
 * room. */
struct bc_report_rows {
    size_t count;
    struct bc_report_row {
        struct bc_subject subject;
        char what[2 * BC_WORD_MAX + 64]; /* notice, or provider and modality */
        const char *why;                 /* static */
        int64_t when;                    /* 0: no date */
    } row[BC_REPORT_ROWS_MAX];
    uint64_t left_out;
};

struct bc_report_consents {
    uint64_t count;                      /* on record */
    uint64_t active;                     /* of these, those in force */
    uint64_t by_reason[BC_REASONS];      /* why the others are not */
    uint64_t people;                     /* with a consent in force */
    uint64_t by_modality[BC_MODALITIES]; /* those in force, in each that they cover */
    uint64_t by_kind[BC_KINDS];
    uint64_t by_giver[BC_GIVEN_BYS];
    struct bc_report_tallies providers;
    struct bc_report_tallies jurisdictions;
    uint64_t no_jurisdiction;
    int64_t first_week; /* midnight UTC of a Monday */
    uint64_t expire_in[BC_REPORT_WEEKS];
    uint64_t expire_soon; /* within 30 days */
    uint64_t expire_later;
    uint64_t expire_never;
    struct bc_report_speed {      /* what followed on consents that ended in one way */
        uint64_t consents;        /* that ended so */
        uint64_t deleted;         /* templates that rested on them, confirmed as gone */
        int64_t median, worst;    /* seconds from the end to that; -1: deleted is 0 */
    } withdrawn;                  /* by the subject */
    struct bc_report_speed ended; /* by the controller, or with the purpose */
};

struct bc_report_templates {
    uint64_t count;     /* that exist */
    uint64_t uncovered; /* by no valid consent */
    uint64_t due;       /* that have to be deleted: the next four together */
    uint64_t overdue;
    uint64_t soon; /* due within 30 days */
    uint64_t later;
    uint64_t undated; /* no date: the operator has to decide */
    int64_t oldest;   /* the date that is longest past; 0: none */
    struct bc_report_tallies why;
    struct bc_report_tallies laws;
    struct bc_report_tallies providers; /* of those uncovered */
};

struct bc_report {
    int64_t now;
    int named; /* whether it names people */
    struct bc_checkpoint checkpoint;
    const char *signer; /* name of the key */
    struct bc_report_consents consents;
    struct bc_report_templates templates;
    struct bc_report_rows expiring; /* within 30 days */
    struct bc_report_rows due;      /* first those that are longest overdue */
};

/* Writes one page without scripts and without anything that is fetched; if json is not 0, the same
 * numbers as JSON. Returns 0, or -1 where there is no memory; what fails in the stream is found
 * where it is ended. */
int bc_report_write(FILE *to, const struct bc_report *r, int json);

#endif
