/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent-rows.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* What a member must be, as a fault says it. */
static const char name[] = "a name of 1 to 255 bytes without space, ':' or '/'",
                  number[] = "a number from 0 to 4294967294",
                  word[] = "a word of a-z 0-9 . _ - with at most 64 bytes",
                  hash[] = "64 lower-case hex digits",
                  modalities[] = "some of fingerprint, face, voice, palm, iris, each once",
                  operations[] = "authenticate, enroll, or both",
                  words[] = "at most 16 words of a-z 0-9 . _ -, each once",
                  kind[] = "notice-only, affirmative, explicit or written-release",
                  giver[] = "self, representative or guardian",
                  line[] = "text of 1 to 255 bytes without control characters",
                  datetime[] = "a time such as 2027-06-30T00:00:00Z",
                  quotes[] = "quotes around whole cells, and two for one inside (RFC 4180)";

static const struct {
    const char *name;
    enum { TEXT, NUMBER, LIST } form; /* in JSON */
    const char *expected;
} fields[] = {
    {"subject", TEXT, name},          {"uid", NUMBER, number},     {"external", TEXT, name},
    {"notice_id", TEXT, word},        {"notice", TEXT, hash},      {"modalities", LIST, modalities},
    {"operations", LIST, operations}, {"providers", LIST, words},  {"purposes", LIST, words},
    {"jurisdictions", LIST, words},   {"kind", TEXT, kind},        {"given_by", TEXT, giver},
    {"representative", TEXT, line},   {"authority", TEXT, line},   {"evidence", TEXT, hash},
    {"collected", TEXT, line},        {"recorded_by", TEXT, line}, {"paper", TEXT, hash},
    {"valid_from", TEXT, datetime},   {"expires", TEXT, datetime},
};

#define FIELDS ((int)(sizeof fields / sizeof fields[0]))

static int find_field(const char *member)
{
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].name, member) == 0)
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

/* Returns whether the strict reader takes the value of this member in a row that is right: one of
 * those below, each of which some of the members need. */
static int is_accepted(const char *member, json_t *value)
{
    static const char *const right[] = {
        "{}",
        "{\"external\":\"x\"}",
        "{\"subject\":\"x\"}",
        "{\"external\":\"x\",\"given_by\":\"guardian\",\"representative\":\"x\","
        "\"authority\":\"x\"}",
    };
    struct bc_grant *g = malloc(sizeof *g);
    unsigned given;
    int accepted = 0;

    for (size_t i = 0; g && i < sizeof right / sizeof right[0] && !accepted; i++) {
        json_t *o = json_loads(right[i], 0, NULL);
        char *text = json_object_set(o, member, value) == 0 ? json_dumps(o, JSON_COMPACT) : NULL;
        accepted = text && bc_event_decode_grant_line(text, strlen(text), g, &given) == BC_OK;
        free(text);
        json_decref(o);
    }
    free(g);
    return accepted;
}

/* Finds what is wrong with a row that the strict reader has refused. */
static int diagnose(json_t *o, struct bc_consent_row *out)
{
    const char *member;
    json_t *v;

    if (!json_is_object(o))
        return refuse(out, "", "one JSON object with each member once");
    json_object_foreach(o, member, v)
    {
        int i = find_field(member);
        if (i < 0)
            return refuse(out, "",
                          "no members but those of a consent (see consent-line.schema.json)");
        if (!is_accepted(member, v))
            return refuse(out, fields[i].name, fields[i].expected);
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
    return more < 0 ? refuse(out, "", quotes) : 1;
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

int bc_consent_rows_csv(char *text, size_t len, const struct bc_consent_columns *columns,
                        struct bc_consent_row *out)
{
    json_t *o = json_object(), *value;
    struct bc_csv csv;
    struct bc_csv_cell cell;
    uint64_t integer;
    size_t n = 0;
    int more, whole = 1;
    char *json;

    bc_csv_begin(&csv, text, len);
    while ((more = bc_csv_next(&csv, &cell)) > 0 && n < columns->count && whole) {
        int field = columns->field[n++];
        if (cell.len == 0)
            continue;
        if (fields[field].form == LIST)
            value = split_words(cell.s);
        else if (fields[field].form == NUMBER &&
                 bc_text_parse_number(cell.s, cell.len, UINT32_MAX, &integer) == BC_OK)
            value = json_integer((json_int_t)integer);
        else
            value = json_stringn(cell.s, cell.len);
        if (json_object_set_new(o, fields[field].name, value) != 0 || strlen(cell.s) != cell.len)
            whole = refuse(out, fields[field].name, "text in UTF-8");
    }
    if (more < 0)
        whole = refuse(out, "", quotes);
    else if (whole && (more > 0 || n != columns->count))
        whole = refuse(out, "", "as many cells as the header has");
    json = whole ? json_dumps(o, JSON_COMPACT) : NULL;
    if (json)
        whole = bc_consent_rows_json(json, strlen(json), out);
    else if (whole)
        whole = refuse(out, "", "memory for this row");
    json_decref(o);
    free(json);
    return whole;
}
