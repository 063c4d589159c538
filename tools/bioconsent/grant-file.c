/* SPDX-License-Identifier: BSD-2-Clause */
#include "grant-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "base/threads.h"
#include "common/memory.h"
#include "consent-rows.h"
#include "law-files.h"
#include "scope-args.h"
#include "store/active-consent.h"
#include "store/current-notice.h"

#define NOTICES_MAX 64
#define CHUNK 1024
#define FAULTS_SHOWN 100
#define ROW_ROOM (BC_EVENT_MAX + 2) /* bytes, with newline and NUL */

struct grant_file {
    const char *path;
    FILE *in;
    int csv;
    struct bc_consent_columns columns;
    uint64_t lines; /* read */
    uint64_t size;  /* of the file, bytes; 0: unknown */
    uint64_t read;  /* bytes */
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
        struct bc_consent_row consent; /* its grant is in event */
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
static void report_refusal(struct grant_file *f, uint64_t line, const struct bc_consent_row *row)
{
    char text[256];

    (void)snprintf(text, sizeof text, "expected %s", row->expected);
    report_fault(f, line, row->field, text);
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

    if (row->consent.given & BC_HAS_NOTICE)
        bc_encoding_hex_encode(g->notice.b, BC_HASH_BYTES, which);
    else
        memcpy(which, g->notice_id, sizeof g->notice_id);
    /* Neighbouring rows mostly name the same one. */
    for (size_t i = f->known_count; i-- > 0;)
        if (strcmp(f->known[i].which, which) == 0)
            return &f->known[i].event.u.notice;
    if (!(row->consent.given & (BC_HAS_NOTICE | BC_HAS_NOTICE_ID)))
        fault = "the notice that the consent rests on";
    else if (f->known_count == NOTICES_MAX)
        fault = "at most 64 notices in one file";
    else {
        r = bc_current_notice_find(&l->snapshot, which, &k->event);
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
    const unsigned given = row->consent.given;
    const struct bc_notice *n;
    enum bc_grant_violation v;
    char name[BC_SUBJECT_MAX + 1], text[1024];

    if (!row->parsed) {
        report_refusal(f, row->line, &row->consent);
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
        r = bc_active_consent_find_same(l, &row->event.u.grant, session->now, &found, &index);
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

    row->consent.grant = &row->event.u.grant;
    row->parsed = f->csv ? bc_consent_rows_csv(row->text, row->len, &f->columns, &row->consent)
                         : bc_consent_rows_json(row->text, row->len, &row->consent);
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
    if (!bc_consent_rows_columns(row->text, row->len, &f->columns, &row->consent)) {
        report_refusal(f, 1, &row->consent);
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
    bc_transaction_bulk(l);
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
