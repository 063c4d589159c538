/* SPDX-License-Identifier: BSD-2-Clause */

/* The two folders of files that people read: receipts and current notices. */

#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "base/file.h"
#include "client/protocol.h"
#include "store/notice-folder.h"
#include "store/receipt.h"

#define UID 4242

static char path[] = "/tmp/bioconsent-folders.XXXXXX";
static int folder;

static int make_folder(void **state)
{
    (void)state;
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    folder = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return folder < 0;
}

static int remove_folder(void **state)
{
    char command[100];

    (void)state;
    (void)close(folder);
    (void)snprintf(command, sizeof command, "rm -rf %s", path);
    return system(command) != 0;
}

static void make(const char *name, const char *text)
{
    assert_int_equal(bc_file_write(folder, name, text, strlen(text), 0644, (uid_t)-1, (gid_t)-1),
                     BC_OK);
}

/* ---- receipts ---- */

static struct bc_leaf leaf_with(uint64_t grant, uint64_t ending)
{
    struct bc_leaf leaf = {.uid = UID};

    if (grant) {
        leaf.active_count = 1;
        leaf.active[0].index = grant;
    }
    if (ending) {
        leaf.ended = 'w';
        leaf.ending.index = ending;
    }
    return leaf;
}

#define ZEROS "00000000000000000000000000000000"

