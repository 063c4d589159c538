/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/event.h"

#include <sodium.h>
#include <string.h>

int bc_event_subject_equal(const struct bc_subject *a, const struct bc_subject *b)
{
    return a->external == b->external && (a->external || a->uid == b->uid) &&
           strcmp(a->name, b->name) == 0;
}

const struct bc_subject *bc_event_subject(const struct bc_event *e)
{
    return e->type == BC_EVENT_NOTICE || e->type == BC_EVENT_ERASE ? NULL : &e->u.subject;
}

char bc_event_ended(const struct bc_event *e)
{
    static const char letters[BC_EVENT_TYPES] = {
        [BC_EVENT_WITHDRAW] = 'w', [BC_EVENT_REVOKE] = 'r', [BC_EVENT_PURPOSE_ENDED] = 'p'};

    return letters[e->type];
}

int bc_event_ends(const struct bc_event *e, uint64_t grant)
{
    for (size_t i = 0; bc_event_ended(e) && i < e->u.ending.grant_count; i++)
        if (e->u.ending.grants[i] == grant)
            return 1;
    return 0;
}

int bc_event_deletes(const struct bc_event *e, uint64_t enroll)
{
    return e->type == BC_EVENT_DELETE && e->u.attempt.enroll == enroll &&
           (e->u.attempt.state == BC_DELETION_CONFIRMED ||
            e->u.attempt.state == BC_DELETION_SERVICE_ENDED);
}

int bc_event_words_has(const struct bc_words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->word[i], word) == 0)
            return 1;
    return 0;
}

int bc_event_words_within(const struct bc_words *part, const struct bc_words *whole)
{
    for (size_t i = 0; i < part->count; i++)
        if (!bc_event_words_has(whole, part->word[i]))
            return 0;
    return 1;
}

int bc_event_scope_within(const struct bc_scope *part, const struct bc_scope *whole)
{
    return (part->modalities & ~whole->modalities) == 0 &&
           (part->operations & ~whole->operations) == 0 &&
           bc_event_words_within(&part->providers, &whole->providers) &&
           bc_event_words_within(&part->purposes, &whole->purposes);
}

void bc_event_commit(const unsigned char salt[BC_SALT_BYTES], const void *payload, size_t len,
                     struct bc_hash *out)
{
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, salt, BC_SALT_BYTES);
    crypto_hash_sha256_update(&state, payload, len);
    crypto_hash_sha256_final(&state, out->b);
}

enum bc_result bc_event_seal(const struct bc_event *e, struct bc_sealed *out)
{
    enum bc_result r = bc_event_encode(e, out->json, &out->len);

    if (r != BC_OK)
        return r;
    randombytes_buf(out->salt, sizeof out->salt);
    bc_event_commit(out->salt, out->json, out->len, &out->commitment);
    return BC_OK;
}
