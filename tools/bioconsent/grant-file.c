/* SPDX-License-Identifier: BSD-2-Clause */
#include "grant-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "base/threads.h"
#include "consent-rows.h"
#include "law-files.h"
#include "notice-files.h"
#include "scope-args.h"

#define NOTICES_MAX 64
#define CHUNK 1024
#define FAULTS_SHOWN 100
#define ROW_ROOM (BC_EVENT_MAX + 2) /* bytes, with newline and NUL */

/* A notice that rows have named: by id, or by the SHA-256 of its text. */
struct known {
    char which[2 * BC_HASH_BYTES + 1];
    struct bc_event *event;
};

/* One row on its way: read, parsed, completed, sealed. */
struct row {
    uint64_t line;
    size_t len;
    char text[ROW_ROOM]; /* mostly pages that are never touched */
    int parsed;
    struct bc_consent_fault fault;
    unsigned given;
    enum bc_result result;
    struct bc_event event;
    struct bc_sealed sealed;
};

struct grant_file {
    const char *path;
    FILE *in;
    int csv;
    struct bc_consent_rows_columns columns;
    uint64_t lines; /* read */
    uint64_t size;  /* of the file, bytes; 0: unknown */
    uint64_t read;  /* bytes */
    uint64_t faults;
    uint64_t recorded;
    uint64_t skipped;
    char recorder[BC_LINE_MAX + 1];
    struct known known[NOTICES_MAX];
    size_t known_count;
    struct row row[CHUNK];
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

/* ---- the notice of a row ---- */

static const struct bc_notice *look_up(struct grant_file *f, struct bc_transaction *l,
                                       uint64_t line, const char *which)
{
    struct known *k = &f->known[f->known_count];
    struct bc_snapshot *snapshot;
    enum bc_result result;

    if (f->known_count == NOTICES_MAX) {
        report_fault(f, line, "notice_id", "at most 64 notices in one file");
        return NULL;
    }
    k->event = malloc(sizeof *k->event);
    snapshot = bc_transaction_view(l);
    result =
        k->event && snapshot ? bc_current_notice_find(snapshot, which, k->event) : BC_ERR_SYSTEM;
    if (result != BC_OK) {
        free(k->event);
        report_fault(
            f, line, "notice_id",
            result == BC_ERR_NO_RECORD
                ? "a current notice: there is no accepted notice of this name; see notice list"
                : bc_result_text(result));
        return NULL;
    }
    memcpy(k->which, which, strlen(which) + 1);
    f->known_count++;
    return &k->event->u.notice;
}

static const struct bc_notice *find_notice(struct grant_file *f, struct bc_transaction *l,
                                           const struct row *row)
{
    const struct bc_grant *g = &row->event.u.grant;
    char which[2 * BC_HASH_BYTES + 1];

    if (row->given & BC_HAS_NOTICE)
        bc_encoding_hex_encode(g->notice.b, BC_HASH_BYTES, which);
    else if (row->given & BC_HAS_NOTICE_ID)
        memcpy(which, g->notice_id, sizeof g->notice_id);
    else {
        report_fault(f, row->line, "notice_id", "the notice that the consent rests on");
        return NULL;
    }
    /* Neighbouring rows mostly name the same one. */
    for (size_t i = f->known_count; i-- > 0;)
        if (strcmp(f->known[i].which, which) == 0)
            return &f->known[i].event->u.notice;
    return look_up(f, l, row->line, which);
}

/* ---- a chunk ---- */

/* Takes from the notice what the row leaves out. */
static void fill_from_notice(const struct bc_notice *n, unsigned given, struct bc_grant *g)
{
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
}

static void complete_row(struct bc_session *tool, struct grant_file *f, struct bc_transaction *l,
                         struct row *row)
{
    static const char collected[] = "imported by the administrator";
    struct bc_grant *g = &row->event.u.grant;
    const struct bc_notice *n;
    enum bc_grant_violation v;
    char name[BC_SUBJECT_MAX + 1], text[1024];

