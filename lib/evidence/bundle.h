/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_BUNDLE_H
#define BC_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/vocabulary.h"
#include "consent/event.h"
#include "consent/leaf.h"
#include "proof/checkpoint.h"
#include "proof/merkle.h"
#include "proof/note.h"

/*
 * Evidence about one subject that needs no store: events with their salts, the
 * proofs that they stand in the signed log, what the register says of the
 * subject and of the notices, the notices' texts. doc/evidence.md.
 */

#define BC_BUNDLE_MAX (8 * 1024 * 1024) /* bytes of the file */
#define BC_BUNDLE_EVENTS_MAX 1024
#define BC_BUNDLE_COLLECTED_MAX (8 * BC_BUNDLE_EVENTS_MAX) /* before what is not wanted goes */
#define BC_BUNDLE_LEAVES_MAX 64                            /* the subject's, and one a notice */
#define BC_BUNDLE_TEXTS_MAX 64
#define BC_BUNDLE_EVER INT64_MAX      /* a time after everything */
#define BC_BUNDLE_CLOCK_ALLOWANCE 300 /* seconds that a checkpoint may be ahead of the clock */

struct bc_bundle_text {
    char *data;
    size_t len;
};

/* An event and its place in the log. */
struct bc_bundle_event {
    uint64_t index;
    struct bc_proof path;
    struct bc_hash commitment;
    unsigned char salt[BC_SALT_BYTES];
    struct bc_bundle_text payload; /* data is NULL where it is withheld or erased */
    struct bc_event *event;        /* the payload, read; NULL without one */
};

/* A leaf and its place in the register. */
struct bc_bundle_leaf {
    uint64_t slot;
    struct bc_proof path;
    struct bc_leaf leaf;
};

struct bc_bundle {
    struct bc_bundle_text note;      /* the checkpoint with its signatures */
    struct bc_checkpoint checkpoint; /* what the note says; since bc_bundle_check */
    size_t signer;                   /* index in the keys of who signed it; since then, too */
    size_t leaf_count;
    /* the subject's, which every checked bundle has, then the notices' by id */
    struct bc_bundle_leaf leaves[BC_BUNDLE_LEAVES_MAX];
    size_t text_count;
    /* of the notices that grants name, in the grants' order */
    struct bc_bundle_text texts[BC_BUNDLE_TEXTS_MAX];
    size_t event_count;
    size_t event_room;
    struct bc_bundle_event *events; /* ascending by index */
};

/* What is wrong with a bundle: one sentence without a full stop. */
struct bc_bundle_error {
    char what[256];
};

/* What the recipient of a bundle trusts: keys, and a clock. */
struct bc_bundle_trust {
    const struct bc_vkey *keys;
    size_t key_count;
    int64_t now; /* POSIX seconds */
};

/* Sets err to the sentence; its value is r. */
__attribute__((format(printf, 3, 4))) enum bc_result
bc_bundle_fail(struct bc_bundle_error *err, enum bc_result r, const char *format, ...);

/* An empty bundle; NULL if there is no memory. */
struct bc_bundle *bc_bundle_new(void);

/* Frees the bundle and what it holds. NULL is allowed. */
void bc_bundle_free(struct bc_bundle *b);

/* Adds a copy of an event behind the others, with copies of its payload and of what that says. Up
 * to BC_BUNDLE_COLLECTED_MAX. BC_ERR_MEMORY. */
enum bc_result bc_bundle_add(struct bc_bundle *b, const struct bc_bundle_event *e);

/* Takes a copy of len bytes, with a NUL behind. BC_ERR_MEMORY. */
enum bc_result bc_bundle_copy(const void *data, size_t len, struct bc_bundle_text *out);

/* Writes the one form of a bundle; *json is the caller's to free, has *len bytes and a NUL.
 * BC_ERR_MEMORY, BC_ERR_TOO_LARGE, BC_ERR_INVALID (text that is not UTF-8). */
enum bc_result bc_bundle_encode(const struct bc_bundle *b, char **json, size_t *len);

/* Verifies all but the form: checkpoint, its time, every proof, every text, and that the events and
 * the register say the same of each consent, template and notice. Sets b->checkpoint and b->signer.
 * BC_ERR_UNKNOWN_KEY, BC_ERR_SIGNATURE, BC_ERR_CLOCK, BC_ERR_CORRUPT, BC_ERR_INVALID. */
enum bc_result bc_bundle_check(struct bc_bundle *b, const struct bc_bundle_trust *trust,
                               struct bc_bundle_error *err);

/* Verifies a bundle as its recipient will, and writes it; *json is the caller's to free, has *len
 * bytes and a NUL. Errors of bc_bundle_check and bc_bundle_encode. */
enum bc_result bc_bundle_write(struct bc_bundle *b, const struct bc_bundle_trust *trust,
                               char **json, size_t *len, struct bc_bundle_error *err);

/* Reads a file of len bytes, verifies it as bc_bundle_check does, and compares it byte by byte with
 * the one form of what was verified. Refuses what is nested deeper, longer or more than a bundle
 * may be before it is parsed; duplicate, unknown and missing members; a proof with another
 * checkpoint. *out is the caller's to free. Errors of bc_bundle_check and bc_bundle_encode. */
enum bc_result bc_bundle_open(const char *json, size_t len, const struct bc_bundle_trust *trust,
                              struct bc_bundle **out, struct bc_bundle_error *err);

/* ---- what a checked bundle says ---- */

/* The event at index of the log if it is disclosed here; else NULL. */
const struct bc_event *bc_bundle_event(const struct bc_bundle *b, uint64_t index);

/* Whether a consent that is disclosed here names the notice. */
int bc_bundle_names(const struct bc_bundle *b, const char *notice_id);

/* The register's leaf of this notice; NULL if it is not here. */
const struct bc_leaf *bc_bundle_notice_leaf(const struct bc_bundle *b, const char *id);

/* The event that ended the grant at index by this time; NULL if none here did. */
const struct bc_event *bc_bundle_ending(const struct bc_bundle *b, uint64_t grant, int64_t at);

/* Whether a later version took the place of the notice's version at index by this time. */
int bc_bundle_replaced(const struct bc_bundle *b, uint64_t index, int64_t at);

/* The version of the notice that the grant names, and whether it was current at this time. NULL if
 * it is not here. */
const struct bc_notice *bc_bundle_notice(const struct bc_bundle *b, const struct bc_grant *g,
                                         int64_t at, int *current, uint64_t *index);

/* Whether the consent at index allowed the request at this time, by the notice's own terms:
 * BC_REASON_ALLOW, or why not. BC_REASON_NO_RECORD: it was not given yet, or is none. */
enum bc_reason bc_bundle_consent(const struct bc_bundle *b, uint64_t grant,
                                 const struct bc_use *use, int64_t at);

/* Whether any consent that is disclosed here did; else why the closest did not. */
enum bc_reason bc_bundle_decide(const struct bc_bundle *b, const struct bc_use *use, int64_t at);

/* Writes the cover page, for people who read no JSON: who consented to what, when, by which notice,
 * on whose behalf, with which service provider named, until when, and what happened since. Lines of
 * UTF-8 with a newline each; *text is the caller's to free, has *len bytes and a NUL.
 * BC_ERR_MEMORY. */
enum bc_result bc_bundle_cover_page(const struct bc_bundle *b, char **text, size_t *len);

#endif
