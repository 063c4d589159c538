/* SPDX-License-Identifier: BSD-2-Clause */

/* Events, register leaves, the protocol and the decision: what is read, and what is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/protocol.h"
#include "consent/decision.h"
#include "consent/event-fields.h"
#include "consent/event.h"
#include "consent/leaf.h"
#include "consent/notice.h"
#include "store/pending.h"

#define HASH "00000000000000000000000000000000000000000000000000000000000000aa"
#define SCOPE                                                                                      \
    "\"modalities\":[\"fingerprint\"],\"operations\":[\"authenticate\"],"                          \
    "\"providers\":[\"fprintd\"],\"purposes\":[\"login\"]"
#define GRANT                                                                                      \
    "{\"v\":1,\"type\":\"grant\",\"time\":\"2026-11-24T07:10:01Z\",\"subject\":\"alice\","         \
    "\"uid\":1000,\"notice_id\":\"login\",\"notice\":\"" HASH "\"," SCOPE                          \
    ",\"kind\":\"explicit\",\"given_by\":\"self\",\"collected\":\"x\",\"recorded_by\":\"root\","   \
    "\"valid_from\":\"2026-11-24T07:10:01Z\",\"jurisdictions\":[]}"

#define WRITTEN                                                                                    \
    "{\"collected\":\"x\",\"given_by\":\"self\",\"jurisdictions\":[],\"kind\":\"explicit\","       \
    "\"modalities\":[\"fingerprint\"],\"notice\":\"" HASH "\",\"notice_id\":\"login\","            \
    "\"operations\":[\"authenticate\"],\"providers\":[\"fprintd\"],\"purposes\":[\"login\"],"      \
    "\"recorded_by\":\"root\",\"subject\":\"alice\",\"time\":\"2026-11-24T07:10:01Z\","            \
    "\"type\":\"grant\",\"uid\":1000,\"v\":1,\"valid_from\":\"2026-11-24T07:10:01Z\"}"

static struct bc_event event;

static enum bc_result decode(const char *json)
{
    return bc_event_decode(json, strlen(json), &event);
}

/* GRANT with the first `from` replaced by `to`. */
static enum bc_result decode_with(const char *from, const char *to)
{
    char json[4096];
    const char *at = strstr(GRANT, from);

    assert_non_null(at);
    (void)snprintf(json, sizeof json, "%.*s%s%s", (int)(at - GRANT), GRANT, to, at + strlen(from));
    return decode(json);
}

static void event_grant_is_written_as_it_is_read(void **state)
{
    struct bc_event again;
    static char json[BC_EVENT_MAX];
    size_t len;

    (void)state;
    assert_int_equal(decode(GRANT), BC_OK);
    assert_string_equal(event.u.grant.subject.name, "alice");
    assert_int_equal(bc_event_encode(&event, json, &len), BC_OK);
    assert_int_equal(bc_event_decode(json, len, &again), BC_OK);
    assert_memory_equal(&again.u.grant.scope, &event.u.grant.scope, sizeof again.u.grant.scope);
    assert_int_equal(again.u.grant.valid_from, event.u.grant.valid_from);
    assert_int_equal(len, strlen(WRITTEN));
    assert_memory_equal(json, WRITTEN, len);
}

/* A person who consents for another names the authority and its evidence; a subject needs neither.
 */
static void event_grant_keeps_authority_and_its_evidence(void **state)
{
    struct bc_event again;
    static char json[BC_EVENT_MAX];
    size_t len;

    (void)state;
    assert_int_equal(decode_with("\"self\"",
                                 "\"guardian\",\"representative\":\"B. Carer\","
                                 "\"authority\":\"court order 1\",\"evidence\":\"" HASH "\""),
                     BC_OK);
    assert_int_equal(event.u.grant.given_by, BC_GUARDIAN);
    assert_true(event.u.grant.has_evidence);
    assert_int_equal(bc_event_encode(&event, json, &len), BC_OK);
    assert_int_equal(bc_event_decode(json, len, &again), BC_OK);
    assert_memory_equal(&again.u.grant.evidence, &event.u.grant.evidence, BC_HASH_BYTES);
    assert_string_equal(again.u.grant.authority, "court order 1");
    assert_int_equal(decode_with("\"self\"", "\"self\",\"evidence\":\"" HASH "\""), BC_ERR_INVALID);
    assert_int_equal(decode_with("\"self\"", "\"guardian\",\"representative\":\"B\","
                                             "\"authority\":\"c\",\"evidence\":\"zz\""),
                     BC_ERR_INVALID);
}