    if (!row->parsed) {
        (void)snprintf(text, sizeof text, "expected %s", row->fault.expected);
        report_fault(f, row->line, row->fault.field, text);
        return;
    }
    n = find_notice(f, l, row);
    if (!n)
        return;
    fill_from_notice(n, row->given, g);
    if (!(row->given & BC_HAS_COLLECTED))
        memcpy(g->collected, collected, sizeof collected);
    if (!(row->given & BC_HAS_RECORDED_BY))
        memcpy(g->recorded_by, f->recorder, sizeof g->recorded_by);
    if (!(row->given & BC_HAS_VALID_FROM))
        g->valid_from = tool->now;
    memcpy(name, g->subject.name, sizeof name);
    if (!g->subject.external && !(row->given & BC_HAS_UID) &&
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

static void record_row(struct bc_session *tool, struct grant_file *f, struct bc_transaction *l,
                       struct row *row)
{
    enum bc_result r = row->result;
    enum bc_result result;
    uint64_t index;
    int found = 0;

    if (r == BC_OK) {
        result = bc_transaction_find_same(l, &row->event.u.grant, tool->now, &found, &index);
        if (result != BC_OK) {
            report_fault(f, row->line, "", bc_result_text(result));
            return;
        }
    }
    if (r == BC_OK && !found)
        r = bc_transaction_append_sealed(l, &row->event, &row->sealed, &index);
    if (r == BC_OK) {
        f->skipped += found != 0;
        f->recorded += !found;
    } else
        report_fault(f, row->line, "",
                     r == BC_ERR_TOO_LARGE ? "this subject has too many active consents"
                     : r == BC_ERR_INVALID ? "this is not a consent that can be recorded"
                                           : bc_result_text(r));
}

static void parse_row(void *ctx, size_t i)
{
    struct grant_file *f = ctx;
    struct row *row = &f->row[i];

    row->parsed = f->csv ? bc_consent_rows_csv(row->text, row->len, &f->columns,
                                               &row->event.u.grant, &row->given, &row->fault)
                         : bc_consent_rows_json(row->text, row->len, &row->event.u.grant,
                                                &row->given, &row->fault);
}

static void seal_row(void *ctx, size_t i)
{
    struct row *row = &((struct grant_file *)ctx)->row[i];

    row->result = bc_event_seal(&row->event, &row->sealed);
}

/* Nothing is appended any more once a row was bad: the rest is only looked at. */
static void record_chunk(struct bc_session *tool, struct grant_file *f, struct bc_transaction *l,
                         size_t count)
{
    bc_threads_run(count, parse_row, f);
    for (size_t i = 0; i < count; i++)
        complete_row(tool, f, l, &f->row[i]);
    if (f->faults)
        return;
    bc_threads_run(count, seal_row, f);
    for (size_t i = 0; i < count && !f->faults; i++)
        record_row(tool, f, l, &f->row[i]);
}

/* ---- reading ---- */

/* Reads the next line behind the len bytes of the row. 1, 0 at the end of the file, -1 after a
 * message. */
static int read_line(struct grant_file *f, struct row *row)
{
    char *at = row->text + row->len;
    size_t len;

    if (sizeof row->text - row->len < 2 || !fgets(at, (int)(sizeof row->text - row->len), f->in)) {
        if (ferror(f->in))
            bc_message_print("%s: %s; nothing was recorded", f->path, strerror(errno));
        else if (!feof(f->in))
            report_fault(f, f->lines, "", "too long, or not text");
        return feof(f->in) && !ferror(f->in) ? 0 : -1;
    }
    f->lines++;
    len = strlen(at);
    row->len += len;
    f->read += len;
    if (len > 0 && at[len - 1] == '\n')
        return 1;
    if (feof(f->in))
        return 1;
    report_fault(f, f->lines, "", "too long, or not text");
    return -1;
}

/* Reads a row: a line, or the lines of a record of CSV. As read_line. */
static int read_row(struct grant_file *f, struct row *row)
{
    int more;

    row->len = 0;
    more = read_line(f, row);
    row->line = f->lines;
    while (more > 0 && f->csv && !bc_csv_whole(row->text, row->len))
        if ((more = read_line(f, row)) == 0)
            return 1; /* the parser says that the quotes are wrong */
    while (more > 0 && !f->csv && row->len > 0 && strchr("\r\n", row->text[row->len - 1]))
        row->text[--row->len] = '\0';
    return more;
}

/* Reads the first row, which tells the format. The number of rows that are to be recorded, 0 or 1,
 * in *count. 0, or -1 after a message. */
static int read_first(struct grant_file *f, size_t *count)
{
    struct row *row = &f->row[0];
    struct bc_consent_fault fault;
    char text[256];
    int more;

    f->csv = 1; /* until it is known */
    row->len = 0;
    more = read_line(f, row);
    if (more <= 0)
        return more;
    if (row->len >= 3 && memcmp(row->text, "\xef\xbb\xbf", 3) == 0) {
        row->len -= 3;
        memmove(row->text, row->text + 3, row->len + 1);
    }
    row->line = 1;
    f->csv = row->text[0] != '{';
    *count = !f->csv;
    while (!f->csv && row->len > 0 && strchr("\r\n", row->text[row->len - 1]))
        row->text[--row->len] = '\0';
    if (!f->csv || bc_consent_rows_columns(row->text, row->len, &f->columns, &fault))
        return 0;
    (void)snprintf(text, sizeof text, "expected %s", fault.expected);
    report_fault(f, 1, fault.field, text);
    return -1;
}

static int read_rows(struct bc_session *tool, struct bc_transaction *l, void *ctx)
{
    struct grant_file *f = ctx;
    size_t count = 0;
    int more = read_first(f, &count);

    l->bulk = 1;
    while (more >= 0) {
        more = 1;
        while (count < CHUNK && (more = read_row(f, &f->row[count])) > 0)
            count++;
        if (more >= 0)
            record_chunk(tool, f, l, count);
        if (more == 0)
            break;
        count = 0;
        if (!tool->json)
            bc_message_progress(f->read, f->size > f->read ? f->size : f->read + 1);
    }
    if (f->faults)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %llu faults%s; nothing was recorded", f->path,
                               (unsigned long long)f->faults,
                               f->faults > FAULTS_SHOWN ? ", of which the first 100 are shown"
                                                        : "");
    if (more < 0)
        return BC_EXIT_REFUSED;
    if (!tool->json)
        bc_message_progress(f->read, f->read);
    return 0;
}

static int open_file(struct grant_file *f)
{
    struct stat st;

    f->in = strcmp(f->path, "-") == 0 ? stdin : fopen(f->path, "re");
    if (!f->in)
        return bc_message_fail(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s",
                               f->path, strerror(errno));
    if (fstat(fileno(f->in), &st) == 0 && S_ISREG(st.st_mode))
        f->size = (uint64_t)st.st_size;
    return 0;
}

int bc_grant_file(struct bc_session *tool, const char *path, const char *passphrase_file)
{
    struct grant_file *f = calloc(1, sizeof *f);
    int code;

    if (!f)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    f->path = path;
    code = open_file(f);
    if (!code) {
        bc_subject_args_operator(f->recorder);
        code = bc_session_write(tool, passphrase_file, read_rows, f);
        for (size_t i = 0; i < f->known_count; i++)
            free(f->known[i].event);
        if (f->in != stdin)
            (void)fclose(f->in);
    }
    if (!code && tool->json)
        bc_message_json(json_pack("{s:I, s:I}", "recorded", (json_int_t)f->recorded, "skipped",
                                  (json_int_t)f->skipped));
    else if (!code)
        (void)printf("%llu consents are recorded; %llu were active already.\n",
                     (unsigned long long)f->recorded, (unsigned long long)f->skipped);
    free(f);
    return code;
}
