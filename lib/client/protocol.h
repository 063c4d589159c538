/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_PROTOCOL_H
#define BC_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/result.h"
#include "base/vocabulary.h"

/*
 * What the module (or a tool) and the gate send to each other over one
 * AF_UNIX SOCK_SEQPACKET connection: one request, one answer, each one packet
 * of fixed text. Needs nothing but the C library: the module links it.
 *
 *     bioconsent/1 check            check | explain | status | withdraw | accept
 *     nonce <32 hex digits>
 *     uid <decimal>                 "-" for a subject without an account
 *     user <name>
 *     operation <name>
 *     modality <name>
 *     provider <word>               "-" for any
 *     purpose <word>                "-" for any
 *     notice <64 hex digits>        accept: the SHA-256 of the notice's text
 *     typed <text>                  accept
 *
 *     bioconsent/1 allow <nonce>
 *     bioconsent/1 refuse <nonce> <reason>
 *
 * explain and status are answered by any number of packets "bioconsent/1 step
 * <text>" before the answer, the others by the answer alone. A step of explain
 * is a line for people. A step of status is a JSON object: {"event", "state",
 * "grant"} for a consent in force, or {"receipt"} with the path of the newest
 * receipt, which the gate names only to the person that it belongs to.
 */

#define BC_NONCE_DIGITS 32  /* hexadecimal, lower case */
#define BC_REQUEST_MAX 2048 /* bytes of a request packet */
#define BC_ANSWER_MAX 128   /* bytes of an answer packet */
#define BC_STEP_MAX 16384   /* bytes of a step packet */

/* One question. */
struct bc_request {
    enum bc_ask ask;
    char nonce[BC_NONCE_DIGITS + 1];
    struct bc_use use;
    char notice[BC_WORD_MAX + 1]; /* of accept: a SHA-256 in hex */
    char typed[BC_TYPED_MAX + 1]; /* of accept */
};

/* Writes the packet to out (*len bytes, no NUL). BC_ERR_INVALID for a request with a bad
 * name or nonce. */
enum bc_result bc_protocol_format_request(const struct bc_request *r, char out[BC_REQUEST_MAX],
                                          size_t *len);

/* Reads a packet; exactly this form, nothing before or after: BC_ERR_INVALID, BC_ERR_TOO_LARGE. */
enum bc_result bc_protocol_parse_request(const char *packet, size_t len, struct bc_request *out);

/* Writes the answer to a request with this nonce. Returns its length. */
size_t bc_protocol_format_answer(const char *nonce, enum bc_reason reason, char out[BC_ANSWER_MAX]);

/* What the packet answers to this nonce: BC_REASON_ALLOW only for the exact bytes of an allowance,
 * a reason for the exact bytes of a refusal, BC_REASON_HELPER for anything else. */
enum bc_reason bc_protocol_parse_answer(const char *nonce, const char *packet, size_t len);

#endif
