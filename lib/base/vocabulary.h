/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_VOCABULARY_H
#define BC_VOCABULARY_H

#include <stdint.h>

#include "base/name.h"

/*
 * The closed vocabularies of a consent. Options, events, notices and the
 * protocol all use these names for these values.
 */

enum bc_event_type {
    BC_EVENT_NOTICE,
    BC_EVENT_GRANT,
    BC_EVENT_WITHDRAW,
    BC_EVENT_REVOKE,
    BC_EVENT_PURPOSE_ENDED,
    BC_EVENT_ENROLL,
    BC_EVENT_DELETE,
    BC_EVENT_ERASE,
    BC_EVENT_TYPES
};

/* What a request wants of the gate. */
enum bc_ask {
    BC_ASK_CHECK,
    BC_ASK_EXPLAIN,
    BC_ASK_STATUS,
    BC_ASK_WITHDRAW,
    BC_ASK_ACCEPT,
    BC_ASKS
};

enum bc_modality { BC_FINGERPRINT, BC_FACE, BC_VOICE, BC_PALM, BC_IRIS, BC_MODALITIES };
enum bc_operation { BC_AUTHENTICATE, BC_ENROLL, BC_OPERATIONS };

/* The kinds of consent are ordered: a later kind is enough wherever a law asks for an earlier one.
 */
enum bc_kind { BC_NOTICE_ONLY, BC_AFFIRMATIVE, BC_EXPLICIT, BC_WRITTEN_RELEASE, BC_KINDS };

/* The person who gives a consent. */
enum bc_given_by { BC_SELF, BC_REPRESENTATIVE, BC_GUARDIAN, BC_GIVEN_BYS };

/* What a notice states. Every notice has the first BC_SLOTS_ALWAYS; a law may ask for others. */
enum bc_slot {
    BC_SLOT_CONTROLLER,
    BC_SLOT_SERVICE_PROVIDERS,
    BC_SLOT_BIOMETRIC_DATA,
    BC_SLOT_PURPOSE,
    BC_SLOT_RETENTION,
    BC_SLOT_DISCLOSURE,
    BC_SLOT_RELEASE,
    BC_SLOT_CONTACT,
    BC_SLOT_LEGAL_BASIS,
    BC_SLOT_RIGHTS,
    BC_SLOT_WITHDRAWAL,
    BC_SLOT_COMPLAINT,
    BC_SLOTS
};
#define BC_SLOTS_ALWAYS 7

/* The outcome of an instruction to delete a template. Confirmed and service-ended are final. */
enum bc_deletion {
    BC_DELETION_INSTRUCTED,
    BC_DELETION_CONFIRMED,
    BC_DELETION_FAILED,
    BC_DELETION_UNVERIFIED,
    BC_DELETION_SERVICE_ENDED,
    BC_DELETIONS
};

/* Why a template has to be deleted. */
enum bc_deletion_cause {
    BC_CAUSE_NONE,      /* a valid consent covers it, and no clock has run out */
    BC_CAUSE_UNCOVERED, /* no valid consent covers it, but none has ended: the operator decides */
    BC_CAUSE_WITHDRAWN,
    BC_CAUSE_REVOKED,
    BC_CAUSE_PURPOSE_ENDED,
    BC_CAUSE_EXPIRED,
    BC_CAUSE_UNUSED, /* the time after the last use is over */
    BC_CAUSES
};

/* Which of the enumerations above a name or a value belongs to. */
enum bc_vocabulary {
    BC_VOCABULARY_MODALITY,
    BC_VOCABULARY_OPERATION,
    BC_VOCABULARY_KIND,
    BC_VOCABULARY_GIVEN_BY,
    BC_VOCABULARY_SLOT,
    BC_VOCABULARY_DELETION,
    BC_VOCABULARY_CAUSE,
    BC_VOCABULARY_EVENT,
    BC_VOCABULARY_ASK,
    BC_VOCABULARIES
};

/* Returns the name of a value; NULL where the vocabulary does not have the value. */
const char *bc_vocabulary_name(enum bc_vocabulary v, unsigned value);

/* Returns the value of a NUL-terminated name; -1 where the vocabulary does not have the name. */
int bc_vocabulary_value(enum bc_vocabulary v, const char *name);

/* Sets *out, an enumeration above, to the value of a NUL-terminated name. Returns 1, or 0 and *out
 * untouched where the vocabulary does not have the name. */
int bc_vocabulary_parse(enum bc_vocabulary v, const char *name, void *out);

/* A data subject: an account (name and uid), or a person without one. */
struct bc_subject {
    int external;
    uint32_t uid; /* of an account; else 0 */
    char name[BC_SUBJECT_MAX + 1];
};

/* One use of a biometric, which a consent covers or does not: whose, for what, by whom. */
struct bc_use {
    struct bc_subject subject;
    enum bc_operation operation;
    enum bc_modality modality;
    char provider[BC_WORD_MAX + 1]; /* empty: any */
    char purpose[BC_WORD_MAX + 1];  /* empty: any */
};

#endif
