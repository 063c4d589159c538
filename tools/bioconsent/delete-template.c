/* SPDX-License-Identifier: BSD-2-Clause */
#include "delete-template.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/datetime.h"
#include "base/text.h"
#include "provider-files.h"
#include "provider/known-ids.h"

#define TRIES 3      /* of one command that is told to ask again */
#define PAUSE_MS 500 /* before the second; twice that before the third */
#define SAID_MAX 200

/* How far the proof goes; of several, the last one that holds. */
enum proof { PROOF_NONE, PROOF_GONE, PROOF_ELSEWHERE, PROOF_UNKNOWN, PROOF_PRESENT };

struct work {
    const struct bc_deletion_order *order;
    struct bc_known_ids found; /* values of the identifier of the kind "many" */
    struct bc_filling filling;
    char failure[SAID_MAX]; /* of the first step that failed; empty: none */
    enum proof proof;
    char proved[SAID_MAX]; /* what the proof rests on */
};

static void note_failure(struct work *w, enum bc_step_id id, const char *why)
{
    if (!w->failure[0])
        (void)snprintf(w->failure, sizeof w->failure, "%s: %.180s", bc_provider_step_name(id), why);
}

/* ---- one command ---- */

/* How the command of a step ended. */
enum ending { ENDED_UNUSED, ENDED_WELL, ENDED_GONE, ENDED_BADLY };

/* Runs it with the values from `from` on; asks again, a little later each time, where the provider
 * says so. ENDED_UNUSED: the step has no command, or nothing to do for this template. ENDED_GONE:
 * it failed, and says that the template is gone. text says for people how it ended. *run is the
 * caller's in any case: bc_subprocess_free. */
static enum ending run_step(const struct work *w, const struct bc_step *s, size_t from,
                            struct bc_run_result *run, char text[SAID_MAX])
{
    for (int i = 0;; i++) {
        int64_t ms = (int64_t)PAUSE_MS << i;
        struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
        enum bc_result r;

        *run = (struct bc_run_result){.out = NULL};
        r = bc_provider_files_run(w->order->provider, s->command.text, &w->filling, from, 0, run);
        if (r != BC_OK) {
            (void)snprintf(text, SAID_MAX, "%s", bc_result_text(r));
            return r == BC_ERR_NOT_FOUND ? ENDED_UNUSED : ENDED_BADLY;
        }
        bc_subprocess_text(run, text, SAID_MAX);
        if (bc_provider_files_succeeded(run))
            return ENDED_WELL;
        if (i + 1 == TRIES || !bc_response_names(run->err, w->order->provider->retry.text))
            return run->end == BC_RUN_EXITED && bc_response_names(run->err, s->gone.text)
                       ? ENDED_GONE
                       : ENDED_BADLY;
        bc_subprocess_free(run);
        while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
            ;
    }
}

/* Adds what the service lists for this person to what is known, and notes it durably. Returns
 * whether anything may be deleted now. */
static int list_values(struct work *w)
{
    const struct bc_step *s = &w->order->provider->step[BC_STEP_LIST];
    json_t *strings = NULL;
    struct bc_run_result run;
    char text[SAID_MAX];
    enum ending ending = run_step(w, s, 0, &run, text);
    const char *value, *fault = ending == ENDED_BADLY ? text : NULL;

    if (ending == ENDED_WELL)
        fault = bc_provider_files_collect(s, &run, &strings);
    for (size_t i = 0; !fault && (value = json_string_value(json_array_get(strings, i))); i++)
        if (bc_known_ids_add(&w->found, value) != BC_OK)
            fault = "the answer is not of the form it must have";
    if (!fault && !bc_known_ids_keep(&w->found, w->order->state, w->order->template))
        fault = "what it found could not be noted in the state folder";
    if (fault)
        note_failure(w, BC_STEP_LIST, fault);
    json_decref(strings);
    bc_subprocess_free(&run);
    return fault == NULL;
}

