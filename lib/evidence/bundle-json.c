/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/bundle.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "proof/proof-text.h"

#define FORMAT "bioconsent-evidence/1"
#define DEPTH_MAX 4
#define VALUES_MAX 65536

/* ---- reading ---- */

/* Before a parser allocates for it: how deep, and of how many values. */
static enum bc_result check_limits(const char *json, size_t len, struct bc_bundle_error *err)
{
    size_t depth = 0, values = 0;
    int in_string = 0;

    for (size_t i = 0; i < len; i++) {
        char c = json[i];
        if (c == '\0')
            return bc_bundle_fail(err, BC_ERR_INVALID, "a NUL byte at %zu", i);
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        values += c == ',';
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth)
            depth--;
        if (depth > DEPTH_MAX)
            return bc_bundle_fail(err, BC_ERR_TOO_LARGE, "nested deeper than any evidence is");
        if (values > VALUES_MAX)
            return bc_bundle_fail(err, BC_ERR_TOO_LARGE, "more values than any evidence has");
    }
    return BC_OK;
}

static enum bc_result fail_form(struct bc_bundle_error *err, const char *what, size_t i)
{
    return bc_bundle_fail(err, BC_ERR_INVALID, "%s %zu is not of its form", what, i);
}

static enum bc_result copy_text(json_t *v, struct bc_bundle_text *out, struct bc_bundle_error *err)
{
    enum bc_result r = bc_bundle_copy(json_string_value(v), json_string_length(v), out);

    return r == BC_OK ? r : bc_bundle_fail(err, r, "no memory");
}

/* Decodes base64 of at most cap bytes. Returns their number, 0 if it is not base64. */
static size_t decode_base64(json_t *v, unsigned char *out, size_t cap)
{
    const char *s = json_string_value(v);
    size_t len = json_string_length(v), n;

    if (!s || len < 4)
        return 0;
    n = len / 4 * 3 - (s[len - 1] == '=') - (s[len - 2] == '=');
    return n <= cap && bc_encoding_base64_decode(s, len, out, n) == BC_OK ? n : 0;
}

static enum bc_result parse_leaf(struct bc_bundle *b, json_t *o, size_t i,
                                 struct bc_bundle_error *err)
{
    struct bc_bundle_leaf *out = &b->leaves[b->leaf_count++];
    unsigned char bytes[BC_LEAF_MAX];
    json_int_t slot;
    json_t *leaf, *path;
    size_t len;

    if (json_unpack_ex(o, NULL, JSON_STRICT, "{s:o, s:I, s:o}", "leaf", &leaf, "slot", &slot,
                       "path", &path) != 0 ||
        slot < 0 || !json_is_array(path) || json_array_size(path) > BC_PROOF_MAX)
        return fail_form(err, "leaf of the register", i);
    len = decode_base64(leaf, bytes, sizeof bytes);
    if (len == 0 || bc_leaf_decode(bytes, len, &out->leaf) != BC_OK)
        return fail_form(err, "leaf of the register", i);
    out->slot = (uint64_t)slot;
    out->path.count = json_array_size(path);
    for (size_t h = 0; h < out->path.count; h++)
        if (decode_base64(json_array_get(path, h), out->path.hash[h].b, BC_HASH_BYTES) !=
            BC_HASH_BYTES)
            return fail_form(err, "leaf of the register", i);
    return BC_OK;
}

static enum bc_result parse_event(struct bc_bundle *b, json_t *o, size_t i,
                                  struct bc_bundle_error *err)
{
    const struct bc_bundle_text *note = &b->note;
    struct bc_bundle_event e = {.index = 0};
    struct bc_event event;
    json_t *payload, *salt, *commitment, *proof;
    struct bc_line own;
    const char *text;
    int good = 0;

