/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/event-fields.h"

#define IN(member) offsetof(struct bc_event, u.member)
#define AT(member) .at = IN(member)

/* The members that every type has, in their order. */
/* clang-format off */
#define TIME_AND_TYPE                                                                              \
    {"time", BC_FIELD_TIME, .at = offsetof(struct bc_event, time)},                                \
    {"type", BC_FIELD_TYPE, .at = offsetof(struct bc_event, type)}
#define ABOUT_NOBODY TIME_AND_TYPE, {"v", BC_FIELD_VERSION, .at = 0}
#define ABOUT(subject)                                                                             \
    {"subject", BC_FIELD_ACCOUNT, AT(subject)},                                                    \
    TIME_AND_TYPE,                                                                                 \
    {"uid", BC_FIELD_UID, AT(subject), .given = BC_HAS_UID},                                       \
    {"v", BC_FIELD_VERSION, .at = 0}
#define END {.name = NULL}
/* clang-format on */

static const struct bc_event_field notice_fields[] = {
    {"controller", BC_FIELD_LINE, AT(notice.controller)},
    {"editorial", BC_FIELD_LINE, AT(notice.editorial), .presence = BC_FIELD_IF_SET},
    {"exempt", BC_FIELD_LINES, AT(notice.exempt), .presence = BC_FIELD_IF_SET},
    {"given_by", BC_FIELD_SET, AT(notice.givers), BC_VOCABULARY_GIVEN_BY,
     .presence = BC_FIELD_IF_SET},
    {"id", BC_FIELD_WORD, AT(notice.id)},
    {"jurisdictions", BC_FIELD_WORDS, AT(notice.jurisdictions)},
    {"keeps_prior", BC_FIELD_BOOLEAN, AT(notice.keeps_prior)},
    {"kind", BC_FIELD_NAME, AT(notice.kind), BC_VOCABULARY_KIND},
    {"language", BC_FIELD_WORD, AT(notice.language)},
    {"modalities", BC_FIELD_SET, AT(notice.scope.modalities), BC_VOCABULARY_MODALITY},
    {"operations", BC_FIELD_SET, AT(notice.scope.operations), BC_VOCABULARY_OPERATION},
    {"providers", BC_FIELD_WORDS, AT(notice.scope.providers)},
    {"purposes", BC_FIELD_WORDS, AT(notice.scope.purposes)},
    {"retention", BC_FIELD_LINE, AT(notice.retention)},
    {"service_providers", BC_FIELD_LINES, AT(notice.service_providers)},
    {"text", BC_FIELD_HASH, AT(notice.text)},
    ABOUT_NOBODY,
    {"version", BC_FIELD_WORD, AT(notice.version)},
    END,
};

static const struct bc_event_field grant_fields[] = {
    {"authority", BC_FIELD_LINE, AT(grant.authority), .presence = BC_FIELD_IF_REPRESENTED},
    {"collected", BC_FIELD_LINE, AT(grant.collected), .given = BC_HAS_COLLECTED},
    {"evidence", BC_FIELD_HASH, AT(grant.evidence), .presence = BC_FIELD_IF_FLAG,
     .flag = IN(grant.has_evidence)},
    {"expires", BC_FIELD_TIME, AT(grant.expires), .presence = BC_FIELD_IF_SET},
    {"external", BC_FIELD_EXTERNAL, AT(grant.subject)},
    {"given_by", BC_FIELD_NAME, AT(grant.given_by), BC_VOCABULARY_GIVEN_BY,
     .given = BC_HAS_GIVEN_BY},
    {"jurisdictions", BC_FIELD_WORDS, AT(grant.jurisdictions), .given = BC_HAS_JURISDICTIONS},
    {"kind", BC_FIELD_NAME, AT(grant.kind), BC_VOCABULARY_KIND, .given = BC_HAS_KIND},
    {"modalities", BC_FIELD_SET, AT(grant.scope.modalities), BC_VOCABULARY_MODALITY,
     .given = BC_HAS_MODALITIES},
    {"notice", BC_FIELD_HASH, AT(grant.notice), .given = BC_HAS_NOTICE},
    {"notice_id", BC_FIELD_WORD, AT(grant.notice_id), .given = BC_HAS_NOTICE_ID},
    {"operations", BC_FIELD_SET, AT(grant.scope.operations), BC_VOCABULARY_OPERATION,
     .given = BC_HAS_OPERATIONS},
    {"paper", BC_FIELD_HASH, AT(grant.paper), .presence = BC_FIELD_IF_FLAG,
     .flag = IN(grant.has_paper)},
    {"providers", BC_FIELD_WORDS, AT(grant.scope.providers), .given = BC_HAS_PROVIDERS},
    {"purposes", BC_FIELD_WORDS, AT(grant.scope.purposes), .given = BC_HAS_PURPOSES},
    {"recorded_by", BC_FIELD_LINE, AT(grant.recorded_by), .given = BC_HAS_RECORDED_BY},
    {"representative", BC_FIELD_LINE, AT(grant.representative),
     .presence = BC_FIELD_IF_REPRESENTED},
    ABOUT(grant.subject),
    {"valid_from", BC_FIELD_TIME, AT(grant.valid_from), .given = BC_HAS_VALID_FROM},
    END,
};

