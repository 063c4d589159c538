/* SPDX-License-Identifier: BSD-2-Clause */

/* Evidence: whatever is changed in a real bundle is refused, and with the reason. */

#include "store-fixture.h"

#include <jansson.h>

#include "bioconsent/subject-evidence.h"
#include "cosign.h"
#include "evidence/bundle.h"

#define LATER (NOW + 1000)
#define PERSON 3

static const struct bc_evidence everything = {.until = BC_BUNDLE_EVER};

/* ---- a life: consent, template, its deletion, withdrawal; a new version of the notice; consent
 * ---- */

static uint64_t append(struct bc_transaction *l, struct bc_event *e)
{
    uint64_t index = 0;

    assert_int_equal(bc_transaction_append(l, e, &index), BC_OK);
    memset(e, 0, sizeof *e);
    return index;
}

static void fill_grant(struct bc_event *e, const char *notice, const char *text)
{
    struct bc_grant *g = &e->u.grant;

    e->type = BC_EVENT_GRANT;
    subject(PERSON, &g->subject);
    memcpy(g->notice_id, notice, strlen(notice) + 1);
    bc_merkle_hash_bytes(text, strlen(text), &g->notice);
    g->scope.modalities = 1U << BC_FACE;
    g->scope.operations = 1U << BC_AUTHENTICATE | 1U << BC_ENROLL;
    g->scope.providers.count = 1;
    memcpy(g->scope.providers.word[0], "rekognition", 12);
    g->kind = BC_WRITTEN_RELEASE;
    memcpy(g->collected, "on paper", 9);
    memcpy(g->recorded_by, "root", 5);
    g->valid_from = NOW;
    g->expires = NOW + 5000;
}

static void fill_notice(struct bc_transaction *l, struct bc_event *e, const char *version,
                        const char *text)
{
    struct bc_notice *n = &e->u.notice;

    e->type = BC_EVENT_NOTICE;
    assert_int_equal(bc_store_put_notice(l->store, text, strlen(text), &n->text), BC_OK);
    memcpy(n->id, "face", 5);
    memcpy(n->version, version, strlen(version) + 1);
    memcpy(n->language, "en", 3);
    memcpy(n->controller, "Example \"Ltd\" \\ Söhne", 23);
    memcpy(n->retention, "3 years", 8);
    n->service_providers.count = 1;
    memcpy(n->service_providers.line[0], "Amazon Web Services, Inc.", 26);
    n->scope.modalities = 1U << BC_FACE;
    n->scope.operations = 1U << BC_AUTHENTICATE | 1U << BC_ENROLL;
    n->scope.providers.count = 1;
    memcpy(n->scope.providers.word[0], "rekognition", 12);
    n->kind = BC_EXPLICIT;
}

static void fill_enrollment(struct bc_event *e, uint64_t grant)
{
    struct bc_enrollment *n = &e->u.enrollment;

    e->type = BC_EVENT_ENROLL;
    subject(PERSON, &n->subject);
    n->grant = grant;
    memcpy(n->provider, "rekognition", 12);
    n->modality = BC_FACE;
    n->identifiers.count = 1;
    memcpy(n->identifiers.item[0].name, "face-id", 8);
    memcpy(n->identifiers.item[0].value, "f-1", 4);
    memcpy(n->recorded_by, "root", 5);
}

static void fill_attempt(struct bc_event *e, uint64_t enroll, uint64_t attempt,
                         enum bc_deletion state)
{
    struct bc_attempt *n = &e->u.attempt;

    e->type = BC_EVENT_DELETE;
    subject(PERSON, &n->subject);
    n->enroll = enroll;
    n->attempt = attempt;
    n->state = state;
    memcpy(n->answer, "it says so", 11);
    memcpy(n->recorded_by, "root", 5);
}

static void fill_withdrawal(struct bc_event *e, uint64_t grant)
{
    struct bc_ending *n = &e->u.ending;

    e->type = BC_EVENT_WITHDRAW;
    subject(PERSON, &n->subject);
    n->grant_count = 1;
    n->grants[0] = grant;
    memcpy(n->means, "by letter", 10);
    memcpy(n->recorded_by, "root", 5);
}