/* jansson passes over it. */
static void event_with_nul_behind_a_number_is_refused(void **state)
{
    char json[] = GRANT;
    char *at = strstr(json, "\"uid\":1000");

    (void)state;
    assert_non_null(at);
    at[9] = '\0';
    assert_int_equal(bc_event_decode(json, sizeof json - 1, &event), BC_ERR_INVALID);
}

static void event_in_any_other_form_is_refused(void **state)
{
    static const char *const changes[][2] = {
        {"\"v\":1", "\"v\":2"},
        {"\"v\":1", "\"v\":1,\"v\":1"},
        {"\"uid\":1000", "\"uid\":1000,\"uid\":1000"},
        {"\"uid\":1000", "\"uid\":-1"},
        {"\"uid\":1000", "\"uid\":4294967295"},
        {"\"uid\":1000", "\"uid\":1.0"},
        {"\"uid\":1000", "\"uid\":\"1000\""},
        {"\"uid\":1000,", ""},
        {"\"grant\"", "\"gift\""},
        {"\"grant\"", "\"withdraw\""},
        {"\"alice\"", "\"ali\\u0000ce\""},
        {"\"alice\"", "\"ali\\nce\""},
        {"\"alice\"", "\"\""},
        {"\"alice\"", "\"-alice\""},
        {"\"login\"", "\"Login!\""},
        {"24T07", "24 07"},
        {"[\"fingerprint\"]", "[\"foot\"]"},
        {"[\"fingerprint\"]", "[]"},
        {"[\"fingerprint\"]", "[\"fingerprint\",\"fingerprint\"]"},
        {"\"explicit\"", "\"implicit\""},
        {"\"self\"", "\"nobody\""},
        {"\"self\"", "\"representative\""},
        {"\"jurisdictions\":[]", "\"jurisdictions\":[],\"colour\":1"},
        {"\"jurisdictions\":[]", "\"jurisdictions\":[1]"},
        {"\"jurisdictions\":[]}", "\"jurisdictions\":[]}x"},
        {HASH, "zz"},
        {"\"valid_from\":\"2026-11-24T07:10:01Z\"",
         "\"valid_from\":\"2026-11-24T07:10:01Z\",\"expires\":\"2026-11-24T07:10:01Z\""},
        /* The writer leaves out an expiry of 0, which means never. */
        {"\"valid_from\":\"2026-11-24T07:10:01Z\"",
         "\"valid_from\":\"2026-11-24T07:10:01Z\",\"expires\":\"1970-01-01T00:00:00Z\""}};
    char *large = malloc(BC_EVENT_MAX + 2);

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        if (decode_with(changes[i][0], changes[i][1]) != BC_ERR_INVALID)
            fail_msg("%s was accepted in place of %s", changes[i][1], changes[i][0]);
    assert_int_equal(decode(""), BC_ERR_INVALID);
    assert_int_equal(decode("[]"), BC_ERR_INVALID);
    assert_non_null(large);
    memset(large, ' ', BC_EVENT_MAX + 1);
    assert_int_equal(bc_event_decode(large, BC_EVENT_MAX + 1, &event), BC_ERR_TOO_LARGE);
    free(large);
}

#define ENROLL                                                                                     \
    "{\"grant\":3,\"identifiers\":[\"face=0-1\",\"face=0-2\",\"collection=c=d\"],\"modality\":"    \
    "\"face\","                                                                                    \
    "\"provider\":\"aws-rekognition\",\"recorded_by\":\"root\",\"subject\":\"alice\","             \
    "\"time\":\"2026-11-24T07:10:01Z\",\"type\":\"enroll\",\"uid\":1000,\"v\":1}"
#define ATTEMPT                                                                                    \
    "{\"answer\":\"gone\",\"attempt\":2,\"enroll\":7,\"external\":\"caller-1\",\"recorded_by\":"   \
    "\"root\","                                                                                    \
    "\"state\":\"unverified\",\"time\":\"2026-11-24T07:10:01Z\",\"type\":\"delete\",\"v\":1}"
#define ERASURE                                                                                    \
    "{\"events\":[2,5,9],\"reason\":\"asked for\",\"recorded_by\":\"root\",\"slot\":4,"            \
    "\"time\":\"2026-11-24T07:10:01Z\",\"type\":\"erase\",\"v\":1}"
