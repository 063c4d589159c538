/* SPDX-License-Identifier: BSD-2-Clause */
#include "findings.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/text.h"
#include "evidence/cover-page.h"

struct telling {
    const struct bc_proven *p;
    json_t *out; /* an array; NULL: lines */
};

__attribute__((format(printf, 2, 3))) static void tell(struct telling *t, const char *format, ...)
{
    char line[1024] = "- ";
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line + 2, sizeof line - 2, format, args);
    va_end(args);
    if (t->out)
        (void)json_array_append_new(t->out, json_string(line + 2));
    else
        bc_text_fold(stdout, line, strlen(line), 98, 2);
}

static size_t disclosed(const struct bc_bundle *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->event_count; i++)
        n += b->events[i].payload != NULL;
    return n;
}

static void tell_register(struct telling *t)
{
    const struct bc_bundle *b = t->p->b;

    tell(t,
         "The register signed with it had of this person: consents in force, %zu; templates, "
         "%zu. Whatever is shown here is among them, or an event shown here ended it.",
         b->leaves[0].leaf.active_count, b->leaves[0].leaf.template_count);
}

static void tell_proven(struct telling *t)
{
    const struct bc_bundle *b = t->p->b;
    const struct bc_checkpoint *c = &b->checkpoint;
    char key[BC_VKEY_MAX], time[BC_TIME_PLAIN_BYTES];

    bc_note_vkey_format(t->p->signer, key);
    bc_datetime_format_plain(c->signed_at, time);
    tell(t, "The key %.*s signed the log %s, of %llu events, and says that it did so at %s.",
         (int)(strlen(c->origin) + 9), key, c->origin, (unsigned long long)c->log_size, time);
    for (size_t i = 0; i < t->p->witness_count; i++) {
        bc_datetime_format_plain(t->p->witnesses[i].time, time);
        tell(t,
             "The witness %s says that at %s it had seen this log, and no longer one of this name "
             "that it does not follow from.",
             t->p->witnesses[i].key.name, time);
    }
    if (t->p->has_kept) {
        bc_datetime_format_plain(t->p->kept.signed_at, time);
        tell(t,
             "That log extends the older checkpoint that you gave, of %llu events, signed at %s: "
             "none of "
             "these was changed, removed or moved since.",
             (unsigned long long)t->p->kept.log_size, time);
    }
    tell(t, "The events here (%zu) stand in that log, each at its number, none of them changed.",
         b->event_count);
    if (disclosed(b) < b->event_count)
        tell(t, "Of %zu of them it is proven only that: their text was erased.",
             b->event_count - disclosed(b));
    tell_register(t);
    tell(t,
         "The register says which versions of the notices were accepted; the texts here (%zu) are, "
         "byte for byte, those that the consents name.",
         b->text_count);
    tell(t, "No byte of this file was changed. The page above follows from its events alone.");
}

static void tell_not_proven(struct telling *t)
{
    const struct bc_checkpoint *c = &t->p->b->checkpoint;
    char time[BC_TIME_PLAIN_BYTES];

    bc_datetime_format_plain(c->signed_at, time);
    tell(t, "That what the events say is true: who agreed, how and where, is the word of those who "
            "recorded it.");
    tell(t, "What happened after %s%s. Ask for newer evidence.", time,
         t->p->at > c->signed_at ? ", and so not the answer above, which is about a later time"
                                 : "");
    if (t->p->witness_count == 0)
        tell(t,
             "That the signer's clock was right, and that others were shown the same log: compare "
             "the checkpoint with theirs, or ask for one that witnesses have cosigned.");
    tell(t, "That this person had no other consents that ended before.");
    tell(t, "Which laws apply, and whether they ask for more than the notice does.");
}

static void say_answer(struct telling *t, uint64_t event, const struct bc_use *r,
                       enum bc_reason reason)
{
    if (t->out)
        (void)json_array_append_new(
            t->out, json_pack("{s:I, s:s, s:s, s:b, s:s}", "event", (json_int_t)event, "modality",
                              bc_vocabulary_name(BC_VOCABULARY_MODALITY, r->modality), "operation",
                              bc_vocabulary_name(BC_VOCABULARY_OPERATION, r->operation), "valid",
                              bc_reason_allows(reason), "reason", bc_reason_id(reason)));
    else
        (void)printf("- event %llu, %s to %s: %s%s%s\n", (unsigned long long)event,
                     bc_vocabulary_name(BC_VOCABULARY_MODALITY, r->modality),
                     bc_vocabulary_name(BC_VOCABULARY_OPERATION, r->operation),
                     bc_reason_allows(reason) ? "yes" : "no (",
                     bc_reason_allows(reason) ? "" : bc_reason_id(reason),
                     bc_reason_allows(reason) ? "" : ")");
}

