/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/receipt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/text.h"

#define SUFFIX ".json"
#define RANDOM_BYTES 16

static int parse_name(const char *name, uint32_t *uid, uint64_t *event)
{
    const char *first = strchr(name, '-'), *second = first ? strchr(first + 1, '-') : NULL;
    unsigned char random[RANDOM_BYTES];
    uint64_t n;

    if (!second || strlen(second + 1) != 2 * RANDOM_BYTES + strlen(SUFFIX) ||
        strcmp(second + 1 + 2 * RANDOM_BYTES, SUFFIX) != 0 ||
        bc_encoding_hex_decode(second + 1, 2 * RANDOM_BYTES, random, RANDOM_BYTES) != BC_OK ||
        bc_text_parse_number(name, (size_t)(first - name), UINT32_MAX - 1, &n) != BC_OK ||
        bc_text_parse_number(first + 1, (size_t)(second - first - 1), INT64_MAX, event) != BC_OK)
        return 0;
    *uid = (uint32_t)n;
    return 1;
}

enum bc_result bc_receipt_write(int folder, uint32_t uid, uint64_t event, const char *json,
                                size_t len, char name[BC_RECEIPT_NAME_BYTES])
{
    char hex[2 * RANDOM_BYTES + 1], made[BC_RECEIPT_NAME_BYTES];
    unsigned char random[RANDOM_BYTES];
    enum bc_result r;

    randombytes_buf(random, sizeof random);
    bc_encoding_hex_encode(random, sizeof random, hex);
    (void)snprintf(made, sizeof made, "%lu-%llu-%s" SUFFIX, (unsigned long)uid,
                   (unsigned long long)event, hex);
    r = bc_file_write(folder, made, json, len, 0400, uid, (gid_t)-1);
    if (r == BC_OK)
        memcpy(name, made, sizeof made);
    return r;
}

/* The next file that is a receipt of this uid, and its event; NULL at the end, with errno. */
static const char *next_receipt(DIR *dir, uint32_t uid, uint64_t *event)
{
    const struct dirent *entry;
    uint32_t owner;

    while ((errno = 0, entry = readdir(dir)))
        if (parse_name(entry->d_name, &owner, event) && owner == uid)
            return entry->d_name;
    return NULL;
}

enum bc_result bc_receipt_newest(int folder, const struct bc_leaf *leaf,
                                 char name[BC_RECEIPT_NAME_BYTES])
{
    uint64_t event, least = leaf->ended ? leaf->ending.index : UINT64_MAX;
    enum bc_result r = BC_ERR_NOT_FOUND;
    DIR *dir = bc_file_open_stream(folder);
    const char *found;

    if (!dir)
        return BC_ERR_IO;
    for (size_t i = 0; i < leaf->active_count; i++)
        if (leaf->active[i].index < least)
            least = leaf->active[i].index;
    /* From the first event that the leaf knows of to the newest receipt. */
    while ((found = next_receipt(dir, leaf->uid, &event)))
        if (event >= least) {
            least = event;
            (void)snprintf(name, BC_RECEIPT_NAME_BYTES, "%s", found);
            r = BC_OK;
        }
    if (errno != 0)
        r = BC_ERR_IO;
    closedir(dir);
    return r;
}

enum bc_result bc_receipt_remove(int folder, uint32_t uid)
{
    enum bc_result r = BC_OK;
    DIR *dir = bc_file_open_stream(folder);
    const char *found;
    uint64_t event;

    if (!dir)
        return BC_ERR_IO;
    while (r == BC_OK && (found = next_receipt(dir, uid, &event)))
        if (unlinkat(folder, found, 0) != 0 && errno != ENOENT)
            r = BC_ERR_IO;
    if (errno != 0 || fsync(folder) != 0)
        r = BC_ERR_IO;
    closedir(dir);
    return r;
}
