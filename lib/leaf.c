/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaf.h"

#include <string.h>

#define LEAF_VERSION 1

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

void bc_leaf_for_event(const struct bc_event *e, struct bc_leaf *out)
{
    if (e->type == BC_EVENT_NOTICE)
        bc_leaf_for_notice(e->u.notice.id, out);
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
    at = put_number(at, leaf->live_count, 1);
    for (size_t i = 0; i < leaf->live_count; i++)
        at = put_entry(at, &leaf->live[i]);
    *at++ = (unsigned char)leaf->ended;
    if (leaf->ended)
        at = put_entry(at, &leaf->ending);
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

static int leaf_valid(const struct bc_leaf *l)
{
    int known = l->kind == BC_LEAF_ACCOUNT || l->kind == BC_LEAF_EXTERNAL ||
                l->kind == BC_LEAF_NOTICE;
    int name_ok = l->kind == BC_LEAF_NOTICE ? bc_word_valid(l->name)
                                            : bc_subject_name_valid(l->name);

    return known && name_ok && (l->kind == BC_LEAF_ACCOUNT || l->uid == 0) &&
           (l->ended == 0 || l->ended == 'w' || l->ended == 'r');
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
    l.live_count = (size_t)get_number(&in, 1);
    if (in.failed || l.live_count > BC_LIVE_MAX)
        return BC_ERR_CORRUPT;
    for (size_t i = 0; i < l.live_count; i++)
        get_entry(&in, &l.live[i]);
    l.ended = (char)get_number(&in, 1);
    if (l.ended)
        get_entry(&in, &l.ending);
    if (in.failed || in.left != 0 || !leaf_valid(&l))
        return BC_ERR_CORRUPT;
    *out = l;
    return BC_OK;
}

static enum bc_result add_live(struct bc_leaf *leaf, const struct bc_leaf_entry *e)
{
    if (leaf->live_count == BC_LIVE_MAX)
        return BC_ERR_TOO_LARGE;
    leaf->live[leaf->live_count++] = *e;
    return BC_OK;
}

static int remove_live(struct bc_leaf *leaf, uint64_t index)
{
    for (size_t i = 0; i < leaf->live_count; i++)
        if (leaf->live[i].index == index) {
            memmove(&leaf->live[i], &leaf->live[i + 1],
                    (leaf->live_count - i - 1) * sizeof leaf->live[0]);
            memset(&leaf->live[--leaf->live_count], 0, sizeof leaf->live[0]);
            return 1;
        }
    return 0;
}

static enum bc_result end_grants(struct bc_leaf *leaf, const struct bc_event *e,
                                 const struct bc_leaf_entry *entry)
{
    struct bc_leaf copy = *leaf;

    for (size_t i = 0; i < e->u.ending.grant_count; i++)
        if (!remove_live(&copy, e->u.ending.grants[i]))
            return BC_ERR_NOT_FOUND;
    copy.ended = e->type == BC_EVENT_WITHDRAW ? 'w' : 'r';
    copy.ending = *entry;
    *leaf = copy;
    return BC_OK;
}

enum bc_result bc_leaf_apply(struct bc_leaf *leaf, const struct bc_event *e, uint64_t index,
                             const struct bc_hash *commitment)
{
    struct bc_leaf_entry entry = {.index = index, .commitment = *commitment};
    struct bc_leaf own;

    bc_leaf_for_event(e, &own);
    if (own.kind != leaf->kind || own.uid != leaf->uid || strcmp(own.name, leaf->name) != 0)
        return BC_ERR_INVALID;
    if (e->type == BC_EVENT_NOTICE && !e->u.notice.keeps_older) {
        memset(leaf->live, 0, sizeof leaf->live);
        leaf->live_count = 0;
    }
    if (e->type == BC_EVENT_NOTICE || e->type == BC_EVENT_GRANT)
        return add_live(leaf, &entry);
    return end_grants(leaf, e, &entry);
}
