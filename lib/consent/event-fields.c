/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/event-fields.h"

#include <string.h>

#include "base/text.h"

#define AT(member) offsetof(struct bc_event, u.member)
/* clang-format off: it would break these lists into nested blocks. */
#define COMMON_NOBODY                                                                              \
    {"time", BC_FIELD_TIME, .at = offsetof(struct bc_event, time)},                                \
        {"type", BC_FIELD_TYPE, .at = offsetof(struct bc_event, type)},                            \
    {                                                                                              \
        "v", BC_FIELD_VERSION, .at = 0                                                             \
    }
#define COMMON(subject_at)                                                                         \
    {"subject", BC_FIELD_ACCOUNT, .at = subject_at},                                               \
        {"time", BC_FIELD_TIME, .at = offsetof(struct bc_event, time)},                            \
        {"type", BC_FIELD_TYPE, .at = offsetof(struct bc_event, type)},                            \
        {"uid", BC_FIELD_UID, .at = subject_at, .given = BC_HAS_UID},                              \
    {                                                                                              \
        "v", BC_FIELD_VERSION, .at = 0                                                             \
    }
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }
/* clang-format on */

static const struct bc_event_field notice_fields[] = {
    {"controller", BC_FIELD_LINE, .at = AT(notice.controller)},
    {"editorial", BC_FIELD_LINE, BC_FIELD_IF_SET, .at = AT(notice.editorial)},
    {"exempt", BC_FIELD_LINES, BC_FIELD_IF_SET, .at = AT(notice.exempt)},
    {"given_by", BC_FIELD_SET, BC_FIELD_IF_SET, .at = AT(notice.givers),
     .vocabulary = BC_VOCABULARY_GIVEN_BY},
    {"id", BC_FIELD_WORD, .at = AT(notice.id)},
    {"jurisdictions", BC_FIELD_WORDS, .at = AT(notice.jurisdictions)},
    {"keeps_prior", BC_FIELD_BOOLEAN, .at = AT(notice.keeps_prior)},
    {"kind", BC_FIELD_NAME, .at = AT(notice.kind), .vocabulary = BC_VOCABULARY_KIND},
    {"language", BC_FIELD_WORD, .at = AT(notice.language)},
    {"modalities", BC_FIELD_SET, .at = AT(notice.scope.modalities),
     .vocabulary = BC_VOCABULARY_MODALITY},
    {"operations", BC_FIELD_SET, .at = AT(notice.scope.operations),
     .vocabulary = BC_VOCABULARY_OPERATION},
    {"providers", BC_FIELD_WORDS, .at = AT(notice.scope.providers)},
    {"purposes", BC_FIELD_WORDS, .at = AT(notice.scope.purposes)},
    {"retention", BC_FIELD_LINE, .at = AT(notice.retention)},
    {"service_providers", BC_FIELD_LINES, .at = AT(notice.service_providers)},
    {"text", BC_FIELD_HASH, .at = AT(notice.text)},
    COMMON_NOBODY,
    {"version", BC_FIELD_WORD, .at = AT(notice.version)},
    END,
};

static const struct bc_event_field grant_fields[] = {
    {"authority", BC_FIELD_LINE, BC_FIELD_IF_REPRESENTED, .at = AT(grant.authority)},
    {"collected", BC_FIELD_LINE, .at = AT(grant.collected), .given = BC_HAS_COLLECTED},
    {"evidence", BC_FIELD_HASH, BC_FIELD_IF_FLAG, .at = AT(grant.evidence),
     .flag = AT(grant.has_evidence)},
    {"expires", BC_FIELD_TIME, BC_FIELD_IF_SET, .at = AT(grant.expires)},
    {"external", BC_FIELD_EXTERNAL, .at = AT(grant.subject)},
    {"given_by", BC_FIELD_NAME, .at = AT(grant.given_by), .vocabulary = BC_VOCABULARY_GIVEN_BY,
     .given = BC_HAS_GIVEN_BY},
    {"jurisdictions", BC_FIELD_WORDS, .at = AT(grant.jurisdictions), .given = BC_HAS_JURISDICTIONS},
    {"kind", BC_FIELD_NAME, .at = AT(grant.kind), .vocabulary = BC_VOCABULARY_KIND,
     .given = BC_HAS_KIND},
    {"modalities", BC_FIELD_SET, .at = AT(grant.scope.modalities),
     .vocabulary = BC_VOCABULARY_MODALITY, .given = BC_HAS_MODALITIES},
    {"notice", BC_FIELD_HASH, .at = AT(grant.notice), .given = BC_HAS_NOTICE},
    {"notice_id", BC_FIELD_WORD, .at = AT(grant.notice_id), .given = BC_HAS_NOTICE_ID},
    {"operations", BC_FIELD_SET, .at = AT(grant.scope.operations),
     .vocabulary = BC_VOCABULARY_OPERATION, .given = BC_HAS_OPERATIONS},
    {"paper", BC_FIELD_HASH, BC_FIELD_IF_FLAG, .at = AT(grant.paper), .flag = AT(grant.has_paper)},
    {"providers", BC_FIELD_WORDS, .at = AT(grant.scope.providers), .given = BC_HAS_PROVIDERS},
    {"purposes", BC_FIELD_WORDS, .at = AT(grant.scope.purposes), .given = BC_HAS_PURPOSES},
    {"recorded_by", BC_FIELD_LINE, .at = AT(grant.recorded_by), .given = BC_HAS_RECORDED_BY},
    {"representative", BC_FIELD_LINE, BC_FIELD_IF_REPRESENTED, .at = AT(grant.representative)},
    COMMON(AT(grant.subject)),
    {"valid_from", BC_FIELD_TIME, .at = AT(grant.valid_from), .given = BC_HAS_VALID_FROM},
    END,
};

