/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_REPORT_TABLE_H
#define BC_REPORT_TABLE_H

#include "report.h"

/* The tables of the page. Captions and headings are markup of ours; names and words may be anybody's. */

/* Numbers with their share of a whole as a bar: what is counted by, and the unit that is counted. */
void bc_table_begin(FILE *to, const char *caption, const char *what, const char *unit);
void bc_table_row(FILE *to, const char *name, uint64_t n, uint64_t of);
void bc_table_end(FILE *to, int rows);

/* All of it: those of the names whose number is not 0; the words, and those without any (rest). */
void bc_table_fixed(FILE *to, const char *caption, const char *what, size_t count,
                    const char *const *names, const uint64_t *numbers, uint64_t of);
void bc_table_words(FILE *to, const char *caption, const char *what, const char *unit,
                    const struct bc_tallies *t, uint64_t rest, uint64_t of);

/* People by name, if there are any. */
void bc_table_people(FILE *to, const char *caption, const char *when, const char *what,
                     const char *why, const struct bc_report_rows *rows);

#endif
