/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/leaf.h"

#include <string.h>

#define LEAF_VERSION 2

void bc_leaf_for_subject(const struct bc_subject *s, struct bc_leaf *out)
{
    memset(out, 0, sizeof *out);
    out->kind = s->external ? BC_LEAF_EXTERNAL : BC_LEAF_ACCOUNT;
    out->uid = s->external ? 0 : s->uid;
    memcpy(out->name, s->name, sizeof out->name);
}

void bc_leaf_for_notice(const char *id, struct bc_leaf *out)
{
    memset(out, 0, sizeof *out);
    out->kind = BC_LEAF_NOTICE;
    memcpy(out->name, id, strnlen(id, BC_WORD_MAX));
}

void bc_leaf_vacant(struct bc_leaf *out)
{
    memset(out, 0, sizeof *out);
    out->kind = BC_LEAF_VACANT;
}

void bc_leaf_subject(const struct bc_leaf *leaf, struct bc_subject *out)
{
    memset(out, 0, sizeof *out);
    out->external = leaf->kind == BC_LEAF_EXTERNAL;
    out->uid = leaf->uid;
    memcpy(out->name, leaf->name, sizeof out->name);
}

void bc_leaf_for_event(const struct bc_event *e, struct bc_leaf *out)
{
    if (e->type == BC_EVENT_NOTICE)
        bc_leaf_for_notice(e->u.notice.id, out);
    else if (e->type == BC_EVENT_ERASE)
        bc_leaf_vacant(out);
    else
        bc_leaf_for_subject(bc_event_subject(e), out);
}

static unsigned char *put_number(unsigned char *at, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
    return at + bytes;
}

static unsigned char *put_bytes(unsigned char *at, const void *data, size_t len)
{
    memcpy(at, data, len);
    return at + len;
}

size_t bc_leaf_key(const struct bc_leaf *leaf, unsigned char out[BC_LEAF_KEY_MAX])
{
    unsigned char *at = out;

    *at++ = (unsigned char)leaf->kind;
    at = put_bytes(at, leaf->name, strlen(leaf->name));
    *at++ = 0;
    if (leaf->kind == BC_LEAF_ACCOUNT)
        at = put_number(at, leaf->uid, 4);
    return (size_t)(at - out);
}

size_t bc_leaf_head(const unsigned char *key, size_t key_len, unsigned char out[BC_LEAF_HEAD_MAX])
{
    unsigned char *at = out;
    size_t uid = key_len && key[0] == BC_LEAF_ACCOUNT ? 4 : 0;
    size_t name_len = key_len > 2 + uid ? key_len - 2 - uid : 0;

    if (name_len == 0 || name_len > BC_SUBJECT_MAX || key[1 + name_len] != 0)
        return 0;
    *at++ = LEAF_VERSION;
    *at++ = key[0];
    memset(at, 0, 4);
    at = put_bytes(at, key + 2 + name_len, uid) + (4 - uid);
    at = put_number(at, name_len, 1);
    at = put_bytes(at, key + 1, name_len);
    return (size_t)(at - out);
}

static unsigned char *put_entry(unsigned char *at, const struct bc_leaf_entry *e)
{
    at = put_number(at, e->index, 8);
    return put_bytes(at, e->commitment.b, BC_HASH_BYTES);
}

size_t bc_leaf_encode(const struct bc_leaf *leaf, unsigned char out[BC_LEAF_MAX])
{
    unsigned char *at = out;
    size_t name_len = strlen(leaf->name);

    *at++ = LEAF_VERSION;
    *at++ = (unsigned char)leaf->kind;
    at = put_number(at, leaf->uid, 4);
    at = put_number(at, name_len, 1);
    at = put_bytes(at, leaf->name, name_len);
    at = put_bytes(at, leaf->blind, sizeof leaf->blind);
    at = put_number(at, leaf->active_count, 1);
    for (size_t i = 0; i < leaf->active_count; i++)
        at = put_entry(at, &leaf->active[i]);
    *at++ = (unsigned char)leaf->ended;
    if (leaf->ended)
        at = put_entry(at, &leaf->ending);
    if (leaf->template_count)
        at = put_number(at, leaf->template_count, 1);
    for (size_t i = 0; i < leaf->template_count; i++)
        at = put_entry(at, &leaf->templates[i]);
    return (size_t)(at - out);
}

struct cursor {
    const unsigned char *at;
    size_t left;
    int failed;
};

static void get_bytes(struct cursor *in, void *out, size_t len)
{
    if (in->failed || in->left < len) {
        in->failed = 1;
        return;
    }
    memcpy(out, in->at, len);
    in->at += len;
    in->left -= len;
}

static uint64_t get_number(struct cursor *in, unsigned bytes)
{
    unsigned char b[8] = {0};
    uint64_t v = 0;

    get_bytes(in, b, bytes);
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | b[i];
    return v;
}

static void get_entry(struct cursor *in, struct bc_leaf_entry *e)
{
    e->index = get_number(in, 8);
    get_bytes(in, e->commitment.b, BC_HASH_BYTES);
}

