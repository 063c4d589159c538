/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent-rows.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/text.h"

enum form { NAME, NUMBER, WORD, HASH, MODALITIES, OPERATIONS, WORDS, KIND, GIVER, LINE, TIME };

static const char *const expected[] = {
    [NAME] = "a name of 1 to 255 bytes",
    [NUMBER] = "a number from 0 to 4294967294",
    [WORD] = "a word of a-z 0-9 . _ - with at most 64 bytes",
    [HASH] = "64 lower-case hex digits",
    [MODALITIES] = "some of fingerprint, face, voice, palm, iris, each once",
    [OPERATIONS] = "authenticate, enroll, or both",
    [WORDS] = "at most 16 words of a-z 0-9 . _ -, each once",
    [KIND] = "notice-only, affirmative, explicit or written-release",
    [GIVER] = "self, representative or guardian",
    [LINE] = "text of 1 to 255 bytes without control characters",
    [TIME] = "a time such as 2027-06-30T00:00:00Z",
};

static const struct {
    const char *name;
    enum form form;
} fields[] = {
    {"subject", NAME},          {"uid", NUMBER},       {"external", NAME},
    {"notice_id", WORD},        {"notice", HASH},      {"modalities", MODALITIES},
    {"operations", OPERATIONS}, {"providers", WORDS},  {"purposes", WORDS},
    {"jurisdictions", WORDS},   {"kind", KIND},        {"given_by", GIVER},
    {"representative", LINE},   {"authority", LINE},   {"evidence", HASH},
    {"collected", LINE},        {"recorded_by", LINE}, {"paper", HASH},
    {"valid_from", TIME},       {"expires", TIME},
};

#define FIELDS ((int)(sizeof fields / sizeof fields[0]))

static int find_field(const char *name)
{
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0)
            return i;
    return -1;
}

static int is_list(enum form form)
{
    return form == MODALITIES || form == OPERATIONS || form == WORDS;
}

static int refuse(struct bc_consent_fault *fault, const char *field, const char *what)
{
    fault->field = field;
    fault->expected = what;
    return 0;
}

/* ---- what is wrong: asked only where the strict reader has refused ---- */

static int is_member(enum form form, const char *s)
{
    switch (form) {
    case WORD:
    case WORDS:
        return bc_name_word_valid(s);
    case MODALITIES:
        return bc_vocabulary_value(BC_VOCABULARY_MODALITY, s) >= 0;
    case OPERATIONS:
        return bc_vocabulary_value(BC_VOCABULARY_OPERATION, s) >= 0;
    case KIND:
        return bc_vocabulary_value(BC_VOCABULARY_KIND, s) >= 0;
    case GIVER:
        return bc_vocabulary_value(BC_VOCABULARY_GIVEN_BY, s) >= 0;
    default:
        return 0;
    }
}

static int is_text_of(enum form form, const char *s, size_t len)
{
    unsigned char hash[BC_HASH_BYTES];
    int64_t time;

    if (len == 0 || strlen(s) != len)
        return 0;
    if (form == HASH)
        return bc_encoding_hex_decode(s, len, hash, sizeof hash) == BC_OK;
    if (form == TIME)
        return bc_datetime_parse(s, len, &time) == BC_OK;
    if (form == NAME || form == LINE)
        return len <= BC_LINE_MAX && bc_text_clean(s, len, 0);
    return is_member(form, s);
}

static int is_list_of(enum form form, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *word = json_array_get(list, i);
        if (!json_is_string(word) || !is_member(form, json_string_value(word)))
            return 0;
        for (size_t j = 0; j < i; j++)
            if (json_equal(word, json_array_get(list, j)))
                return 0;
    }
    return json_is_array(list) && json_array_size(list) <= BC_WORDS_MAX &&
           (form == WORDS || json_array_size(list) > 0);
}

static int is_of(enum form form, const json_t *v)
{
    if (form == NUMBER)
        return json_is_integer(v) && json_integer_value(v) >= 0 &&
               json_integer_value(v) < (json_int_t)UINT32_MAX;
    if (is_list(form))
        return is_list_of(form, v);
    return json_is_string(v) && is_text_of(form, json_string_value(v), json_string_length(v));
}

