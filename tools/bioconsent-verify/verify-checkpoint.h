/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_VERIFY_CHECKPOINT_H
#define BC_VERIFY_CHECKPOINT_H

#include "findings.h"

/* What a verifier may ask of the evidence's checkpoint beyond the log's own signature: that
 * witnesses have cosigned it, and that its log extends an older one that the verifier kept. */

struct bc_wanted {
    const struct bc_vkey *keys; /* of the log */
    size_t key_count;
    struct bc_vkey witnesses[BC_NOTE_SIGNATURES_MAX]; /* distinct keys of type BC_KEY_COSIGNATURE */
    size_t witness_count;
    size_t quorum; /* so many of the witnesses must have cosigned */
    /* Contents of files; data NULL: not given. */
    struct bc_bundle_text
        cosigned; /* a checkpoint with cosignatures, in place of the evidence's own */
    struct bc_bundle_text extends;     /* an older checkpoint */
    struct bc_bundle_text consistency; /* the proof from there, base64 hashes, one a line */
};

/* Checks all of it for f->b, which was opened, and sets in f the witnesses who have cosigned and
 * the older checkpoint. now is POSIX seconds. A cosigned checkpoint counts if it is of the same log
 * and register as the evidence's, whenever the two were signed. A wrong cosignature by a named
 * witness voids all. What does not hold ends the program by bc_findings_refuse. */
void bc_verify_checkpoint(const struct bc_wanted *w, int64_t now, struct bc_findings *f);

#endif
