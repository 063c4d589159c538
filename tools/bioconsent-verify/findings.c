/* SPDX-License-Identifier: BSD-2-Clause */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"
#include "base/text.h"
#include "common/message.h"

struct telling {
    const struct bc_findings *f;
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

static void tell_proven(struct telling *t)
{
    const struct bc_bundle *b = t->f->b;
    const struct bc_checkpoint *c = &b->checkpoint;
    char key[BC_VKEY_MAX], time[BC_TIME_PLAIN_BYTES];
    size_t erased = 0;

    for (size_t i = 0; i < b->event_count; i++)
        erased += b->events[i].payload.data == NULL;
    bc_note_vkey_format(t->f->signer, key);
    bc_datetime_format_plain(c->signed_at, time);
    tell(t, "The key %.*s signed the log %s, of %llu events, and says that it did so at %s.",
         (int)(strlen(c->origin) + 9), key, c->origin, (unsigned long long)c->log_size, time);
    for (size_t i = 0; i < t->f->witness_count; i++) {
        bc_datetime_format_plain(t->f->witnesses[i].time, time);
        tell(t,
             "The witness %s says that at %s this was the largest log of this name that it had "
             "seen, and that it continued all earlier ones.",
             t->f->witnesses[i].key.name, time);
    }
    if (t->f->has_kept) {
        bc_datetime_format_plain(t->f->kept.signed_at, time);
        tell(t,
             "That log extends the older checkpoint that you gave, of %llu events, signed at %s: "
             "none of these was changed, removed or moved since.",
             (unsigned long long)t->f->kept.log_size, time);
    }
    tell(t,
         "The events here (%zu) are in that log, each at its number, and none of them was changed.",
         b->event_count);
    if (erased)
        tell(t, "For %zu of them nothing else is proven: their text was erased.", erased);
    tell(t,
         "The register that was signed with it counts for this person: consents in force, %zu; "
         "templates, %zu. Each one that is shown here is among them, or an event that is shown "
         "here ended it.",
         b->leaves[0].leaf.active_count, b->leaves[0].leaf.template_count);
    tell(t,
         "The register says which versions of the notices were current; the texts here (%zu) are, "
         "byte for byte, those that the consents name.",
         b->text_count);
    tell(t, "No byte of this file was changed. The page above follows from its events alone.");
}

static void tell_not_proven(struct telling *t)
{
    const struct bc_checkpoint *c = &t->f->b->checkpoint;
    char time[BC_TIME_PLAIN_BYTES];

    bc_datetime_format_plain(c->signed_at, time);
    tell(t, "That what the events say is true: who agreed, how and where, is the word of those who "
            "recorded it.");
    tell(t, "What happened after %s%s. Ask for newer evidence.", time,
         t->f->at > c->signed_at ? ", and so not the answer above, which is about a later time"
                                 : "");
    if (t->f->witness_count == 0)
        tell(t, "That the signer's clock was right, and that others were shown the same log: "
                "compare the checkpoint with theirs, or ask for one that witnesses have cosigned.");
    tell(t, "That this person had no other consents that ended before.");
    tell(t, "Which laws apply, and whether they ask for more than the notice does.");
}

static void tell_answer(struct telling *t, uint64_t event, const struct bc_use *use)
{
    const char *modality = bc_vocabulary_name(BC_VOCABULARY_MODALITY, use->modality);
    const char *operation = bc_vocabulary_name(BC_VOCABULARY_OPERATION, use->operation);
    enum bc_reason reason = bc_bundle_consent(t->f->b, event, use, t->f->at);
    const char *why = bc_reason_id(reason);
    int valid = bc_reason_allows(reason);

    if (t->out)
        (void)json_array_append_new(
            t->out, json_pack("{s:I, s:s, s:s, s:b, s:s}", "event", (json_int_t)event, "modality",
                              modality, "operation", operation, "valid", valid, "reason", why));
    else
        (void)printf("- event %llu, %s to %s: %s%s%s\n", (unsigned long long)event, modality,
                     operation, valid ? "yes" : "no (", valid ? "" : why, valid ? "" : ")");
}

/* Answers for each use that a consent of the bundle covers. */
static void tell_answers(struct telling *t)
{
    const struct bc_bundle *b = t->f->b;
    struct bc_use use = t->f->use;

    for (size_t i = 0; i < b->event_count; i++) {
        const struct bc_event *e = b->events[i].event;

        if (!e || e->type != BC_EVENT_GRANT)
            continue;
        for (unsigned m = 0; m < BC_MODALITIES; m++)
            for (unsigned o = 0; o < BC_OPERATIONS; o++) {
                if (!(e->u.grant.scope.modalities & (1U << m)) ||
                    !(e->u.grant.scope.operations & (1U << o)))
                    continue;
                use.modality = (enum bc_modality)m;
                use.operation = (enum bc_operation)o;
                tell_answer(t, b->events[i].index, &use);
            }
    }
}

static void print_text(const struct bc_findings *f, const char *cover)
{
    struct telling t = {f, NULL};
    char time[BC_TIME_PLAIN_BYTES];
    enum bc_reason reason;

    (void)fputs(cover, stdout);
    if (f->notices)
        for (size_t i = 0; i < f->b->text_count; i++)
            (void)printf("\nNOTICE %zu\n\n%s", i + 1, f->b->texts[i].data);
    bc_datetime_format_plain(f->at, time);
    (void)printf("\nCONSENT AT %s\n\n", time);
    if (f->asks) {
        reason = bc_bundle_decide(f->b, &f->use, f->at);
        (void)printf("- %s to %s: %s (%s)\n",
                     bc_vocabulary_name(BC_VOCABULARY_MODALITY, f->use.modality),
                     bc_vocabulary_name(BC_VOCABULARY_OPERATION, f->use.operation),
                     bc_reason_allows(reason) ? "yes" : "no", bc_reason_id(reason));
    } else {
        tell_answers(&t);
    }
    (void)fputs("\nWHAT IS PROVEN\n\n", stdout);
    tell_proven(&t);
    (void)fputs("\nWHAT IS NOT PROVEN\n\n", stdout);
    tell_not_proven(&t);
}

static void print_json(const struct bc_findings *f, const char *cover)
{
    struct telling consents = {f, json_array()}, proven = {f, json_array()},
                   not_proven = {f, json_array()};
    char at[BC_TIME_TEXT_BYTES], signed_at[BC_TIME_TEXT_BYTES];
    const struct bc_checkpoint *c = &f->b->checkpoint;
    json_t *o;

    if (!consents.out || !proven.out || !not_proven.out)
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    tell_answers(&consents);
    tell_proven(&proven);
    tell_not_proven(&not_proven);
    bc_datetime_format(f->at, at);
    bc_datetime_format(c->signed_at, signed_at);
    o = json_pack("{s:b, s:s, s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:o}", "verified", 1, "origin",
                  c->origin, "signed", signed_at, "log_size", (json_int_t)c->log_size, "at", at,
                  "subject", f->use.subject.name, "cover", cover, "consents", consents.out,
                  "proven", proven.out, "not_proven", not_proven.out);
    if (f->asks && o)
        (void)json_object_set_new(
            o, "answer", json_string(bc_reason_id(bc_bundle_decide(f->b, &f->use, f->at))));
    if (!bc_message_json(o))
        bc_message_die(BC_EXIT_REFUSED, "there is no memory, or standard output cannot be written");
}

void bc_findings_print(struct bc_findings *f)
{
    char *cover;
    size_t len;

    if (bc_bundle_cover_page(f->b, &cover, &len) != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    bc_leaf_subject(&f->b->leaves[0].leaf, &f->use.subject);
    if (f->json)
        print_json(f, cover);
    else
        print_text(f, cover);
    free(cover);
}
