/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent-rows.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "base/text.h"

/* What the value of a member must be. */
enum form { NAME, NUMBER, WORD, HASH, MODALITIES, OPERATIONS, WORDS, KIND, GIVER, LINE, TIME };

static const struct {
    const char *expected;
    int is_list;
    int vocabulary; /* whose names the words are; -1: any words */
} forms[] = {
    [NAME] = {"a name of 1 to 255 bytes", 0, -1},
    [NUMBER] = {"a number from 0 to 4294967294", 0, -1},
    [WORD] = {"a word of a-z 0-9 . _ - with at most 64 bytes", 0, -1},
    [HASH] = {"64 lower-case hex digits", 0, -1},
    [MODALITIES] = {"some of fingerprint, face, voice, palm, iris, each once", 1,
                    BC_VOCABULARY_MODALITY},
    [OPERATIONS] = {"authenticate, enroll, or both", 1, BC_VOCABULARY_OPERATION},
    [WORDS] = {"at most 16 words of a-z 0-9 . _ -, each once", 1, -1},
    [KIND] = {"notice-only, affirmative, explicit or written-release", 0, BC_VOCABULARY_KIND},
    [GIVER] = {"self, representative or guardian", 0, BC_VOCABULARY_GIVEN_BY},
    [LINE] = {"text of 1 to 255 bytes without control characters", 0, -1},
    [TIME] = {"a time such as 2027-06-30T00:00:00Z", 0, -1},
};

static const char quotes_expected[] =
    "quotes around whole cells, and two for one inside (RFC 4180)";

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

static int refuse(struct bc_consent_row *out, const char *field, const char *expected)
{
    out->field = field;
    out->expected = expected;
    return 0;
}

/* ---- what is wrong: asked only where the strict reader has refused ---- */

static int is_word_of(enum form form, const char *s)
{
    if (forms[form].vocabulary < 0)
        return bc_name_word_valid(s);
    return bc_vocabulary_value((enum bc_vocabulary)forms[form].vocabulary, s) >= 0;
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
    return is_word_of(form, s);
}

static int is_value_of(enum form form, const json_t *v)
{
    const size_t count = json_array_size(v);

    if (form == NUMBER)
        return json_is_integer(v) && json_integer_value(v) >= 0 &&
               json_integer_value(v) < (json_int_t)UINT32_MAX;
    if (!forms[form].is_list)
        return json_is_string(v) && is_text_of(form, json_string_value(v), json_string_length(v));
    for (size_t i = 0; i < count; i++) {
        const json_t *word = json_array_get(v, i);
        if (!json_is_string(word) || !is_word_of(form, json_string_value(word)))
            return 0;
        for (size_t j = 0; j < i; j++)
            if (json_equal(word, json_array_get(v, j)))
                return 0;
    }
    return json_is_array(v) && count <= BC_WORDS_MAX && (form == WORDS || count > 0);
}

/* Finds what is wrong with a row that the strict reader has refused. */
static int diagnose(json_t *o, struct bc_consent_row *out)
{
    const char *name;
    json_t *v;

    if (!json_is_object(o))
        return refuse(out, "", "one JSON object with each member once");
    json_object_foreach(o, name, v)
    {
        int i = find_field(name);
        if (i < 0)
            return refuse(out, "",
                          "no members but those of a consent (see consent-line.schema.json)");
        if (!is_value_of(fields[i].form, v))
            return refuse(out, fields[i].name, forms[fields[i].form].expected);
    }
    if (!json_object_get(o, "subject") == !json_object_get(o, "external"))
        return refuse(out, "subject", "subject or external, and not both");
    if (json_object_get(o, "uid") && json_object_get(o, "external"))
        return refuse(out, "uid", "a number with subject only");
    v = json_object_get(o, "given_by");
    if (v && strcmp(json_string_value(v), "self") != 0) {
        if (!json_object_get(o, "representative"))
            return refuse(out, "representative", "the name of the person who gave the consent");
        if (!json_object_get(o, "authority"))
            return refuse(out, "authority", "the authority to consent for the subject");
    } else if (json_object_get(o, "representative") || json_object_get(o, "authority") ||
               json_object_get(o, "evidence")) {
        return refuse(out, "given_by", "representative or guardian, since the row names one");
    }
    return refuse(out, "", "a consent that can be recorded");
}