/* Grant 3 at NOW is the fixture's, by the notice "login". */
static uint64_t face_grant, enrollment, second_notice;

static int make_life(void **state)
{
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_transaction *l;

    assert_int_equal(make_store(state), 0);
    l = open_ledger(NOW + 100);
    fill_notice(l, e, "1", "face one\n");
    append(l, e);
    fill_grant(e, "face", "face one\n");
    face_grant = append(l, e);
    commit(l);
    l = open_ledger(NOW + 200);
    fill_enrollment(e, face_grant);
    enrollment = append(l, e);
    append_withdrawal(l, 5);
    commit(l);
    l = open_ledger(NOW + 300);
    fill_withdrawal(e, face_grant);
    append(l, e);
    fill_attempt(e, enrollment, 1, BC_DELETION_FAILED);
    append(l, e);
    fill_attempt(e, enrollment, 2, BC_DELETION_CONFIRMED);
    append(l, e);
    commit(l);
    l = open_ledger(NOW + 400);
    fill_grant(e, "face", "face one\n");
    append(l, e);
    commit(l);
    l = open_ledger(NOW + 500);
    fill_notice(l, e, "2", "face two\n");
    second_notice = append(l, e);
    commit(l);
    free(e);
    return 0;
}

#define on_a_life(test) cmocka_unit_test_setup_teardown(test, make_life, end_store)

/* ---- making and opening ---- */

/* The evidence that is wanted of a person; NULL where there is none. */
static struct bc_bundle *make_of(unsigned person, const struct bc_evidence *wanted)
{
    struct bc_bundle *b = NULL;
    struct bc_store *s = NULL;
    struct bc_snapshot snapshot;
    struct bc_subject who;
    enum bc_result result;

    subject(person, &who);
    assert_int_equal(bc_store_open(&options, BC_STORE_READ, &s, NULL), BC_OK);
    assert_int_equal(bc_snapshot_open(s, &config, &snapshot), BC_OK);
    result = bc_subject_evidence_make(&snapshot, &who, wanted, &b);
    bc_store_close(s);
    return result == BC_OK ? b : NULL;
}

static struct bc_bundle *make(const struct bc_evidence *wanted)
{
    return make_of(PERSON, wanted);
}

static char *encode(const struct bc_bundle *b, size_t *len)
{
    char *json;

    assert_int_equal(bc_bundle_encode(b, &json, len), BC_OK);
    return json;
}

static struct bc_bundle_error why;

static enum bc_result open_at(const char *json, size_t len, int64_t now)
{
    const struct bc_bundle_trust trust = {config.keys, config.key_count, now};
    struct bc_bundle *b = NULL;
    enum bc_result r = bc_bundle_open(json, len, &trust, &b, &why);

    if (r == BC_OK)
        bc_bundle_free(b);
    return r;
}

static enum bc_result open_now(const char *json, size_t len)
{
    return open_at(json, len, LATER);
}

/* What a forger makes of the bundle, with a form to match. */
static void refused(struct bc_bundle *b, enum bc_result expected, const char *reason)
{
    const struct bc_bundle_trust trust = {config.keys, config.key_count, LATER};
    size_t len;
    char *json;
    enum bc_result r = bc_bundle_check(b, &trust, &why);

    if (r != expected || !strstr(why.what, reason))
        fail_msg("%s: %s", bc_result_text(r), why.what);
    assert_int_equal(bc_bundle_encode(b, &json, &len), BC_OK);
    assert_int_not_equal(open_now(json, len), BC_OK);
    free(json);
    bc_bundle_free(b);
}

static size_t at(const struct bc_bundle *b, enum bc_event_type type)
{
    for (size_t i = 0; i < b->event_count; i++)
        if (b->events[i].event && b->events[i].event->type == type)
            return i;
    fail();
    return 0;
}

