/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CONSENT_ROWS_H
#define BC_CONSENT_ROWS_H

#include "base/csv.h"
#include "consent/event.h"

/* One row of a file of consents, as JSON or as CSV: doc/schemas/consent-line.schema.json names the
 * members, which are the columns' names as well. */

#define BC_CONSENT_COLUMNS_MAX 24

/* What is wrong with a row. Static strings. */
struct bc_consent_fault {
    const char *field;    /* "" where it is about the row */
    const char *expected; /* "64 lower-case hex digits" */
};

/* The header of a file of CSV: the members in the order of the columns. */
struct bc_consent_rows_columns {
    size_t count;
    int field[BC_CONSENT_COLUMNS_MAX];
    char unknown[64]; /* the column that is none, where the header is refused */
};

/* Reads a JSON object of len bytes into *g and the set of BC_HAS_… in *given. 1, or 0 with the
 * first fault. */
int bc_consent_rows_json(const char *text, size_t len, struct bc_grant *g, unsigned *given,
                         struct bc_consent_fault *fault);

/* Reads the header of len bytes; text[len] is written. 1, or 0 with what is wrong with it. */
int bc_consent_rows_columns(char *text, size_t len, struct bc_consent_rows_columns *out,
                            struct bc_consent_fault *fault);

/* The same as bc_consent_rows_json for a record of CSV under these columns; text[len] is written.
 * An empty cell is a missing member; lists have spaces between their words. */
int bc_consent_rows_csv(char *text, size_t len, const struct bc_consent_rows_columns *columns,
                        struct bc_grant *g, unsigned *given, struct bc_consent_fault *fault);

#endif