static void receipt_write_makes_a_file_for_its_owner_alone(void **state)
{
    char first[BC_RECEIPT_NAME_BYTES] = "", second[BC_RECEIPT_NAME_BYTES] = "";
    char *data;
    struct stat st;
    size_t len;
    int fd;

    (void)state;
    assert_int_equal(bc_receipt_write(folder, UID, 7, "{}\n", 3, first), BC_OK);
    assert_int_equal(bc_receipt_write(folder, UID, 7, "{}\n", 3, second), BC_OK);
    assert_int_equal(strncmp(first, "4242-7-", 7), 0);
    assert_int_equal(strlen(first), strlen("4242-7-" ZEROS ".json"));
    assert_string_not_equal(first, second);
    assert_int_equal(fstatat(folder, first, &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0400);
    assert_int_equal(st.st_uid, geteuid() == 0 ? UID : geteuid());
    fd = openat(folder, first, O_RDONLY | O_CLOEXEC);
    assert_int_equal(bc_file_read_open(fd, 100, &data, &len), BC_OK);
    assert_string_equal(data, "{}\n");
    free(data);
    (void)close(fd);
}

static void receipt_write_without_folder_fails_and_sets_no_name(void **state)
{
    char name[BC_RECEIPT_NAME_BYTES] = "unset";

    (void)state;
    assert_int_equal(bc_receipt_write(-1, UID, 7, "{}\n", 3, name), BC_ERR_IO);
    assert_string_equal(name, "unset");
}

static void receipt_newest_compares_events_as_numbers(void **state)
{
    const struct bc_leaf leaf = leaf_with(2, 0);
    char name[BC_RECEIPT_NAME_BYTES];

    (void)state;
    make("4242-9-" ZEROS ".json", "");
    make("4242-10-" ZEROS ".json", "");
    make("42421-11-" ZEROS ".json", "");
    make("04242-12-" ZEROS ".json", "");
    make("4242-13-" ZEROS ".json.new", "");
    make("4242-14-0000.json", "");
    make("4242-0015-" ZEROS ".json", "");
    assert_int_equal(bc_receipt_newest(folder, &leaf, name), BC_OK);
    assert_string_equal(name, "4242-10-" ZEROS ".json");
}

static void receipt_newest_passes_over_a_former_owner(void **state)
{
    const struct bc_leaf nobody = leaf_with(0, 0), later = leaf_with(11, 0),
                         both = leaf_with(11, 9);
    char name[BC_RECEIPT_NAME_BYTES];

    (void)state;
    make("4242-10-" ZEROS ".json", "");
    assert_int_equal(bc_receipt_newest(folder, &nobody, name), BC_ERR_NOT_FOUND);
    assert_int_equal(bc_receipt_newest(folder, &later, name), BC_ERR_NOT_FOUND);
    assert_int_equal(bc_receipt_newest(folder, &both, name), BC_OK);
}

static void receipt_remove_takes_those_of_one_uid(void **state)
{
    struct stat st;

    (void)state;
    make("4242-1-" ZEROS ".json", "");
    make("4242-2-" ZEROS ".json", "");
    make("4243-3-" ZEROS ".json", "");
    assert_int_equal(bc_receipt_remove(folder, UID), BC_OK);
    assert_int_not_equal(fstatat(folder, "4242-1-" ZEROS ".json", &st, 0), 0);
    assert_int_not_equal(fstatat(folder, "4242-2-" ZEROS ".json", &st, 0), 0);
    assert_int_equal(fstatat(folder, "4243-3-" ZEROS ".json", &st, 0), 0);
}

/* ---- notices ---- */

/* Puts a notice there, under its own name or one that lies. */
static void post(uint64_t event, const char *id, const char *modality, const char *named, char *out)
{
    char text[1000], name[BC_NOTICE_NAME_BYTES], hex[2 * BC_HASH_BYTES + 1];
    struct bc_hash hash;

    (void)snprintf(text, sizeof text,
                   "bioconsent-notice/1\nid: %s\nversion: %u\nlanguage: en\nkind: written-release\n"
                   "modalities: %s\noperations: authenticate\nproviders: fprintd\npurposes: login\n"
                   "controller: Example\nservice_provider: fprintd\nbiometric_data: a template\n"
                   "purpose: to sign you in\nretention: 3 years\ndisclosure: nobody\n"
                   "release: I agree.\n\n{controller} {service_providers} {biometric_data} "
                   "{purpose} {retention} {disclosure} {release}\n",
                   id, (unsigned)event, modality);
    bc_merkle_hash_bytes(text, strlen(text), &hash);
    bc_encoding_hex_encode(hash.b, BC_HASH_BYTES, hex);
    (void)snprintf(name, sizeof name, "%llu-%s-%s.notice", (unsigned long long)event, named, hex);
    make(name, text);
    if (out)
        memcpy(out, name, sizeof name);
}

static struct bc_request wanted(const char *notice)
{
    struct bc_request r = {.use.operation = BC_AUTHENTICATE, .use.modality = BC_FINGERPRINT};

    (void)snprintf(r.notice, sizeof r.notice, "%s", notice);
    return r;
}

/* The event of what is found; -1: nothing, -2: a file is not what its name says. */
static int found(const char *notice)
{
    struct bc_posted_notice *p = calloc(1, sizeof *p);
    const struct bc_request r = wanted(notice);
    enum bc_result result = bc_notice_folder_find(folder, r.notice, &r.use, p);
    int event = result == BC_OK ? atoi(p->name) : result == BC_ERR_NOT_FOUND ? -1 : -2;

    if (result != BC_OK)
        assert_null(p->text);
    free(p->text);
    free(p);
    return event;
}

static void notice_find_takes_the_newest_that_is_named_or_covers(void **state)
{
    char name[BC_NOTICE_NAME_BYTES], *hash;

    (void)state;
    assert_int_equal(found(""), -1);
    post(9, "login-a", "fingerprint", "login-a", name);
    post(10, "login-a", "fingerprint", "login-a", NULL);
    post(11, "login", "face", "login", NULL);
    make("stray", "");
    make("12-login.notice", "");
    assert_int_equal(found(""), 10);
    assert_int_equal(found("login-a"), 10);
    assert_int_equal(found("login"), 11);
    assert_int_equal(found("a"), -1);
    hash = strrchr(name, '-') + 1;
    hash[64] = '\0';
    assert_int_equal(found(hash), 9);
}

static void notice_find_refuses_a_file_that_is_not_what_its_name_says(void **state)
{
    char name[BC_NOTICE_NAME_BYTES], changed[BC_NOTICE_NAME_BYTES];

    (void)state;
    post(9, "login", "fingerprint", "login", NULL);
    post(10, "face", "face", "face", name);
    make(name, "bioconsent-notice/1\n");
    assert_int_equal(found("login"), 9);
    assert_int_equal(found("face"), -2);
    assert_int_equal(found(""), -2); /* it could be the newest that covers the use */
    assert_int_equal(unlinkat(folder, name, 0), 0);
    post(11, "login", "fingerprint", "other", NULL);
    assert_int_equal(found("other"), -2);
    post(12, "again", "fingerprint", "again", name);
    memcpy(changed, name, sizeof changed);
    memcpy(strrchr(changed, '-') + 1, "00000000",
           8); /* other words than the name's hash stands for */
    assert_int_equal(renameat(folder, name, folder, changed), 0);
    assert_int_equal(found("again"), -2);
}

static void notice_find_follows_no_link(void **state)
{
    char name[BC_NOTICE_NAME_BYTES];

    (void)state;
    post(9, "login", "fingerprint", "login", name);
    assert_int_equal(renameat(folder, name, folder, "elsewhere"), 0);
    assert_int_equal(symlinkat("elsewhere", folder, name), 0);
    assert_int_equal(found("login"), -2);
}

#define in_a_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_a_folder(receipt_write_makes_a_file_for_its_owner_alone),
        in_a_folder(receipt_write_without_folder_fails_and_sets_no_name),
        in_a_folder(receipt_newest_compares_events_as_numbers),
        in_a_folder(receipt_newest_passes_over_a_former_owner),
        in_a_folder(receipt_remove_takes_those_of_one_uid),
        in_a_folder(notice_find_takes_the_newest_that_is_named_or_covers),
        in_a_folder(notice_find_refuses_a_file_that_is_not_what_its_name_says),
        in_a_folder(notice_find_follows_no_link),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
