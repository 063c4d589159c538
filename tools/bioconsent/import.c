/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "grant-rules.h"
#include "notice-files.h"
#include "base/threads.h"
#include "base/encoding.h"
#include "session.h"

static const char help[] =
    "usage: bioconsent import [--passphrase-file FILE] FILE\n\n"
    "Records many consents at once, signed once: all of them, or none. FILE (- for standard input)\n"
    "has one JSON object a line, with the members of a grant (doc/format.md, section 5). Needed are\n"
    "the subject (\"subject\", with \"uid\" or found among the accounts; or \"external\") and the notice\n"
    "(\"notice_id\" or \"notice\"). What else is missing is the notice's, or as the verb grant has it.\n"
    "A consent that is in force already is skipped, so that an import can be repeated.\n\n"
    "Example: bioconsent import consents.jsonl\n"
    "  {\"subject\":\"alice\",\"uid\":1000,\"notice_id\":\"login\",\"collected\":\"on paper\"}\n"
    "  {\"external\":\"caller-17\",\"notice_id\":\"hotline\",\"expires\":\"2027-06-30T00:00:00Z\"}\n";

#define NOTICES_MAX 64
#define CHUNK 1024
#define LINE_ROOM (BC_EVENT_MAX + 2) /* with newline and NUL */

/* A notice that lines have named: by id, or by the SHA-256 of its text. */
struct known {
    char which[2 * BC_HASH_BYTES + 1];
    struct bc_event *event;
};

/* One line on its way: read, parsed, completed, sealed. */
struct item {
    uint64_t line;
    size_t len;
    char text[LINE_ROOM]; /* mostly pages that are never touched */
    enum bc_result result;
    unsigned given;
    struct bc_event event;
    struct bc_sealed sealed;
};

struct import {
    const char *path;
    FILE *in;
    uint64_t line;  /* that is looked at, for messages */
    uint64_t lines; /* read */
    uint64_t size;  /* of the file, bytes; 0: unknown */
    uint64_t read;
    uint64_t recorded;
    uint64_t skipped;
    char recorder[BC_LINE_MAX + 1];
    struct known known[NOTICES_MAX];
    size_t known_count;
    struct item item[CHUNK];
};

static int fail_line(const struct import *in, const char *what)
{
    return bc_message_fail(BC_EXIT_REFUSED, "%s: line %llu: %s; nothing was imported", in->path,
                   (unsigned long long)in->line, what);
}

static const struct bc_notice *look_up(struct import *in, struct bc_transaction *l, const char *which)
{
    struct known *k = &in->known[in->known_count];
    enum bc_reason reason;

    if (in->known_count == NOTICES_MAX) {
        (void)fail_line(in, "more than 64 notices in one import");
        return NULL;
    }
    k->event = malloc(sizeof *k->event);
    reason = k->event ? bc_current_notice_find(&l->snapshot, which, k->event) : BC_REASON_SYSTEM;
    if (reason != BC_REASON_ALLOW) {
        free(k->event);
        (void)fail_line(in, reason == BC_REASON_NO_RECORD
                                ? "there is no accepted notice of this name; see notice list"
                                : bc_reason_sentence(reason));
        return NULL;
    }
    memcpy(k->which, which, strlen(which) + 1);
    in->known_count++;
    return &k->event->u.notice;
}

/* The notice that the line names; NULL after a message. */
static const struct bc_notice *notice_of(struct import *in, struct bc_transaction *l,
                                         const struct bc_grant *g, unsigned given)
{
    char which[2 * BC_HASH_BYTES + 1];

    if (given & BC_HAS_NOTICE)
        bc_encoding_hex_encode(g->notice.b, BC_HASH_BYTES, which);
    else if (given & BC_HAS_NOTICE_ID)
        memcpy(which, g->notice_id, sizeof g->notice_id);
    else {
        (void)fail_line(in, "a consent names the notice it rests on: notice_id");
        return NULL;
    }
    /* Neighbouring lines mostly name the same one. */
    for (size_t i = in->known_count; i-- > 0;)
        if (strcmp(in->known[i].which, which) == 0)
            return &in->known[i].event->u.notice;
    return look_up(in, l, which);
}

