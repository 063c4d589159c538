/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CONSENT_ROWS_H
#define BC_CONSENT_ROWS_H

#include "base/csv.h"
#include "consent/event.h"

/* One row of a file of consents, as JSON or as CSV: doc/schemas/consent-line.schema.json names the
 * members, which are the columns' names as well. */

#define BC_CONSENT_COLUMNS_MAX 24

/* A row, read: the grant and which members it had (BC_HAS_…), or what is wrong with it. */
struct bc_consent_row {
    struct bc_grant *grant; /* the caller's */
    unsigned given;
    const char *field;    /* "" where the fault is about the row as a whole */
    const char *expected; /* "64 lower-case hex digits"; static */
};

/* The header of a file of CSV: the members in the order of the columns. */
struct bc_consent_columns {
    size_t count;
    int field[BC_CONSENT_COLUMNS_MAX];
    char unknown[64]; /* the column that is no member, where the header is refused */
};

/* Reads a JSON object of len bytes. Returns 1, or 0 with the first fault in *out. */
int bc_consent_rows_json(const char *text, size_t len, struct bc_consent_row *out);

/* Reads the header of len bytes; text[len] is written. Returns 1, or 0 with the first fault in
 * *out, whose field is then static or columns->unknown. */
int bc_consent_rows_columns(char *text, size_t len, struct bc_consent_columns *columns,
                            struct bc_consent_row *out);

/* Reads a record of CSV under these columns, as bc_consent_rows_json; text[len] is written. An
 * empty cell is a missing member; lists have spaces between their words. */
int bc_consent_rows_csv(char *text, size_t len, const struct bc_consent_columns *columns,
                        struct bc_consent_row *out);

#endif