#define PURPOSE_ENDED                                                                              \
    "{\"grants\":[],\"means\":\"left\",\"recorded_by\":\"root\",\"subject\":\"alice\","            \
    "\"time\":\"2026-11-24T07:10:01Z\",\"type\":\"purpose-ended\",\"uid\":1000,\"v\":1}"

static void event_of_every_type_is_written_as_it_is_read(void **state)
{
    static const char *const texts[] = {ENROLL, ATTEMPT, ERASURE, PURPOSE_ENDED};
    static char json[BC_EVENT_MAX];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(decode(texts[i]), BC_OK);
        assert_int_equal(bc_event_encode(&event, json, &len), BC_OK);
        assert_int_equal(len, strlen(texts[i]));
        assert_memory_equal(json, texts[i], len);
    }
    assert_int_equal(decode(ENROLL), BC_OK);
    assert_int_equal(event.u.enrollment.identifiers.count, 3);
    assert_string_equal(event.u.enrollment.identifiers.item[2].name, "collection");
    assert_string_equal(event.u.enrollment.identifiers.item[2].value, "c=d");
}

/* Each change makes the text refused. */
static void refuse_changes(const char *text, const char *const changes[][2], size_t count)
{
    char json[4096];

    for (size_t i = 0; i < count; i++) {
        const char *at = strstr(text, changes[i][0]);
        assert_non_null(at);
        (void)snprintf(json, sizeof json, "%.*s%s%s", (int)(at - text), text, changes[i][1],
                       at + strlen(changes[i][0]));
        if (decode(json) != BC_ERR_INVALID)
            fail_msg("%s was accepted in place of %s", changes[i][1], changes[i][0]);
    }
}

static void leaf_apply_of_impossible_event_is_refused(void **state)
{
    static const char *const enroll[][2] = {
        {"face=0-1", "face="},        {"face=0-1", "=0-1"},
        {"face=0-1", "face"},         {"face=0-1", "F=0-1"},
        {"face=0-1", "face=\\u0007"}, {"\"grant\":3", "\"grant\":-3"},
        {"aws-rek", "AWS-rek"},       {"\"face\",\"prov", "\"foot\",\"prov"},
        {"\"grant\":3,", ""},         {"\"uid\":1000,", ""}};
    static const char *const attempt[][2] = {{"unverified", "perhaps"},
                                             {"\"attempt\":2", "\"attempt\":0"},
                                             {"\"enroll\":7,", ""},
                                             {"gone", ""},
                                             {"caller-1", "-caller"}};
    static const char *const erasure[][2] = {{"[2,5,9]", "[]"},
                                             {"[2,5,9]", "[2,9,5]"},
                                             {"[2,5,9]", "[2,2]"},
                                             {"\"slot\":4,", ""},
                                             {"\"slot\"", "\"subject\":\"alice\",\"slot\""}};

    (void)state;
    refuse_changes(ENROLL, enroll, sizeof enroll / sizeof enroll[0]);
    refuse_changes(ATTEMPT, attempt, sizeof attempt / sizeof attempt[0]);
    refuse_changes(ERASURE, erasure, sizeof erasure / sizeof erasure[0]);
}

