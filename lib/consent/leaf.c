/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/leaf.h"

#include <string.h>

#define LEAF_VERSION 2

void bc_leaf_for_subject(const struct bc_subject *s, struct bc_leaf *out)
{
    *out = (struct bc_leaf){.kind = s->external ? BC_LEAF_EXTERNAL : BC_LEAF_ACCOUNT,
                            .uid = s->external ? 0 : s->uid};
    memcpy(out->name, s->name, sizeof out->name);
}

void bc_leaf_for_notice(const char *id, struct bc_leaf *out)
{
    *out = (struct bc_leaf){.kind = BC_LEAF_NOTICE};
    memcpy(out->name, id, strnlen(id, BC_WORD_MAX));
}

void bc_leaf_subject(const struct bc_leaf *leaf, struct bc_subject *out)
{
    *out = (struct bc_subject){.external = leaf->kind == BC_LEAF_EXTERNAL, .uid = leaf->uid};
    memcpy(out->name, leaf->name, sizeof out->name);
}

void bc_leaf_for_event(const struct bc_event *e, struct bc_leaf *out)
{
    if (e->type == BC_EVENT_NOTICE)
        bc_leaf_for_notice(e->u.notice.id, out);
    else if (e->type == BC_EVENT_ERASE)
        *out = (struct bc_leaf){.kind = BC_LEAF_VACANT};
    else
        bc_leaf_for_subject(bc_event_subject(e), out);
}

/* ---- bytes ---- */

/* Writes or reads at `at`: bc_leaf_encode and bc_leaf_decode are one walk, code_leaf. */
struct coder {
    unsigned char *at;
    size_t left;
    int writing;
    int failed;
};

static void code_bytes(struct coder *c, void *data, size_t len)
{
    if (c->failed || len > c->left) {
        c->failed = 1;
        return;
    }
    if (c->writing)
        memcpy(c->at, data, len);
    else
        memcpy(data, c->at, len);
    c->at += len;
    c->left -= len;
}

/* The most significant byte is the first. */
static void put_number(unsigned char *at, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
}

/* Writes v, or reads a number of so many bytes. Returns what was written or read. */
static uint64_t code_number(struct coder *c, uint64_t v, size_t bytes)
{
    unsigned char b[8];

    put_number(b, v, bytes);
    code_bytes(c, b, bytes);
    v = 0;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | b[i];
    return v;
}

static void code_entry(struct coder *c, struct bc_leaf_entry *e)
{
    e->index = code_number(c, e->index, 8);
    code_bytes(c, e->commitment.b, BC_HASH_BYTES);
}

/* A list of at most max entries, with its count before it. Returns the count. */
static size_t code_entries(struct coder *c, struct bc_leaf_entry *list, size_t count, size_t max)
{
    count = (size_t)code_number(c, count, 1);
    c->failed |= count > max;
    for (size_t i = 0; i < count && !c->failed; i++)
        code_entry(c, &list[i]);
    return count;
}

static void code_leaf(struct coder *c, struct bc_leaf *l)
{
    size_t name_len;

    c->failed |= code_number(c, LEAF_VERSION, 1) != LEAF_VERSION;
    l->kind = (enum bc_leaf_kind)code_number(c, (uint64_t)l->kind, 1);
    l->uid = (uint32_t)code_number(c, l->uid, 4);
    name_len = (size_t)code_number(c, strlen(l->name), 1);
    code_bytes(c, l->name, name_len);
    c->failed |= strlen(l->name) != name_len;
    code_bytes(c, l->blind, sizeof l->blind);
    l->active_count = code_entries(c, l->active, l->active_count, BC_ACTIVE_MAX);
    l->ended = (char)code_number(c, (unsigned char)l->ended, 1);
    if (l->ended)
        code_entry(c, &l->ending);
    /* Templates stand at the end, and only where there are any. */
    if (c->writing ? l->template_count > 0 : c->left > 0) {
        l->template_count = code_entries(c, l->templates, l->template_count, BC_TEMPLATES_MAX);
        c->failed |= l->template_count == 0;
    }
}

size_t bc_leaf_encode(const struct bc_leaf *leaf, unsigned char out[BC_LEAF_MAX])
{
    struct coder c = {.at = out, .left = BC_LEAF_MAX, .writing = 1};
    struct bc_leaf l = *leaf;

    code_leaf(&c, &l);
    return BC_LEAF_MAX - c.left;
}

static int leaf_valid(const struct bc_leaf *l)
{
    int known =
        l->kind == BC_LEAF_ACCOUNT || l->kind == BC_LEAF_EXTERNAL || l->kind == BC_LEAF_NOTICE;
    int name_ok =
        l->kind == BC_LEAF_NOTICE ? bc_name_word_valid(l->name) : bc_name_subject_valid(l->name);

    if (l->kind == BC_LEAF_VACANT)
        return !l->name[0] && !l->uid && !l->active_count && !l->ended && !l->template_count;
    return known && name_ok && (l->kind == BC_LEAF_ACCOUNT || l->uid == 0) &&
           (l->ended == 0 || l->ended == 'w' || l->ended == 'r' || l->ended == 'p');
}

