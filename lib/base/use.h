/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_USE_H
#define BC_USE_H

#include <stdint.h>

#include "base/name.h"
#include "base/vocabulary.h"

/* One use of a biometric, which a consent covers or does not: whose, for what, by whom. */
struct bc_use {
    int external; /* the subject has no account: uid means nothing */
    uint32_t uid;
    char user[BC_SUBJECT_MAX + 1];
    enum bc_operation operation;
    enum bc_modality modality;
    char provider[BC_WORD_MAX + 1]; /* empty: any */
    char purpose[BC_WORD_MAX + 1];  /* empty: any */
};

#endif
