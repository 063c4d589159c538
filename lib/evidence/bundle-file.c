/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence/bundle.h"

#include <stdlib.h>

static enum bc_result write_form(const struct bc_bundle *b, char **json, size_t *len,
                                 struct bc_bundle_error *err)
{
    enum bc_result r = bc_bundle_encode(b, json, len);

    if (r != BC_OK)
        (void)bc_bundle_fail(err, r, "the evidence: %s", bc_result_text(r));
    return r;
}

enum bc_result bc_bundle_write(struct bc_bundle *b, const struct bc_vkey *keys, size_t key_count,
                               int64_t now, char **json, size_t *len, struct bc_bundle_error *err)
{
    size_t signer;
    enum bc_result r = bc_bundle_check(b, keys, key_count, now, &signer, err);

    return r == BC_OK ? write_form(b, json, len, err) : r;
}

static enum bc_result compare_with_form(const struct bc_bundle *b, const char *json, size_t len,
                                        struct bc_bundle_error *err)
{
    char *again;
    size_t again_len, i = 0;
    enum bc_result r = write_form(b, &again, &again_len, err);

    if (r != BC_OK)
        return r;
    while (i < len && i < again_len && json[i] == again[i])
        i++;
    free(again);
    if (i == len && i == again_len)
        return BC_OK;
    return bc_bundle_fail(err, BC_ERR_CORRUPT,
                          "byte %zu is not what follows from the events: the form was changed", i);
}

enum bc_result bc_bundle_open(const char *json, size_t len, const struct bc_vkey *keys,
                              size_t key_count, int64_t now, struct bc_bundle **out, size_t *signer,
                              struct bc_bundle_error *err)
{
    struct bc_bundle *b;
    enum bc_result r = bc_bundle_decode(json, len, &b, err);

    if (r != BC_OK)
        return r;
    r = bc_bundle_check(b, keys, key_count, now, signer, err);
    if (r == BC_OK)
        r = compare_with_form(b, json, len, err);
    if (r == BC_OK)
        *out = b;
    else
        bc_bundle_free(b);
    return r;
}