static void fill_scope(const struct bc_notice *n, unsigned given, struct bc_grant *g)
{
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
}

/* What the line left out. */
static int fill(struct bc_session *tool, struct import *in, const struct bc_notice *n, unsigned given,
                struct bc_grant *g)
{
    static const char collected[] = "imported by the administrator";

    if ((given & BC_HAS_NOTICE_ID) && strcmp(g->notice_id, n->id) != 0)
        return fail_line(in, "notice_id and notice are not of one notice");
    memcpy(g->notice_id, n->id, sizeof g->notice_id);
    g->notice = n->text;
    fill_scope(n, given, g);
    if (!(given & BC_HAS_KIND))
        g->kind = n->kind;
    if (!(given & BC_HAS_COLLECTED))
        memcpy(g->collected, collected, sizeof collected);
    if (!(given & BC_HAS_RECORDED_BY))
        memcpy(g->recorded_by, in->recorder, sizeof g->recorded_by);
    if (!(given & BC_HAS_VALID_FROM))
        g->valid_from = tool->now;
    if (g->expires && g->expires <= g->valid_from)
        return fail_line(in, "it would expire before it is valid");
    if (!g->subject.external && !(given & BC_HAS_UID)) {
        char name[BC_SUBJECT_MAX + 1];
        memcpy(name, g->subject.name, sizeof name);
        if (!bc_subject_args_account(name, &g->subject))
            return fail_line(in, "there is no such account, and no uid is given");
    }
    return 0;
}

static int complete(struct bc_session *tool, struct import *in, struct bc_transaction *l,
                    struct item *item)
{
    struct bc_grant *g = &item->event.u.grant;
    const struct bc_notice *notice;
    int code;

    in->line = item->line;
    if (item->result != BC_OK)
        return fail_line(in, item->result == BC_ERR_INVALID
                                 ? "not a consent; see bioconsent import --help"
                                 : bc_result_text(item->result));
    notice = notice_of(in, l, g, item->given);
    if (!notice)
        return BC_EXIT_REFUSED;
    code = fill(tool, in, notice, item->given, g);
    if (code)
        return code;
    item->event.type = BC_EVENT_GRANT;
    item->event.time = l->now;
    return bc_consent_within(in->line, notice, g);
}

static int record(struct bc_session *tool, struct import *in, struct bc_transaction *l, struct item *item)
{
    enum bc_result r = item->result;
    uint64_t index = 0;
    int twice = 0, code = 0;

    in->line = item->line;
    if (r == BC_OK)
        code = bc_consent_twice(tool, l, &item->event.u.grant, &twice, &index);
    if (code)
        return code;
    in->skipped += twice != 0;
    if (r == BC_OK && !twice)
        r = bc_transaction_append_sealed(l, &item->event, &item->sealed, &index);
    if (r == BC_ERR_TOO_LARGE)
        return fail_line(in, "this subject has too many consents in force");
    if (r != BC_OK)
        return fail_line(in, r == BC_ERR_INVALID ? "this is not a consent that can be recorded"
                                                 : bc_result_text(r));
    in->recorded += !twice;
    return 0;
}

static void parse(void *ctx, size_t i)
{
    struct item *item = (struct item *)ctx + i;

    item->result = bc_event_decode_grant_line(item->text, item->len, &item->event.u.grant, &item->given);
}

static void seal(void *ctx, size_t i)
{
    struct item *item = (struct item *)ctx + i;

    item->result = bc_event_seal(&item->event, &item->sealed);
}

