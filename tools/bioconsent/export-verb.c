/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "common/output.h"
#include "base/text.h"
#include "session.h"

static const char help[] =
    "usage: bioconsent export [--format jsonl] [--subject USER] [--output FILE] [--notices DIR]\n"
    "       bioconsent export --format dpv --contact WHO --address TEXT [--email E] [--phone N]\n"
    "       bioconsent export --format kantara --contact WHO --address TEXT --email E --phone N\n"
    "           --policy-url URL\n\n"
    "jsonl: what is granted and has not ended, one consent a line, for bioconsent import. --notices\n"
    "  writes the accepted notices into the new folder DIR, one file each, with notices.jsonl that\n"
    "  lists them in the order in which bioconsent notice publish has to take them first.\n"
    "dpv: every consent with what became of it: records as in ISO/IEC TS 27560, in JSON-LD with the\n"
    "  terms of W3C's DPV 2.3.\n"
    "kantara: the consents in force, as a list of Kantara Consent Receipts 1.1.\n"
    "The last two name the controller's contact, which the store does not hold.\n"
    "--controller NAME leaves out the consents that others ask for.\n"
    "--external, --uid N: USER has no account, or none any more.\n\n"
    "Examples: bioconsent export --output consents.jsonl --notices notices\n"
    "          bioconsent export --format dpv --subject alice --contact 'Privacy office' \\\n"
    "            --address '1 Example Street, Springfield' --output alice.jsonld\n";

enum format { JSONL, DPV, KANTARA };

struct export {
    struct bc_session *tool;
    struct bc_snapshot snapshot;
    struct bc_consent_statuses outcomes;
    struct bc_output out;
    enum format format;
    struct bc_contact contact;
    const char *controller;  /* those of this one only; NULL: any */
    char one[BC_LINE_MAX + 1]; /* the one that the contact is for */
    struct bc_event *other;  /* room for what ended a consent */
    uint64_t written;
    uint64_t left_out;
    int code;                /* after a message */
};

/* ---- one consent ---- */

/* Whether it goes out in this form. */
static int is_wanted(const struct export *x, const struct bc_consent_status *o)
{
    if (x->controller && (!o->version || strcmp(o->version->notice.controller, x->controller) != 0))
        return 0;
    if (x->format == DPV)
        return o->version != NULL;
    if (x->format == KANTARA)
        return o->reason == BC_REASON_ALLOW;
    return !o->ended && o->reason != BC_REASON_WITHDRAWAL_PENDING && o->version && !o->version->replaced;
}

/* A contact is that of one controller. */
static int is_of_one(struct export *x, const struct bc_notice *n)
{
    if (x->format == JSONL || strcmp(x->one, n->controller) == 0)
        return 1;
    if (x->one[0] == '\0') {
        memcpy(x->one, n->controller, sizeof x->one);
        return 1;
    }
    x->code = bc_message_fail(BC_EXIT_USAGE, "consents name several controllers (%s; %s), and the contact is "
                      "one's: export them one by one with --controller", x->one, n->controller);
    return 0;
}

static json_t *line_of(const struct bc_logged_event *past)
{
    json_t *o = json_loadb((const char *)past->payload.data, past->payload.len, 0, NULL);

    json_object_del(o, "v");
    json_object_del(o, "type");
    json_object_del(o, "time");
    return o;
}

/* How the consent ended, in the words of the event; "" where there are none. */
static const char *how_it_ended(struct export *x, const struct bc_consent_status *o)
{
    struct bc_logged_event past;

    if (o->ended && bc_log_reader_event(&x->snapshot, o->ended->event, x->other, &past) == BC_REASON_ALLOW)
        return x->other->u.ending.how;
    return "";
}

static json_t *form(struct export *x, const struct bc_logged_event *past, const struct bc_consent_status *o)
{
    struct bc_exported e = {.index = past->index,
                            .commitment = &past->commitment,
                            .time = past->event->time,
                            .grant = &past->event->u.grant,
                            .outcome = o,
                            .how = "",
                            .origin = x->snapshot.checkpoint.origin,
                            .now = x->tool->now};

    if (x->format == JSONL)
        return line_of(past);
    if (x->format == KANTARA)
        return bc_kantara_receipt(&e, &x->contact);
    e.how = how_it_ended(x, o);
    return bc_dpv_record(&e, &x->contact);
}