static void drop(struct bc_bundle *b, size_t i)
{
    free(b->events[i].payload.data);
    free(b->events[i].event);
    memmove(&b->events[i], &b->events[i + 1], (b->event_count - i - 1) * sizeof *b->events);
    memset(&b->events[--b->event_count], 0, sizeof *b->events);
}

/* ---- tests ---- */

static void bundle_of_a_life_is_proven(void **state)
{
    struct bc_bundle *b = make(&everything);
    size_t len;
    char *json;

    (void)state;
    assert_non_null(b);
    assert_int_equal(b->event_count, 10);
    assert_int_equal(b->leaf_count, 3);
    assert_int_equal(b->text_count, 2);
    json = encode(b, &len);
    if (open_now(json, len) != BC_OK)
        fail_msg("%s", why.what);
    free(json);
    bc_bundle_free(b);
}

/* A cosignature of a witness that the verifier does not know, on the checkpoint. */
static void cosign(struct bc_bundle *b)
{
    struct bc_skey witness;
    char line[COSIGN_LINE_MAX], *note;
    size_t text = (size_t)(strstr(b->note.data, "\n\n") + 1 - b->note.data), len;

    assert_int_equal(bc_note_skey_generate("witness.example/w1", &witness), BC_OK);
    cosign_line(&witness, NOW + 600, b->note.data, text, line);
    len = b->note.len + strlen(line);
    note = malloc(len + 1);
    (void)snprintf(note, len + 1, "%s%s", b->note.data, line);
    free(b->note.data);
    b->note = (struct bc_bundle_text){note, len};
}

static void bundle_with_changed_byte_is_refused(void **state)
{
    static const char change[] = {0x01, 0x20, (char)0x80};
    struct bc_bundle *b = make(&everything);
    size_t len;
    char *json;

    (void)state;
    cosign(b);
    json = encode(b, &len);
    for (size_t i = 0; i < len; i++)
        for (size_t c = 0; c < sizeof change; c++) {
            json[i] = (char)(json[i] ^ change[c]);
            if (open_now(json, len) == BC_OK)
                fail_msg("byte %zu ^ %d is not noticed", i, change[c]);
            json[i] = (char)(json[i] ^ change[c]);
        }
    assert_int_equal(open_now(json, len), BC_OK);
    print_message("%zu bytes, %zu changes\n", len, len * sizeof change);
    free(json);
    bc_bundle_free(b);
}

static void bundle_cut_anywhere_is_refused(void **state)
{
    struct bc_bundle *b = make(&everything);
    size_t len;
    char *json = encode(b, &len), *more = malloc(len + 1);

    (void)state;
    for (size_t i = 0; i < len; i++)
        if (open_now(json, i) == BC_OK)
            fail_msg("cut to %zu bytes", i);
    memcpy(more, json, len);
    for (const char *c = "\n }\"0"; *c; c++) {
        more[len] = *c;
        assert_int_not_equal(open_now(more, len + 1), BC_OK);
    }
    free(more);
    free(json);
    bc_bundle_free(b);
}

/* Other JSON of the same meaning is another file. */
static void bundle_in_another_form_is_refused(void **state)
{
    static const size_t flags[] = {JSON_COMPACT, JSON_INDENT(2), JSON_INDENT(1) | JSON_SORT_KEYS,
                                   JSON_INDENT(1) | JSON_ENSURE_ASCII};
    struct bc_bundle *b = make(&everything);
    size_t len;
    char *json = encode(b, &len);
    json_t *o = json_loadb(json, len, 0, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        char *other = json_dumps(o, flags[i]);
        assert_int_equal(open_now(other, strlen(other)), BC_ERR_CORRUPT);
        free(other);
    }
    json_decref(o);
    free(json);
    bc_bundle_free(b);
}

static void expect_text(const char *json, size_t len, enum bc_result r, const char *reason)
{
    if (open_now(json, len) != r || !strstr(why.what, reason))
        fail_msg("%.40s: %s", json, why.what);
}

