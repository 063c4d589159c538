/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Makes a store with a past: reads events as lines of JSON from standard input, and signs each at
 * the time that it names.
 *
 * usage: record-events TIME <EVENTS
 *
 * Creates the store of bioconsent.conf, signed at TIME, which must not exist. The texts of notices
 * are left out.
 */

#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proof/key-file.h"
#include "store/transaction.h"

static struct bc_config config;
static struct bc_skey key;
static struct bc_event event;
static char line[BC_EVENT_MAX + 2];

static int fail(const char *what, unsigned long number)
{
    (void)fprintf(stderr, "record-events: line %lu: %s\n", number, what);
    return 1;
}

static enum bc_result append(const struct bc_store_options *options, int state)
{
    struct bc_where where = {""};
    struct bc_transaction *ledger = NULL;
    enum bc_result r;
    int seen;

    if (bc_transaction_open(options, &config, state, event.time, &ledger, &where) != BC_OK)
        return BC_ERR_CORRUPT;
    r = bc_transaction_append(ledger, &event, NULL);
    if (r == BC_OK)
        r = bc_transaction_commit(ledger, &key, &seen);
    bc_transaction_close(ledger);
    return r;
}

static int read_settings(uid_t owner)
{
    struct bc_ini_file_error err;
    struct bc_where where;
    char *text;
    size_t len;
    int good;

    if (bc_config_load("/etc/bioconsent/bioconsent.conf", owner, &config, &err) != BC_OK ||
        bc_file_read(config.signing_key_path, 0, 077, 4096, &text, &len, &where) != BC_OK)
        return 0;
    good = bc_key_file_parse(text, len, NULL, &key) == BC_OK;
    free(text);
    return good;
}

int main(int argc, char **argv)
{
    const struct passwd *owner = getpwnam("bioconsent");
    struct bc_store_options options = {.wait_ms = BC_STORE_WRITER_WAIT_MS};
    struct bc_where where = {""};
    unsigned long number = 0;
    enum bc_result r;
    int state = -1;

    if (sodium_init() < 0 || argc != 2 || !owner || !read_settings(owner->pw_uid))
        return fail("usage: record-events TIME, as root, after bioconsent init", 0);
    options.folder = config.store_path;
    options.owner = owner->pw_uid;
    options.group = owner->pw_gid;
    r = bc_file_open_folder(config.state_path, owner->pw_uid, 0, &state, &where);
    if (r == BC_OK)
        r = bc_transaction_create(&options, &config, &key, state, strtoll(argv[1], NULL, 10),
                                  &where);
    while (r == BC_OK && fgets(line, sizeof line, stdin)) {
        number++;
        r = bc_event_decode(line, strcspn(line, "\n"), &event);
        if (r == BC_OK)
            r = append(&options, state);
    }
    bc_note_skey_wipe(&key);
    return r == BC_OK ? 0 : fail(bc_result_text(r), number);
}