static void delete_batch(struct work *w, enum bc_step_id id, size_t from)
{
    const struct bc_step *s = &w->order->provider->step[id];
    json_t *reply = NULL;
    struct bc_run_result run;
    char text[SAID_MAX];
    enum ending ending = run_step(w, s, from, &run, text);

    if (ending == ENDED_BADLY)
        note_failure(w, id, text);
    else if (ending != ENDED_WELL || !s->only.text[0])
        ; /* it is gone, or nothing in the answer could say otherwise */
    else if (bc_response_parse(run.out, run.out_len, &reply) != BC_OK)
        note_failure(w, id, "the answer is not JSON");
    else if (!bc_response_only(reply, s->only.text))
        note_failure(w, id, "the provider left some of it undeleted");
    json_decref(reply);
    bc_subprocess_free(&run);
}

/* How many commands it takes for all values. */
static size_t count_batches(const struct work *w, const char *command)
{
    if (!bc_command_takes_many(command) || w->filling.many_count == 0)
        return 1;
    return (w->filling.many_count + BC_COMMAND_BATCH - 1) / BC_COMMAND_BATCH;
}

/* ---- prove ---- */

static void note_proof(struct work *w, enum proof proof, const char *why)
{
    if (proof <= w->proof)
        return;
    w->proof = proof;
    (void)snprintf(w->proved, sizeof w->proved, "%s", why);
}

/* What the answer of a command that succeeded says, in JSON, or as text where the step has one. */
static enum proof read_proof(const struct work *w, const struct bc_step *s,
                             const struct bc_run_result *run)
{
    const struct bc_identifier_rules *rules = &w->order->provider->identifiers;
    char expect[BC_SETTING_MAX * 2], present[BC_SETTING_MAX * 2];
    json_t *reply;
    int gone;

    if (s->present.text[0]) {
        if (memchr(run->out, '\0', run->out_len) ||
            bc_command_text(rules, s->expect.text, &w->filling, expect, sizeof expect) != BC_OK ||
            bc_command_text(rules, s->present.text, &w->filling, present, sizeof present) !=
                BC_OK ||
            !strstr(run->out, expect))
            return PROOF_UNKNOWN;
        return strstr(run->out, present) ? PROOF_PRESENT : PROOF_GONE;
    }
    if (bc_response_parse(run->out, run->out_len, &reply) != BC_OK)
        return PROOF_UNKNOWN;
    gone = (s->gone_empty.text[0] && bc_response_empty(reply, s->gone_empty.text)) ||
           (s->gone_equals.text[0] && bc_response_equals(reply, s->gone_equals.text));
    json_decref(reply);
    return gone ? PROOF_GONE : PROOF_PRESENT;
}

static void prove_by_command(struct work *w, const struct bc_step *s, size_t from)
{
    static const char *const sentences[] = {[PROOF_GONE] = "it lists it no more",
                                            [PROOF_UNKNOWN] =
                                                "the answer is not of the form it must have",
                                            [PROOF_PRESENT] = "it is still there"};
    struct bc_run_result run;
    enum proof proof;
    char text[SAID_MAX];
    enum ending ending = run_step(w, s, from, &run, text);

    if (ending == ENDED_WELL) {
        proof = read_proof(w, s, &run);
        note_proof(w, proof, sentences[proof]);
    } else if (ending != ENDED_UNUSED) {
        note_proof(w, ending == ENDED_GONE ? PROOF_GONE : PROOF_UNKNOWN, text);
    }
    bc_subprocess_free(&run);
}

static void prove_by_path(struct work *w, const char *template)
{
    char path[PATH_MAX], text[SAID_MAX];
    struct stat st;
    int there, gone;

    if (bc_command_text(&w->order->provider->identifiers, template, &w->filling, path,
                        sizeof path) != BC_OK) {
        note_proof(w, PROOF_ELSEWHERE, "not all identifiers that the proof needs are known");
        return;
    }
    there = lstat(path, &st) == 0;
    gone = !there && (errno == ENOENT || errno == ENOTDIR);
    if (there || gone)
        (void)snprintf(text, sizeof text, "%.150s is %s there", path, there ? "still" : "not");
    else
        (void)snprintf(text, sizeof text, "%s", strerror(errno));
    note_proof(w, there ? PROOF_PRESENT : gone ? PROOF_GONE : PROOF_UNKNOWN, text);
}

