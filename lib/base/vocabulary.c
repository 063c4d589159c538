/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/vocabulary.h"

#include <string.h>

static const char *const modalities[] = {"fingerprint", "face", "voice", "palm", "iris"};
static const char *const operations[] = {"authenticate", "enroll"};
static const char *const kinds[] = {"notice-only", "affirmative", "explicit", "written-release"};
static const char *const givers[] = {"self", "representative", "guardian"};
static const char *const slots[] = {"controller", "service_providers", "biometric_data", "purpose",
                                    "retention",  "disclosure",        "release",        "contact",
                                    "legal_basis", "rights",           "withdrawal",     "complaint"};

static const char *const deletions[] = {"instructed", "confirmed", "failed", "unverified",
                                        "service-ended"};

static const char *name_of(const char *const *names, unsigned count, unsigned value)
{
    return value < count ? names[value] : NULL;
}

static int value_of(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *bc_modality_name(enum bc_modality m)
{
    return name_of(modalities, BC_MODALITIES, (unsigned)m);
}

const char *bc_operation_name(enum bc_operation o)
{
    return name_of(operations, BC_OPERATIONS, (unsigned)o);
}

const char *bc_kind_name(enum bc_kind k)
{
    return name_of(kinds, BC_KINDS, (unsigned)k);
}

const char *bc_giver_name(enum bc_giver g)
{
    return name_of(givers, BC_GIVERS, (unsigned)g);
}

const char *bc_slot_name(enum bc_slot s)
{
    return name_of(slots, BC_SLOTS, (unsigned)s);
}

const char *bc_deletion_name(enum bc_deletion d)
{
    return name_of(deletions, BC_DELETIONS, (unsigned)d);
}

int bc_modality_from(const char *name)
{
    return value_of(modalities, BC_MODALITIES, name);
}

int bc_operation_from(const char *name)
{
    return value_of(operations, BC_OPERATIONS, name);
}

int bc_kind_from(const char *name)
{
    return value_of(kinds, BC_KINDS, name);
}

int bc_giver_from(const char *name)
{
    return value_of(givers, BC_GIVERS, name);
}

int bc_slot_from(const char *name)
{
    return value_of(slots, BC_SLOTS, name);
}

int bc_deletion_from(const char *name)
{
    return value_of(deletions, BC_DELETIONS, name);
}