/* What could not be read back is not written: the checks are the same in both directions. */
static void event_encode_refuses_what_decode_would_refuse(void **state)
{
    static struct bc_event good;
    static char json[BC_EVENT_MAX];
    size_t len;

    (void)state;
#define REFUSED(text, change)                                                                      \
    do {                                                                                           \
        assert_int_equal(decode(text), BC_OK);                                                     \
        assert_int_equal(bc_event_encode(&event, json, &len), BC_OK);                              \
        change;                                                                                    \
        assert_int_equal(bc_event_encode(&event, json, &len), BC_ERR_INVALID);                     \
    } while (0)
    REFUSED(GRANT, event.type = BC_EVENT_TYPES);
    REFUSED(GRANT, event.time = -1);
    REFUSED(GRANT, event.time = INT64_MAX);
    REFUSED(GRANT, event.u.grant.subject.name[0] = '-');
    REFUSED(GRANT, event.u.grant.subject.uid = UINT32_MAX);
    REFUSED(GRANT, event.u.grant.notice_id[0] = '\0');
    REFUSED(GRANT, event.u.grant.notice_id[0] = 'L');
    REFUSED(GRANT, event.u.grant.collected[0] = '\n');
    REFUSED(GRANT, event.u.grant.collected[0] = '\xff');
    REFUSED(GRANT, memset(event.u.grant.collected, 'x', sizeof event.u.grant.collected));
    REFUSED(GRANT, event.u.grant.scope.modalities = 0);
    REFUSED(GRANT, event.u.grant.scope.modalities |= 1U << BC_MODALITIES);
    REFUSED(GRANT, event.u.grant.kind = BC_KINDS);
    REFUSED(GRANT, event.u.grant.given_by = BC_GUARDIAN);
    REFUSED(GRANT, event.u.grant.scope.providers.count = BC_WORDS_MAX + 1);
    REFUSED(GRANT, event.u.grant.scope.providers.word[0][0] = ' ');
    REFUSED(GRANT, event.u.grant.expires = event.u.grant.valid_from);
    REFUSED(ENROLL, event.u.enrollment.grant = (uint64_t)INT64_MAX + 1);
    REFUSED(ENROLL, event.u.enrollment.identifiers.count = BC_WORDS_MAX + 1);
    REFUSED(ENROLL, event.u.enrollment.identifiers.item[0].name[1] = '=');
    REFUSED(ENROLL, event.u.enrollment.identifiers.item[0].value[0] = '\0');
    REFUSED(ENROLL, memset(event.u.enrollment.identifiers.item[0].value, 'x', BC_LINE_MAX + 1));
    REFUSED(ATTEMPT, event.u.attempt.attempt = 0);
    REFUSED(ERASURE, event.u.erasure.event_count = BC_ERASED_MAX + 1);
    REFUSED(ERASURE, event.u.erasure.events[1] = event.u.erasure.events[0]);
#undef REFUSED
    assert_int_equal(decode(GRANT), BC_OK);
    good = event;
    assert_int_equal(bc_event_encode(&good, json, &len), BC_OK);
    assert_memory_equal(&good, &event, sizeof good);
}

static const unsigned char salt[BC_SALT_BYTES] = {9};

static void apply_text(struct bc_leaf *leaf, const char *text, uint64_t index, enum bc_result r)
{
    struct bc_hash h = {{(unsigned char)index}};

    assert_int_equal(decode(text), BC_OK);
    assert_int_equal(bc_leaf_apply(leaf, &event, index, &h, salt), r);
}

/* The register says which templates there are, as the events come to. */
static void leaf_after_enrollments_holds_its_templates(void **state)
{
    static unsigned char bytes[BC_LEAF_MAX];
    struct bc_leaf leaf, again;
    size_t plain, len;

    (void)state;
    assert_int_equal(decode(ENROLL), BC_OK);
    bc_leaf_for_event(&event, &leaf);
    plain = bc_leaf_encode(&leaf, bytes);
    apply_text(&leaf, ENROLL, 7, BC_OK);
    apply_text(&leaf, ENROLL, 8, BC_OK);
    apply_text(&leaf, PURPOSE_ENDED, 9, BC_OK);
    assert_int_equal(leaf.ended, 0); /* no consent ended with it */
    len = bc_leaf_encode(&leaf, bytes);
    assert_int_equal(len, plain + 1 + 80);
    assert_int_equal(bc_leaf_decode(bytes, len, &again), BC_OK);
    assert_int_equal(again.template_count, 2);
    bytes[plain] = 0;
    assert_int_equal(bc_leaf_decode(bytes, plain + 1, &again), BC_ERR_CORRUPT);
    assert_int_equal(bc_leaf_decode(bytes, len - 1, &again), BC_ERR_CORRUPT);
    event.type = BC_EVENT_DELETE;
    memset(&event.u, 0, sizeof event.u);
    bc_leaf_subject(&leaf, &event.u.attempt.subject);
    event.u.attempt.enroll = 7;
    for (int d = 0; d < BC_DELETIONS; d++) {
        int gone = d == BC_DELETION_CONFIRMED || d == BC_DELETION_SERVICE_ENDED;
        struct bc_leaf copy = leaf;
        struct bc_hash h = {{1}};
        event.u.attempt.state = (enum bc_deletion)d;
        assert_int_equal(bc_leaf_apply(&copy, &event, 10, &h, salt), BC_OK);
        assert_int_equal(copy.template_count, gone ? 1 : 2);
        if (gone)
            assert_int_equal(bc_leaf_apply(&copy, &event, 11, &h, salt), BC_ERR_NOT_FOUND);
    }
    for (size_t i = leaf.template_count; i < BC_TEMPLATES_MAX; i++)
        apply_text(&leaf, ENROLL, 20 + i, BC_OK);
    apply_text(&leaf, ENROLL, 99, BC_ERR_TOO_LARGE);
    apply_text(&leaf, ERASURE, 99, BC_ERR_INVALID);
}