static const struct bc_event_field ending_fields[] = {
    {"external", BC_FIELD_EXTERNAL, AT(ending.subject)},
    {"grants", BC_FIELD_INDEXES, AT(ending.grants), .flag = IN(ending.grant_count),
     .max = BC_ACTIVE_MAX},
    {"means", BC_FIELD_LINE, AT(ending.means)},
    {"recorded_by", BC_FIELD_LINE, AT(ending.recorded_by)},
    ABOUT(ending.subject),
    END,
};

static const struct bc_event_field enrollment_fields[] = {
    {"external", BC_FIELD_EXTERNAL, AT(enrollment.subject)},
    {"grant", BC_FIELD_INDEX, AT(enrollment.grant)},
    {"identifiers", BC_FIELD_IDENTIFIERS, AT(enrollment.identifiers)},
    {"modality", BC_FIELD_NAME, AT(enrollment.modality), BC_VOCABULARY_MODALITY},
    {"provider", BC_FIELD_WORD, AT(enrollment.provider)},
    {"recorded_by", BC_FIELD_LINE, AT(enrollment.recorded_by)},
    ABOUT(enrollment.subject),
    END,
};

static const struct bc_event_field attempt_fields[] = {
    {"answer", BC_FIELD_LINE, AT(attempt.answer)},
    {"attempt", BC_FIELD_INDEX, AT(attempt.attempt)},
    {"enroll", BC_FIELD_INDEX, AT(attempt.enroll)},
    {"external", BC_FIELD_EXTERNAL, AT(attempt.subject)},
    {"recorded_by", BC_FIELD_LINE, AT(attempt.recorded_by)},
    {"state", BC_FIELD_NAME, AT(attempt.state), BC_VOCABULARY_DELETION},
    ABOUT(attempt.subject),
    END,
};

static const struct bc_event_field erasure_fields[] = {
    {"events", BC_FIELD_INDEXES, AT(erasure.events), .flag = IN(erasure.event_count),
     .max = BC_ERASED_MAX},
    {"reason", BC_FIELD_LINE, AT(erasure.reason)},
    {"recorded_by", BC_FIELD_LINE, AT(erasure.recorded_by)},
    {"slot", BC_FIELD_INDEX, AT(erasure.slot)},
    ABOUT_NOBODY,
    END,
};

static const struct bc_event_field *const fields_of[BC_EVENT_TYPES] = {
    [BC_EVENT_NOTICE] = notice_fields,        [BC_EVENT_GRANT] = grant_fields,
    [BC_EVENT_WITHDRAW] = ending_fields,      [BC_EVENT_REVOKE] = ending_fields,
    [BC_EVENT_PURPOSE_ENDED] = ending_fields, [BC_EVENT_ENROLL] = enrollment_fields,
    [BC_EVENT_DELETE] = attempt_fields,       [BC_EVENT_ERASE] = erasure_fields,
};

const struct bc_event_field *bc_event_fields(enum bc_event_type type)
{
    return fields_of[type];
}
