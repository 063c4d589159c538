/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_SNAPSHOT_H
#define BC_SNAPSHOT_H

#include "base/result.h"
#include "consent/config.h"
#include "consent/decision.h"
#include "consent/event.h"
#include "consent/leaf.h"
#include "proof/checkpoint.h"
#include "store/store.h"
#include "store/tile.h"

/*
 * One verified view of the store: nothing comes out of it that does not lead
 * to the signed checkpoint. The gate and transactions read through it.
 */

struct bc_snapshot {
    struct bc_store *store; /* open; the caller's */
    struct bc_checkpoint checkpoint;
    struct bc_bytes note; /* the checkpoint's bytes; valid until the store is changed */
    size_t signer;        /* index in config->keys */
    struct bc_tiles log;
    struct bc_tiles registry;
};

/* Reads the checkpoint, verifies it with the config's keys, and its origin. BC_OK,
 * BC_ERR_UNKNOWN_KEY, BC_ERR_SIGNATURE, BC_ERR_ORIGIN, BC_ERR_CORRUPT,
 * BC_ERR_SYSTEM. The result must not be moved or copied. */
enum bc_result bc_snapshot_open(struct bc_store *store, const struct bc_config *config,
                                struct bc_snapshot *out);

/* Whether the clock can be right: BC_ERR_CLOCK where now stands more than the allowance before
 * the time of signing; else BC_OK. */
enum bc_result bc_snapshot_clock(const struct bc_snapshot *s, const struct bc_config *config,
                                 int64_t now);

/* BC_ERR_STALE where max_age is set and the checkpoint is older; else BC_OK. */
enum bc_result bc_snapshot_fresh(const struct bc_snapshot *s, const struct bc_config *config,
                                 int64_t now);

/* Looks up the leaf with the key of *leaf, folds its path to the register's root, and replaces
 * *leaf. slot may be NULL. BC_OK, BC_ERR_NO_RECORD (there is no such row),
 * BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_snapshot_leaf(struct bc_snapshot *s, struct bc_leaf *leaf, uint64_t *slot);

/* Fetches an event that a verified leaf names, compares its commitment, and parses it.
 * payload may be NULL. BC_OK, BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_snapshot_event(struct bc_snapshot *s, const struct bc_leaf_entry *entry,
                                 struct bc_event *out, struct bc_bytes *payload);

/* Finds the current version of notice `id` whose text has this SHA-256. BC_OK,
 * BC_ERR_SUPERSEDED (not, or no longer, current), BC_ERR_NO_RECORD (no such notice),
 * BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_snapshot_notice(struct bc_snapshot *s, const char *id, const struct bc_hash *text,
                                  struct bc_event *out);

/* A consent in force, as the verified store has it. */
struct bc_active_consent {
    struct bc_event grant;
    struct bc_event notice;
    struct bc_consent consent; /* points at both */
    struct bc_bytes payload;   /* of the grant */
};

/* Loads the grant that an entry of a subject's leaf names, and its notice if that is current. *out
 * must not be moved. BC_OK, BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_snapshot_consent(struct bc_snapshot *s, const struct bc_leaf_entry *entry,
                                   struct bc_active_consent *out);

/* The result of a snapshot for that of the store: inside of it a missing row is damage. BC_OK,
 * BC_ERR_CORRUPT, BC_ERR_SYSTEM. */
enum bc_result bc_snapshot_result(enum bc_result r);

#endif