    if (json_unpack_ex(o, NULL, JSON_STRICT, "{s:o, s:o, s:o}", "payload", &payload, "salt", &salt,
                       "proof", &proof) == 0) {
        /* Only read: bc_bundle_add copies it. */
        e.payload.data = (char *)(uintptr_t)json_string_value(payload);
        e.payload.len = json_string_length(payload);
        e.event = &event;
        good = e.payload.data && decode_base64(salt, e.salt, BC_SALT_BYTES) == BC_SALT_BYTES &&
               bc_event_decode(e.payload.data, e.payload.len, &event) == BC_OK;
        if (good)
            bc_event_commit(e.salt, e.payload.data, e.payload.len, &e.commitment);
    } else if (json_unpack_ex(o, NULL, JSON_STRICT, "{s:o, s:o}", "commitment", &commitment,
                              "proof", &proof) == 0)
        good = decode_base64(commitment, e.commitment.b, BC_HASH_BYTES) == BC_HASH_BYTES;
    text = good ? json_string_value(proof) : NULL;
    if (!text || bc_proof_text_parse_inclusion(text, json_string_length(proof), &e.index, &e.path,
                                               &own) != BC_OK)
        return fail_form(err, "event number", i);
    /* The proof repeats the checkpoint: it serves alone, too. */
    if (own.len != note->len || memcmp(own.s, note->data, own.len) != 0)
        return bc_bundle_fail(err, BC_ERR_CORRUPT,
                              "the proof of event number %zu has another checkpoint", i);
    if (bc_bundle_add(b, &e) != BC_OK)
        return bc_bundle_fail(err, BC_ERR_MEMORY, "no memory");
    return BC_OK;
}

/* Reads all members of evidence into b. */
static enum bc_result parse_bundle(struct bc_bundle *b, json_t *o, struct bc_bundle_error *err)
{
    json_t *format, *note, *leaves, *texts, *events;
    json_error_t error;
    enum bc_result r;

    if (json_unpack_ex(o, &error, JSON_STRICT, "{s:o, s:o, s:o, s:o, s:o}", "format", &format,
                       "checkpoint", &note, "register", &leaves, "notices", &texts, "events",
                       &events) != 0)
        return bc_bundle_fail(err, BC_ERR_INVALID, "not the members of evidence: %s", error.text);
    if (!json_is_string(format) || strcmp(json_string_value(format), FORMAT) != 0)
        return bc_bundle_fail(err, BC_ERR_INVALID, "not of the format " FORMAT);
    if (!json_is_string(note) || !json_is_array(leaves) || !json_is_array(texts) ||
        !json_is_array(events))
        return bc_bundle_fail(err, BC_ERR_INVALID, "a member is not of its type");
    if (json_string_length(note) > BC_NOTE_MAX)
        return bc_bundle_fail(err, BC_ERR_TOO_LARGE, "the checkpoint is too long");
    if (json_array_size(leaves) > BC_BUNDLE_LEAVES_MAX)
        return bc_bundle_fail(err, BC_ERR_TOO_LARGE, "too many leaves of the register");
    if (json_array_size(texts) > BC_BUNDLE_TEXTS_MAX)
        return bc_bundle_fail(err, BC_ERR_TOO_LARGE, "too many notices");
    if (json_array_size(events) > BC_BUNDLE_EVENTS_MAX)
        return bc_bundle_fail(err, BC_ERR_TOO_LARGE, "too many events");
    r = copy_text(note, &b->note, err);
    for (size_t i = 0; i < json_array_size(leaves) && r == BC_OK; i++)
        r = parse_leaf(b, json_array_get(leaves, i), i, err);
    for (size_t i = 0; i < json_array_size(texts) && r == BC_OK; i++) {
        if (!json_is_string(json_array_get(texts, i)))
            return fail_form(err, "notice", i);
        r = copy_text(json_array_get(texts, i), &b->texts[i], err);
        b->text_count += r == BC_OK;
    }
    for (size_t i = 0; i < json_array_size(events) && r == BC_OK; i++)
        r = parse_event(b, json_array_get(events, i), i, err);
    return r;
}

/* ---- writing ---- */

static json_t *make_base64(const unsigned char *data, size_t len)
{
    char text[bc_encoding_base64_bytes(BC_LEAF_MAX)];

    bc_encoding_base64_encode(data, len, text);
    return json_string(text);
}

static json_t *make_leaf(const struct bc_bundle_leaf *l)
{
    unsigned char bytes[BC_LEAF_MAX];
    size_t len = bc_leaf_encode(&l->leaf, bytes);
    json_t *path = json_array();

    for (size_t i = 0; i < l->path.count; i++)
        (void)json_array_append_new(path, make_base64(l->path.hash[i].b, BC_HASH_BYTES));
    return json_pack("{s:o, s:I, s:o}", "leaf", make_base64(bytes, len), "slot",
                     (json_int_t)l->slot, "path", path);
}

