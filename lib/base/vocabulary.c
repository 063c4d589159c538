/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/vocabulary.h"

#include <stddef.h>
#include <string.h>

/* The names of each, in the order of its enumeration; NULL ends them. */
static const char *const names[BC_VOCABULARIES][BC_SLOTS + 1] = {
    [BC_VOCABULARY_MODALITY] = {"fingerprint", "face", "voice", "palm", "iris"},
    [BC_VOCABULARY_OPERATION] = {"authenticate", "enroll"},
    [BC_VOCABULARY_KIND] = {"notice-only", "affirmative", "explicit", "written-release"},
    [BC_VOCABULARY_GIVEN_BY] = {"self", "representative", "guardian"},
    [BC_VOCABULARY_SLOT] = {"controller", "service_providers", "biometric_data", "purpose",
                            "retention", "disclosure", "release", "contact", "legal_basis",
                            "rights", "withdrawal", "complaint"},
    [BC_VOCABULARY_DELETION] = {"instructed", "confirmed", "failed", "unverified", "service-ended"},
    [BC_VOCABULARY_CAUSE] = {"none", "uncovered", "withdrawn", "revoked", "purpose-ended",
                             "expired", "unused"},
    [BC_VOCABULARY_EVENT] = {"notice", "grant", "withdraw", "revoke", "purpose-ended", "enroll",
                             "delete", "erase"},
    [BC_VOCABULARY_ASK] = {"check", "explain", "status", "withdraw", "accept"},
};

const char *bc_vocabulary_name(enum bc_vocabulary v, unsigned value)
{
    return (unsigned)v < BC_VOCABULARIES && value < BC_SLOTS ? names[v][value] : NULL;
}

int bc_vocabulary_value(enum bc_vocabulary v, const char *name)
{
    for (unsigned i = 0; bc_vocabulary_name(v, i); i++)
        if (strcmp(names[v][i], name) == 0)
            return (int)i;
    return -1;
}

/* Enumerations are stored as unsigned numbers by the compilers that build this. */
_Static_assert(sizeof(enum bc_kind) == sizeof(int), "an enumeration has the size of int");

int bc_vocabulary_parse(enum bc_vocabulary v, const char *name, void *out)
{
    int value = bc_vocabulary_value(v, name);

    if (value >= 0)
        memcpy(out, &value, sizeof value);
    return value >= 0;
}