static enum bc_result export_one(void *ctx, const struct bc_logged_event *past)
{
    struct export *x = ctx;
    struct bc_consent_status o;
    json_t *value;
    int failed;

    if (x->out.path)
        bc_message_progress(NULL, past->index, x->snapshot.checkpoint.log_size);
    bc_consent_status_of(&x->outcomes, past->index, &past->event->u.grant, x->tool->now, &o);
    if (!is_wanted(x, &o)) {
        x->left_out++;
        return BC_OK;
    }
    if (!is_of_one(x, &o.version->notice))
        return BC_ERR_INVALID;
    value = form(x, past, &o);
    if (!value)
        return BC_ERR_MEMORY;
    failed = (x->format != JSONL && x->written && fputs(",\n", x->out.to) < 0) ||
             json_dumpf(value, x->out.to, JSON_COMPACT | JSON_SORT_KEYS) != 0 ||
             (x->format == JSONL && fputc('\n', x->out.to) == EOF);
    json_decref(value);
    x->written++;
    if (failed)
        x->code = bc_message_fail(BC_EXIT_REFUSED, "the export could not be written: %s", strerror(errno));
    return failed ? BC_ERR_IO : BC_OK;
}

/* ---- the file ---- */

static int write_head(const struct export *x)
{
    json_t *context;
    int failed;

    if (x->format == JSONL)
        return 0;
    if (x->format == KANTARA)
        return fputs("[\n", x->out.to) < 0;
    context = bc_dpv_context();
    failed = !context || fputs("{\"@context\":", x->out.to) < 0 ||
             json_dumpf(context, x->out.to, JSON_COMPACT) != 0 ||
             fputs(",\n\"@graph\":[\n", x->out.to) < 0;
    json_decref(context);
    return failed;
}

static int write_tail(const struct export *x)
{
    static const char *const tails[] = {"", "\n]}\n", "\n]\n"};

    return fputs(tails[x->format], x->out.to) < 0;
}

static int write_all(struct export *x, const struct bc_subject *subject)
{
    struct bc_log_filter wanted = {.types = 1U << BC_EVENT_GRANT, .subject = subject};
    uint64_t all = x->snapshot.checkpoint.log_size;
    enum bc_reason reason;

    if (write_head(x))
        return bc_message_fail(BC_EXIT_REFUSED, "the export could not be written: %s", strerror(errno));
    reason = bc_log_reader_each(&x->snapshot, &wanted, export_one, x);
    if (x->code)
        return x->code;
    if (reason != BC_REASON_ALLOW)
        return bc_message_fail_reason(reason, "log", "");
    if (x->out.path)
        bc_message_progress(NULL, all, all);
    if (write_tail(x))
        return bc_message_fail(BC_EXIT_REFUSED, "the export could not be written: %s", strerror(errno));
    return 0;
}

/* ---- the verb ---- */

static void report(const struct export *x)
{
    if (!x->out.path)
        return;
    if (x->tool->json)
        bc_message_json(json_pack("{s:I, s:I}", "exported", (json_int_t)x->written, "left_out",
                                (json_int_t)x->left_out));
    else
        (void)printf("%llu consents are exported; %llu have ended or are not of this form.\n",
                     (unsigned long long)x->written, (unsigned long long)x->left_out);
}

static int with_store(struct export *x, const struct bc_subject *subject, const char *path,
                      const char *notices)
{
    enum bc_reason reason = bc_consent_status_read(&x->snapshot, &x->tool->policy, x->tool->spool,
                                             &x->outcomes);
    int code;

    if (reason != BC_REASON_ALLOW)
        return bc_message_fail_reason(reason, "log", "");
    code = bc_output_begin(path, &x->out);
    if (!code) {
        code = write_all(x, subject);
        if (!code && notices)
            code = bc_export_notices(&x->snapshot, &x->outcomes, notices);
        code = bc_output_end(&x->out, code);
    }
    if (!code)
        report(x);
    bc_consent_status_free(&x->outcomes);
    return code;
}

