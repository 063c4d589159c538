/* SPDX-License-Identifier: BSD-2-Clause */
#include "grant-file.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/encoding.h"
#include "base/text.h"
#include "base/threads.h"
#include "common/memory.h"
#include "law-files.h"
#include "scope-args.h"
#include "store/current-notice.h"

#define NOTICES_MAX 64
#define CHUNK 1024
#define FAULTS_SHOWN 100
#define ROW_ROOM (BC_EVENT_MAX + 2) /* bytes, with newline and NUL */

/* ---- the members of a row, which are the columns of CSV as well ---- */

/* What members must be, as a fault says it. */
static const char expected_name[] = "a name of 1 to 255 bytes without space, ':' or '/'",
                  expected_hash[] = "64 lower-case hex digits",
                  expected_words[] = "at most 16 words of a-z 0-9 . _ -, each once",
                  expected_line[] = "text of 1 to 255 bytes without control characters",
                  expected_datetime[] = "a time such as 2027-06-30T00:00:00Z",
                  expected_quotes[] =
                      "quotes around whole cells, and two for one inside (RFC 4180)";

/* doc/schemas/consent-line.schema.json has the same. */
static const struct {
    const char *name;
    enum { TEXT, NUMBER, LIST } form; /* in JSON */
    const char *expected;
} fields[] = {
    {"subject", TEXT, expected_name},
    {"uid", NUMBER, "a number from 0 to 4294967294"},
    {"external", TEXT, expected_name},
    {"notice_id", TEXT, "a word of a-z 0-9 . _ - with at most 64 bytes"},
    {"notice", TEXT, expected_hash},
    {"modalities", LIST, "some of fingerprint, face, voice, palm, iris, each once"},
    {"operations", LIST, "authenticate, enroll, or both"},
    {"providers", LIST, expected_words},
    {"purposes", LIST, expected_words},
    {"jurisdictions", LIST, expected_words},
    {"kind", TEXT, "notice-only, affirmative, explicit or written-release"},
    {"given_by", TEXT, "self, representative or guardian"},
    {"representative", TEXT, expected_line},
    {"authority", TEXT, expected_line},
    {"evidence", TEXT, expected_hash},
    {"collected", TEXT, expected_line},
    {"recorded_by", TEXT, expected_line},
    {"paper", TEXT, expected_hash},
    {"valid_from", TEXT, expected_datetime},
    {"expires", TEXT, expected_datetime},
};

#define FIELDS ((int)(sizeof fields / sizeof fields[0]))

static int find_field(const char *member)
{
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].name, member) == 0)
            return i;
    return -1;
}

struct grant_file {
    const char *path;
    FILE *in;
    int csv;
    size_t column_count; /* of CSV */
    int column[FIELDS];  /* the member in each */
    char unknown[64];    /* the column that is no member, where the header is refused */
    uint64_t lines;      /* read */
    uint64_t size;       /* of the file, bytes; 0: unknown */
    uint64_t read;       /* bytes */
    uint64_t faults;
    uint64_t recorded;
    uint64_t skipped;
    char recorder[BC_LINE_MAX + 1];
    size_t known_count;
    struct known {                         /* a notice that rows have named */
        char which[2 * BC_HASH_BYTES + 1]; /* its id, or the SHA-256 of its text */
        struct bc_event event;
    } known[NOTICES_MAX];
    struct row { /* on its way: read, parsed, completed, sealed; mostly pages never touched */
        uint64_t line;
        size_t len;
        char text[ROW_ROOM];
        int parsed;
        unsigned given;       /* the members it has (BC_HAS_...) */
        const char *field;    /* where it was not parsed: "" if the fault is about the whole row */
        const char *expected; /* "64 lower-case hex digits" */
        struct bc_event event;
        enum bc_result result; /* of sealing */
        struct bc_sealed sealed;
    } row[CHUNK];
};

