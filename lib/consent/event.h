/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_EVENT_H
#define BC_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/name.h"
#include "base/result.h"
#include "base/vocabulary.h"
#include "proof/merkle.h"

/*
 * One event of the log as JSON bytes, and its salted commitment. Members and
 * their meaning: doc/format.md, section 5.
 */

#define BC_EVENT_VERSION 1
#define BC_EVENT_MAX 65536 /* bytes of a payload */
#define BC_SALT_BYTES 32
#define BC_LINE_MAX 255     /* bytes of a free text of one line */
#define BC_WORDS_MAX 16     /* words of one list */
#define BC_ACTIVE_MAX 32    /* active consents of one subject, current versions of one notice */
#define BC_TEMPLATES_MAX 32 /* templates of one subject */
#define BC_ERASED_MAX 1024  /* events that one erase event names */

struct bc_words {
    size_t count;
    char word[BC_WORDS_MAX][BC_WORD_MAX + 1];
};

struct bc_lines {
    size_t count;
    char line[BC_WORDS_MAX][BC_LINE_MAX + 1];
};

/* What a consent or a notice covers. Modalities and operations are bit sets of 1 << value. */
struct bc_scope {
    unsigned modalities;
    unsigned operations;
    struct bc_words providers;
    struct bc_words purposes;
};

struct bc_notice {
    char id[BC_WORD_MAX + 1];
    char version[BC_WORD_MAX + 1];
    char language[BC_WORD_MAX + 1];
    struct bc_hash text; /* SHA-256 of the notice's text */
    char controller[BC_LINE_MAX + 1];
    struct bc_lines service_providers; /* legal names */
    struct bc_scope scope;
    char retention[BC_LINE_MAX + 1];
    struct bc_words jurisdictions;
    enum bc_kind kind;      /* the kind of consent it asks for */
    unsigned givers;        /* who may give it: 1 << enum bc_given_by; 0: anyone */
    struct bc_lines exempt; /* laws from which it is exempt, each with the reason */
    int keeps_prior;        /* prior versions of this id stay current */
    /* Which editorial change was made, if keeps_prior; may be empty. */
    char editorial[BC_LINE_MAX + 1];
};

/* representative also names a guardian. */
struct bc_grant {
    struct bc_subject subject;
    char notice_id[BC_WORD_MAX + 1];
    struct bc_hash notice; /* SHA-256 of the notice's text */
    struct bc_scope scope;
    enum bc_kind kind;
    enum bc_given_by given_by;
    char representative[BC_LINE_MAX + 1]; /* empty unless the giver is one */
    char authority[BC_LINE_MAX + 1];
    int has_evidence;
    struct bc_hash evidence;         /* SHA-256 of what shows the authority */
    char collected[BC_LINE_MAX + 1]; /* how */
    char recorded_by[BC_LINE_MAX + 1];
    int has_paper;
    struct bc_hash paper; /* SHA-256 of the signed paper */
    int64_t valid_from;
    int64_t expires; /* 0: never */
    struct bc_words jurisdictions;
};

/* A withdrawal (the subject's act), a revocation (the controller's), or the end of the purpose,
 * such as employment. */
struct bc_ending {
    struct bc_subject subject;
    size_t grant_count;
    uint64_t grants[BC_ACTIVE_MAX]; /* the events that end */
    char means[BC_LINE_MAX + 1];
    char recorded_by[BC_LINE_MAX + 1];
};

/* What names a template at its provider. A name may occur more than once. */
struct bc_identifiers {
    size_t count;
    struct bc_identifier {
        char name[BC_WORD_MAX + 1];
        char value[BC_LINE_MAX + 1];
    } item[BC_WORDS_MAX];
};

/* A template now exists at a provider. */
struct bc_enrollment {
    struct bc_subject subject;
    uint64_t grant; /* the event of the consent it rests on */
    char provider[BC_WORD_MAX + 1];
    enum bc_modality modality;
    struct bc_identifiers identifiers;
    char recorded_by[BC_LINE_MAX + 1];
};

/* One attempt to have a template deleted. */
struct bc_attempt {
    struct bc_subject subject;
    uint64_t enroll; /* the event of the template */
    enum bc_deletion state;
    uint64_t attempt;             /* from 1 */
    char answer[BC_LINE_MAX + 1]; /* what the provider, or a person, said */
    char recorded_by[BC_LINE_MAX + 1];
};

