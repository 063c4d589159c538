/* SPDX-License-Identifier: BSD-2-Clause */

/* The configuration and the trusted keys. The oracle reads the accepted text by itself: nothing in
 * it may be unknown or said twice, and what comes out must be usable. */

#include <sodium.h>

#include "consent/config.h"
#include "fuzz.h"

static const char *const known[] = {
    "store.path",      "store.origin",         "store.trusted-keys",
    "key.signing-key", "state.path",           "state.spool",
    "gate.max-age",    "gate.clock-allowance", "gate.required-consent",
    "gate.given-by"};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(sodium_init() >= 0);
    return 0;
}

/* Takes what inih takes for a name or a section off a line, without the spaces around it. */
static void trim(const char *from, size_t len, char *out, size_t cap)
{
    while (len && strchr(" \t\r\v\f", from[0])) {
        from++;
        len--;
    }
    while (len && strchr(" \t\r\v\f", from[len - 1]))
        len--;
    must(len < cap);
    memcpy(out, from, len);
    out[len] = '\0';
}

static void see(const char *section, const char *name, unsigned *seen)
{
    char full[600];

    (void)snprintf(full, sizeof full, "%s.%s", section, name);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], full) == 0) {
            must(!(*seen & (1U << i)));
            *seen |= 1U << i;
            return;
        }
    must(0 && "nobody knows this key");
}

static void read_again(const char *text)
{
    char section[256] = "", line[512], name[256];
    unsigned seen = 0;

    while (*text) {
        size_t len = strcspn(text, "\n");
        trim(text, len, line, sizeof line);
        text += len + (text[len] != '\0');
        if (line[0] == '\0' || line[0] == ';' || line[0] == '#')
            continue;
        if (line[0] == '[') {
            must(strchr(line, ']') != NULL);
            trim(line + 1, strcspn(line + 1, "]"), section, sizeof section);
            continue;
        }
        trim(line, strcspn(line, "=:"), name, sizeof name);
        see(section, name, &seen);
    }
}

static void usable(const struct bc_config *p)
{
    const char *paths[] = {p->store_path, p->trusted_keys_path, p->signing_key_path, p->state_path,
                           p->spool_path};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        must(paths[i][0] == '/' && strlen(paths[i]) < PATH_MAX);
    must(bc_note_key_name_valid(p->origin));
    must(p->max_age >= 0 && p->clock_allowance >= 0);
    must((unsigned)p->required_kind < BC_KINDS);
    must(p->givers != 0 && p->givers < 1U << BC_GIVEN_BYS);
}

static void keys(const char *text, size_t size)
{
    static struct bc_config config;
    struct bc_ini_file_error err;

    memset(&config, 0, sizeof config);
    if (bc_config_parse_keys("k", text, size, &config, &err) != BC_OK)
        return;
    must(config.key_count >= 1 && config.key_count <= BC_TRUSTED_KEYS_MAX);
    for (size_t i = 0; i < config.key_count; i++) {
        char vkey[BC_VKEY_MAX];
        bc_note_vkey_format(&config.keys[i], vkey);
        must(strstr(text, vkey) != NULL);
        for (size_t j = 0; j < i; j++)
            must(memcmp(&config.keys[i].pk, &config.keys[j].pk, BC_ED25519_BYTES) != 0 ||
                 strcmp(config.keys[i].name, config.keys[j].name) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bc_config config;
    struct bc_ini_file_error err;
    char *text = malloc(size + 1);

    must(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    if (bc_config_parse("c", text, size, &config, &err) == BC_OK) {
        must(strlen(text) == size);
        usable(&config);
        read_again(text);
    }
    keys(text, size);
    free(text);
    return 0;
}