enum bc_result bc_leaf_decode(const unsigned char *data, size_t len, struct bc_leaf *out)
{
    struct coder c = {.at = (unsigned char *)data, .left = len}; /* only read */
    struct bc_leaf l;

    memset(&l, 0, sizeof l);
    code_leaf(&c, &l);
    if (c.failed || c.left != 0 || !leaf_valid(&l))
        return BC_ERR_CORRUPT;
    *out = l;
    return BC_OK;
}

size_t bc_leaf_key(const struct bc_leaf *leaf, unsigned char out[BC_LEAF_KEY_MAX])
{
    size_t name = strlen(leaf->name) + 1, uid = leaf->kind == BC_LEAF_ACCOUNT ? 4 : 0;

    out[0] = (unsigned char)leaf->kind;
    memcpy(out + 1, leaf->name, name);
    put_number(out + 1 + name, leaf->uid, uid);
    return 1 + name + uid;
}

size_t bc_leaf_head(const unsigned char *key, size_t key_len, unsigned char out[BC_LEAF_HEAD_MAX])
{
    size_t uid = key_len && key[0] == BC_LEAF_ACCOUNT ? 4 : 0;
    size_t name_len = key_len > 2 + uid ? key_len - 2 - uid : 0;

    if (name_len == 0 || name_len > BC_SUBJECT_MAX || key[1 + name_len] != 0)
        return 0;
    out[0] = LEAF_VERSION;
    out[1] = key[0];
    memset(out + 2, 0, 4);
    memcpy(out + 2, key + 2 + name_len, uid);
    out[6] = (unsigned char)name_len;
    memcpy(out + 7, key + 1, name_len);
    return 7 + name_len;
}

/* ---- events ---- */

static enum bc_result add_entry(struct bc_leaf_entry *list, size_t *count, size_t max,
                                const struct bc_leaf_entry *e)
{
    if (*count == max)
        return BC_ERR_TOO_LARGE;
    list[(*count)++] = *e;
    return BC_OK;
}

static size_t find_entry(const struct bc_leaf_entry *list, size_t count, uint64_t index)
{
    size_t i = 0;

    while (i < count && list[i].index != index)
        i++;
    return i;
}

static int remove_entry(struct bc_leaf_entry *list, size_t *count, uint64_t index)
{
    size_t i = find_entry(list, *count, index);

    if (i == *count)
        return 0;
    memmove(&list[i], &list[i + 1], (*count - i - 1) * sizeof *list);
    memset(&list[--*count], 0, sizeof *list);
    return 1;
}

enum bc_result bc_leaf_apply(struct bc_leaf *leaf, const struct bc_event *e, uint64_t index,
                             const struct bc_hash *commitment,
                             const unsigned char salt[BC_SALT_BYTES])
{
    /* No payload begins so: the blind is no commitment. Salts leave the store only in evidence
     * about their own subject. */
    static const unsigned char blind_purpose = 'b';
    const struct bc_leaf_entry entry = {.index = index, .commitment = *commitment};
    const struct bc_ending *ending = &e->u.ending;
    uint64_t enroll = e->u.attempt.enroll;
    struct bc_hash blind;
    struct bc_leaf own, next = *leaf;
    enum bc_result r = BC_OK;

    bc_leaf_for_event(e, &own);
    if (e->type == BC_EVENT_ERASE || own.kind != leaf->kind || own.uid != leaf->uid ||
        strcmp(own.name, leaf->name) != 0)
        return BC_ERR_INVALID;
    switch (e->type) {
    case BC_EVENT_NOTICE:
    case BC_EVENT_GRANT:
        if (e->type == BC_EVENT_NOTICE && !e->u.notice.keeps_prior) {
            memset(next.active, 0, sizeof next.active);
            next.active_count = 0;
        }
        r = add_entry(next.active, &next.active_count, BC_ACTIVE_MAX, &entry);
        break;
    case BC_EVENT_ENROLL:
        r = add_entry(next.templates, &next.template_count, BC_TEMPLATES_MAX, &entry);
        break;
    case BC_EVENT_DELETE:
        if (find_entry(next.templates, next.template_count, enroll) == next.template_count)
            r = BC_ERR_NOT_FOUND;
        else if (bc_event_deletes(e, enroll))
            (void)remove_entry(next.templates, &next.template_count, enroll);
        break;
    default:
        for (size_t i = 0; i < ending->grant_count; i++)
            if (!remove_entry(next.active, &next.active_count, ending->grants[i]))
                return BC_ERR_NOT_FOUND;
        /* The purpose may end where no consent is left; how the last consent ended then stays as
         * it was. */
        if (ending->grant_count || e->type != BC_EVENT_PURPOSE_ENDED) {
            next.ended = bc_event_ended(e);
            next.ending = entry;
        }
    }
    if (r != BC_OK)
        return r;
    bc_event_commit(salt, &blind_purpose, 1, &blind);
    memcpy(next.blind, blind.b, BC_LEAF_BLIND_BYTES);
    *leaf = next;
    return BC_OK;
}