/* The payloads of these events are gone, and the subject's slot of the register is vacant. The
 * event names no person. */
struct bc_erasure {
    uint64_t slot;
    size_t event_count;
    uint64_t events[BC_ERASED_MAX]; /* ascending */
    char reason[BC_LINE_MAX + 1];
    char recorded_by[BC_LINE_MAX + 1];
};

struct bc_event {
    enum bc_event_type type;
    int64_t time; /* POSIX seconds, UTC */
    union {
        struct bc_subject subject; /* the first member of all but notice and erasure */
        struct bc_notice notice;
        struct bc_grant grant;
        struct bc_ending ending;
        struct bc_enrollment enrollment;
        struct bc_attempt attempt;
        struct bc_erasure erasure;
    } u;
};

/* Whether the two are the same subject: kind, name and uid. */
int bc_event_subject_equal(const struct bc_subject *a, const struct bc_subject *b);

/* The subject that an event is about; NULL for a notice and an erasure. */
const struct bc_subject *bc_event_subject(const struct bc_event *e);

/* How the grants that the event names ended, as the register has it: 'w' withdrawn, 'r' revoked,
 * 'p' purpose ended; 0 for an event of another type. */
char bc_event_ended(const struct bc_event *e);

/* Whether the event ends the grant at this index. */
int bc_event_ends(const struct bc_event *e, uint64_t grant);

/* Whether the event says that the template of the enrollment at this index is gone, or can be asked
 * for no more: a deletion that is confirmed, or whose provider ended its service. */
int bc_event_deletes(const struct bc_event *e, uint64_t enroll);

/* Whether the words contain the word. */
int bc_event_words_has(const struct bc_words *words, const char *word);

/* Whether everything in part is also in whole. */
int bc_event_words_within(const struct bc_words *part, const struct bc_words *whole);
int bc_event_scope_within(const struct bc_scope *part, const struct bc_scope *whole);

/* The event as compact JSON with sorted members: *len bytes, no NUL. The bytes of json are
 * undefined on failure. BC_ERR_INVALID for an event that bc_event_decode would not read back: a
 * field that may not be empty, is not clean text, is out of range; BC_ERR_MEMORY. */
enum bc_result bc_event_encode(const struct bc_event *event, char json[BC_EVENT_MAX], size_t *len);

/* An event as it enters the log: its payload, a random salt, and the commitment to both. */
struct bc_sealed {
    struct bc_hash commitment;
    unsigned char salt[BC_SALT_BYTES];
    size_t len;
    char json[BC_EVENT_MAX];
};

/* Encodes the event and commits to it with a new salt. Errors of bc_event_encode. */
enum bc_result bc_event_seal(const struct bc_event *e, struct bc_sealed *out);

/* Reads a payload. Refuses duplicate, unknown and missing members, an unknown type or version:
 * BC_ERR_INVALID, BC_ERR_TOO_LARGE. */
enum bc_result bc_event_decode(const char *json, size_t len, struct bc_event *out);

/* Which members a grant in a line of bc_event_decode_grant_line had. */
enum bc_grant_member {
    BC_HAS_UID = 1,
    BC_HAS_NOTICE_ID = 2,
    BC_HAS_NOTICE = 4,
    BC_HAS_MODALITIES = 8,
    BC_HAS_OPERATIONS = 16,
    BC_HAS_PROVIDERS = 32,
    BC_HAS_PURPOSES = 64,
    BC_HAS_KIND = 128,
    BC_HAS_COLLECTED = 256,
    BC_HAS_RECORDED_BY = 512,
    BC_HAS_VALID_FROM = 1024,
    BC_HAS_JURISDICTIONS = 2048,
    BC_HAS_GIVEN_BY = 4096,
};

/* Reads a grant to be recorded: a JSON object with the members of a grant event but "v", "type" and
 * "time", of which only the subject is needed. What is missing is zero in *out and its bit is not
 * in *given; given_by is then self. On failure *out is undefined. BC_ERR_INVALID, BC_ERR_TOO_LARGE.
 */
enum bc_result bc_event_decode_grant_line(const char *json, size_t len, struct bc_grant *out,
                                          unsigned *given);

/* SHA-256(salt || payload): leaf i of the log is this commitment of event i. */
void bc_event_commit(const unsigned char salt[BC_SALT_BYTES], const void *payload, size_t len,
                     struct bc_hash *out);

#endif