static int record_chunk(struct bc_session *tool, struct import *in, struct bc_transaction *l, size_t count)
{
    int code = 0;

    bc_threads_run(count, parse, in->item);
    for (size_t i = 0; i < count && !code; i++)
        code = complete(tool, in, l, &in->item[i]);
    if (code)
        return code;
    bc_threads_run(count, seal, in->item);
    for (size_t i = 0; i < count && !code; i++)
        code = record(tool, in, l, &in->item[i]);
    return code;
}

/* The next line without its newline: 1, 0 at the end, -1 after a message. */
static int next_line(struct import *in, char line[LINE_ROOM], size_t *len)
{
    if (!fgets(line, LINE_ROOM, in->in)) {
        if (ferror(in->in))
            bc_message_print("%s: %s; nothing was imported", in->path, strerror(errno));
        return ferror(in->in) ? -1 : 0;
    }
    in->lines++;
    *len = strlen(line);
    in->read += *len;
    if (*len > 0 && line[*len - 1] == '\n') {
        line[--*len] = '\0';
    } else if (!feof(in->in)) {
        in->line = in->lines;
        (void)fail_line(in, "too long, or not text");
        return -1;
    }
    return 1;
}

/* Reads up to CHUNK lines: *count of them. Returns 0 or the exit code after a message. */
static int read_chunk(struct import *in, size_t *count)
{
    size_t n = 0;
    int more = 1;

    while (n < CHUNK && (more = next_line(in, in->item[n].text, &in->item[n].len)) > 0)
        in->item[n++].line = in->lines;
    *count = n;
    return more < 0 ? BC_EXIT_REFUSED : 0;
}

static int read_lines(struct bc_session *tool, struct bc_transaction *l, void *ctx)
{
    struct import *in = ctx;
    size_t count = 0;
    int code;

    bc_transaction_bulk(l);
    while (!(code = read_chunk(in, &count)) && count > 0) {
        code = record_chunk(tool, in, l, count);
        if (code)
            return code;
        if (!tool->json)
            bc_message_progress(NULL, in->read, in->size > in->read ? in->size : in->read + 1);
    }
    if (!code && !tool->json)
        bc_message_progress(NULL, in->read, in->read);
    return code;
}

static int open_file(struct import *in)
{
    struct stat st;

    in->in = strcmp(in->path, "-") == 0 ? stdin : fopen(in->path, "re");
    if (!in->in)
        return bc_message_fail(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s", in->path,
                       strerror(errno));
    if (fstat(fileno(in->in), &st) == 0 && S_ISREG(st.st_mode))
        in->size = (uint64_t)st.st_size;
    return 0;
}

static int import_all(struct bc_session *tool, struct import *in, const char *passphrase_file)
{
    int code = open_file(in);

    if (code)
        return code;
    bc_subject_args_operator(in->recorder);
    code = bc_session_write(tool, passphrase_file, read_lines, in);
    for (size_t i = 0; i < in->known_count; i++)
        free(in->known[i].event);
    if (in->in != stdin)
        (void)fclose(in->in);
    if (code)
        return code;
    if (tool->json)
        bc_message_json(json_pack("{s:I, s:I}", "recorded", (json_int_t)in->recorded, "skipped",
                                (json_int_t)in->skipped));
    else
        (void)printf("%llu consents are recorded; %llu were in force already.\n",
                     (unsigned long long)in->recorded, (unsigned long long)in->skipped);
    return BC_EXIT_OK;
}

static int run(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct import *in;
    int code = bc_session_args(tool, &bc_verb_import, &args, argc, argv, 1, 1);

    if (code >= 0)
        return code;
    in = calloc(1, sizeof *in);
    if (!in)
        return bc_message_fail(BC_EXIT_REFUSED, "no memory");
    in->path = args.operands[0];
    code = import_all(tool, in, bc_arg_value(&args, "passphrase-file", NULL));
    free(in);
    return code;
}

const struct bc_verb bc_verb_import = {"import", "record many consents at once", help, run};
