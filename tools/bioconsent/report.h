/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_REPORT_H
#define BC_REPORT_H

#include <stdio.h>

#include "session.h"
#include "store/statistics.h"

/* What the compliance officer is told: the numbers, and how they are shown. */

#define BC_REPORT_ROWS_MAX 200

/* People by name, where the report names them: those whom it is about first, as far as there is
 * room. */
struct bc_report_rows {
    size_t count;
    struct bc_report_row {
        struct bc_subject subject;
        char what[2 * BC_WORD_MAX + 64]; /* notice, or provider and modality */
        char why[BC_LINE_MAX + 1];
        int64_t when; /* 0: no date */
    } row[BC_REPORT_ROWS_MAX];
    uint64_t left_out;
};

/* Templates that have to go, or that nothing covers. */
struct bc_duties {
    uint64_t templates; /* that exist */
    uint64_t uncovered; /* by no valid consent */
    uint64_t all;       /* that have to be deleted: the next four together */
    uint64_t overdue;
    uint64_t soon; /* due within 30 days */
    uint64_t later;
    uint64_t undated; /* no date: the operator has to decide */
    int64_t oldest;   /* the date that is longest past; 0: none */
    struct bc_statistics_tallies why;
    struct bc_statistics_tallies laws;
    struct bc_statistics_tallies providers; /* of those uncovered */
};

struct bc_report {
    int64_t now;
    int named; /* whether it names people */
    struct bc_checkpoint checkpoint;
    const char *signer; /* name of the key */
    struct bc_statistics statistics;
    struct bc_duties duties;
    struct bc_report_rows expiring; /* within 30 days */
    struct bc_report_rows due;      /* first those that are longest overdue */
};

/* A time in the week of this number whose date is the week's Monday nearly everywhere. */
int64_t bc_report_week(const struct bc_statistics *s, int week);

/* Writes one page without scripts and without anything that is fetched; if json is not 0, the same
 * numbers as JSON. Returns 0, or -1 where there is no memory; what fails in the stream is found
 * where it is ended. */
int bc_report_write(FILE *to, const struct bc_report *r, int json);

/* Writes what expires in which week, as a picture. */
void bc_report_chart(FILE *to, const struct bc_report *r);

#endif
