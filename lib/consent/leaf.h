/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_LEAF_H
#define BC_LEAF_H

#include <stddef.h>
#include <stdint.h>

#include "consent/event.h"

/*
 * One leaf of the register: what is in force for one subject or one notice,
 * as bytes. doc/format.md, section 4. The register's leaves are what the events,
 * applied one after the other, come to; nothing else.
 */

#define BC_LEAF_BLIND_BYTES 16
#define BC_LEAF_MAX                                                                                \
    (16 + BC_LEAF_BLIND_BYTES + BC_SUBJECT_MAX + (BC_ACTIVE_MAX + 1 + BC_TEMPLATES_MAX) * 41)
#define BC_LEAF_KEY_MAX (8 + BC_SUBJECT_MAX)
#define BC_LEAF_HEAD_MAX (7 + BC_SUBJECT_MAX)

/* A vacant leaf stands where an erased subject's was. */
enum bc_leaf_kind {
    BC_LEAF_ACCOUNT = 'a',
    BC_LEAF_EXTERNAL = 'x',
    BC_LEAF_NOTICE = 'n',
    BC_LEAF_VACANT = 'v'
};

struct bc_leaf_entry {
    uint64_t index; /* of the event in the log */
    struct bc_hash commitment;
};

struct bc_leaf {
    enum bc_leaf_kind kind;
    uint32_t uid; /* of an account; else 0 */
    char name[BC_SUBJECT_MAX + 1];
    /* Made of the last event's salt, so that a reader of a path cannot guess whose leaf it hashes.
     */
    unsigned char blind[BC_LEAF_BLIND_BYTES];
    size_t active_count;
    struct bc_leaf_entry active[BC_ACTIVE_MAX]; /* grants in force, or current notice versions */
    char ended; /* 0, 'w' withdrawn, 'r' revoked, 'p' purpose ended: the last one */
    struct bc_leaf_entry ending; /* if ended: that event */
    size_t template_count;
    struct bc_leaf_entry templates[BC_TEMPLATES_MAX]; /* enrolled, not known to be gone */
};

/* An empty leaf for the subject or notice that the event is about. */
void bc_leaf_for_event(const struct bc_event *e, struct bc_leaf *out);
void bc_leaf_for_subject(const struct bc_subject *s, struct bc_leaf *out);
void bc_leaf_for_notice(const char *id, struct bc_leaf *out);

/* The subject of an account's or external leaf. */
void bc_leaf_subject(const struct bc_leaf *leaf, struct bc_subject *out);

/* The key of the leaf in the subjects table. Returns its length in bytes. The keys of accounts of
 * one name stand side by side: the uid is the last four bytes. */
size_t bc_leaf_key(const struct bc_leaf *leaf, unsigned char out[BC_LEAF_KEY_MAX]);

/* The bytes with which a leaf of this key begins: version to name. Returns their number, 0 for what
 * is no key. So a row of the table need not hold them. */
size_t bc_leaf_head(const unsigned char *key, size_t key_len, unsigned char out[BC_LEAF_HEAD_MAX]);

/* The leaf's bytes. Returns their number. */
size_t bc_leaf_encode(const struct bc_leaf *leaf, unsigned char out[BC_LEAF_MAX]);

/* Strict: BC_ERR_CORRUPT for anything that bc_leaf_encode does not write. */
enum bc_result bc_leaf_decode(const unsigned char *data, size_t len, struct bc_leaf *out);

/* Applies the event, which stands at index and has this commitment and salt, to its subject's leaf.
 * BC_ERR_TOO_LARGE: BC_ACTIVE_MAX active entries or BC_TEMPLATES_MAX templates already.
 * BC_ERR_NOT_FOUND: it ends a grant that is not active, or is about an unknown template.
 * BC_ERR_INVALID: the event is about another subject, or is an erasure. */
enum bc_result bc_leaf_apply(struct bc_leaf *leaf, const struct bc_event *e, uint64_t index,
                             const struct bc_hash *commitment,
                             const unsigned char salt[BC_SALT_BYTES]);

#endif