static void bundle_of_bad_size_or_depth_is_refused_early(void **state)
{
    size_t huge = BC_BUNDLE_MAX + 1;
    char *text = malloc(huge);

    (void)state;
    memset(text, ' ', huge);
    expect_text(text, huge, BC_ERR_TOO_LARGE, "longer than");
    memset(text, '[', huge - 1);
    expect_text(text, huge - 1, BC_ERR_TOO_LARGE, "nested deeper");
    memset(text, ',', huge - 1);
    expect_text(text, huge - 1, BC_ERR_TOO_LARGE, "more values");
    free(text);
    expect_text("", 0, BC_ERR_INVALID, "not JSON");
    expect_text("{}", 2, BC_ERR_INVALID, "members");
    expect_text("[]", 2, BC_ERR_INVALID, "members");
    expect_text("{\0}", 3, BC_ERR_INVALID, "NUL");
    expect_text("{\"events\": [], \"events\": []}", 28, BC_ERR_INVALID, "duplicate");
    expect_text("{\"format\": \"bioconsent-evidence/2\", \"checkpoint\": \"\", "
                "\"register\": [], \"notices\": [], \"events\": []}",
                98, BC_ERR_INVALID, "format");
    expect_text("{\"format\": \"bioconsent-evidence/1\", \"checkpoint\": \"\", "
                "\"register\": [], \"notices\": [], \"events\": [], \"x\": 1}",
                106, BC_ERR_INVALID, "members");
}

static void sign_anew(struct bc_bundle *b, const char *origin, int64_t when,
                      const struct bc_skey *by)
{
    struct bc_checkpoint c = b->checkpoint;
    char body[1024], note[BC_NOTE_MAX];
    size_t len;

    memcpy(c.origin, origin, strlen(origin) + 1);
    c.signed_at = when;
    assert_int_equal(bc_checkpoint_format(&c, body, sizeof body, &len), BC_OK);
    assert_int_equal(bc_note_sign(body, len, by, note, sizeof note, &len), BC_OK);
    free(b->note.data);
    assert_int_equal(bc_bundle_copy(note, len, &b->note), BC_OK);
}

static void bundle_with_useless_checkpoint_is_refused(void **state)
{
    struct bc_bundle *b = make(&everything);
    struct bc_skey stranger;

    (void)state;
    sign_anew(b, "test/host2", NOW + 500, &key);
    refused(b, BC_ERR_CORRUPT, "of another log: test/host2");
    b = make(&everything);
    sign_anew(b, "test/host1", LATER + BC_BUNDLE_CLOCK_ALLOWANCE + 1, &key);
    refused(b, BC_ERR_CLOCK, "in the future");
    b = make(&everything);
    assert_int_equal(bc_note_skey_generate("test/host1", &stranger), BC_OK);
    sign_anew(b, "test/host1", NOW + 500, &stranger);
    refused(b, BC_ERR_UNKNOWN_KEY, "not signed by a trusted key");
    b = make(&everything);
    sign_anew(b, "test/host1", NOW + 499, &key);
    refused(b, BC_ERR_CORRUPT, "later than the checkpoint");
}

static void bundle_with_proof_of_another_checkpoint_is_refused(void **state)
{
    struct bc_bundle *b = make(&everything);
    size_t len;
    char *json = encode(b, &len);
    size_t found = 0, i = 0;

    (void)state;
    for (; i < len && found < 2; i++)
        found += strncmp(json + i, "signed/v1", 9) == 0;
    assert_int_equal(found, 2);
    json[i + 9] ^= 1;
    assert_int_equal(open_now(json, len), BC_ERR_CORRUPT);
    assert_non_null(strstr(why.what, "the proof of event number 0 has another checkpoint"));
    free(json);
    bc_bundle_free(b);
}