int bc_consent_rows_json(const char *text, size_t len, struct bc_consent_row *out)
{
    enum bc_result r = bc_event_decode_grant_line(text, len, out->grant, &out->given);
    json_t *o;

    if (r == BC_OK)
        return 1;
    if (r == BC_ERR_TOO_LARGE)
        return refuse(out, "", "a shorter row");
    o = memchr(text, 0, len) ? NULL : json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    (void)diagnose(o, out);
    json_decref(o);
    return 0;
}

/* ---- CSV ---- */

int bc_consent_rows_columns(char *text, size_t len, struct bc_consent_columns *columns,
                            struct bc_consent_row *out)
{
    struct bc_csv csv;
    struct bc_csv_cell cell;
    int more;

    columns->count = 0;
    bc_csv_begin(&csv, text, len);
    while ((more = bc_csv_next(&csv, &cell)) > 0) {
        int field = strlen(cell.s) == cell.len ? find_field(cell.s) : -1;
        if (field < 0 || columns->count == BC_CONSENT_COLUMNS_MAX) {
            bc_text_sanitize(cell.s, columns->unknown, sizeof columns->unknown);
            return refuse(out, columns->unknown,
                          "a header of members of a consent (see consent-line.schema.json)");
        }
        for (size_t i = 0; i < columns->count; i++)
            if (columns->field[i] == field)
                return refuse(out, fields[field].name, "each column once");
        columns->field[columns->count++] = field;
    }
    return more < 0 ? refuse(out, "", quotes_expected) : 1;
}

static json_t *split_words(const char *s)
{
    json_t *list = json_array();

    while (*(s += strspn(s, " "))) {
        size_t len = strcspn(s, " ");
        (void)json_array_append_new(list, json_stringn(s, len));
        s += len;
    }
    return list;
}

/* Makes the object that the record stands for; NULL with what is wrong. */
static json_t *make_object(char *text, size_t len, const struct bc_consent_columns *columns,
                           struct bc_consent_row *out)
{
    json_t *o = json_object(), *value;
    struct bc_csv csv;
    struct bc_csv_cell cell;
    uint64_t number;
    size_t n = 0;
    int more, whole = 1;

    bc_csv_begin(&csv, text, len);
    while ((more = bc_csv_next(&csv, &cell)) > 0 && n < columns->count && whole) {
        int field = columns->field[n++];
        enum form form = fields[field].form;
        if (cell.len == 0)
            continue;
        if (forms[form].is_list)
            value = split_words(cell.s);
        else if (form == NUMBER &&
                 bc_text_parse_number(cell.s, cell.len, UINT32_MAX, &number) == BC_OK)
            value = json_integer((json_int_t)number);
        else
            value = json_stringn(cell.s, cell.len);
        if (json_object_set_new(o, fields[field].name, value) != 0 || strlen(cell.s) != cell.len)
            whole = refuse(out, fields[field].name, "text in UTF-8");
    }
    if (more < 0)
        whole = refuse(out, "", quotes_expected);
    else if (whole && (more > 0 || n != columns->count))
        whole = refuse(out, "", "as many cells as the header has");
    if (whole)
        return o;
    json_decref(o);
    return NULL;
}

int bc_consent_rows_csv(char *text, size_t len, const struct bc_consent_columns *columns,
                        struct bc_consent_row *out)
{
    json_t *o = make_object(text, len, columns, out);
    char *json = o ? json_dumps(o, JSON_COMPACT) : NULL;
    int done = json && bc_consent_rows_json(json, strlen(json), out);

    if (o && !json)
        (void)refuse(out, "", "memory for this row");
    json_decref(o);
    free(json);
    return done;
}