void bc_grant_file_describe(enum bc_grant_violation v, const struct bc_notice *n,
                            const struct bc_grant *g, char *out, size_t cap)
{
    char more[BC_CLAUSE_MAX + BC_WORD_MAX + 640] = "";
    const char *text = bc_grant_rules_text(v);

    if (v == BC_GRANT_VIOLATES_KIND || v == BC_GRANT_VIOLATES_LAW_GIVER)
        bc_law_files_clause(n, g, more, sizeof more);
    if (v == BC_GRANT_VIOLATES_KIND)
        (void)snprintf(out, cap, "notice %s asks for a %s consent; %s is not enough%s", n->id,
                       bc_vocabulary_name(BC_VOCABULARY_KIND, n->kind),
                       bc_vocabulary_name(BC_VOCABULARY_KIND, g->kind), more);
    else if (v == BC_GRANT_VIOLATES_LAW_GIVER)
        (void)snprintf(out, cap, "under the laws of notice %s a %s may not give this consent%s",
                       n->id, bc_vocabulary_name(BC_VOCABULARY_GIVEN_BY, g->given_by), more);
    else if (v == BC_GRANT_VIOLATES_SCOPE) {
        bc_scope_args_text(&n->scope, more, sizeof more);
        (void)snprintf(out, cap, "%s; %s covers only: %s", text, n->id, more);
    } else
        (void)snprintf(out, cap, "%s", text);
}

/* Says what is wrong with a row, unless a hundred were said already. The rest is looked at all the
 * same. */
static void report_fault(struct grant_file *f, uint64_t line, const char *field, const char *what)
{
    if (f->faults++ < FAULTS_SHOWN)
        bc_message_print("%s: line %llu: %s%s%s", f->path, (unsigned long long)line, field,
                         field[0] ? ": " : "", what);
}

static _Noreturn void die_of_faults(const struct grant_file *f)
{
    bc_message_die(BC_EXIT_REFUSED, "%s: %llu faults%s; nothing was recorded", f->path,
                   (unsigned long long)f->faults,
                   f->faults > FAULTS_SHOWN ? ", of which the first 100 are shown" : "");
}

/* Reports what the parser of a row, or of the header of CSV, has refused. */
static void report_refusal(struct grant_file *f, const struct row *row)
{
    char text[256];

    (void)snprintf(text, sizeof text, "expected %s", row->expected);
    report_fault(f, row->line, row->field, text);
}