static void bundle_with_event_outside_the_log_is_refused(void **state)
{
    struct bc_bundle *b = make(&everything), *c;
    struct bc_bundle_event swapped;

    (void)state;
    b->events[1].index++;
    refused(b, BC_ERR_CORRUPT, "event 5 does not stand in the log");
    b = make(&everything);
    b->events[1].path = b->events[2].path;
    refused(b, BC_ERR_CORRUPT, "does not stand in the log");
    b = make(&everything);
    swapped = b->events[1];
    b->events[1] = b->events[2];
    b->events[2] = swapped;
    refused(b, BC_ERR_CORRUPT, "out of order");
    b = make(&everything);
    b->events[1].salt[0] ^= 1;
    bc_event_commit(b->events[1].salt, b->events[1].payload.data, b->events[1].payload.len,
                    &b->events[1].commitment);
    refused(b, BC_ERR_CORRUPT, "does not stand in the log");
    /* Twice the same. */
    b = make(&everything);
    c = make(&everything);
    swapped = c->events[c->event_count - 1];
    c->event_count--;
    b->events[b->event_count++] = swapped;
    refused(b, BC_ERR_CORRUPT, "out of order");
    bc_bundle_free(c);
}

static void bundle_without_a_part_is_refused(void **state)
{
    struct bc_bundle *b = make(&everything);

    (void)state;
    drop(b, at(b, BC_EVENT_WITHDRAW));
    refused(b, BC_ERR_CORRUPT, "not in force any more, and what ended it is missing");
    b = make(&everything);
    drop(b, at(b, BC_EVENT_DELETE) + 1);
    refused(b, BC_ERR_CORRUPT, "do not agree on the template");
    b = make(&everything);
    drop(b, at(b, BC_EVENT_ENROLL));
    refused(b, BC_ERR_CORRUPT, "enrollment that event");
    b = make(&everything);
    drop(b, b->event_count - 1); /* the second version of the notice */
    refused(b, BC_ERR_CORRUPT, "do not agree on the notice");
    b = make(&everything);
    drop(b, at(b, BC_EVENT_NOTICE));
    refused(b, BC_ERR_CORRUPT, "the notice of event");
    b = make(&everything);
    b->leaf_count = 2; /* without the leaf of "login" */
    refused(b, BC_ERR_CORRUPT, "leaf of the notice of event 0 is missing");
    b = make(&everything);
    memmove(&b->leaves[0], &b->leaves[1], 2 * sizeof *b->leaves);
    b->leaf_count = 2;
    refused(b, BC_ERR_CORRUPT, "leaf of the subject is missing");
}

static void bundle_with_another_subject_is_refused(void **state)
{
    struct bc_bundle *b = make(&everything), *other = make_of(4, &everything);

    (void)state;
    b->leaves[0] = other->leaves[0];
    refused(b, BC_ERR_CORRUPT, "not about this subject");
    b = make(&everything);
    b->leaves[b->leaf_count++] = other->leaves[0];
    refused(b, BC_ERR_CORRUPT, "another subject");
    b = make(&everything);
    b->leaves[0].slot++;
    refused(b, BC_ERR_CORRUPT, "not in the register");
    b = make(&everything);
    b->leaves[0].leaf.active_count--;
    refused(b, BC_ERR_CORRUPT, "not in the register");
    b = make(&everything);
    free(b->texts[0].data);
    assert_int_equal(bc_bundle_copy("other\n", 6, &b->texts[0]), BC_OK);
    refused(b, BC_ERR_CORRUPT, "text of notice 0");
    bc_bundle_free(other);
}

static enum bc_reason decide(const struct bc_bundle *b, enum bc_modality m, int64_t when)
{
    struct bc_use r = {.operation = BC_AUTHENTICATE, .modality = m};
    struct bc_subject who;

    subject(PERSON, &who);
    r.subject.uid = who.uid;
    memcpy(r.subject.name, who.name, sizeof r.subject.name);
    return bc_bundle_decide(b, &r, when);
}