static void event_commitment_changes_with_salt_and_payload(void **state)
{
    unsigned char own[BC_SALT_BYTES] = {0};
    struct bc_hash a, b;

    (void)state;
    bc_event_commit(own, "payload", 7, &a);
    own[31] = 1;
    bc_event_commit(own, "payload", 7, &b);
    assert_false(bc_merkle_hash_equal(&a, &b));
    own[31] = 0;
    bc_event_commit(own, "payloae", 7, &b);
    assert_false(bc_merkle_hash_equal(&a, &b));
}

static void leaf_after_events_is_what_they_come_to(void **state)
{
    unsigned char bytes[BC_LEAF_MAX], key[BC_LEAF_KEY_MAX], other[BC_LEAF_KEY_MAX];
    struct bc_hash commitment = {{7}};
    struct bc_leaf leaf, again;
    struct bc_event end = {.type = BC_EVENT_WITHDRAW};
    size_t len;

    (void)state;
    assert_int_equal(decode(GRANT), BC_OK);
    bc_leaf_for_event(&event, &leaf);
    assert_int_equal(bc_leaf_apply(&leaf, &event, 5, &commitment, salt), BC_OK);
    len = bc_leaf_encode(&leaf, bytes);
    assert_int_equal(bc_leaf_decode(bytes, len, &again), BC_OK);
    assert_int_equal(again.active[0].index, 5);
    assert_false(sodium_is_zero(again.blind, sizeof again.blind));
    assert_memory_not_equal(again.blind, salt, sizeof again.blind);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(bc_leaf_decode(bytes, cut, &again), BC_ERR_CORRUPT);
    bytes[len] = 0;
    assert_int_equal(bc_leaf_decode(bytes, len + 1, &again), BC_ERR_CORRUPT);
    bytes[7 + 3] = 0; /* a NUL in the name */
    assert_int_equal(bc_leaf_decode(bytes, len, &again), BC_ERR_CORRUPT);
    end.u.ending.subject = event.u.grant.subject;
    end.u.ending.grant_count = 1;
    end.u.ending.grants[0] = 6;
    assert_int_equal(bc_leaf_apply(&leaf, &end, 9, &commitment, salt), BC_ERR_NOT_FOUND);
    end.u.ending.grants[0] = 5;
    end.u.ending.subject.uid++;
    assert_int_equal(bc_leaf_apply(&leaf, &end, 9, &commitment, salt), BC_ERR_INVALID);
    end.u.ending.subject.uid--;
    assert_int_equal(bc_leaf_apply(&leaf, &end, 9, &commitment, salt), BC_OK);
    assert_int_equal(leaf.active_count, 0);
    assert_int_equal(leaf.ended, 'w');
    len = bc_leaf_key(&leaf, key);
    leaf.uid++;
    assert_int_equal(bc_leaf_key(&leaf, other), len);
    assert_int_not_equal(memcmp(key, other, len), 0);
}

/* ---- protocol ---- */

static const struct bc_request good = {.nonce = "0123456789abcdef0123456789abcdef",
                                       .use.subject.uid = 1000,
                                       .use.subject.name = "alice",
                                       .use.operation = BC_AUTHENTICATE,
                                       .use.modality = BC_FINGERPRINT,
                                       .use.provider = "fprintd"};

static enum bc_result again(const struct bc_request *r)
{
    char packet[BC_REQUEST_MAX], twice[BC_REQUEST_MAX];
    struct bc_request read;
    size_t len, len2;
    enum bc_result result = bc_protocol_format_request(r, packet, &len);

    if (result != BC_OK)
        return result;
    assert_int_equal(bc_protocol_parse_request(packet, len, &read), BC_OK);
    assert_int_equal(bc_protocol_format_request(&read, twice, &len2), BC_OK);
    assert_int_equal(len, len2);
    assert_memory_equal(packet, twice, len);
    return BC_OK;
}