static json_t *make_event(const struct bc_bundle *b, const struct bc_bundle_event *e)
{
    const struct bc_line note = {b->note.data, b->note.len};
    char text[BC_PROOF_TEXT_INCLUSION_MAX];
    size_t len;
    json_t *proof = NULL;

    if (bc_proof_text_format_inclusion(e->index, &e->path, note, text, &len) == BC_OK)
        proof = json_stringn(text, len);
    if (e->payload.data)
        return json_pack("{s:o, s:o, s:o}", "payload",
                         json_stringn(e->payload.data, e->payload.len), "salt",
                         make_base64(e->salt, BC_SALT_BYTES), "proof", proof);
    return json_pack("{s:o, s:o}", "commitment", make_base64(e->commitment.b, BC_HASH_BYTES),
                     "proof", proof);
}

enum bc_result bc_bundle_encode(const struct bc_bundle *b, char **json, size_t *len)
{
    json_t *leaves = json_array(), *texts = json_array(), *events = json_array(), *o;
    char *text = NULL, *whole;
    size_t n;
    int is_whole;

    for (size_t i = 0; i < b->leaf_count; i++)
        (void)json_array_append_new(leaves, make_leaf(&b->leaves[i]));
    for (size_t i = 0; i < b->text_count; i++)
        (void)json_array_append_new(texts, json_stringn(b->texts[i].data, b->texts[i].len));
    for (size_t i = 0; i < b->event_count; i++)
        (void)json_array_append_new(events, make_event(b, &b->events[i]));
    /* A value that could not be made is missing from its list, or leaves none of what would hold
     * it. */
    is_whole = json_array_size(leaves) == b->leaf_count &&
               json_array_size(texts) == b->text_count && json_array_size(events) == b->event_count;
    o = json_pack("{s:s, s:o, s:o, s:o, s:o}", "format", FORMAT, "checkpoint",
                  json_stringn(b->note.data, b->note.len), "register", leaves, "notices", texts,
                  "events", events);
    if (o && is_whole)
        text = json_dumps(o, JSON_INDENT(1));
    json_decref(o);
    n = text ? strlen(text) : 0;
    whole = text ? realloc(text, n + 2) : NULL;
    if (!whole) {
        free(text);
        return BC_ERR_INVALID;
    }
    whole[n++] = '\n';
    whole[n] = '\0';
    if (n > BC_BUNDLE_MAX) {
        free(whole);
        return BC_ERR_TOO_LARGE;
    }
    *json = whole;
    *len = n;
    return BC_OK;
}

/* ---- the file ---- */

enum bc_result bc_bundle_write(struct bc_bundle *b, const struct bc_bundle_trust *trust,
                               char **json, size_t *len, struct bc_bundle_error *err)
{
    enum bc_result r = bc_bundle_check(b, trust, err);

    if (r != BC_OK)
        return r;
    r = bc_bundle_encode(b, json, len);
    return r == BC_OK ? r : bc_bundle_fail(err, r, "the evidence: %s", bc_result_text(r));
}

enum bc_result bc_bundle_open(const char *json, size_t len, const struct bc_bundle_trust *trust,
                              struct bc_bundle **out, struct bc_bundle_error *err)
{
    struct bc_bundle *b;
    char *again = NULL;
    size_t again_len = 0, i = 0;
    json_error_t error;
    json_t *o;
    enum bc_result r;

    if (len > BC_BUNDLE_MAX)
        return bc_bundle_fail(err, BC_ERR_TOO_LARGE, "longer than %d bytes", BC_BUNDLE_MAX);
    r = check_limits(json, len, err);
    if (r != BC_OK)
        return r;
    o = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
    if (!o)
        return bc_bundle_fail(err, BC_ERR_INVALID, "not JSON, or cut short: line %d: %s",
                              error.line, error.text);
    b = bc_bundle_new();
    r = b ? parse_bundle(b, o, err) : bc_bundle_fail(err, BC_ERR_MEMORY, "no memory");
    json_decref(o);
    if (r == BC_OK)
        r = bc_bundle_check(b, trust, err);
    if (r == BC_OK) {
        r = bc_bundle_encode(b, &again, &again_len);
        while (i < len && i < again_len && json[i] == again[i])
            i++;
        if (r != BC_OK)
            (void)bc_bundle_fail(err, r, "the evidence: %s", bc_result_text(r));
        else if (i != len || i != again_len)
            r = bc_bundle_fail(err, BC_ERR_CORRUPT,
                               "byte %zu is not what follows from the events: the form was changed",
                               i);
        free(again);
    }
    if (r == BC_OK)
        *out = b;
    else
        bc_bundle_free(b);
    return r;
}
