/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_DATETIME_H
#define BC_DATETIME_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

/* Times and durations as text; days, months and years as statutes count them: by date, in UTC, not
 * in seconds. */

#define BC_TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define BC_TIME_TEXT_BYTES 21             /* "2026-11-24T07:10:01Z" and NUL */

/* RFC 3339 in UTC with 'Z' and whole seconds, years 1970 to 9999: exactly 20 bytes.
 * BC_ERR_INVALID for any other form or a day that does not exist. */
enum bc_result bc_datetime_parse(const char *s, size_t len, int64_t *out);

/* The first moment of a day, "2026-05-20": exactly 10 bytes. BC_ERR_INVALID. */
enum bc_result bc_datetime_parse_day(const char *s, size_t len, int64_t *out);

/* Writes t as RFC 3339 in UTC. A t out of range gives "9999-12-31T23:59:59Z" or the epoch. */
void bc_datetime_format(int64_t t, char out[BC_TIME_TEXT_BYTES]);

/* The same in a form for people: "2026-11-24 07:10:01 UTC". */
#define BC_TIME_PLAIN_BYTES 24
void bc_datetime_format_plain(int64_t t, char out[BC_TIME_PLAIN_BYTES]);

/* A duration such as "90s", "15m", "24h", "30d", or "0", in seconds. BC_ERR_INVALID. */
enum bc_result bc_datetime_parse_duration(const char *s, size_t len, int64_t *out);

/* A period; "three years" are 36 months. */
struct bc_period {
    unsigned months;
    unsigned days;
};

/* "45d", "24m", "3y", "0d": at most 36500 days, 1200 months, 100 years. BC_ERR_INVALID. */
enum bc_result bc_datetime_parse_period(const char *s, size_t len, struct bc_period *out);

/* The same time of day one period after t. Where the month has no such day, its last day: one year
 * after 29 February is 28 February (so too Regulation (EEC) 1182/71, Art. 3(2)(c)). The result
 * is at most BC_TIME_MAX. */
int64_t bc_datetime_after(int64_t t, const struct bc_period *p);

#endif