static int diagnose(json_t *o, struct bc_consent_fault *fault)
{
    const char *name;
    json_t *v;

    if (!json_is_object(o))
        return refuse(fault, "", "one JSON object with each member once");
    json_object_foreach(o, name, v)
    {
        int i = find_field(name);
        if (i < 0)
            return refuse(fault, "",
                          "no members but those of a consent (see consent-line.schema.json)");
        if (!is_of(fields[i].form, v))
            return refuse(fault, fields[i].name, expected[fields[i].form]);
    }
    if (!json_object_get(o, "subject") == !json_object_get(o, "external"))
        return refuse(fault, "subject", "subject or external, and not both");
    if (json_object_get(o, "uid") && json_object_get(o, "external"))
        return refuse(fault, "uid", "a number with subject only");
    v = json_object_get(o, "given_by");
    if (v && strcmp(json_string_value(v), "self") != 0) {
        if (!json_object_get(o, "representative"))
            return refuse(fault, "representative", "the name of the person who gave the consent");
        if (!json_object_get(o, "authority"))
            return refuse(fault, "authority", "the authority to consent for the subject");
    } else if (json_object_get(o, "representative") || json_object_get(o, "authority") ||
               json_object_get(o, "evidence")) {
        return refuse(fault, "given_by", "representative or guardian, since the row names one");
    }
    return refuse(fault, "", "a consent that can be recorded");
}

int bc_consent_rows_json(const char *text, size_t len, struct bc_grant *g, unsigned *given,
                         struct bc_consent_fault *fault)
{
    enum bc_result r = bc_event_decode_grant_line(text, len, g, given);
    json_t *o;

    if (r == BC_OK)
        return 1;
    if (r == BC_ERR_TOO_LARGE)
        return refuse(fault, "", "a shorter row");
    o = memchr(text, 0, len) ? NULL : json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    (void)diagnose(o, fault);
    json_decref(o);
    return 0;
}

/* ---- CSV ---- */

int bc_consent_rows_columns(char *text, size_t len, struct bc_consent_rows_columns *out,
                            struct bc_consent_fault *fault)
{
    struct bc_consent_rows_columns columns = {.count = 0};
    struct bc_csv csv;
    struct bc_line cell;
    int more;

    bc_csv_begin(&csv, text, len);
    while ((more = bc_csv_next(&csv, &cell)) > 0) {
        int field = strlen(cell.s) == cell.len ? find_field(cell.s) : -1;
        if (field < 0 || columns.count == BC_CONSENT_COLUMNS_MAX) {
            bc_text_sanitize(cell.s, out->unknown, sizeof out->unknown);
            return refuse(fault, out->unknown,
                          "a header of members of a consent (see consent-line.schema.json)");
        }
        for (size_t i = 0; i < columns.count; i++)
            if (columns.field[i] == field)
                return refuse(fault, fields[field].name, "each column once");
        columns.field[columns.count++] = field;
    }
    if (more < 0)
        return refuse(fault, "", "quotes around whole cells, and two for one inside (RFC 4180)");
    *out = columns;
    return 1;
}

static json_t *list_of(const char *s)
{
    json_t *list = json_array();

    while (*(s += strspn(s, " "))) {
        size_t len = strcspn(s, " ");
        (void)json_array_append_new(list, json_stringn(s, len));
        s += len;
    }
    return list;
}

static json_t *value_of(enum form form, const struct bc_line *cell)
{
    uint64_t number;

    if (is_list(form))
        return list_of(cell->s);
    if (form == NUMBER && bc_text_parse_number(cell->s, cell->len, UINT32_MAX, &number) == BC_OK)
        return json_integer((json_int_t)number);
    return json_stringn(cell->s, cell->len);
}

/* The object that the record stands for; NULL with what is wrong. */
static json_t *object_of(char *text, size_t len, const struct bc_consent_rows_columns *columns,
                         struct bc_consent_fault *fault)
{
    json_t *o = json_object();
    struct bc_csv csv;
    struct bc_line cell;
    size_t n = 0;
    int more, failed = 0;

    bc_csv_begin(&csv, text, len);
    while ((more = bc_csv_next(&csv, &cell)) > 0 && n < columns->count && !failed) {
        int field = columns->field[n++];
        enum form form = fields[field].form;
        if (cell.len == 0)
            continue;
        if (strlen(cell.s) != cell.len ||
            json_object_set_new(o, fields[field].name, value_of(form, &cell)) != 0)
            failed = !refuse(fault, fields[field].name, "text in UTF-8");
    }
    if (more < 0)
        failed = !refuse(fault, "", "quotes around whole cells, and two for one inside (RFC 4180)");
    else if (!failed && (more > 0 || n != columns->count))
        failed = !refuse(fault, "", "as many cells as the header has");
    if (!failed)
        return o;
    json_decref(o);
    return NULL;
}

int bc_consent_rows_csv(char *text, size_t len, const struct bc_consent_rows_columns *columns,
                        struct bc_grant *g, unsigned *given, struct bc_consent_fault *fault)
{
    json_t *o = object_of(text, len, columns, fault);
    char *json = o ? json_dumps(o, JSON_COMPACT) : NULL;
    int done = json && bc_consent_rows_json(json, strlen(json), g, given, fault);

    if (o && !json)
        (void)refuse(fault, "", "memory for this row");
    json_decref(o);
    free(json);
    return done;
}
