/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Records that a template exists, with whatever identifiers: also those that no verb
 * would take.
 *
 * usage: record-template USER PROVIDER MODALITY [NAME=VALUE ...]
 */

#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "consent/identifiers.h"
#include "proof/key-file.h"
#include "store/transaction.h"

static struct bc_config config;
static struct bc_event event;

static int fail(const char *what)
{
    (void)fprintf(stderr, "record-template: %s\n", what);
    return 1;
}

static int fill(int argc, char **argv)
{
    struct bc_enrollment *e = &event.u.enrollment;
    const struct passwd *pw = getpwnam(argv[1]);

    event.type = BC_EVENT_ENROLL;
    if (!pw || bc_vocabulary_value(BC_VOCABULARY_MODALITY, argv[3]) < 0)
        return 0;
    e->subject.uid = pw->pw_uid;
    e->modality = (enum bc_modality)bc_vocabulary_value(BC_VOCABULARY_MODALITY, argv[3]);
    (void)snprintf(e->subject.name, sizeof e->subject.name, "%s", argv[1]);
    (void)snprintf(e->provider, sizeof e->provider, "%s", argv[2]);
    (void)snprintf(e->recorded_by, sizeof e->recorded_by, "a test");
    for (int i = 4; i < argc; i++) {
        char *eq = strchr(argv[i], '=');
        if (!eq)
            return 0;
        *eq = '\0';
        if (!bc_identifiers_add(&e->identifiers, argv[i], eq + 1))
            return 0;
    }
    return 1;
}

/* The newest of the subject's consents is the one it rests on. */
static int find_grant(struct bc_transaction *l)
{
    struct bc_leaf leaf;

    bc_leaf_for_subject(&event.u.enrollment.subject, &leaf);
    if (bc_transaction_leaf(l, &leaf, NULL) != BC_OK || leaf.active_count == 0)
        return 0;
    event.u.enrollment.grant = leaf.active[leaf.active_count - 1].index;
    return 1;
}

static int record(const struct bc_skey *key, uid_t owner, gid_t group)
{
    struct bc_store_options options = {.folder = config.store_path,
                                       .owner = owner,
                                       .group = group,
                                       .wait_ms = BC_STORE_WRITER_WAIT_MS};
    struct bc_where where = {""};
    struct bc_transaction *ledger;
    uint64_t index = 0;
    int state = -1, seen;
    enum bc_result r = bc_file_open_folder(config.state_path, owner, 0, &state, &where);

    if (r == BC_OK)
        r = bc_transaction_open(&options, &config, state, (int64_t)time(NULL), &ledger, &where);
    if (r != BC_OK)
        return fail(bc_result_text(r));
    if (!find_grant(ledger))
        return fail("there is no consent");
    r = bc_transaction_append(ledger, &event, &index);
    if (r == BC_OK)
        r = bc_transaction_commit(ledger, key, &seen);
    bc_transaction_close(ledger);
    (void)close(state);
    if (r != BC_OK)
        return fail(bc_result_text(r));
    (void)printf("%llu\n", (unsigned long long)index);
    return 0;
}

int main(int argc, char **argv)
{
    const struct passwd *owner;
    struct bc_ini_file_error err;
    struct bc_where where;
    struct bc_skey key;
    char *text;
    size_t len;
    int code;

    if (sodium_init() < 0 || argc < 4 || !fill(argc, argv))
        return fail("usage: record-template USER PROVIDER MODALITY [NAME=VALUE ...]");
    owner = getpwnam("bioconsent");
    if (!owner)
        return fail("there is no user bioconsent");
    if (bc_config_load("/etc/bioconsent/bioconsent.conf", owner->pw_uid, &config, &err) != BC_OK)
        return fail(err.what);
    if (bc_file_read(config.signing_key_path, 0, 077, 4096, &text, &len, &where) != BC_OK ||
        bc_key_file_parse(text, len, NULL, &key) != BC_OK)
        return fail("the key could not be read");
    code = record(&key, owner->pw_uid, owner->pw_gid);
    bc_note_skey_wipe(&key);
    free(text);
    return code;
}
