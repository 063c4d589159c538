/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TERMS_H
#define BC_TERMS_H

#include <stddef.h>

/* The closed vocabularies of a consent. Names are what options, events and the protocol use. */

enum bc_modality { BC_FINGERPRINT, BC_FACE, BC_VOICE, BC_PALM, BC_IRIS, BC_MODALITIES };
enum bc_operation { BC_AUTHENTICATE, BC_ENROLL, BC_OPERATIONS };

/* Ordered: a later kind is enough wherever an earlier one is asked for. */
enum bc_kind { BC_NOTICE_ONLY, BC_AFFIRMATIVE, BC_EXPLICIT, BC_WRITTEN_RELEASE, BC_KINDS };
enum bc_giver { BC_SELF, BC_REPRESENTATIVE, BC_GUARDIAN, BC_GIVERS };

/* What a notice states. The first seven are in every notice; the law may ask for others. */
enum bc_slot { BC_SLOT_CONTROLLER, BC_SLOT_SERVICE_PROVIDERS, BC_SLOT_BIOMETRIC_DATA, BC_SLOT_PURPOSE,
               BC_SLOT_RETENTION, BC_SLOT_DISCLOSURE, BC_SLOT_RELEASE, BC_SLOT_CONTACT,
               BC_SLOT_LEGAL_BASIS, BC_SLOT_RIGHTS, BC_SLOT_WITHDRAWAL, BC_SLOT_COMPLAINT, BC_SLOTS };
#define BC_SLOTS_ALWAYS 7

/* What became of an instruction to delete a template. With confirmed and service-ended it is over. */
enum bc_deletion { BC_DELETION_INSTRUCTED, BC_DELETION_CONFIRMED, BC_DELETION_FAILED,
                   BC_DELETION_UNVERIFIED, BC_DELETION_SERVICE_ENDED, BC_DELETIONS };

/* The name of a value; NULL out of range. */
const char *bc_modality_name(enum bc_modality m);
const char *bc_operation_name(enum bc_operation o);
const char *bc_kind_name(enum bc_kind k);
const char *bc_giver_name(enum bc_giver g);
const char *bc_slot_name(enum bc_slot s);
const char *bc_deletion_name(enum bc_deletion d);

/* The value of a NUL-terminated name; -1 if there is none. */
int bc_modality_from(const char *name);
int bc_operation_from(const char *name);
int bc_kind_from(const char *name);
int bc_giver_from(const char *name);
int bc_slot_from(const char *name);
int bc_deletion_from(const char *name);

#endif