static void bundle_answer_at_a_time_is_that_of_the_gate(void **state)
{
    struct bc_bundle *b = make(&everything);
    struct bc_use r = {.operation = BC_AUTHENTICATE, .modality = BC_FACE};

    (void)state;
    assert_int_equal(decide(b, BC_FINGERPRINT, NOW - 1), BC_REASON_NO_RECORD);
    assert_int_equal(decide(b, BC_FINGERPRINT, NOW), BC_REASON_ALLOW);
    assert_int_equal(decide(b, BC_FACE, NOW + 99), BC_REASON_SCOPE_MODALITY);
    assert_int_equal(decide(b, BC_FACE, NOW + 100), BC_REASON_ALLOW);
    assert_int_equal(bc_bundle_consent(b, face_grant, &r, NOW + 100), BC_REASON_ACCOUNT_MISMATCH);
    assert_int_equal(bc_bundle_consent(b, face_grant, &r, NOW + 300), BC_REASON_WITHDRAWN);
    assert_int_equal(bc_bundle_consent(b, face_grant, &r, NOW + 99), BC_REASON_NO_RECORD);
    assert_int_equal(decide(b, BC_FACE, NOW + 300), BC_REASON_SCOPE_MODALITY);
    assert_int_equal(decide(b, BC_FACE, NOW + 400), BC_REASON_ALLOW);
    assert_int_equal(decide(b, BC_FACE, NOW + 500), BC_REASON_SUPERSEDED);
    assert_int_equal(decide(b, BC_FACE, NOW + 5000), BC_REASON_EXPIRED);
    bc_bundle_free(b);
}

static size_t events_of(struct bc_evidence wanted)
{
    struct bc_bundle *b;
    size_t n, len;
    char *json;

    if (!wanted.until)
        wanted.until = BC_BUNDLE_EVER;
    b = make(&wanted);
    if (!b)
        return 0;
    json = encode(b, &len);
    if (open_now(json, len) != BC_OK)
        fail_msg("%s", why.what);
    n = b->event_count;
    free(json);
    bc_bundle_free(b);
    return n;
}

static void evidence_holds_only_what_was_asked_for(void **state)
{
    (void)state;
    assert_int_equal(events_of((struct bc_evidence){.provider = "rekognition"}), 8);
    assert_int_equal(events_of((struct bc_evidence){.provider = "fprintd"}), 0);
    assert_int_equal(events_of((struct bc_evidence){.notice = "login"}), 2);
    assert_int_equal(events_of((struct bc_evidence){.notice = "face"}), 8);
    assert_int_equal(events_of((struct bc_evidence){.until = NOW + 99}), 2);
    assert_int_equal(events_of((struct bc_evidence){.since = NOW + 300, .notice = "face"}), 3);
    assert_int_equal(events_of((struct bc_evidence){.since = NOW + 5000, .notice = "face"}), 0);
}

static void evidence_names_no_other_subject(void **state)
{
    struct bc_bundle *b = make(&everything);
    size_t len;
    char *json = encode(b, &len), name[32];

    (void)state;
    for (unsigned i = 0; i < PEOPLE; i++) {
        (void)snprintf(name, sizeof name, "person%u", i);
        if (i != PERSON && i / 10 != PERSON)
            assert_null(strstr(json, name));
    }
    (void)snprintf(name, sizeof name, "person%u", PERSON);
    assert_non_null(strstr(json, name));
    free(json);
    bc_bundle_free(b);
}

/* The path to a leaf begins with the hash of its neighbour: a reader who knows the published log
 * and guesses a name must not be able to see that it is right. */
static void evidence_proof_confirms_no_guess_about_neighbours(void **state)
{
    struct bc_bundle *b = make(&everything), *neighbour = make_of(PERSON + 1, &everything);
    unsigned char bytes[BC_LEAF_MAX];
    struct bc_leaf guess;
    struct bc_hash hash;

    (void)state;
    assert_int_equal(neighbour->leaves[0].slot, b->leaves[0].slot + 1);
    bc_merkle_leaf(bytes, bc_leaf_encode(&neighbour->leaves[0].leaf, bytes), &hash);
    assert_true(bc_merkle_hash_equal(&hash, &b->leaves[0].path.hash[0]));
    guess = neighbour->leaves[0].leaf;
    memset(guess.blind, 0, sizeof guess.blind);
    assert_memory_not_equal(guess.blind, neighbour->leaves[0].leaf.blind, sizeof guess.blind);
    bc_merkle_leaf(bytes, bc_leaf_encode(&guess, bytes), &hash);
    assert_false(bc_merkle_hash_equal(&hash, &b->leaves[0].path.hash[0]));
    bc_bundle_free(neighbour);
    bc_bundle_free(b);
}