static int set_row_fault(struct row *row, const char *field, const char *expected)
{
    row->field = field;
    row->expected = expected;
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
        ("{\"external\":\"x\",\"given_by\":\"guardian\",\"representative\":\"x\","
         "\"authority\":\"x\"}"),
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
static int find_row_fault(json_t *o, struct row *row)
{
    const char *member;
    json_t *v;

    if (!json_is_object(o))
        return set_row_fault(row, "", "one JSON object with each member once");
    json_object_foreach(o, member, v)
    {
        int i = find_field(member);
        if (i < 0)
            return set_row_fault(
                row, "", "no members but those of a consent (see consent-line.schema.json)");
        if (!is_accepted(member, v))
            return set_row_fault(row, fields[i].name, fields[i].expected);
    }
    if (!json_object_get(o, "subject") == !json_object_get(o, "external"))
        return set_row_fault(row, "subject", "subject or external, and not both");
    if (json_object_get(o, "uid") && json_object_get(o, "external"))
        return set_row_fault(row, "uid", "a number with subject only");
    v = json_object_get(o, "given_by");
    if (v && strcmp(json_string_value(v), "self") != 0) {
        if (!json_object_get(o, "representative"))
            return set_row_fault(row, "representative",
                                 "the name of the person who gave the consent");
        if (!json_object_get(o, "authority"))
            return set_row_fault(row, "authority", "the authority to consent for the subject");
    } else if (json_object_get(o, "representative") || json_object_get(o, "authority") ||
               json_object_get(o, "evidence")) {
        return set_row_fault(row, "given_by",
                             "representative or guardian, since the row names one");
    }
    return set_row_fault(row, "", "a consent that can be recorded");
}

/* Reads a JSON object of len bytes. Returns 1, or 0 with the first fault in the row. */
static int parse_json(const char *text, size_t len, struct row *row)
{
    enum bc_result r = bc_event_decode_grant_line(text, len, &row->event.u.grant, &row->given);
    json_t *o;

    if (r == BC_OK)
        return 1;
    if (r == BC_ERR_TOO_LARGE)
        return set_row_fault(row, "", "a shorter row");
    o = memchr(text, 0, len) ? NULL : json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    (void)find_row_fault(o, row);
    json_decref(o);
    return 0;
}

/* ---- CSV ---- */

/* Reads the header. Returns 1, or 0 with the first fault in the row. */
static int parse_header(struct grant_file *f, struct row *row)
{
    struct bc_csv csv;
    struct bc_line cell;
    int more;

    bc_csv_begin(&csv, row->text, row->len);
    while ((more = bc_csv_next(&csv, &cell)) > 0) {
        int field = strlen(cell.s) == cell.len ? find_field(cell.s) : -1;
        if (field < 0) {
            bc_text_sanitize(cell.s, f->unknown, sizeof f->unknown);
            return set_row_fault(row, f->unknown,
                                 "a header of members of a consent (see consent-line.schema.json)");
        }
        for (size_t i = 0; i < f->column_count; i++)
            if (f->column[i] == field)
                return set_row_fault(row, fields[field].name, "each column once");
        f->column[f->column_count++] = field;
    }
    return more < 0 ? set_row_fault(row, "", expected_quotes) : 1;
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

/* Reads a record of CSV, as parse_json: an empty cell is a missing member, and lists have spaces
 * between their words. */
static int parse_csv(const struct grant_file *f, struct row *row)
{
    json_t *o = json_object(), *value;
    struct bc_csv csv;
    struct bc_line cell;
    uint64_t integer;
    size_t n = 0;
    int more, whole = 1;
    char *json;

    bc_csv_begin(&csv, row->text, row->len);
    while ((more = bc_csv_next(&csv, &cell)) > 0 && n < f->column_count && whole) {
        int field = f->column[n++];
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
            whole = set_row_fault(row, fields[field].name, "text in UTF-8");
    }
    if (more < 0)
        whole = set_row_fault(row, "", expected_quotes);
    else if (whole && (more > 0 || n != f->column_count))
        whole = set_row_fault(row, "", "as many cells as the header has");
    json = whole ? json_dumps(o, JSON_COMPACT) : NULL;
    if (json)
        whole = parse_json(json, strlen(json), row);
    else if (whole)
        whole = set_row_fault(row, "", "memory for this row");
    json_decref(o);
    free(json);
    return whole;
}

/* ---- a chunk of rows ---- */

/* Finds the notice that the row names. Returns NULL after a report. */
static const struct bc_notice *find_notice(struct grant_file *f, struct bc_transaction *l,
                                           const struct row *row)
{
    const struct bc_grant *g = &row->event.u.grant;
    struct known *k = &f->known[f->known_count];
    char which[2 * BC_HASH_BYTES + 1];
    const char *fault = NULL;
    enum bc_result r;

    if (row->given & BC_HAS_NOTICE)
        bc_encoding_hex_encode(g->notice.b, BC_HASH_BYTES, which);
    else
        memcpy(which, g->notice_id, sizeof g->notice_id);
    /* Neighbouring rows mostly name the same one. */
    for (size_t i = f->known_count; i-- > 0;)
        if (strcmp(f->known[i].which, which) == 0)
            return &f->known[i].event.u.notice;
    if (!(row->given & (BC_HAS_NOTICE | BC_HAS_NOTICE_ID)))
        fault = "the notice that the consent rests on";
    else if (f->known_count == NOTICES_MAX)
        fault = "at most 64 notices in one file";
    else {
        /* The rows before may have left the register's root behind. */
        struct bc_snapshot *view = bc_transaction_view(l);
        r = view ? bc_current_notice_find(view, which, &k->event) : BC_ERR_SYSTEM;
        if (r == BC_ERR_NO_RECORD)
            fault = "there is no current notice of this name; see bioconsent notice list";
        else if (r != BC_OK)
            fault = bc_result_text(r);
    }
    if (fault) {
        report_fault(f, row->line, "notice_id", fault);
        return NULL;
    }
    memcpy(k->which, which, sizeof which);
    f->known_count++;
    return &k->event.u.notice;
}

/* Completes a row that was parsed, from its notice and by default, and checks it. */
static void complete_row(const struct bc_session *session, struct grant_file *f,
                         struct bc_transaction *l, struct row *row)
{
    struct bc_grant *g = &row->event.u.grant;
    const unsigned given = row->given;
    const struct bc_notice *n;
    enum bc_grant_violation v;
    char name[BC_SUBJECT_MAX + 1], text[1024];

    if (!row->parsed) {
        report_refusal(f, row);
        return;
    }
    n = find_notice(f, l, row);
    if (!n)
        return;
    if (!(given & BC_HAS_NOTICE_ID))
        memcpy(g->notice_id, n->id, sizeof g->notice_id);
    g->notice = n->text;
    if (!(given & BC_HAS_MODALITIES))
        g->scope.modalities = n->scope.modalities;
    if (!(given & BC_HAS_OPERATIONS))
        g->scope.operations = n->scope.operations;
    if (!(given & BC_HAS_PROVIDERS))
        g->scope.providers = n->scope.providers;
    if (!(given & BC_HAS_PURPOSES))
        g->scope.purposes = n->scope.purposes;
    if (!(given & BC_HAS_JURISDICTIONS))
        g->jurisdictions = n->jurisdictions;
    if (!(given & BC_HAS_KIND))
        g->kind = n->kind;
    if (!(given & BC_HAS_COLLECTED))
        (void)snprintf(g->collected, sizeof g->collected, "imported by the administrator");
    if (!(given & BC_HAS_RECORDED_BY))
        memcpy(g->recorded_by, f->recorder, sizeof g->recorded_by);
    if (!(given & BC_HAS_VALID_FROM))
        g->valid_from = session->now;
    memcpy(name, g->subject.name, sizeof name);
    if (!g->subject.external && !(given & BC_HAS_UID) &&
        !bc_subject_args_account(name, &g->subject)) {
        report_fault(f, row->line, "subject", "there is no such account, and no uid is given");
        return;
    }
    row->event.type = BC_EVENT_GRANT;
    row->event.time = l->now;
    v = bc_grant_rules_check(n, g);
    if (v == BC_GRANT_VIOLATES_NOTHING)
        return;
    bc_grant_file_describe(v, n, g, text, sizeof text);
    report_fault(f, row->line, bc_grant_rules_field(v), text);
}

static void record_row(const struct bc_session *session, struct grant_file *f,
                       struct bc_transaction *l, const struct row *row)
{
    enum bc_result r = row->result;
    uint64_t index;
    int found = 0;

    if (r == BC_OK)
        r = bc_transaction_find_same(l, &row->event.u.grant, session->now, &found, &index);
    if (r == BC_OK && !found)
        r = bc_transaction_append_sealed(l, &row->event, &row->sealed, &index);
    if (r == BC_OK && found)
        f->skipped++;
    else if (r == BC_OK)
        f->recorded++;
    else
        report_fault(f, row->line, "",
                     r == BC_ERR_TOO_LARGE ? "this subject has too many active consents"
                     : r == BC_ERR_INVALID ? "this is not a consent that can be recorded"
                                           : bc_result_text(r));
}

static void parse_row(void *ctx, size_t i)
{
    struct grant_file *f = ctx;
    struct row *row = &f->row[i];

    row->parsed = f->csv ? parse_csv(f, row) : parse_json(row->text, row->len, row);
}

static void seal_row(void *ctx, size_t i)
{
    struct row *row = &((struct grant_file *)ctx)->row[i];

    row->result = bc_event_seal(&row->event, &row->sealed);
}

/* Nothing is appended any more once a row was bad: the rest is only looked at. */
static void record_chunk(const struct bc_session *session, struct grant_file *f,
                         struct bc_transaction *l, size_t count)
{
    bc_threads_run(count, parse_row, f);
    for (size_t i = 0; i < count; i++)
        complete_row(session, f, l, &f->row[i]);
    if (f->faults)
        return;
    bc_threads_run(count, seal_row, f);
    for (size_t i = 0; i < count && !f->faults; i++)
        record_row(session, f, l, &f->row[i]);
}

/* ---- reading ---- */

/* Reads the next line behind the len bytes of the row. Returns 0 at the end of the file. */
static int read_line(struct grant_file *f, struct row *row)
{
    char *at = row->text + row->len;
    size_t room = sizeof row->text - row->len, len = 0;
    int some = room >= 2 && fgets(at, (int)room, f->in);

    if (!some && ferror(f->in))
        bc_message_die(BC_EXIT_REFUSED, "%s: %s; nothing was recorded", f->path, strerror(errno));
    if (!some && feof(f->in))
        return 0;
    if (some) {
        f->lines++;
        len = strlen(at);
        row->len += len;
        f->read += len;
    }
    if (!some || !(feof(f->in) || (len > 0 && at[len - 1] == '\n'))) {
        report_fault(f, f->lines, "", "too long, or not text");
        die_of_faults(f);
    }
    return 1;
}

static void strip_newline(struct row *row)
{
    while (row->len > 0 && strchr("\r\n", row->text[row->len - 1]))
        row->text[--row->len] = '\0';
}

/* Reads a row: a line, or the lines of a record of CSV. Returns 0 at the end of the file. */
static int read_row(struct grant_file *f, struct row *row)
{
    row->len = 0;
    if (!read_line(f, row))
        return 0;
    row->line = f->lines;
    if (!f->csv)
        strip_newline(row);
    while (f->csv && !bc_csv_whole(row->text, row->len))
        if (!read_line(f, row))
            break; /* the parser says that the quotes are wrong */
    return 1;
}

/* Reads the first row, which tells the format. Returns the number of rows to record, 0 or 1. */
static size_t read_first(struct grant_file *f)
{
    struct row *row = &f->row[0];

    if (!read_line(f, row))
        return 0;
    if (row->len >= 3 && memcmp(row->text, "\xef\xbb\xbf", 3) == 0) {
        row->len -= 3;
        memmove(row->text, row->text + 3, row->len + 1);
    }
    row->line = 1;
    f->csv = row->text[0] != '{';
    if (!f->csv) {
        strip_newline(row);
        return 1;
    }
    if (!parse_header(f, row)) {
        report_refusal(f, row);
        die_of_faults(f);
    }
    return 0;
}

int bc_grant_file(struct bc_session *session, const struct bc_args *args)
{
    struct grant_file *f = bc_memory_new(1, sizeof *f);
    struct bc_transaction *l;
    struct stat st;
    size_t count;
    int more = 1;

    f->path = bc_args_value(args, BC_OPTION_FROM, NULL);
    f->in = strcmp(f->path, "-") == 0 ? stdin : fopen(f->path, "re");
    if (!f->in)
        bc_message_die(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s", f->path,
                       strerror(errno));
    if (fstat(fileno(f->in), &st) == 0 && S_ISREG(st.st_mode))
        f->size = (uint64_t)st.st_size;
    bc_subject_args_operator(f->recorder);
    l = bc_session_begin(session, args);
    count = read_first(f);
    l->bulk = 1;
    while (more) {
        while (count < CHUNK && (more = read_row(f, &f->row[count])))
            count++;
        record_chunk(session, f, l, count);
        count = 0;
        if (more && !session->json)
            bc_message_progress(f->read, f->size > f->read ? f->size : f->read + 1);
    }
    if (f->faults)
        die_of_faults(f);
    if (!session->json)
        bc_message_progress(f->read, f->read);
    bc_session_end(session);
    if (f->in != stdin)
        (void)fclose(f->in);
    if (session->json)
        bc_message_json(json_pack("{s:I, s:I}", "recorded", (json_int_t)f->recorded, "skipped",
                                  (json_int_t)f->skipped));
    else
        (void)printf("%llu consents are recorded; %llu were active already.\n",
                     (unsigned long long)f->recorded, (unsigned long long)f->skipped);
    free(f);
    return BC_EXIT_OK;
}
