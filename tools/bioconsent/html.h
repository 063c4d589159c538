/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_HTML_H
#define BC_HTML_H

#include <stdint.h>
#include <stdio.h>

/* Writing HTML. */

/* Writes text from anywhere, as an element's content or a quoted attribute's value: never markup,
 * never a control character, and never one that turns the direction of what stands around it.
 * Errors are the stream's own, and found where it is ended. */
void bc_html_text(FILE *to, const char *s);

/* A piece of a page. That of a call lasts until the statement ends, so its text can be printed. */
struct bc_html {
    char text[128];
};

/* A number with its thousands apart. */
struct bc_html bc_html_number(uint64_t n);

/* Forms of a time for strftime. */
#define BC_HTML_MINUTE "%e %B %Y, %H:%M %Z"
#define BC_HTML_DAY "%e %b %Y"
#define BC_HTML_SHORT_DAY "%e %b"

/* The local time in this form, as plain text. */
struct bc_html bc_html_local(int64_t t, const char *form);

/* A time element: the local time in this form for people, UTC for programs. */
struct bc_html bc_html_time(int64_t t, const char *form);

/* "3 days 4 hours": the largest unit of a period and what is left of the next. */
struct bc_html bc_html_period(int64_t seconds);

#endif
