/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_WITNESS_H
#define BC_WITNESS_H

#include <stddef.h>
#include <stdint.h>

#include "checkpoint.h"
#include "cosignature.h"
#include "quorum.h"

/*
 * A witness by the rules of c2sp.org/tlog-witness: it cosigns a checkpoint
 * only if that extends the last one it cosigned for the origin, remembers it
 * durably before it answers, and never has two heads. Here without HTTP: one
 * request text, one answer text.
 *
 *     old <size>                           — name base64
 *     base64(hash)
 *                                     or   refused <status> <why>
 *     the checkpoint                       size <size>             for 409 only
 */

#define BC_WITNESS_REQUEST_MAX (BC_NOTE_MAX + 64 + BC_PROOF_MAX * 45)
#define BC_WITNESS_ANSWER_MAX 512

/* The meaning of HTTP's status codes there. */
enum bc_witness_status {
    BC_WITNESS_OK = 200,
    BC_WITNESS_BAD_REQUEST = 400,
    BC_WITNESS_FORBIDDEN = 403,   /* not signed by a key that is known for the origin */
    BC_WITNESS_UNKNOWN_LOG = 404,
    BC_WITNESS_CONFLICT = 409,    /* the last head is of another size */
    BC_WITNESS_NO_PROOF = 422,    /* no valid proof: the log shows two histories, or erred */
    BC_WITNESS_FAILED = 500,      /* the witness itself: state, clock, disk */
};

struct bc_witness_request {
    uint64_t old_size;
    struct bc_proof proof;
    const char *note; /* inside the request's text; unverified */
    size_t note_len;
};

/* Writes a request: *len bytes, no NUL. BC_ERR_TOO_LARGE. */
enum bc_result bc_witness_request_format(const struct bc_witness_request *r, char *out, size_t cap,
                                         size_t *len);

/* Reads one. BC_ERR_INVALID, BC_ERR_TOO_LARGE. */
enum bc_result bc_witness_request_parse(const char *text, size_t len,
                                        struct bc_witness_request *out);

struct bc_witness {
    const struct bc_skey *key;
    const struct bc_quorum *logs; /* whose lines say which origins have which keys */
    int heads;                    /* descriptor of the folder with the last head of each origin, in a file
                                   * named by the hex SHA-256 of the origin; and in one with "-refused"
                                   * behind that, the last that did not extend it */
    int64_t now;
};

struct bc_witness_answer {
    enum bc_witness_status status;
    char text[BC_WITNESS_ANSWER_MAX]; /* NUL-terminated */
    char origin[BC_KEY_NAME_MAX + 1]; /* of the checkpoint, once it was read */
    uint64_t size;                    /* of the head that is remembered afterwards */
};

/* Answers one request. With BC_WITNESS_OK the checkpoint is remembered, durably, before this returns. */
void bc_witness_answer(const struct bc_witness *w, const char *request, size_t len,
                       struct bc_witness_answer *out);

/* Reads the size off an answer that is a conflict. BC_ERR_INVALID for any other. */
enum bc_result bc_witness_conflict_size(const char *answer, size_t len, uint64_t *size);

#endif