static void unfold(char *text)
{
    static const char indent[] = "\n                     ";
    char *broken;

    while ((broken = strstr(text, indent))) {
        *broken = ' ';
        memmove(broken + 1, broken + sizeof indent - 1, strlen(broken + sizeof indent - 1) + 1);
    }
}

static void cover_page_shows_every_finding(void **state)
{
    static const char *const said[] = {"person3, the account with the number 1003",
                                       "test/host1",
                                       "face: to authenticate, enroll",
                                       "With:                rekognition",
                                       "face, version 1, in language en",
                                       "Example \"Ltd\" \\ Söhne",
                                       "Amazon Web Services, Inc.",
                                       "3 years",
                                       "written-release",
                                       "until 2027-01-15 09:23:20 UTC",
                                       "template made at rekognition: face, face-id=f-1",
                                       "attempt 1, failed: it says so",
                                       "attempt 2, confirmed: it says so",
                                       "withdrawn by the person: by letter",
                                       "version 2 of the notice took the place",
                                       "its notice was replaced",
                                       "Status:              no longer in force"};
    struct bc_bundle *b = make(&everything);
    char *cover;
    size_t len;

    (void)state;
    assert_int_equal(bc_bundle_cover_page(b, &cover, &len), BC_OK);
    for (const char *line = cover, *nl; (nl = strchr(line, '\n')); line = nl + 1)
        assert_true(nl - line <= 98);
    unfold(cover);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (!strstr(cover, said[i]))
            fail_msg("not on the cover: %s\n%s", said[i], cover);
    free(cover);
    bc_bundle_free(b);
}

static void bundle_of_too_long_a_life_is_refused(void **state)
{
    struct bc_event *e = calloc(1, sizeof *e);
    struct bc_transaction *l = open_ledger(LATER);

    (void)state;
    l->bulk = 1;
    for (int i = 0; i < BC_BUNDLE_EVENTS_MAX / 2; i++) {
        uint64_t grant;
        fill_grant(e, "face", "face two\n");
        e->u.grant.expires = 0;
        grant = append(l, e);
        fill_withdrawal(e, grant);
        append(l, e);
    }
    commit(l);
    free(e);
    assert_null(make(&everything));
    assert_int_equal(events_of((struct bc_evidence){.notice = "login"}), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_a_life(bundle_of_a_life_is_proven),
        on_a_life(bundle_with_changed_byte_is_refused),
        on_a_life(bundle_cut_anywhere_is_refused),
        on_a_life(bundle_in_another_form_is_refused),
        on_a_life(bundle_of_bad_size_or_depth_is_refused_early),
        on_a_life(bundle_with_useless_checkpoint_is_refused),
        on_a_life(bundle_with_proof_of_another_checkpoint_is_refused),
        on_a_life(bundle_with_event_outside_the_log_is_refused),
        on_a_life(bundle_without_a_part_is_refused),
        on_a_life(bundle_with_another_subject_is_refused),
        on_a_life(bundle_answer_at_a_time_is_that_of_the_gate),
        on_a_life(evidence_holds_only_what_was_asked_for),
        on_a_life(evidence_names_no_other_subject),
        on_a_life(evidence_proof_confirms_no_guess_about_neighbours),
        on_a_life(cover_page_shows_every_finding),
        on_a_life(bundle_of_too_long_a_life_is_refused),
    };

    if (sodium_init() < 0 || !mkdtemp(folder))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL) + (rmdir(folder) != 0);
}
