/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/pending.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/datetime.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/text.h"

#define NOTICE_BYTES 8 /* of the notice's hash, in the name of an acceptance */

/* ---- names ---- */

static void format_name(uint32_t uid, const struct bc_hash *notice, char out[BC_PENDING_NAME_BYTES])
{
    char hex[2 * NOTICE_BYTES + 1] = "";

    if (notice)
        bc_encoding_hex_encode(notice->b, NOTICE_BYTES, hex);
    (void)snprintf(out, BC_PENDING_NAME_BYTES, "%lu%s%s", (unsigned long)uid, notice ? "-" : "",
                   hex);
}

enum bc_pending_kind bc_pending_parse_name(const char *name, uint32_t *uid)
{
    const char *dash = strchr(name, '-');
    size_t digits = dash ? (size_t)(dash - name) : strlen(name);
    unsigned char hash[NOTICE_BYTES];
    uint64_t n;

    if (bc_text_parse_number(name, digits, UINT32_MAX - 1, &n) != BC_OK)
        return BC_PENDING_UNKNOWN;
    *uid = (uint32_t)n;
    if (!dash)
        return BC_PENDING_WITHDRAWAL;
    return bc_encoding_hex_decode(dash + 1, strlen(dash + 1), hash, sizeof hash) == BC_OK
               ? BC_PENDING_ACCEPTANCE
               : BC_PENDING_UNKNOWN;
}

/* ---- texts ---- */

enum bc_result bc_pending_format(const struct bc_pending *p, char out[BC_PENDING_TEXT_BYTES],
                                 size_t *len)
{
    char hex[2 * BC_HASH_BYTES + 1], time[BC_TIME_TEXT_BYTES];
    size_t typed = strnlen(p->typed, sizeof p->typed);
    int n;

    if (p->subject.external || p->subject.uid == UINT32_MAX ||
        !bc_name_subject_valid(p->subject.name))
        return BC_ERR_INVALID;
    bc_datetime_format(p->time, time);
    if (p->kind == BC_PENDING_WITHDRAWAL) {
        n = snprintf(out, BC_PENDING_TEXT_BYTES, "withdrawal/1\nuid %lu\nname %s\ntime %s\n",
                     (unsigned long)p->subject.uid, p->subject.name, time);
    } else {
        if (p->log_size > INT64_MAX || !bc_name_word_valid(p->notice_id) || typed == 0 ||
            typed == sizeof p->typed || !bc_text_clean(p->typed, typed, 0))
            return BC_ERR_INVALID;
        bc_encoding_hex_encode(p->notice.b, BC_HASH_BYTES, hex);
        n = snprintf(out, BC_PENDING_TEXT_BYTES,
                     "acceptance/1\nuid %lu\nname %s\nnotice %s %s\nlog %llu\ntyped %s\ntime %s\n",
                     (unsigned long)p->subject.uid, p->subject.name, p->notice_id, hex,
                     (unsigned long long)p->log_size, p->typed, time);
    }
    if (n < 0 || n >= BC_PENDING_TEXT_BYTES)
        return BC_ERR_INVALID;
    *len = (size_t)n;
    return BC_OK;
}

/* Loosely at first: what is written anew must then be the same bytes. */
enum bc_result bc_pending_parse(enum bc_pending_kind kind, const char *text, struct bc_pending *out)
{
    struct bc_pending p = {.kind = kind};
    char uid[16], hex[65], log[24], time[BC_TIME_TEXT_BYTES + 1], again[BC_PENDING_TEXT_BYTES];
    uint64_t n;
    size_t len;

    if (kind == BC_PENDING_WITHDRAWAL) {
        if (sscanf(text, "withdrawal/1 uid %15[0-9] name %255[^\n] time %21[^\n]", uid,
                   p.subject.name, time) != 3)
            return BC_ERR_INVALID;
    } else if (sscanf(text,
                      "acceptance/1 uid %15[0-9] name %255[^\n] notice %64[^ ] %64[0-9a-f]"
                      " log %20[0-9] typed%*1[ ]%1023[^\n] time %21[^\n]",
                      uid, p.subject.name, p.notice_id, hex, log, p.typed, time) != 7 ||
               bc_text_parse_number(log, strlen(log), INT64_MAX, &p.log_size) != BC_OK ||
               bc_encoding_hex_decode(hex, strlen(hex), p.notice.b, BC_HASH_BYTES) != BC_OK) {
        return BC_ERR_INVALID;
    }
    if (bc_text_parse_number(uid, strlen(uid), UINT32_MAX - 1, &n) != BC_OK ||
        bc_datetime_parse(time, strlen(time), &p.time) != BC_OK)
        return BC_ERR_INVALID;
    p.subject.uid = (uint32_t)n;
    if (bc_pending_format(&p, again, &len) != BC_OK || strcmp(text, again) != 0)
        return BC_ERR_INVALID;
    *out = p;
    return BC_OK;
}