static void request_accept_needs_hash_and_typed_line(void **state)
{
    struct bc_request r = good;

    (void)state;
    r.ask = BC_ASK_WITHDRAW;
    assert_int_equal(again(&r), BC_OK);
    r.ask = BC_ASK_ACCEPT;
    strcpy(r.typed, "I agree.");
    assert_int_equal(again(&r), BC_ERR_INVALID); /* no SHA-256 */
    strcpy(r.notice, "login");
    assert_int_equal(again(&r), BC_ERR_INVALID);
    strcpy(r.notice, HASH);
    assert_int_equal(again(&r), BC_OK);
    memset(r.typed, 'x', BC_TYPED_MAX);
    assert_int_equal(again(&r), BC_OK);
    strcpy(r.typed, "I agree.\nnotice -");
    assert_int_equal(again(&r), BC_ERR_INVALID);
    strcpy(r.typed, "I \xc2\x9b agree.");
    assert_int_equal(again(&r), BC_ERR_INVALID);
    r.typed[0] = '\0';
    assert_int_equal(again(&r), BC_ERR_INVALID);
    r.ask = BC_ASKS;
    assert_int_equal(again(&r), BC_ERR_INVALID);
}

static void release_typed_otherwise_does_not_match(void **state)
{
    static const char release[] = "I agree to all of it, on 3.5 terms.";
    static const char *const same[] = {release, "i agree to all of it, on 3.5 terms",
                                       "  I  agree to all  of it, on 3.5 terms.  "};
    static const char *const other[] = {"",
                                        " ",
                                        ".",
                                        "I agree",
                                        "I agree to all of it, on 3.5 term",
                                        "I agree to all of it, on 35 terms.",
                                        "I agree to all of it, on 3.5 terms. Not",
                                        "I agree to all of it on 3.5 terms.",
                                        "Iagree to all of it",
                                        "I agree to all of it, on 3.5 terms.."};

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_true(bc_notice_release_matches(release, same[i]));
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        assert_false(bc_notice_release_matches(release, other[i]));
    assert_false(bc_notice_release_matches("", ""));
    assert_false(bc_notice_release_matches(".", "."));
}

