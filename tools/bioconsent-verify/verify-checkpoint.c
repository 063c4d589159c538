/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify-checkpoint.h"

#include "proof/checkpoint.h"
#include "proof/cosignature.h"
#include "proof/proof-lines.h"

#define number(n) ((unsigned long long)(n))

/* Verifies a checkpoint from another file by the keys of the log. */
static enum bc_result open_checkpoint(const struct bc_wanted *w, const char *option,
                                      const struct bc_bundle_text *file, struct bc_checkpoint *out,
                                      struct bc_bundle_error *err)
{
    size_t text_len, signer;
    enum bc_result r =
        bc_note_open(file->data, file->len, w->keys, w->key_count, &text_len, &signer);

    if (r == BC_OK)
        r = bc_checkpoint_parse(file->data, text_len, out);
    if (r == BC_ERR_INVALID)
        (void)bc_bundle_fail(err, r, "%s: not a signed checkpoint of a consent store", option);
    else if (r != BC_OK)
        (void)bc_bundle_fail(err, r, "%s: %s", option, bc_result_text(r));
    return r;
}

/* Which of the two was signed first does not matter: they say the same of log and register. */
static enum bc_result check_cosigned(const struct bc_wanted *w, const struct bc_checkpoint *own,
                                     struct bc_bundle_error *err)
{
    struct bc_checkpoint cosigned;
    enum bc_follow follow;
    enum bc_result r = open_checkpoint(w, "--cosigned", &w->cosigned, &cosigned, err);

    if (r != BC_OK)
        return r;
    if (cosigned.log_size == own->log_size && cosigned.signed_at < own->signed_at)
        (void)bc_checkpoint_follow(&cosigned, own, NULL, NULL, &follow);
    else if (bc_checkpoint_follow(own, &cosigned, NULL, NULL, &follow) != BC_OK)
        follow = BC_FOLLOW_FOLLOWS;
    switch (follow) {
    case BC_FOLLOW_SAME:
        return BC_OK;
    case BC_FOLLOW_OTHER_LOG:
        return bc_bundle_fail(err, BC_ERR_INVALID,
                              "--cosigned: the checkpoint is of another log: %s", cosigned.origin);
    case BC_FOLLOW_FORKED:
        return bc_bundle_fail(
            err, BC_ERR_FORK,
            "--cosigned: that checkpoint and the evidence's are two histories; keep both");
    default:
        return bc_bundle_fail(
            err, BC_ERR_INVALID,
            "--cosigned: that checkpoint is of %llu events and the evidence's of %llu; ask "
            "for evidence and cosignatures of one checkpoint",
            number(cosigned.log_size), number(own->log_size));
    }
}

static enum bc_result check_witnesses(const struct bc_wanted *w, int64_t now, struct bc_proven *p,
                                      struct bc_bundle_error *err)
{
    const struct bc_bundle_text *note = w->cosigned.data ? &w->cosigned : &p->b->note;
    const char *missing = "";

    p->witness_count = 0;
    for (size_t i = 0; i < w->witness_count; i++) {
        const struct bc_vkey *key = &w->witnesses[i];
        int64_t time;
        enum bc_result r = bc_cosignature_find(note->data, note->len, key, &time);
        if (r == BC_ERR_NOT_FOUND) {
            missing = key->name;
            continue;
        }
        if (r != BC_OK)
            return bc_bundle_fail(err, r, "the cosignature of the witness %s is wrong", key->name);
        if (time > now + BC_BUNDLE_CLOCK_ALLOWANCE)
            return bc_bundle_fail(err, BC_ERR_CLOCK, "the witness %s cosigned in the future",
                                  key->name);
        p->witnesses[p->witness_count].key = *key;
        p->witnesses[p->witness_count++].time = time;
    }
    if (p->witness_count >= w->quorum)
        return BC_OK;
    return bc_bundle_fail(
        err, BC_ERR_NOT_FOUND,
        "the witness %s has not cosigned the checkpoint: %zu of the named witnesses have, "
        "and %zu must have",
        missing, p->witness_count, w->quorum);
}

static enum bc_result check_extends(const struct bc_wanted *w, struct bc_proven *p,
                                    struct bc_bundle_error *err)
{
    const struct bc_checkpoint *own = &p->b->checkpoint;
    const char *at = w->consistency.data;
    struct bc_checkpoint old;
    struct bc_proof proof;
    enum bc_follow follow;
    int empty;
    enum bc_result r = open_checkpoint(w, "--extends", &w->extends, &old, err);

    if (r != BC_OK)
        return r;
    if (at &&
        (bc_proof_lines_parse(&at, at + w->consistency.len, &proof, &empty) != BC_OK || empty))
        return bc_bundle_fail(err, BC_ERR_INVALID, "--consistency: not a proof");
    r = bc_checkpoint_follow(&old, own, NULL, at ? &proof : NULL, &follow);
    if (r == BC_ERR_NOT_FOUND)
        return bc_bundle_fail(
            err, r,
            "--extends: the evidence's log has %llu events, the older one %llu; give the "
            "proof of bioconsent-log compare with --consistency",
            number(own->log_size), number(old.log_size));
    if (r != BC_OK)
        return bc_bundle_fail(
            err, r,
            "--consistency: the proof does not lead from the older checkpoint to the "
            "evidence's");
    switch (follow) {
    case BC_FOLLOW_SAME:
    case BC_FOLLOW_FOLLOWS:
        p->kept = old;
        p->has_kept = 1;
        return BC_OK;
    case BC_FOLLOW_OLDER:
        return bc_bundle_fail(
            err, BC_ERR_ROLLBACK,
            "--extends: the evidence is older than that checkpoint of %llu events",
            number(old.log_size));
    case BC_FOLLOW_OTHER_LOG:
        return bc_bundle_fail(err, BC_ERR_INVALID,
                              "--extends: that checkpoint is of another log: %s", old.origin);
    case BC_FOLLOW_CLOCK_BACKWARDS:
        return bc_bundle_fail(err, BC_ERR_CLOCK,
                              "--extends: the evidence's log is larger, but was signed before that "
                              "checkpoint; keep both");
    default:
        return bc_bundle_fail(
            err, BC_ERR_FORK,
            "--extends: that checkpoint and the evidence's are two histories; keep both");
    }
}

enum bc_result bc_verify_checkpoint(const struct bc_wanted *w, int64_t now, struct bc_proven *p,
                                    struct bc_bundle_error *err)
{
    enum bc_result r = w->cosigned.data ? check_cosigned(w, &p->b->checkpoint, err) : BC_OK;

    if (r == BC_OK)
        r = check_witnesses(w, now, p, err);
    if (r == BC_OK && w->extends.data)
        r = check_extends(w, p, err);
    return r;
}