static const struct bc_event_field ending_fields[] = {
    {"external", BC_FIELD_EXTERNAL, .at = AT(ending.subject)},
    {"grants", BC_FIELD_INDEXES, .at = AT(ending.grants), .flag = AT(ending.grant_count),
     .max = BC_ACTIVE_MAX},
    {"means", BC_FIELD_LINE, .at = AT(ending.means)},
    {"recorded_by", BC_FIELD_LINE, .at = AT(ending.recorded_by)},
    COMMON(AT(ending.subject)),
    END,
};

static const struct bc_event_field enrollment_fields[] = {
    {"external", BC_FIELD_EXTERNAL, .at = AT(enrollment.subject)},
    {"grant", BC_FIELD_INDEX, .at = AT(enrollment.grant)},
    {"identifiers", BC_FIELD_IDENTIFIERS, .at = AT(enrollment.identifiers)},
    {"modality", BC_FIELD_NAME, .at = AT(enrollment.modality),
     .vocabulary = BC_VOCABULARY_MODALITY},
    {"provider", BC_FIELD_WORD, .at = AT(enrollment.provider)},
    {"recorded_by", BC_FIELD_LINE, .at = AT(enrollment.recorded_by)},
    COMMON(AT(enrollment.subject)),
    END,
};

static const struct bc_event_field attempt_fields[] = {
    {"answer", BC_FIELD_LINE, .at = AT(attempt.answer)},
    {"attempt", BC_FIELD_INDEX, .at = AT(attempt.attempt)},
    {"enroll", BC_FIELD_INDEX, .at = AT(attempt.enroll)},
    {"external", BC_FIELD_EXTERNAL, .at = AT(attempt.subject)},
    {"recorded_by", BC_FIELD_LINE, .at = AT(attempt.recorded_by)},
    {"state", BC_FIELD_NAME, .at = AT(attempt.state), .vocabulary = BC_VOCABULARY_DELETION},
    COMMON(AT(attempt.subject)),
    END,
};

static const struct bc_event_field erasure_fields[] = {
    {"events", BC_FIELD_INDEXES, .at = AT(erasure.events), .flag = AT(erasure.event_count),
     .max = BC_ERASED_MAX},
    {"reason", BC_FIELD_LINE, .at = AT(erasure.reason)},
    {"recorded_by", BC_FIELD_LINE, .at = AT(erasure.recorded_by)},
    {"slot", BC_FIELD_INDEX, .at = AT(erasure.slot)},
    COMMON_NOBODY,
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

int bc_event_fields_consistent(const struct bc_event *e)
{
    const struct bc_grant *g = &e->u.grant;
    const struct bc_erasure *n = &e->u.erasure;

    switch (e->type) {
    case BC_EVENT_GRANT:
        return !g->expires || g->expires > g->valid_from;
    case BC_EVENT_DELETE:
        return e->u.attempt.attempt > 0;
    case BC_EVENT_ERASE:
        for (size_t i = 1; i < n->event_count; i++)
            if (n->events[i] <= n->events[i - 1])
                return 0;
        return n->event_count > 0;
    default:
        return 1;
    }
}

int bc_event_fields_line(const char *text, size_t cap)
{
    size_t len = strnlen(text, cap);

    return len > 0 && len < cap && bc_text_clean(text, len, 0);
}

/* Enumerations are stored as unsigned numbers by the compilers that build this. */
_Static_assert(sizeof(enum bc_kind) == sizeof(unsigned), "an enumeration has the size of unsigned");