static int take_format(struct bc_args *args, struct export *x)
{
    static const char *const names[] = {"jsonl", "dpv", "kantara"};
    const char *name = bc_arg_value(args, "format", "jsonl");

    for (x->format = JSONL; x->format <= KANTARA; x->format++)
        if (strcmp(name, names[x->format]) == 0)
            break;
    if (x->format > KANTARA)
        return bc_message_fail(BC_EXIT_USAGE, "--format: jsonl, dpv or kantara");
    if (bc_arg(args, "notices")->given && x->format != JSONL)
        return bc_message_fail(BC_EXIT_USAGE, "--notices goes with --format jsonl");
    return 0;
}

static int take_contact(struct bc_args *args, struct export *x)
{
    const struct {
        const char *name;
        const char **out;
        enum format needed; /* by this form and those after it */
    } parts[] = {{"contact", &x->contact.person, DPV},
                 {"address", &x->contact.address, DPV},
                 {"email", &x->contact.email, KANTARA},
                 {"phone", &x->contact.phone, KANTARA},
                 {"policy-url", &x->contact.policy_url, KANTARA}};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *value = bc_arg_value(args, parts[i].name, NULL);
        size_t len = value ? strlen(value) : 0;
        if (value && x->format == JSONL)
            return bc_message_fail(BC_EXIT_USAGE, "--%s goes with --format dpv or kantara", parts[i].name);
        if (!value && x->format >= parts[i].needed)
            return bc_message_fail(BC_EXIT_USAGE, "this format needs --%s: how to reach the controller is not "
                           "in the store", parts[i].name);
        if (value && (len == 0 || len > BC_LINE_MAX || !bc_text_clean(value, len, 0)))
            return bc_message_fail(BC_EXIT_USAGE, "--%s: text of 1 to %d bytes", parts[i].name, BC_LINE_MAX);
        *parts[i].out = value;
    }
    return 0;
}

/* The subject of --subject; *given is 0 without it. */
static int take_subject(struct bc_args *args, struct bc_subject *out, int *given)
{
    const char *name = bc_arg_value(args, "subject", NULL);

    *given = name != NULL;
    if (!name && (bc_arg(args, "external")->given || bc_arg(args, "uid")->given))
        return bc_message_fail(BC_EXIT_USAGE, "--external and --uid go with --subject");
    args->operands[0] = name;
    return name ? bc_subject_args_parse(args, out) : 0;
}

static int export_all(struct bc_session *tool, struct bc_args *args, struct export *x)
{
    struct bc_subject subject;
    int given = 0, code = take_format(args, x);

    x->tool = tool;
    x->controller = bc_arg_value(args, "controller", NULL);
    if (!code)
        code = take_contact(args, x);
    if (!code)
        code = take_subject(args, &subject, &given);
    if (!code)
        code = bc_session_config(tool);
    if (!code)
        code = bc_session_snapshot(tool, &x->snapshot, 1);
    if (code)
        return code;
    x->other = malloc(sizeof *x->other);
    code = x->other ? with_store(x, given ? &subject : NULL, bc_arg_value(args, "output", NULL),
                                 bc_arg_value(args, "notices", NULL))
                    : bc_message_fail(BC_EXIT_REFUSED, "no memory");
    free(x->other);
    bc_store_close(x->snapshot.store);
    return code;
}

static int run(struct bc_session *tool, int argc, char **argv)
{
    struct bc_arg options[] = {BC_SUBJECT_OPTIONS,
                               {.name = "format", .kind = BC_ARG_ONE},
                               {.name = "subject", .kind = BC_ARG_ONE},
                               {.name = "controller", .kind = BC_ARG_ONE},
                               {.name = "output", .kind = BC_ARG_ONE},
                               {.name = "notices", .kind = BC_ARG_ONE},
                               {.name = "contact", .kind = BC_ARG_ONE},
                               {.name = "address", .kind = BC_ARG_ONE},
                               {.name = "email", .kind = BC_ARG_ONE},
                               {.name = "phone", .kind = BC_ARG_ONE},
                               {.name = "policy-url", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct export *x;
    int code = bc_session_args(tool, &bc_verb_export, &args, argc, argv, 0, 0);

    if (code >= 0)
        return code;
    x = calloc(1, sizeof *x);
    code = x ? export_all(tool, &args, x) : bc_message_fail(BC_EXIT_REFUSED, "no memory");
    free(x);
    return code;
}

const struct bc_verb bc_verb_export = {"export", "consents for another store, or another system",
                                       help, run};
