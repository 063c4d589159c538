/* SPDX-License-Identifier: BSD-2-Clause */
#include "cut/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* No checkpoint of ours begins so: its second line would have to be a number. */
#define MAGIC "bioconsent-statement/1"
#define PSEUDONYM "pseudonym-"
#define PSEUDONYM_BYTES 8

void bc_pseudonym(const struct bc_hash *commitment, struct bc_subject *out)
{
    char hex[2 * PSEUDONYM_BYTES + 1];

    bc_hex_encode(commitment->b, PSEUDONYM_BYTES, hex);
    memset(out, 0, sizeof *out);
    out->external = 1;
    (void)snprintf(out->name, sizeof out->name, PSEUDONYM "%s", hex);
}

static void withhold(char line[BC_LINE_MAX + 1])
{
    if (line[0])
        memcpy(line, BC_WITHHELD, sizeof BC_WITHHELD);
}

static void redact_grant(struct bc_grant *g)
{
    withhold(g->representative);
    withhold(g->authority);
    withhold(g->collected);
    withhold(g->recorded_by);
}

void bc_statement_redact(struct bc_event *e, const struct bc_subject *pseudonym)
{
    switch (e->type) {
    case BC_EVENT_GRANT:
        e->u.grant.subject = *pseudonym;
        redact_grant(&e->u.grant);
        return;
    case BC_EVENT_ENROLL:
        e->u.enrollment.subject = *pseudonym;
        memset(&e->u.enrollment.handles, 0, sizeof e->u.enrollment.handles);
        withhold(e->u.enrollment.recorded_by);
        return;
    case BC_EVENT_DELETE:
        e->u.attempt.subject = *pseudonym;
        withhold(e->u.attempt.answer);
        withhold(e->u.attempt.recorded_by);
        return;
    case BC_EVENT_WITHDRAW:
    case BC_EVENT_REVOKE:
    case BC_EVENT_PURPOSE_ENDED:
        e->u.ending.subject = *pseudonym;
        withhold(e->u.ending.how);
        withhold(e->u.ending.recorded_by);
        return;
    default:
        return;
    }
}

static enum bc_result format_head(const char *origin, uint64_t index,
                                  const struct bc_hash *commitment, char *out, size_t cap,
                                  size_t *len)
{
    char base64[bc_base64_bytes(BC_HASH_BYTES)];
    int n;

    bc_base64_encode(commitment->b, BC_HASH_BYTES, base64);
    n = snprintf(out, cap, MAGIC "\n%s\n%llu %s\n", origin, (unsigned long long)index, base64);
    if (n < 0 || (size_t)n >= cap)
        return BC_ERR_TOO_LARGE;
    *len = (size_t)n;
    return BC_OK;
}

enum bc_result bc_statement_make(const struct bc_skey *key, uint64_t index,
                                 const struct bc_hash *commitment, const struct bc_event *e,
                                 char note[BC_NOTE_MAX], size_t *len)
{
    char head[BC_KEY_NAME_MAX + 128];
    size_t head_len, json_len;
    char *text = malloc(sizeof head + BC_EVENT_MAX + 1);
    enum bc_result r = text ? BC_OK : BC_ERR_MEMORY;

    if (r == BC_OK)
        r = format_head(key->pub.name, index, commitment, head, sizeof head, &head_len);
    if (r == BC_OK) {
        memcpy(text, head, head_len);
        r = bc_event_encode(e, text + head_len, &json_len);
    }
    if (r == BC_OK) {
        text[head_len + json_len] = '\n';
        r = bc_note_sign(text, head_len + json_len + 1, &key, 1, note, BC_NOTE_MAX, len);
    }
    free(text);
    return r;
}

static int is_redacted(const struct bc_event *e)
{
    const struct bc_subject *s = bc_event_subject(e);

    return s && s->external && strncmp(s->name, PSEUDONYM, strlen(PSEUDONYM)) == 0;
}

enum bc_result bc_statement_read(const char *note, size_t len, const char *origin, uint64_t index,
                                 const struct bc_hash *commitment, struct bc_event **e)
{
    char head[BC_KEY_NAME_MAX + 128];
    const char *at;
    struct bc_line line;
    size_t head_len;
    enum bc_result r = format_head(origin, index, commitment, head, sizeof head, &head_len);

    if (r != BC_OK || len <= head_len || memcmp(note, head, head_len) != 0)
        return BC_ERR_INVALID;
    at = note + head_len;
    if (!bc_line_next(&at, note + len, &line) || at == note + len || *at != '\n')
        return BC_ERR_INVALID;
    if (!*e && !(*e = calloc(1, sizeof **e)))
        return BC_ERR_MEMORY;
    r = bc_event_decode(line.s, line.len, *e);
    return r == BC_OK && !is_redacted(*e) ? BC_ERR_INVALID : r;
}
