/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_EVENT_FIELDS_H
#define BC_EVENT_FIELDS_H

#include <stddef.h>

#include "base/vocabulary.h"
#include "consent/event.h"

/*
 * The members of each type of event. One table a type names each member once,
 * in the order of the names, which is the order of the one canonical form;
 * event-codec.c writes and reads by it, and nothing else in the library does.
 */

enum bc_event_field_kind {
    BC_FIELD_LINE,        /* char[BC_LINE_MAX + 1], not empty */
    BC_FIELD_WORD,        /* char[BC_WORD_MAX + 1], bc_name_word_valid */
    BC_FIELD_NAME,        /* an enumerator of a vocabulary */
    BC_FIELD_TYPE,        /* an enum bc_event_type */
    BC_FIELD_SET,         /* unsigned: 1 << enumerator; not empty */
    BC_FIELD_TIME,        /* int64_t, RFC 3339 */
    BC_FIELD_HASH,        /* struct bc_hash, hexadecimal */
    BC_FIELD_INDEX,       /* uint64_t, at most INT64_MAX */
    BC_FIELD_BOOLEAN,     /* int */
    BC_FIELD_WORDS,       /* struct bc_words */
    BC_FIELD_LINES,       /* struct bc_lines */
    BC_FIELD_INDEXES,     /* uint64_t[max], with a size_t count */
    BC_FIELD_IDENTIFIERS, /* struct bc_identifiers, each as "name=value" */
    BC_FIELD_ACCOUNT,     /* the name in a struct bc_subject that has an account */
    BC_FIELD_UID,         /* its uid */
    BC_FIELD_EXTERNAL,    /* the name in a struct bc_subject without an account */
    BC_FIELD_VERSION      /* BC_EVENT_VERSION */
};

/* When the writer writes a member, and whether the reader demands it. */
enum bc_event_field_presence {
    BC_FIELD_ALWAYS,
    BC_FIELD_IF_SET,         /* where the field is not zero, or not empty */
    BC_FIELD_IF_FLAG,        /* where the int at flag is not zero; the reader sets it */
    BC_FIELD_IF_REPRESENTED, /* in a grant that is not given by the subject */
};

struct bc_event_field {
    const char *name;
    enum bc_event_field_kind kind;
    size_t at;                     /* offset in struct bc_event */
    enum bc_vocabulary vocabulary; /* of BC_FIELD_NAME and BC_FIELD_SET */
    enum bc_event_field_presence presence;
    size_t flag;    /* of BC_FIELD_IF_FLAG: its offset; of BC_FIELD_INDEXES: that of the count */
    size_t max;     /* of BC_FIELD_INDEXES */
    unsigned given; /* of a grant that is to be recorded: enum bc_grant_member */
};

/* Returns the members of a type in range, in order; a field without a name ends them. */
const struct bc_event_field *bc_event_fields(enum bc_event_type type);

#endif