static void answer_grant(struct telling *t, uint64_t index, const struct bc_grant *g)
{
    struct bc_use r = t->p->use;

    for (int m = 0; m < BC_MODALITIES; m++)
        for (int o = 0; o < BC_OPERATIONS; o++) {
            if (!(g->scope.modalities & (1U << m)) || !(g->scope.operations & (1U << o)))
                continue;
            r.modality = (enum bc_modality)m;
            r.operation = (enum bc_operation)o;
            say_answer(t, index, &r, bc_bundle_consent(t->p->b, index, &r, t->p->at));
        }
}

static void answer_grants(struct telling *t)
{
    const struct bc_bundle *b = t->p->b;

    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].event && b->events[i].event->type == BC_EVENT_GRANT)
            answer_grant(t, b->events[i].index, &b->events[i].event->u.grant);
}

static void set_subject(struct bc_proven *p)
{
    struct bc_subject who;

    bc_bundle_subject(p->b, &who);
    p->use.external = who.external;
    p->use.uid = who.uid;
    memcpy(p->use.user, who.name, sizeof p->use.user);
}

static void print_notices(const struct bc_bundle *b)
{
    for (size_t i = 0; i < b->text_count; i++)
        (void)printf("\nNOTICE %zu\n\n%s", i + 1, b->texts[i].data);
}

static void print_answers(struct telling *t)
{
    const struct bc_use *r = &t->p->use;
    char time[BC_TIME_PLAIN_BYTES];
    enum bc_reason reason;

    bc_datetime_format_plain(t->p->at, time);
    (void)printf("\nCONSENT AT %s\n\n", time);
    if (!t->p->asks) {
        answer_grants(t);
        return;
    }
    reason = bc_bundle_decide(t->p->b, r, t->p->at);
    (void)printf("- %s to %s: %s (%s)\n", bc_vocabulary_name(BC_VOCABULARY_MODALITY, r->modality),
                 bc_vocabulary_name(BC_VOCABULARY_OPERATION, r->operation),
                 bc_reason_allows(reason) ? "yes" : "no", bc_reason_id(reason));
}

int bc_findings_print(struct bc_proven *p)
{
    struct telling t = {p, NULL};
    char *cover;
    size_t len;

    if (bc_cover_page_write(p->b, &cover, &len) != BC_OK)
        return 0;
    set_subject(p);
    (void)fputs(cover, stdout);
    free(cover);
    if (p->notices)
        print_notices(p->b);
    print_answers(&t);
    (void)fputs("\nWHAT IS PROVEN\n\n", stdout);
    tell_proven(&t);
    (void)fputs("\nWHAT IS NOT PROVEN\n\n", stdout);
    tell_not_proven(&t);
    return !ferror(stdout);
}

static int print_value(json_t *o)
{
    char *text = json_dumps(o, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    int done = text && puts(text) >= 0;

    free(text);
    json_decref(o);
    return done;
}

static json_t *list_of(const struct bc_proven *p, void (*tell_all)(struct telling *t))
{
    struct telling t = {p, json_array()};

    if (t.out)
        tell_all(&t);
    return t.out;
}

int bc_findings_json(struct bc_proven *p)
{
    const struct bc_checkpoint *c = &p->b->checkpoint;
    char at[BC_TIME_TEXT_BYTES], signed_at[BC_TIME_TEXT_BYTES], *cover;
    size_t len;
    json_t *o;

    if (bc_cover_page_write(p->b, &cover, &len) != BC_OK)
        return 0;
    set_subject(p);
    bc_datetime_format(p->at, at);
    bc_datetime_format(c->signed_at, signed_at);
    o = json_pack("{s:b, s:s, s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:o}", "verified", 1, "origin",
                  c->origin, "signed", signed_at, "log_size", (json_int_t)c->log_size, "at", at,
                  "subject", p->use.user, "cover", cover, "consents", list_of(p, answer_grants),
                  "proven", list_of(p, tell_proven), "not_proven", list_of(p, tell_not_proven));
    free(cover);
    if (p->asks && o)
        (void)json_object_set_new(
            o, "answer", json_string(bc_reason_id(bc_bundle_decide(p->b, &p->use, p->at))));
    return print_value(o);
}

int bc_findings_refuse(const char *what)
{
    return print_value(json_pack("{s:b, s:s}", "verified", 0, "reason", what));
}