static void pending_acceptance_with_other_bytes_is_refused(void **state)
{
    static const char text[] =
        "acceptance/1\nuid 1000\nname alice\nnotice login " HASH "\nlog 7\ntyped  I agree.\n"
        "time 2026-11-24T07:10:01Z\n";
    struct bc_pending a;
    uint32_t uid;
    char again_text[BC_PENDING_TEXT_BYTES], changed[sizeof text + 1];
    static const struct {
        const char *name;
        enum bc_pending_kind kind;
    } names[] = {
        {"1000-00000000000000aa", BC_PENDING_ACCEPTANCE},
        {"1000-00000000000000aA", BC_PENDING_UNKNOWN},
        {"01000-00000000000000aa", BC_PENDING_UNKNOWN},
        {"1000-00000000000000aa.new", BC_PENDING_UNKNOWN},
        {"1000-", BC_PENDING_UNKNOWN},
        {"4294967295", BC_PENDING_UNKNOWN},
        {"x", BC_PENDING_UNKNOWN},
        {"1000", BC_PENDING_WITHDRAWAL},
    };
    size_t len, typed = (size_t)(strstr(text, "typed ") - text) + strlen("typed ");

    (void)state;
    assert_int_equal(bc_pending_parse(BC_PENDING_ACCEPTANCE, text, &a), BC_OK);
    assert_string_equal(a.typed, " I agree.");
    assert_int_equal(a.subject.uid, 1000);
    assert_int_equal(bc_pending_format(&a, again_text, &len), BC_OK);
    assert_string_equal(again_text, text);
    for (size_t i = 0; i < sizeof text - 1; i++) { /* no byte may go, and no space be added */
        memcpy(changed, text, i);
        memcpy(changed + i, text + i + 1, sizeof text - i - 1);
        if (bc_pending_parse(BC_PENDING_ACCEPTANCE, changed, &a) == BC_OK)
            assert_true(i >= 13); /* a digit of the uid, a letter of a name, what was typed */
        memcpy(changed, text, i);
        changed[i] = ' ';
        memcpy(changed + i + 1, text + i, sizeof text - i);
        if (bc_pending_parse(BC_PENDING_ACCEPTANCE, changed, &a) == BC_OK)
            assert_non_null(strstr(changed, "typed"));
        assert_true(bc_pending_parse(BC_PENDING_ACCEPTANCE, changed, &a) != BC_OK ||
                    strncmp(changed, text, typed) == 0);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(bc_pending_parse_name(names[i].name, &uid), names[i].kind);
}

static void request_in_any_other_form_is_refused(void **state)
{
    char packet[BC_REQUEST_MAX + 1], changed[BC_REQUEST_MAX + 1];
    struct bc_request again;
    size_t len;

    (void)state;
    assert_int_equal(bc_protocol_format_request(&good, packet, &len), BC_OK);
    assert_int_equal(bc_protocol_parse_request(packet, len, &again), BC_OK);
    assert_string_equal(again.use.subject.name, "alice");
    assert_string_equal(again.use.purpose, "");
    for (size_t cut = 0; cut < len; cut++)
        assert_int_not_equal(bc_protocol_parse_request(packet, cut, &again), BC_OK);
    memcpy(changed, packet, len);
    changed[len] = '\n';
    assert_int_equal(bc_protocol_parse_request(changed, len + 1, &again), BC_ERR_INVALID);
    memcpy(changed, packet, len);
    memset(memchr(changed, 'a', len), 0, 1);
    (void)bc_protocol_parse_request(changed, len, &again);
    /* "Any" has one form: an empty word is none (found by fuzz-protocol). */
    (void)snprintf(changed, sizeof changed, "%.*s\n", (int)(len - 2), packet);
    assert_int_equal(bc_protocol_parse_request(changed, len - 1, &again), BC_ERR_INVALID);
    again = good;
    memcpy(again.use.subject.name, "ali\nce", 7);
    assert_int_equal(bc_protocol_format_request(&again, packet, &len), BC_ERR_INVALID);
    again = good;
    again.nonce[31] = 'g';
    assert_int_equal(bc_protocol_format_request(&again, packet, &len), BC_ERR_INVALID);
}

static void answer_in_any_other_form_does_not_allow(void **state)
{
    const char *nonce = "01020300000000000000000000000000";
    const char *other = "01020400000000000000000000000000";
    char answer[BC_ANSWER_MAX + 1];
    size_t len = bc_protocol_format_answer(nonce, BC_REASON_ALLOW, answer);

    (void)state;
    assert_int_equal(bc_protocol_parse_answer(nonce, answer, len), BC_REASON_ALLOW);
    assert_int_equal(bc_protocol_parse_answer(other, answer, len), BC_REASON_HELPER);
    for (size_t i = 0; i < len; i++)
        for (int bit = 0; bit < 8; bit++) {
            answer[i] = (char)(answer[i] ^ (1 << bit));
            assert_int_not_equal(bc_protocol_parse_answer(nonce, answer, len), BC_REASON_ALLOW);
            answer[i] = (char)(answer[i] ^ (1 << bit));
        }
    for (size_t cut = 0; cut < len; cut++)
        assert_int_not_equal(bc_protocol_parse_answer(nonce, answer, cut), BC_REASON_ALLOW);
    answer[len] = '\n';
    assert_int_not_equal(bc_protocol_parse_answer(nonce, answer, len + 1), BC_REASON_ALLOW);
    answer[len] = '\0';
    assert_int_not_equal(bc_protocol_parse_answer(nonce, answer, len + 1), BC_REASON_ALLOW);
    for (int r = 0; r < BC_REASON_ALLOW; r++) {
        len = bc_protocol_format_answer(nonce, (enum bc_reason)r, answer);
        assert_int_equal(bc_protocol_parse_answer(nonce, answer, len), r);
    }
}

/* ---- decision ---- */

static struct bc_config config = {.required_kind = BC_EXPLICIT, .givers = 1U << BC_SELF};
static struct bc_notice notice;
static struct bc_consent consent;

static void consenting(void)
{
    assert_int_equal(decode(GRANT), BC_OK);
    memset(&notice, 0, sizeof notice);
    notice.scope = event.u.grant.scope;
    notice.text = event.u.grant.notice;
    notice.kind = BC_EXPLICIT;
    notice.jurisdictions = event.u.grant.jurisdictions;
    consent = (struct bc_consent){&event.u.grant, 1, &notice};
}

static void decision_without_a_condition_gives_its_reason(void **state)
{
    struct bc_request r = good;
    struct bc_grant *g = &event.u.grant;
    int64_t now;

    (void)state;
#define WHEN(change, want)                                                                         \
    consenting();                                                                                  \
    r = good;                                                                                      \
    now = g->valid_from;                                                                           \
    change;                                                                                        \
    assert_int_equal(bc_decision_make(&config, &r.use, now, &consent, 1, 0), want)
    WHEN((void)0, BC_REASON_ALLOW);
    WHEN(r.use.modality = BC_FACE, BC_REASON_SCOPE_MODALITY);
    WHEN(r.use.operation = BC_ENROLL, BC_REASON_SCOPE_OPERATION);
    WHEN(memcpy(r.use.provider, "howdy", 6), BC_REASON_SCOPE_PROVIDER);
    WHEN(memcpy(r.use.purpose, "payroll", 8), BC_REASON_SCOPE_PURPOSE);
    WHEN(notice.scope.providers.count = 0, BC_REASON_SCOPE_PROVIDER);
    WHEN(notice.scope.modalities = 2, BC_REASON_SCOPE_MODALITY);
    WHEN(now--, BC_REASON_NOT_YET_VALID);
    WHEN(g->expires = now, BC_REASON_EXPIRED);
    WHEN(g->expires = now + 1, BC_REASON_ALLOW);
    WHEN(consent.accepted = 0, BC_REASON_SUPERSEDED);
    WHEN(notice.text.b[0] ^= 1, BC_REASON_SUPERSEDED);
    WHEN(g->kind = BC_AFFIRMATIVE, BC_REASON_KIND);
    WHEN(notice.kind = BC_WRITTEN_RELEASE, BC_REASON_KIND);
    WHEN(g->kind = BC_WRITTEN_RELEASE, BC_REASON_ALLOW);
    WHEN(g->given_by = BC_REPRESENTATIVE, BC_REASON_GIVEN_BY);
    WHEN(notice.givers = 1U << BC_GUARDIAN, BC_REASON_GIVEN_BY);
    WHEN(notice.givers = 1U << BC_SELF, BC_REASON_ALLOW);
    WHEN(memcpy(g->jurisdictions.word[g->jurisdictions.count++], "us-tx", 6),
         BC_REASON_JURISDICTION);
    WHEN(memcpy(notice.jurisdictions.word[notice.jurisdictions.count++], "us-tx", 6),
         BC_REASON_ALLOW);
    WHEN(r.use.subject.uid++, BC_REASON_ACCOUNT_MISMATCH);
    WHEN(memcpy(r.use.subject.name, "alicf", 6), BC_REASON_ACCOUNT_MISMATCH);
    WHEN(r.use.subject.external = 1, BC_REASON_ACCOUNT_MISMATCH);
#undef WHEN
    assert_int_equal(bc_decision_make(&config, &good.use, 0, NULL, 0, 0), BC_REASON_NO_RECORD);
    assert_int_equal(bc_decision_make(&config, &good.use, 0, NULL, 0, 'w'), BC_REASON_WITHDRAWN);
    assert_int_equal(bc_decision_make(&config, &good.use, 0, NULL, 0, 'r'), BC_REASON_REVOKED);
    assert_int_equal(bc_decision_make(&config, &good.use, 0, NULL, 0, 'p'),
                     BC_REASON_PURPOSE_ENDED);
}

/* The canonical form has its members in the order of their names: the table gives that order. */
static void event_fields_are_in_ascending_order_of_names(void **state)
{
    (void)state;
    for (int t = 0; t < BC_EVENT_TYPES; t++) {
        const struct bc_event_field *f = bc_event_fields((enum bc_event_type)t);
        assert_non_null(f[0].name);
        for (; f[1].name; f++)
            assert_true(strcmp(f[0].name, f[1].name) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_grant_is_written_as_it_is_read),
        cmocka_unit_test(event_grant_keeps_authority_and_its_evidence),
        cmocka_unit_test(event_with_nul_behind_a_number_is_refused),
        cmocka_unit_test(event_in_any_other_form_is_refused),
        cmocka_unit_test(event_of_every_type_is_written_as_it_is_read),
        cmocka_unit_test(leaf_apply_of_impossible_event_is_refused),
        cmocka_unit_test(event_encode_refuses_what_decode_would_refuse),
        cmocka_unit_test(leaf_after_enrollments_holds_its_templates),
        cmocka_unit_test(event_commitment_changes_with_salt_and_payload),
        cmocka_unit_test(leaf_after_events_is_what_they_come_to),
        cmocka_unit_test(request_in_any_other_form_is_refused),
        cmocka_unit_test(request_accept_needs_hash_and_typed_line),
        cmocka_unit_test(release_typed_otherwise_does_not_match),
        cmocka_unit_test(pending_acceptance_with_other_bytes_is_refused),
        cmocka_unit_test(answer_in_any_other_form_does_not_allow),
        cmocka_unit_test(event_fields_are_in_ascending_order_of_names),
        cmocka_unit_test(decision_without_a_condition_gives_its_reason),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
