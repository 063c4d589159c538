/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_STATEMENT_H
#define BC_STATEMENT_H

#include "consent/event.h"
#include "proof/note.h"

/*
 * What an event says without naming anybody, stated under the signature of the
 * log's key: a note that is bound to the event by its number and commitment.
 * Whoever is shown the payload and its salt later can see whether it was true.
 *
 *     bioconsent-statement/1
 *     <origin>
 *     <index> <base64(commitment)>
 *     <the event as JSON, under a pseudonym>
 */

#define BC_WITHHELD "withheld" /* in the place of free text, which may name somebody */

/* The pseudonym of the subject whose first event has this commitment. */
void bc_pseudonym(const struct bc_hash *commitment, struct bc_subject *out);

/* Replaces the subject by the pseudonym, and all free text and handles. */
void bc_statement_redact(struct bc_event *e, const struct bc_subject *pseudonym);

/* Signs the event, which was redacted: *len bytes in note, no NUL. BC_ERR_INVALID, BC_ERR_TOO_LARGE,
 * BC_ERR_MEMORY. */
enum bc_result bc_statement_make(const struct bc_skey *key, uint64_t index,
                                 const struct bc_hash *commitment, const struct bc_event *e,
                                 char note[BC_NOTE_MAX], size_t *len);

/* Reads a statement without verifying the signature; *e, which is made if it is NULL, is the caller's to
 * free in any case. Strict: BC_ERR_INVALID for another form, another origin, number or commitment, or an
 * event that is not under a pseudonym. BC_ERR_MEMORY. */
enum bc_result bc_statement_read(const char *note, size_t len, const char *origin, uint64_t index,
                                 const struct bc_hash *commitment, struct bc_event **e);

#endif