/* ---- files ---- */

enum bc_result bc_pending_find(int folder, uint32_t uid, const struct bc_hash *notice)
{
    char name[BC_PENDING_NAME_BYTES];
    struct stat st;

    format_name(uid, notice, name);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return BC_OK;
    return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
}

/* Reads the bytes of a regular file without NUL, and their hash. *text is the caller's to free. */
static enum bc_result read_text(int folder, const char *name, uid_t owner, char **text,
                                struct bc_hash *hash)
{
    char *data = NULL;
    struct stat st;
    size_t len = 0;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    enum bc_result r = BC_ERR_IO;

    if (fd >= 0 && fstat(fd, &st) == 0)
        r = owner == (uid_t)-1 || st.st_uid == owner ? BC_OK : BC_ERR_UNTRUSTED;
    if (r == BC_OK)
        r = bc_file_read_open(fd, BC_PENDING_TEXT_BYTES - 1, &data, &len);
    if (fd >= 0)
        (void)close(fd);
    if (r == BC_OK && strlen(data) != len)
        r = BC_ERR_INVALID;
    if (r != BC_OK) {
        free(data);
        return r;
    }
    bc_merkle_hash_bytes(data, len, hash);
    *text = data;
    return BC_OK;
}

/* Reads one file of the folder. What is wrong with it stands in out->fault. */
static void read_item(int folder, const char *name, uid_t owner, struct bc_pending *out)
{
    uint32_t uid = 0;
    enum bc_pending_kind kind = bc_pending_parse_name(name, &uid);
    char own[BC_PENDING_NAME_BYTES], *text = NULL;
    struct bc_hash hash = {{0}};
    enum bc_result r = BC_ERR_INVALID;

    memset(out, 0, sizeof *out);
    /* A withdrawal of any owner only takes permission away; an acceptance may not be planted. */
    if (kind != BC_PENDING_UNKNOWN)
        r = read_text(folder, name, kind == BC_PENDING_ACCEPTANCE ? owner : (uid_t)-1, &text,
                      &hash);
    if (r == BC_OK)
        r = bc_pending_parse(kind, text, out);
    free(text);
    if (r == BC_OK) {
        format_name(out->subject.uid, kind == BC_PENDING_ACCEPTANCE ? &out->notice : NULL, own);
        if (strcmp(own, name) != 0)
            r = BC_ERR_INVALID;
    }
    if (r != BC_OK)
        memset(out, 0, sizeof *out);
    out->kind = kind;
    out->fault = r;
    out->file = hash;
    bc_text_sanitize(name, out->name, sizeof out->name);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct bc_pending *)a)->name, ((const struct bc_pending *)b)->name);
}

enum bc_result bc_pending_read(int folder, uid_t owner, struct bc_pending_list *out)
{
    struct bc_pending_list list = {NULL, 0};
    enum bc_result r = BC_OK;
    const struct dirent *entry;
    DIR *dir = bc_file_open_stream(folder);
    size_t room = 0;

    if (!dir)
        return BC_ERR_IO;
    while (r == BC_OK && (errno = 0, entry = readdir(dir))) {
        void *longer;
        if (entry->d_name[0] == '.')
            continue;
        longer = bc_array_grow(list.item, list.count, &room, sizeof *list.item);
        if (longer) {
            list.item = longer;
            read_item(folder, entry->d_name, owner, &list.item[list.count++]);
        } else {
            r = BC_ERR_MEMORY;
        }
    }
    if (r == BC_OK && errno != 0)
        r = BC_ERR_IO;
    closedir(dir);
    if (r != BC_OK) {
        bc_pending_free(&list);
        return r;
    }
    if (list.count)
        qsort(list.item, list.count, sizeof *list.item, compare_names);
    *out = list;
    return BC_OK;
}

void bc_pending_free(struct bc_pending_list *list)
{
    free(list->item);
    *list = (struct bc_pending_list){NULL, 0};
}

