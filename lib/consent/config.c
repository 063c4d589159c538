/* SPDX-License-Identifier: BSD-2-Clause */
#include "consent/config.h"

#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/datetime.h"

enum setting_kind { PATH, ORIGIN, DURATION, KIND, GIVERS };

static const struct setting {
    const char *section;
    const char *key;
    enum setting_kind kind;
    size_t offset;
    const char *fallback; /* NULL: required */
} settings[] = {
    {"store", "path", PATH, offsetof(struct bc_config, store_path), NULL},
    {"store", "origin", ORIGIN, offsetof(struct bc_config, origin), NULL},
    {"store", "trusted-keys", PATH, offsetof(struct bc_config, trusted_keys_path), NULL},
    {"key", "signing-key", PATH, offsetof(struct bc_config, signing_key_path),
     BC_SYSCONF_DIR "/signing.key"},
    {"state", "path", PATH, offsetof(struct bc_config, state_path), BC_STATE_DIR "/state"},
    {"state", "spool", PATH, offsetof(struct bc_config, spool_path), BC_STATE_DIR "/spool"},
    {"state", "receipts", PATH, offsetof(struct bc_config, receipts_path),
     BC_STATE_DIR "/receipts"},
    {"state", "notices", PATH, offsetof(struct bc_config, notices_path), BC_STATE_DIR "/notices"},
    {"gate", "max-age", DURATION, offsetof(struct bc_config, max_age), "0"},
    {"gate", "clock-allowance", DURATION, offsetof(struct bc_config, clock_allowance), "5m"},
    {"gate", "required-consent", KIND, offsetof(struct bc_config, required_kind), "affirmative"},
    {"gate", "given-by", GIVERS, offsetof(struct bc_config, givers),
     "self representative guardian"},
};

#define SETTINGS (sizeof settings / sizeof settings[0])

static const char *const sections[] = {"store", "key", "state", "gate", NULL};

static int set_value(struct bc_config *c, const struct setting *s, const char *value)
{
    void *field = (char *)c + s->offset;
    size_t len = strlen(value);

    switch (s->kind) {
    case PATH:
        if (value[0] != '/' || len == 1 || len >= PATH_MAX - 64)
            return 0;
        memcpy(field, value, len + 1);
        return 1;
    case ORIGIN:
        if (!bc_note_key_name_valid(value))
            return 0;
        memcpy(field, value, len + 1);
        return 1;
    case DURATION:
        return bc_datetime_parse_duration(value, len, field) == BC_OK;
    case KIND:
        return bc_vocabulary_parse(BC_VOCABULARY_KIND, value, field);
    default:
        return bc_ini_file_parse_set(value, BC_VOCABULARY_GIVEN_BY, field);
    }
}

enum bc_result bc_config_parse(const char *path, const char *text, size_t len,
                               struct bc_config *out, struct bc_ini_file_error *err)
{
    struct bc_config c;
    const char *fault = NULL;
    unsigned given = 0; /* bits of settings */
    struct bc_ini_file file;
    enum bc_result r = bc_ini_file_open(path, text, len, sections, &file, err);

    if (r != BC_OK)
        return r;
    memset(&c, 0, sizeof c);
    while (!fault && bc_ini_file_next(&file)) {
        size_t i = 0;
        while (i < SETTINGS && (strcmp(settings[i].section, file.section) != 0 ||
                                strcmp(settings[i].key, file.key) != 0))
            i++;
        if (i == SETTINGS)
            fault = "unknown setting";
        else if (!set_value(&c, &settings[i], file.value))
            fault = "not a value for it";
        else
            given |= 1U << i;
    }
    r = bc_ini_file_close(&file, path, fault, err);
    for (size_t i = 0; i < SETTINGS && r == BC_OK; i++) {
        if (given & (1U << i))
            continue;
        if (!settings[i].fallback)
            r = bc_ini_file_fail(err, path, 0, "missing setting", settings[i].key);
        else if (!set_value(&c, &settings[i], settings[i].fallback))
            r = bc_ini_file_fail(err, path, 0, "no default for", settings[i].key);
    }
    if (r == BC_OK)
        *out = c;
    return r;
}

/* ---- trusted keys ---- */

static const char *add_key(struct bc_config *c, const char *line, size_t len)
{
    char text[BC_VKEY_MAX];
    struct bc_vkey key;

    if (len == 0 || line[0] == '#')
        return NULL;
    if (len >= sizeof text || memchr(line, '\0', len))
        return "not a verifier key";
    memcpy(text, line, len);
    text[len] = '\0';
    if (bc_note_vkey_parse(text, BC_KEY_NOTE, &key) != BC_OK)
        return "not a verifier key";
    for (size_t i = 0; i < c->key_count; i++)
        if (sodium_memcmp(c->keys[i].pk, key.pk, BC_ED25519_BYTES) == 0)
            return "the same key twice";
    if (c->key_count == BC_TRUSTED_KEYS_MAX)
        return "too many keys";
    c->keys[c->key_count++] = key;
    return NULL;
}

enum bc_result bc_config_parse_keys(const char *path, const char *text, size_t len,
                                    struct bc_config *out, struct bc_ini_file_error *err)
{
    struct bc_config keys = {.key_count = 0};
    const char *end = text + len;
    int line = 1;

    for (const char *at = text; at < end; line++) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        size_t n = nl ? (size_t)(nl - at) : (size_t)(end - at);
        const char *fault = add_key(&keys, at, n);
        if (fault)
            return bc_ini_file_fail(err, path, line, fault, "");
        at += n + 1;
    }
    if (keys.key_count == 0)
        return bc_ini_file_fail(err, path, 0, "holds no key", "");
    memcpy(out->keys, keys.keys, sizeof out->keys);
    out->key_count = keys.key_count;
    return BC_OK;
}

enum bc_result bc_config_load(const char *path, uid_t owner, struct bc_config *out,
                              struct bc_ini_file_error *err)
{
    struct bc_config c;
    char *text = NULL, *keys = NULL;
    size_t len;
    enum bc_result r = bc_ini_file_load(path, owner, &text, &len, err);

    if (r == BC_OK)
        r = bc_config_parse(path, text, len, &c, err);
    if (r == BC_OK)
        r = bc_ini_file_load(c.trusted_keys_path, owner, &keys, &len, err);
    if (r == BC_OK)
        r = bc_config_parse_keys(c.trusted_keys_path, keys, len, &c, err);
    if (r == BC_OK)
        *out = c;
    free(text);
    free(keys);
    return r;
}
