/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CSV_H
#define BC_CSV_H

#include <stddef.h>

#include "base/text.h"

/*
 * One record of comma-separated values, as in RFC 4180: cells between commas, quoted cells with ""
 * for a quote. Lines may end in LF or CRLF. The parser is strict: a quote inside a cell that is not
 * quoted and text after a closing quote are faults.
 */

/* A cursor in one record. */
struct bc_csv {
    char *at; /* NULL: the record has ended */
    char *end;
};

/* Returns 1 if the text holds a whole record, else 0: a quoted cell may hold newlines, so one line
 * may be less than a record. */
int bc_csv_whole(const char *text, size_t len);

/* Sets the cursor to the start of the record of len bytes, with or without its line end; text[len]
 * must be writable. Cells are made in place: text must outlive them. */
void bc_csv_begin(struct bc_csv *c, char *text, size_t len);

/* Reads the next cell, which gets a NUL. Returns 1; 0 after the last one; -1 if the quotes are
 * wrong: *out is then untouched, and the record has ended. An empty record has one empty cell. */
int bc_csv_next(struct bc_csv *c, struct bc_line *out);

#endif
