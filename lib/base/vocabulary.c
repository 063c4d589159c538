/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/vocabulary.h"

#include <stddef.h>
#include <string.h>

static const char *const modalities[] = {"fingerprint", "face", "voice", "palm", "iris"};
static const char *const operations[] = {"authenticate", "enroll"};
static const char *const kinds[] = {"notice-only", "affirmative", "explicit", "written-release"};
static const char *const given_bys[] = {"self", "representative", "guardian"};
static const char *const slots[] = {
    "controller", "service_providers", "biometric_data", "purpose", "retention",  "disclosure",
    "release",    "contact",           "legal_basis",    "rights",  "withdrawal", "complaint"};
static const char *const deletions[] = {"instructed", "confirmed", "failed", "unverified",
                                        "service-ended"};
static const char *const causes[] = {"none",          "uncovered", "withdrawn", "revoked",
                                     "purpose-ended", "expired",   "unused"};
static const char *const events[] = {"notice",        "grant",  "withdraw", "revoke",
                                     "purpose-ended", "enroll", "delete",   "erase"};
static const char *const asks[] = {"check", "explain", "status", "withdraw", "accept"};

static const struct {
    const char *const *names;
    unsigned count;
} vocabularies[BC_VOCABULARIES] = {
    [BC_VOCABULARY_MODALITY] = {modalities, BC_MODALITIES},
    [BC_VOCABULARY_OPERATION] = {operations, BC_OPERATIONS},
    [BC_VOCABULARY_KIND] = {kinds, BC_KINDS},
    [BC_VOCABULARY_GIVEN_BY] = {given_bys, BC_GIVEN_BYS},
    [BC_VOCABULARY_SLOT] = {slots, BC_SLOTS},
    [BC_VOCABULARY_DELETION] = {deletions, BC_DELETIONS},
    [BC_VOCABULARY_CAUSE] = {causes, BC_CAUSES},
    [BC_VOCABULARY_EVENT] = {events, BC_EVENT_TYPES},
    [BC_VOCABULARY_ASK] = {asks, BC_ASKS},
};

const char *bc_vocabulary_name(enum bc_vocabulary v, unsigned value)
{
    return (unsigned)v < BC_VOCABULARIES && value < vocabularies[v].count
               ? vocabularies[v].names[value]
               : NULL;
}

int bc_vocabulary_value(enum bc_vocabulary v, const char *name)
{
    for (unsigned i = 0; (unsigned)v < BC_VOCABULARIES && i < vocabularies[v].count; i++)
        if (strcmp(vocabularies[v].names[i], name) == 0)
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
