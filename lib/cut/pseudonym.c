/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "cut/statement.h"

static enum bc_result state(struct bc_bundle_event *e, const struct bc_subject *pseudonym,
                            const struct bc_skey *key)
{
    char note[BC_NOTE_MAX];
    size_t len;
    enum bc_result r;

    bc_statement_redact(e->event, pseudonym);
    r = bc_statement_make(key, e->index, &e->commitment, e->event, note, &len);
    if (r == BC_OK)
        r = bc_bundle_copy(note, len, &e->statement);
    free(e->payload);
    e->payload = NULL;
    e->payload_len = 0;
    memset(e->salt, 0, sizeof e->salt);
    return r;
}

static void drop_leaf(struct bc_bundle *b)
{
    b->leaf_count--;
    memmove(&b->leaves[0], &b->leaves[1], b->leaf_count * sizeof *b->leaves);
}

enum bc_result bc_bundle_pseudonymize(struct bc_bundle *b, const struct bc_skey *key)
{
    struct bc_subject pseudonym;
    int named = 0;
    enum bc_result r = BC_OK;

    for (size_t i = 0; i < b->event_count && r == BC_OK; i++) {
        struct bc_bundle_event *e = &b->events[i];
        if (!e->event || !bc_event_subject(e->event))
            continue;
        if (!named)
            bc_pseudonym(&e->commitment, &pseudonym);
        named = 1;
        r = state(e, &pseudonym, key);
    }
    if (!named)
        return BC_ERR_INVALID;
    drop_leaf(b);
    return r;
}
