/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify-checkpoint.h"

#include "proof/checkpoint-follow.h"
#include "proof/cosignature.h"
#include "proof/proof-lines.h"

#define number(n) ((unsigned long long)(n))

/* Verifies a checkpoint from another file by the keys of the log. */
static void open_checkpoint(const struct bc_wanted *w, const struct bc_findings *f,
                            const char *option, const struct bc_bundle_text *file,
                            struct bc_checkpoint *out)
{
    size_t text_len, signer;
    enum bc_result r =
        bc_note_open(file->data, file->len, w->keys, w->key_count, &text_len, &signer);

    if (r == BC_OK)
        r = bc_checkpoint_parse(file->data, text_len, out);
    if (r != BC_OK)
        bc_findings_refuse(f, "%s: %s", option,
                           r == BC_ERR_INVALID ? "not a signed checkpoint of a consent store"
                                               : bc_result_text(r));
}

/* Which of the two was signed first does not matter: they say the same of log and register. */
static void check_cosigned(const struct bc_wanted *w, const struct bc_findings *f)
{
    const struct bc_checkpoint *own = &f->b->checkpoint;
    enum bc_follow follow = BC_FOLLOW_FOLLOWS;
    struct bc_checkpoint cosigned;

    open_checkpoint(w, f, "--cosigned", &w->cosigned, &cosigned);
    if (cosigned.log_size == own->log_size && cosigned.signed_at < own->signed_at)
        (void)bc_checkpoint_follow(&cosigned, own, NULL, NULL, &follow);
    else
        (void)bc_checkpoint_follow(own, &cosigned, NULL, NULL, &follow);
    switch (follow) {
    case BC_FOLLOW_SAME:
        return;
    case BC_FOLLOW_OTHER_LOG:
        bc_findings_refuse(f, "--cosigned: the checkpoint is of another log: %s", cosigned.origin);
    case BC_FOLLOW_FORKED:
        bc_findings_refuse(f, "--cosigned: that checkpoint and the evidence's are two histories; "
                              "keep both");
    default:
        bc_findings_refuse(f,
                           "--cosigned: that checkpoint is of %llu events and the evidence's of "
                           "%llu; ask for evidence and cosignatures of one checkpoint",
                           number(cosigned.log_size), number(own->log_size));
    }
}

static void check_witnesses(const struct bc_wanted *w, int64_t now, struct bc_findings *f)
{
    const struct bc_bundle_text *note = w->cosigned.data ? &w->cosigned : &f->b->note;
    const char *missing = "";

    f->witness_count = 0;
    for (size_t i = 0; i < w->witness_count; i++) {
        struct bc_witnessed *found = &f->witnesses[f->witness_count];
        enum bc_result r;

        found->key = w->witnesses[i];
        r = bc_cosignature_find(note->data, note->len, &found->key, &found->time);
        if (r == BC_ERR_NOT_FOUND) {
            missing = w->witnesses[i].name;
            continue;
        }
        if (r != BC_OK)
            bc_findings_refuse(f, "the cosignature of the witness %s is wrong", found->key.name);
        if (found->time > now + BC_BUNDLE_CLOCK_ALLOWANCE)
            bc_findings_refuse(f, "the witness %s cosigned in the future", found->key.name);
        f->witness_count++;
    }
    if (f->witness_count < w->quorum)
        bc_findings_refuse(f,
                           "the witness %s has not cosigned the checkpoint: %zu of the named "
                           "witnesses have, and %zu must have",
                           missing, f->witness_count, w->quorum);
}

static void check_extends(const struct bc_wanted *w, struct bc_findings *f)
{
    const struct bc_checkpoint *own = &f->b->checkpoint;
    const char *at = w->consistency.data;
    struct bc_checkpoint old;
    struct bc_proof proof;
    enum bc_follow follow;
    int empty;
    enum bc_result r;

    open_checkpoint(w, f, "--extends", &w->extends, &old);
    if (at &&
        (bc_proof_lines_parse(&at, at + w->consistency.len, &proof, &empty) != BC_OK || empty))
        bc_findings_refuse(f, "--consistency: not a proof");
    r = bc_checkpoint_follow(&old, own, NULL, at ? &proof : NULL, &follow);
    if (r == BC_ERR_NOT_FOUND)
        bc_findings_refuse(f,
                           "--extends: the evidence's log has %llu events, the older one %llu; "
                           "give the proof of bioconsent-log compare with --consistency",
                           number(own->log_size), number(old.log_size));
    if (r != BC_OK)
        bc_findings_refuse(f, "--consistency: the proof does not lead from the older checkpoint to "
                              "the evidence's");
    switch (follow) {
    case BC_FOLLOW_SAME:
    case BC_FOLLOW_FOLLOWS:
        f->kept = old;
        f->has_kept = 1;
        return;
    case BC_FOLLOW_OLDER:
        bc_findings_refuse(f,
                           "--extends: the evidence is older than that checkpoint of %llu events",
                           number(old.log_size));
    case BC_FOLLOW_OTHER_LOG:
        bc_findings_refuse(f, "--extends: that checkpoint is of another log: %s", old.origin);
    case BC_FOLLOW_CLOCK_BACKWARDS:
        bc_findings_refuse(f, "--extends: the evidence's log is larger, but was signed before that "
                              "checkpoint; keep both");
    default:
        bc_findings_refuse(f, "--extends: that checkpoint and the evidence's are two histories; "
                              "keep both");
    }
}

void bc_verify_checkpoint(const struct bc_wanted *w, int64_t now, struct bc_findings *f)
{
    if (w->cosigned.data)
        check_cosigned(w, f);
    check_witnesses(w, now, f);
    if (w->extends.data)
        check_extends(w, f);
}