/* Written only where there are any. */
static void get_templates(struct cursor *in, struct bc_leaf *l)
{
    if (in->left == 0)
        return;
    l->template_count = (size_t)get_number(in, 1);
    if (l->template_count == 0 || l->template_count > BC_TEMPLATES_MAX)
        in->failed = 1;
    for (size_t i = 0; i < l->template_count && !in->failed; i++)
        get_entry(in, &l->templates[i]);
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
    struct cursor in = {data, len, 0};
    struct bc_leaf l = {.kind = BC_LEAF_ACCOUNT};

    if (get_number(&in, 1) != LEAF_VERSION)
        return BC_ERR_CORRUPT;
    l.kind = (enum bc_leaf_kind)get_number(&in, 1);
    l.uid = (uint32_t)get_number(&in, 4);
    get_bytes(&in, l.name, (size_t)get_number(&in, 1));
    get_bytes(&in, l.blind, sizeof l.blind);
    l.active_count = (size_t)get_number(&in, 1);
    if (in.failed || l.active_count > BC_ACTIVE_MAX)
        return BC_ERR_CORRUPT;
    for (size_t i = 0; i < l.active_count; i++)
        get_entry(&in, &l.active[i]);
    l.ended = (char)get_number(&in, 1);
    if (l.ended)
        get_entry(&in, &l.ending);
    get_templates(&in, &l);
    if (in.failed || in.left != 0 || !leaf_valid(&l))
        return BC_ERR_CORRUPT;
    *out = l;
    return BC_OK;
}

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

static enum bc_result end_grants(struct bc_leaf *leaf, const struct bc_event *e,
                                 const struct bc_leaf_entry *entry)
{
    struct bc_leaf copy = *leaf;

    for (size_t i = 0; i < e->u.ending.grant_count; i++)
        if (!remove_entry(copy.active, &copy.active_count, e->u.ending.grants[i]))
            return BC_ERR_NOT_FOUND;
    /* A purpose may end that nobody consents to any more; how consent ended stays as it was. */
    if (e->u.ending.grant_count || e->type != BC_EVENT_PURPOSE_ENDED) {
        copy.ended = e->type == BC_EVENT_WITHDRAW ? 'w' : e->type == BC_EVENT_REVOKE ? 'r' : 'p';
        copy.ending = *entry;
    }
    *leaf = copy;
    return BC_OK;
}

static enum bc_result note_attempt(struct bc_leaf *leaf, const struct bc_attempt *a)
{
    if (find_entry(leaf->templates, leaf->template_count, a->enroll) == leaf->template_count)
        return BC_ERR_NOT_FOUND;
    if (a->state == BC_DELETION_CONFIRMED || a->state == BC_DELETION_SERVICE_ENDED)
        (void)remove_entry(leaf->templates, &leaf->template_count, a->enroll);
    return BC_OK;
}

static enum bc_result apply(struct bc_leaf *leaf, const struct bc_event *e,
                            const struct bc_leaf_entry *entry)
{
    switch (e->type) {
    case BC_EVENT_NOTICE:
        if (!e->u.notice.keeps_prior) {
            memset(leaf->active, 0, sizeof leaf->active);
            leaf->active_count = 0;
        }
        return add_entry(leaf->active, &leaf->active_count, BC_ACTIVE_MAX, entry);
    case BC_EVENT_GRANT:
        return add_entry(leaf->active, &leaf->active_count, BC_ACTIVE_MAX, entry);
    case BC_EVENT_ENROLL:
        return add_entry(leaf->templates, &leaf->template_count, BC_TEMPLATES_MAX, entry);
    case BC_EVENT_DELETE:
        return note_attempt(leaf, &e->u.attempt);
    default:
        return end_grants(leaf, e, entry);
    }
}

/* Salts never leave the store but in evidence about their own subject. */
static void make_blind(const unsigned char salt[BC_SALT_BYTES],
                       unsigned char blind[BC_LEAF_BLIND_BYTES])
{
    static const unsigned char purpose = 'b'; /* no payload begins so: this is no commitment */
    struct bc_hash h;

    bc_event_commit(salt, &purpose, 1, &h);
    memcpy(blind, h.b, BC_LEAF_BLIND_BYTES);
}

enum bc_result bc_leaf_apply(struct bc_leaf *leaf, const struct bc_event *e, uint64_t index,
                             const struct bc_hash *commitment,
                             const unsigned char salt[BC_SALT_BYTES])
{
    struct bc_leaf_entry entry = {.index = index, .commitment = *commitment};
    struct bc_leaf own;
    enum bc_result r;

    bc_leaf_for_event(e, &own);
    if (e->type == BC_EVENT_ERASE || own.kind != leaf->kind || own.uid != leaf->uid ||
        strcmp(own.name, leaf->name) != 0)
        return BC_ERR_INVALID;
    r = apply(leaf, e, &entry);
    if (r == BC_OK)
        make_blind(salt, leaf->blind);
    return r;
}