static void prove_step(struct work *w, enum bc_step_id id)
{
    const struct bc_step *s = &w->order->provider->step[id];
    const char *value, *words = strchr(s->where.text, ' ');
    char name[BC_SETTING_MAX + 1];

    for (size_t i = 0; s->command.text[0] && i < count_batches(w, s->command.text); i++)
        prove_by_command(w, s, i * BC_COMMAND_BATCH);
    for (size_t i = 0; i < BC_ABSENT_MAX; i++)
        if (s->absent[i].text[0])
            prove_by_path(w, s->absent[i].text);
    if (!words)
        return;
    /* Whether the proof says anything about where this template lies. */
    (void)snprintf(name, sizeof name, "%.*s", (int)(words - s->where.text), s->where.text);
    value = bc_identifiers_get(w->order->identifiers, name);
    if (!value || bc_text_find_word(words + 1, value, strlen(value)) < 0)
        note_proof(w, PROOF_ELSEWHERE, "what the sensor keeps cannot be seen from this host");
}

/* ---- all of it ---- */

__attribute__((format(printf, 3, 4))) static void
set_outcome(struct bc_deletion_outcome *out, enum bc_deletion state, const char *format, ...)
{
    char text[2 * BC_LINE_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    out->state = state;
    bc_text_sanitize(text, out->answer, sizeof out->answer);
}

static void set_conclusion(const struct work *w, struct bc_deletion_outcome *out)
{
    if (w->proof == PROOF_GONE)
        set_outcome(out, BC_DELETION_CONFIRMED, "%s", w->proved);
    else if (w->failure[0])
        set_outcome(out, BC_DELETION_FAILED, "%s", w->failure);
    else if (w->proof == PROOF_NONE || w->proof == PROOF_ELSEWHERE)
        set_outcome(out, BC_DELETION_UNVERIFIED, "accepted; %s",
                    w->proved[0] ? w->proved : "the provider offers no proof");
    else
        set_outcome(out, BC_DELETION_INSTRUCTED, "accepted, not proven: %s", w->proved);
}

void bc_delete_template_run(const struct bc_deletion_order *order, struct bc_deletion_outcome *out)
{
    const struct bc_provider *p = order->provider;
    const char *which = "",
               *fault = bc_identifiers_fault(&p->identifiers, order->identifiers, &which);
    struct work w = {.order = order,
                     .filling = {.account = order->account, .identifiers = order->identifiers}};
    char day[BC_TIME_TEXT_BYTES];

    bc_datetime_format(p->ended, day);
    if (p->ended && p->ended <= order->now) {
        set_outcome(out, BC_DELETION_SERVICE_ENDED, "%s was ended on %.10s: %s", p->name.text, day,
                    p->ended_source.text);
    } else if (fault) {
        set_outcome(out, BC_DELETION_FAILED, "nothing was run: identifier %s: %s", which, fault);
    } else if (p->advice[0].text[0]) {
        set_outcome(out, BC_DELETION_INSTRUCTED, "to be done by a person: %s", p->advice[0].text);
    } else if (!bc_known_ids_start(&w.found, p, order->identifiers, order->state,
                                   order->template)) {
        set_outcome(out, BC_DELETION_FAILED, "what an earlier attempt noted could not be read");
    } else {
        int listed = list_values(&w);
        w.filling.many = w.found.count ? (const char *const *)w.found.value : NULL;
        w.filling.many_count = w.found.count;
        for (int id = BC_STEP_DELETE; listed && id <= BC_STEP_DELETE_2; id++)
            for (size_t i = 0; i < count_batches(&w, p->step[id].command.text); i++)
                delete_batch(&w, (enum bc_step_id)id, i * BC_COMMAND_BATCH);
        for (int id = BC_STEP_PROVE; listed && id <= BC_STEP_PROVE_2; id++)
            prove_step(&w, (enum bc_step_id)id);
        set_conclusion(&w, out);
    }
    bc_known_ids_free(&w.found);
}