static int compare_with_name(const void *name, const void *item)
{
    return strcmp(name, ((const struct bc_pending *)item)->name);
}

const struct bc_pending *bc_pending_withdrawal(const struct bc_pending_list *list, uint32_t uid)
{
    char name[BC_PENDING_NAME_BYTES];

    if (!list->count)
        return NULL;
    format_name(uid, NULL, name);
    return bsearch(name, list->item, list->count, sizeof *list->item, compare_with_name);
}

size_t bc_pending_count_acceptances(int folder, uint32_t uid)
{
    const struct dirent *entry;
    DIR *dir = bc_file_open_stream(folder);
    size_t count = 0;
    uint32_t of = 0;

    if (!dir)
        return SIZE_MAX;
    while ((errno = 0, entry = readdir(dir)))
        count += bc_pending_parse_name(entry->d_name, &of) == BC_PENDING_ACCEPTANCE && of == uid;
    if (errno != 0)
        count = SIZE_MAX;
    closedir(dir);
    return count;
}

enum bc_result bc_pending_put(int folder, struct bc_pending *p, uid_t uid, gid_t gid)
{
    int accepts = p->kind == BC_PENDING_ACCEPTANCE;
    char text[BC_PENDING_TEXT_BYTES];
    size_t len, count;
    enum bc_result there, r = bc_pending_format(p, text, &len);

    if (r != BC_OK)
        return r;
    there = bc_pending_find(folder, p->subject.uid, NULL);
    if (accepts && there != BC_ERR_NOT_FOUND)
        return BC_ERR_EXISTS;
    if (!accepts && there == BC_OK)
        return BC_OK;
    count = accepts ? bc_pending_count_acceptances(folder, p->subject.uid) : 0;
    if (count >= BC_PENDING_ACCEPTANCES_MAX)
        return count == SIZE_MAX ? BC_ERR_IO : BC_ERR_TOO_LARGE;
    format_name(p->subject.uid, accepts ? &p->notice : NULL, p->name);
    r = bc_file_write(folder, p->name, text, len, 0600, uid, gid);
    if (r != BC_OK)
        return r;
    /* A withdrawal written meanwhile may have looked for acceptances before this one was there. */
    if (accepts && bc_pending_find(folder, p->subject.uid, NULL) != BC_ERR_NOT_FOUND) {
        (void)bc_pending_remove_acceptances(folder, p->subject.uid);
        return BC_ERR_EXISTS;
    }
    bc_merkle_hash_bytes(text, len, &p->file);
    return BC_OK;
}

int bc_pending_unchanged(int folder, const struct bc_pending *p)
{
    struct bc_hash now;
    char *text;

    if (read_text(folder, p->name, (uid_t)-1, &text, &now) != BC_OK)
        return 0;
    free(text);
    return bc_merkle_hash_equal(&now, &p->file);
}

static enum bc_result remove_file(int folder, const char *name)
{
    int gone = unlinkat(folder, name, 0) != 0;

    /* Where it was gone, it may be so not yet durably. */
    if ((gone && errno != ENOENT) || fsync(folder) != 0)
        return BC_ERR_IO;
    return gone ? BC_ERR_NOT_FOUND : BC_OK;
}

enum bc_result bc_pending_remove_acceptance(int folder, const struct bc_pending *p)
{
    return bc_pending_unchanged(folder, p) ? remove_file(folder, p->name) : BC_ERR_NOT_FOUND;
}

enum bc_result bc_pending_remove_acceptances(int folder, uint32_t uid)
{
    enum bc_result r = BC_OK;
    const struct dirent *entry;
    DIR *dir = bc_file_open_stream(folder);
    uint32_t of = 0;

    if (!dir)
        return BC_ERR_IO;
    while (r == BC_OK && (errno = 0, entry = readdir(dir)))
        if (bc_pending_parse_name(entry->d_name, &of) == BC_PENDING_ACCEPTANCE && of == uid &&
            remove_file(folder, entry->d_name) == BC_ERR_IO)
            r = BC_ERR_IO;
    if (r == BC_OK && errno != 0)
        r = BC_ERR_IO;
    closedir(dir);
    return r;
}

enum bc_result bc_pending_remove_withdrawal(int folder, uint32_t uid)
{
    char name[BC_PENDING_NAME_BYTES];
    enum bc_result r;

    format_name(uid, NULL, name);
    r = remove_file(folder, name);
    return r == BC_ERR_NOT_FOUND ? BC_OK : r;
}
