/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_HTML_H
#define BC_HTML_H

#include <stdint.h>
#include <stdio.h>

/* Writing HTML. Errors are the stream's own, and found where it is ended. */

/* Text from anywhere, as an element's content or a quoted attribute's value: never markup, never a
 * control character, and never one that turns the direction of what stands around it. */
void bc_html_text(FILE *to, const char *s);

/* A number with its thousands apart. */
void bc_html_number(FILE *to, uint64_t n);

/* A time element: the local time for people, UTC for programs. */
void bc_html_time(FILE *to, int64_t t);
void bc_html_day(FILE *to, int64_t t);

/* The same day as plain text, without its year, for where no element may stand. */
void bc_html_short_day(FILE *to, int64_t t);

/* "3 days 4 hours", of what is most of it. */
void bc_html_period(int64_t seconds, char out[48]);

#endif
