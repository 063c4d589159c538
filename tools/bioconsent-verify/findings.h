/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_FINDINGS_H
#define BC_FINDINGS_H

#include "evidence/bundle.h"

/* What a bundle proves and what it does not, on one page or as JSON. */

struct bc_findings {
    const char *path;    /* of the bundle, as it was given */
    int json;            /* print JSON */
    struct bc_bundle *b; /* opened */
    const struct bc_vkey *signer;
    size_t witness_count;
    struct bc_witnessed {
        struct bc_vkey key;
        int64_t time; /* of its cosignature */
    } witnesses[BC_NOTE_SIGNATURES_MAX];
    int has_kept; /* the log extends an older checkpoint that the verifier kept: */
    struct bc_checkpoint kept;
    int64_t at;        /* the time that the answers are about */
    struct bc_use use; /* modality, operation, provider, purpose */
    int asks;          /* about the use alone; else about all that consents cover */
    int notices;       /* print their texts */
};

/* Prints all of it. Ends the program where there is no memory; errors of standard output are the
 * caller's to check. */
void bc_findings_print(struct bc_findings *f);

#endif
